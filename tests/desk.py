"""A desk where one encounter is adjudicated: hand records in, look at what comes out.

desk = Desk()                                  # a scripted judge: releases unless told otherwise
desk.judge.says("HOLD", found("edit-1"))
desk.send(encounter(), claim(line("93015")))
desk.decisions[-1].route, desk.holds, desk.step.outcome
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas import codec
from schemas.claim import Claim
from schemas.decision import Decision, Finding, Rebuild
from schemas.documentation import Documentation
from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from schemas.encounter import Encounter
from schemas.hold import Hold
from schemas.review import Review
from streams.adjudication import Adjudication
from streams.judge import Judgement, judge
from streams.processor import Inbound, Step
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, EDITS, ENCOUNTERS, REVIEWS
from tests.builders import at
from tests.conftest import package_rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from schemas.record import Record
    from streams.facts import Facts
    from streams.processor import Emit
    from streams.rules import Rules
    from streams.topics import Topic

DAY = 86_400_000
TOPICS: dict[type[Record], Topic] = {
    Encounter: ENCOUNTERS,
    Documentation: DOCUMENTATION,
    Claim: CLAIMS_BUILT,
    Review: REVIEWS,
}


def found(edit_id: str, severity: str = "HOLD", line_number: int | None = None, **changes: Any) -> Finding:
    """A finding of the documentation gate."""
    values: dict[str, Any] = {
        "edit_id": edit_id,
        "gate": "DOCUMENTATION",
        "severity": severity,
        "line_number": line_number,
        "message": "m",
        "remedy": "r",
        "evidence": (),
        "citation": "c",
    } | changes
    return Finding(**values)


def learned(edit_id: str, severity: str = "HOLD") -> Finding:
    """A finding of a learned edit."""
    return found(edit_id, severity, gate="LEARNED")


def edit(edit_id: str = "L1", *, status: str = "ACTIVE", revision: int = 1, **changes: Any) -> Edit:
    """A learned edit of payer P01 and code 93015."""
    values: dict[str, Any] = {
        "edit_id": edit_id,
        "revision": revision,
        "status": status,
        "scope": EditScope(payer_ids=("P01",)),
        "match": EditMatch(procedure_codes=("93015",)),
        "severity": "HOLD",
        "message": "m",
        "remedy": "r",
        "provenance": EditProvenance(source="DENIALS", denied=4, paid=0, categories=(), reason_codes=()),
        "occurred_at": at(600),
    } | changes
    return Edit(**values)


VOID = Rebuild(void=True, lines=(), notes=("n",))


class ScriptedJudge:
    """Says what it was told, claim by claim, and remembers the facts and edits that it was asked about."""

    def __init__(self) -> None:
        self._script: dict[str, Judgement] = {}
        self.facts: Facts | None = None
        self.learned: tuple[Edit, ...] = ()
        self.times_asked = 0
        self.fails = False

    def says(self, route: str, *findings: Finding, rebuild: Rebuild | None = None, claim_id: str = "C1") -> None:
        """From now on `claim_id` goes to `route`."""
        self._script[claim_id] = Judgement(route, findings, rebuild)

    def __call__(
        self, facts: Facts, _rules: Rules, learned: tuple[Edit, ...] = (), among: Collection[str] | None = None
    ) -> dict[str, Judgement]:
        self.facts, self.learned = facts, learned
        self.times_asked += 1
        if self.fails:
            raise RuntimeError("the judge was told to fail")
        release = Judgement("RELEASE", (), None)
        claim_ids = [claim.claim_id for claim in facts.claims if among is None or claim.claim_id in among]
        return {claim_id: self._script.get(claim_id, release) for claim_id in claim_ids}


class Desk:
    """One encounter, one processor, everything it emitted."""

    def __init__(self, *, scripted: bool = True, **adjudication: Any) -> None:
        self.judge: Any = ScriptedJudge() if scripted else judge
        self.processor = Adjudication(package_rules(), self.judge, **adjudication)
        self.state: bytes | None = None
        self.step = Step(None)
        self.edits: dict[str, Record] = {}
        self.emits: list[Emit] = []
        self.time = 1_000

    def send(self, *records: Record, **inbound: Any) -> Step:
        """Process records one after another, a second apart."""
        for record in records:
            self._process(TOPICS[type(record)], record, codec.encode(record), **inbound)
        return self.step

    def send_unreadable(self, body: bytes = b"garbage", topic: Topic = DOCUMENTATION, **inbound: Any) -> Step:
        """Process bytes that no one can read."""
        return self._process(topic, None, body, **inbound)

    def _process(self, topic: Topic, value: Record | None, body: bytes, key: str = "E1", **inbound: Any) -> Step:
        self.time += 1_000
        return self._take(
            self.processor.process(Inbound(topic, key, value, body, self.time, **inbound), self.state, self._tables)
        )

    def set_edits(self, *edits: Edit) -> Step:
        """Change the table of learned edits, then reconsider the encounter."""
        self.edits |= {edit.edit_id: edit for edit in edits}
        return self._take(self.processor.reconsider("E1", self.state, self._tables))

    def wake(self, time: int) -> Step:
        """Let the stream time reach `time`."""
        return self._take(self.processor.wake("E1", self.state, time))

    @property
    def _tables(self) -> dict[str, dict[str, Record]]:
        return {EDITS.name: self.edits}

    def _take(self, step: Step) -> Step:
        self.step, self.state = step, step.state
        self.emits += step.emits
        return step

    @property
    def decisions(self) -> list[Decision]:
        """Every decision so far, recalls not counted twice."""
        by_id = {emit.value.decision_id: emit.value for emit in self.emits if isinstance(emit.value, Decision)}
        return list(by_id.values())

    @property
    def holds(self) -> list[tuple[str, str]]:
        """State and edit_id of every hold record so far."""
        return [(emit.value.state, emit.value.edit_id) for emit in self.emits if isinstance(emit.value, Hold)]

    @property
    def topics(self) -> list[str]:
        """The topics of the last step's records."""
        return [emit.topic.name for emit in self.step.emits]
