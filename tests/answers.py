"""A desk where payers' answers to lines of one payer and code are learned from: say what was answered, look at edits.

desk = AnswerDesk()
desk.denied(4, place="22")           # four lines denied for CARC 97, one a day
desk.paid(6, place="11")
desk.standing["ACTIVE"], desk.edits, desk.alerts
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from schemas.alert import Alert
from schemas.denial import Denial, DenialPattern
from schemas.edit import Edit
from schemas.edit_decision import EditDecision
from schemas.record import millis
from streams.learning import Learning
from streams.learning.patterns import by_field, traits_of
from streams.naming import digest
from streams.processor import Inbound, Step
from streams.topics import DENIALS, EDIT_DECISIONS, edit_key

if TYPE_CHECKING:
    from schemas.record import Record
    from streams.topics import Topic

DAY = 86_400_000
START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
PAYER, CODE = "P07", "93018"


def pattern(**changes: Any) -> DenialPattern:
    """93018 alone on a professional claim at place of service 22, for I25; short names for what changes."""
    short = {"place": "place_of_service", "others": "with_procedure_codes", "families": "diagnosis_families"}
    values: dict[str, Any] = {
        "payer_id": PAYER,
        "claim_type": "PROFESSIONAL",
        "place_of_service": "22",
        "procedure_code": CODE,
        "with_procedure_codes": (),
        "modifiers": (),
        "diagnosis_families": ("I25",),
    } | {short.get(name, name): value for name, value in changes.items()}
    return DenialPattern(**values)


def answer(outcome: str = "DENIED", number: int = 1, on: dt.datetime = START, **changes: Any) -> Denial:
    """One answered line; a denied one for CARC 97 and 100 dollars."""
    fields = {name: changes.pop(name) for name in tuple(changes) if name in Denial.model_fields}
    seen = fields.pop("pattern", None) or pattern(**changes)
    denied = outcome != "PAID"
    values: dict[str, Any] = {
        "denial_id": f"D{number}",
        "claim_id": f"C{number}",
        "pattern_id": digest(str(seen)),
        "pattern": seen,
        "category": "COMPONENT_OVERLAP" if denied else "OTHER",
        "avoidable": denied,
        "outcome": outcome,
        "reason_codes": ("97",) if denied else ("45",),
        "remark_codes": (),
        "amount_cents": 100_00 if denied else 80_00,
        "occurred_at": on,
    } | fields
    return Denial(**values)


class AnswerDesk:
    """One payer and code, one processor, everything that it emitted. Each answer comes a day after the last."""

    def __init__(self, key: str = f"{PAYER}|{CODE}", *, forgetful: bool = False) -> None:
        self.processor = Learning()
        self.key = key
        self.state: bytes | None = None
        self.step = Step(None)
        self.sent: list[Record] = []
        self.now = START
        self._forgetful = forgetful
        self._number = 0

    def denied(self, number: int = 1, *, every: float = 1.0, **changes: Any) -> Step:
        """Lines that the payer denied, one every so many days."""
        return self.answered("DENIED", number, every, changes)

    def paid(self, number: int = 1, *, every: float = 1.0, **changes: Any) -> Step:
        """Lines that the payer paid."""
        return self.answered("PAID", number, every, changes)

    def answered(self, outcome: str, number: int, every: float, changes: dict[str, Any]) -> Step:
        """Lines with any outcome."""
        for _ in range(number):
            self.send(answer(outcome, self._number, self.now, **changes))
            self.now += dt.timedelta(days=every)
        return self.step

    def send(self, *records: Record) -> Step:
        """Records as they are; stream time is now, or that of the record if it is later."""
        for record in records:
            self._number += 1
            topic = DENIALS if isinstance(record, Denial) else EDIT_DECISIONS
            time = max(millis(self.now), millis(record.occurred_at))
            self._take(self._processor.process(self._inbound(topic, record, time), self.state, {}))
        return self.step

    def _inbound(self, topic: Topic, record: Record, time: int) -> Inbound:
        return Inbound(topic, self.key, record, b"", time)

    def decide(self, action: str, on: Edit, *, event_id: str = "", **changes: Any) -> Step:
        """A person's word on an edit."""
        self._number += 1
        values: dict[str, Any] = {
            "event_id": event_id or f"decision-{self._number}",
            "edit_id": on.edit_id,
            "action": action,
            "edit": on if action == "ADD" else None,
            "decided_by": "analyst-1",
            "reason": "called the payer",
            "occurred_at": self.now,
        } | changes
        return self.send(EditDecision(**values))

    def wait(self, days: float) -> Step:
        """Let time pass, waking whenever it was asked for."""
        until = millis(self.now) + int(days * DAY)
        while self.state is not None and self.step.wake_at is not None and self.step.wake_at <= until:
            time = self.step.wake_at
            self._take(self._processor.wake(self.key, self.state, time))
            assert self.step.wake_at is None or self.step.wake_at > time
        self.now += dt.timedelta(days=days)
        return self.step

    @property
    def _processor(self) -> Learning:
        return Learning() if self._forgetful else self.processor

    def _take(self, step: Step) -> Step:
        self.step, self.state = step, step.state
        self.sent += [emit.value for emit in step.emits]
        return step

    @property
    def revisions(self) -> list[Edit]:
        """Every revision of every edit, in order."""
        return [record for record in self.sent if isinstance(record, Edit)]

    @property
    def alerts(self) -> list[Alert]:
        """Every alert, in order."""
        return [record for record in self.sent if isinstance(record, Alert)]

    @property
    def edits(self) -> dict[str, Edit]:
        """The last revision of every edit, by edit_id."""
        return {edit.edit_id: edit for edit in self.revisions}

    @property
    def standing(self) -> dict[str, list[dict[str, Any]]]:
        """Status -> what each edit of it asks for beside payer and code."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edit in self.edits.values():
            assert edit_key(edit) == self.key
            found[edit.status].append(by_field(traits_of(edit) or frozenset()))
        return found

    @property
    def statuses(self) -> list[str]:
        """The statuses that went out, in order."""
        return [edit.status for edit in self.revisions]
