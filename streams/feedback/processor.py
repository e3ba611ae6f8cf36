"""Feedback: the processor that joins payers' answers with the claims that they answer."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, cast

from schemas import codec, registry
from schemas.denial import Denial
from schemas.record import DAY
from schemas.remittance import Remittance
from streams.feedback.evidence import Received, evidence
from streams.feedback.release import pack_release
from streams.feedback.state import ClaimState, Kept
from streams.processor import Emit, Outcome, SetAside, Step
from streams.topics import CLAIMS_RELEASED, DENIALS, FEEDBACK_STATE, REMITTANCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.decision import Decision
    from schemas.record import Record
    from streams.processor import Inbound, Tables
    from streams.rules import Rules
    from streams.topics import Topic


WAITING_DAYS = 30
"""How long a remittance waits for its claim, in days of stream time. A payer takes a week or two to answer, so a claim
that is released but not here yet is on its way; after a month it is no claim of ours."""

MOST_REMITTANCES = 256
MOST_BYTES = 2 << 20  # of them together, far below what a changelog record may hold
"""How much is kept of what came for one claim. A payer answers a claim a few times; where one claim_id stands for many
claims, each answer would be worked out with all before it. What comes beyond is a dead letter, so there, and only
there, it is the order of arrival that says which answers count.
"""

NO_CLAIM = f"remittances.v1: no released claim with this claim_id came within {WAITING_DAYS} days"
CONFLICT = "remittances.v1: event_id: came before with other content; send each event under an id of its own"
FULL = (
    f"remittances.v1: claim_id: {MOST_REMITTANCES} answers, or {MOST_BYTES >> 20} MiB of them, came for this claim "
    "before; send each claim under an id of its own"
)


class Feedback:
    """Match remittances to the claim that they answer: one Denial for each line, denied or paid.

    Either may come first. A remittance waits for its claim; when an answer changes or is reversed, the Denial that
    stood is taken back before another takes its place.
    """

    name = "feedback"
    inputs: tuple[Topic, ...] = (CLAIMS_RELEASED, REMITTANCES)
    tables: tuple[Topic, ...] = ()
    changelog = FEEDBACK_STATE

    def __init__(self, rules: Rules) -> None:
        self._retention = rules.configuration.retention_days * DAY

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:  # noqa: ARG002 - reads none
        """Fold a release or a remittance in, and emit what that changes."""
        claim = ClaimState.load(state)
        if record.topic is CLAIMS_RELEASED:
            return self._released(claim, record, state)
        return self._answered(claim, record, state)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Set aside what waited too long; forget a claim that has not changed for as long as it is kept."""
        claim = ClaimState.load(state)
        if claim.releases:
            return Step(None) if time >= self._due(claim) else self._step(claim, state)
        due = time - WAITING_DAYS * DAY
        late = [kept for kept in claim.remittances if kept.arrived <= due]
        claim.remittances = [kept for kept in claim.remittances if kept.arrived > due]
        step = self._step(claim, claim.dump()) if claim.remittances else Step(None)
        return step._replace(set_aside=tuple([SetAside(REMITTANCES, key, kept.value, NO_CLAIM) for kept in late]))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return self._step(ClaimState.load(state), state)

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return ()

    def _released(self, claim: ClaimState, record: Inbound, state: bytes | None) -> Step:
        """A decision on the topic of releases. One that recalls a release is nothing that a payer can answer."""
        decision = cast("Decision", record.value)
        if decision.route != "RELEASE":
            return self._step(claim, state)
        release = pack_release(decision)
        if release in claim.releases:
            return self._step(claim, state, outcome=Outcome.DUPLICATE)
        insort(claim.releases, release)
        return self._changed(claim, record, claim.received())

    def _answered(self, claim: ClaimState, record: Inbound, state: bytes | None) -> Step:
        """A remittance, which came before if its content did.

        An event_id that comes again with other content is refused, whichever of the two comes second; the smaller
        content stands, so that the order of arrival never shows. What a claim has no room for is refused too.
        """
        this = Received.of(cast("Remittance", record.value))
        kept = Kept(record.time, codec.frame(registry.package_id(Remittance), record.body))
        received = claim.received()
        room = MOST_BYTES - sum([len(before.value) for before in claim.remittances]) - len(kept.value)
        for at, before in enumerate(received):
            if before.content == this.content:
                return self._step(claim, state, outcome=Outcome.DUPLICATE)
            if before.remittance.event_id == this.remittance.event_id:
                if this.content > before.content or room + len(claim.remittances[at].value) < 0:
                    return self._step(claim, state, outcome=Outcome.DEAD_LETTER, reason=CONFLICT)
                claim.remittances[at], received[at] = kept, this
                return self._changed(claim, record, received)._replace(outcome=Outcome.DEAD_LETTER, reason=CONFLICT)
        if len(received) >= MOST_REMITTANCES or room < 0:
            return self._step(claim, state, outcome=Outcome.DEAD_LETTER, reason=FULL)
        claim.remittances.append(kept)
        return self._changed(claim, record, [*received, this])

    def _changed(self, claim: ClaimState, record: Inbound, received: list[Received]) -> Step:
        """Work the evidence out anew, and emit the difference."""
        claim.changed_at = record.time
        emits: list[Emit] = []
        if claim.releases and received:
            before = claim.said()
            after = [standing.denial for standing in evidence(claim.released(), received).values()]
            bodies = [codec.encode(denial) for denial in after]
            emits += [Emit(DENIALS, taken_back(denial)) for denial in before if denial not in after]
            emits += [Emit(DENIALS, *said) for said in zip(after, bodies, strict=True) if said[0] not in before]
            claim.denials = [codec.frame(registry.package_id(Denial), body) for body in bodies]
        return self._step(claim, claim.dump(), tuple(emits))

    def _step(
        self,
        claim: ClaimState,
        state: bytes | None,
        emits: tuple[Emit, ...] = (),
        outcome: Outcome = Outcome.APPLIED,
        reason: str | None = None,
    ) -> Step:
        """A step that leaves `claim` in the state, with its time to be woken."""
        return Step(state, emits, self._due(claim) if state else None, outcome=outcome, reason=reason)

    def _due(self, claim: ClaimState) -> int:
        """Stream time at which a remittance has waited too long, or the claim is forgotten."""
        if claim.releases:
            return claim.changed_at + self._retention
        return min([kept.arrived for kept in claim.remittances]) + WAITING_DAYS * DAY


def taken_back(denial: Denial) -> Denial:
    """The record that takes `denial` back: the same but for its outcome."""
    return denial.model_copy(update={"outcome": "WITHDRAWN"})
