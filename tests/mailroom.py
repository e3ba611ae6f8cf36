"""A mailroom where what payers answer to one claim comes in: hand records in, look at the evidence that goes out.

room = Mailroom()
room.send(released(line("93015")), remittance(answer("93015", CO_97)))
room.step.emits, room.evidence
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from schemas import codec
from schemas.decision import Decision
from schemas.denial import Denial
from schemas.record import millis
from schemas.remittance import Adjustment, Remittance, RemittanceLine
from streams.feedback import Feedback
from streams.processor import Inbound, Step
from streams.topics import CLAIMS_RELEASED, REMITTANCES
from tests.builders import SERVICE_DATE, at, claim
from tests.conftest import package_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.claim import Claim
    from schemas.record import Record
    from streams.processor import Emit

DAY = 86_400_000
A_DAY = 24 * 60  # minutes, as `at` counts
RECEIVED = at(7 * A_DAY)

Reason = tuple[str, int]
"""A group with a reason code, and cents: ("CO-45", 20_00)."""


def adjustments(reasons: Iterable[Reason]) -> tuple[Adjustment, ...]:
    """Adjustments as a remittance has them."""
    parted = [(name.split("-", 1), cents) for name, cents in reasons]
    return tuple(Adjustment(group_code=group, reason_code=code, amount_cents=cents) for (group, code), cents in parted)


def answer(
    code: str, *reasons: Reason, paid: int = 0, charge: int = 100_00, remarks: str = "", **changes: Any
) -> RemittanceLine:
    """What a payer says of one line, without its number."""
    values: dict[str, Any] = {
        "procedure_code": code,
        "modifiers": (),
        "units": 1,
        "charge_cents": charge,
        "paid_cents": paid,
        "service_date": SERVICE_DATE,
        "adjustments": adjustments(reasons),
        "remark_codes": tuple(remarks.split()),
    } | changes
    return RemittanceLine(**values)


def remittance(
    *lines: RemittanceLine, status: str = "1", reasons: Iterable[Reason] = (), remarks: str = "", **changes: Any
) -> Remittance:
    """A payer's answer to claim C1, a week after the test; `reasons` and `remarks` are those of the whole claim."""
    values: dict[str, Any] = {
        "claim_id": "C1",
        "payer_id": "P01",
        "claim_status_code": status,
        "received_at": RECEIVED,
        "adjustments": adjustments(reasons),
        "remark_codes": tuple(remarks.split()),
        "lines": lines,
    } | changes
    content = codec.encode(Remittance(event_id="-", **values)).hex()
    return Remittance(**({"event_id": f"remittance-{content}"} | values))


def event(sent: Remittance) -> str:
    """A remittance as a line of NDJSON."""
    return json.dumps({"topic": REMITTANCES.name, "value": sent.model_dump(mode="json")}) + "\n"


def decision(of: Claim, route: str = "RELEASE", *, minutes: float = 60, sequence: int = 1) -> Decision:
    """A decision on a claim, `minutes` after noon of the day of service."""
    values: dict[str, Any] = {
        "decision_id": f"{of.claim_id}-{of.revision}-{sequence}",
        "claim_id": of.claim_id,
        "claim_revision": of.revision,
        "encounter_id": of.encounter_id,
        "payer_id": of.payer_id,
        "route": route,
        "sequence": sequence,
        "findings": (),
        "edit_set": "e",
        "facts": (),
        "claim": of,
        "decided_at": at(minutes),
    }
    return Decision(**values)


def released(*lines: dict[str, Any], minutes: float = 60, **changes: Any) -> Decision:
    """The release of an office claim with these lines."""
    return decision(claim(*lines, **changes), minutes=minutes)


def net(denials: Iterable[Denial]) -> dict[str, Denial]:
    """What stands in the end, by denial_id. A record may be taken back only while it stands."""
    standing: dict[str, Denial] = {}
    for denial in denials:
        if denial.outcome == "WITHDRAWN":
            taken = standing.pop(denial.denial_id)
            assert taken.model_copy(update={"outcome": "WITHDRAWN"}) == denial
        else:
            assert denial.denial_id not in standing
            standing[denial.denial_id] = denial
    return standing


class Mailroom:
    """One claim, one processor, everything it emitted."""

    def __init__(self) -> None:
        self.processor = Feedback(package_rules())
        self.state: bytes | None = None
        self.step = Step(None)
        self.steps: list[Step] = []
        self.emits: list[Emit] = []
        self.time = millis(RECEIVED)

    def send(self, *records: Record, key: str = "C1") -> Step:
        """Process records one after another, a second of stream time apart."""
        for record in records:
            self.time += 1_000
            topic = REMITTANCES if isinstance(record, Remittance) else CLAIMS_RELEASED
            inbound = Inbound(topic, key, record, codec.encode(record), self.time)
            self._take(self.processor.process(inbound, self.state, {}))
        return self.step

    def wake(self, time: int) -> Step:
        """Let the stream time reach `time`."""
        assert self.state is not None
        self.time = time
        return self._take(self.processor.wake("C1", self.state, time))

    def _take(self, step: Step) -> Step:
        self.step, self.state = step, step.state
        self.steps.append(step)
        self.emits += step.emits
        return step

    @property
    def denials(self) -> list[Denial]:
        """Every record so far."""
        return [emit.value for emit in self.emits if isinstance(emit.value, Denial)]

    @property
    def evidence(self) -> dict[str, Denial]:
        """What stands of them."""
        return net(self.denials)

    def said(self) -> list[tuple[str, int]]:
        """Outcome and cents of the records of the last step."""
        emitted = [emit.value for emit in self.step.emits if isinstance(emit.value, Denial)]
        return [(denial.outcome, denial.amount_cents) for denial in emitted]
