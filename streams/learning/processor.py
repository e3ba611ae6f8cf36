"""Learning: the processor that turns denials into edits, and the only writer of edits.v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from schemas.record import DAY, millis
from streams.learning import decisions
from streams.learning.learner import Learner
from streams.learning.state import LearningState
from streams.processor import Emit, Outcome, Step
from streams.topics import ALERTS, DENIALS, EDIT_DECISIONS, EDITS, LEARNING_STATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.denial import Denial
    from schemas.edit_decision import EditDecision
    from schemas.record import Record
    from streams.learning.rows import Counted
    from streams.processor import Inbound, Tables
    from streams.topics import Topic

_PARSED = 1_024
"""Keys whose parsed state is kept at hand: payers times codes of a large operation."""


class Learning:
    """Propose edits from denials that could have been avoided. Never loosens a built-in edit, and never makes an edit
    that rebuilds a claim: severity is HOLD at most.

    One key is one payer and code, where all patterns of theirs meet.
    """

    name = "learning"
    inputs: tuple[Topic, ...] = (DENIALS, EDIT_DECISIONS)
    tables: tuple[Topic, ...] = ()
    changelog = LEARNING_STATE

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[bytes, LearningState]] = {}

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:  # noqa: ARG002 - reads none
        """Fold an answered line or a person's decision in."""
        known = self._take(record.key, state)
        event = record.value
        if record.topic is EDIT_DECISIONS:
            return self._decided(known, record, cast("EditDecision", event), state)
        denial = cast("Denial", event)
        at = millis(denial.occurred_at)
        learner = Learner(known, record.time, at)
        self._turn(known, record.time, learner)
        emits = self._learn(known, denial, at, learner)
        return self._step(known, known.dump(), emits)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Let age do its work: evidence goes, active edits fall silent, a surge ends."""
        known = self._take(key, state)
        learner = Learner(known, time, time)
        self._turn(known, time, learner)
        alert = known.surge.look(known.today, time)
        emits = [Emit(EDITS, edit) for edit in learner.revisions]
        if alert is not None:
            emits.append(Emit(ALERTS, alert))
        return self._step(known, known.dump(), emits)

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return self._step(self._take(key, state), state, [])

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return ()

    def _turn(self, known: LearningState, time: int, learner: Learner) -> None:
        """Let it be the day of `time`, with all that age changes by then."""
        today = time // DAY
        if today > known.today:
            known.age(today)
        learner.judge_due()

    def _learn(self, known: LearningState, denial: Denial, at: int, learner: Learner) -> list[Emit]:
        counted = known.evidence.count(denial, at)
        if counted is None:
            return [Emit(EDITS, edit) for edit in learner.revisions]
        row, category = counted
        known.surge.count(denial, at // DAY, denied=category is not None, today=known.today)
        self._hit(known, denial, at // DAY, counted)
        if denial.outcome == "WITHDRAWN":
            learner.judge(row)
        elif category is None:
            learner.paid(row)
        elif denial.avoidable:
            learner.denied(row, category)
        if learner.revisions or category is not None or denial.outcome == "WITHDRAWN":
            known.look_ahead()
        emits = [Emit(EDITS, edit) for edit in learner.revisions]
        alert = known.surge.look(known.today, at) if category is not None else None
        if alert is not None:
            emits.append(Emit(ALERTS, alert))
        return emits

    def _decided(self, known: LearningState, record: Inbound, decision: EditDecision, state: bytes | None) -> Step:
        if decisions.is_repeat(known, decision):
            return self._step(known, state, [], Outcome.DUPLICATE)
        reason = decisions.refusal(known, decision)
        if reason is not None:
            return self._step(known, state, [], Outcome.DEAD_LETTER, reason)
        if decisions.is_overtaken(known, decision):
            return self._step(known, state, [], Outcome.SUPERSEDED)
        at = millis(decision.occurred_at)
        learner = Learner(known, record.time, at)
        self._turn(known, record.time, learner)
        edit, reason = decisions.decide(known, decision, at // DAY)
        known.look_ahead()
        emits = [Emit(EDITS, each) for each in (*learner.revisions, edit) if each is not None]
        outcome = Outcome.APPLIED if reason is None else Outcome.DEAD_LETTER
        return self._step(known, known.dump(), emits, outcome, reason)

    def _hit(self, known: LearningState, denial: Denial, day: int, counted: Counted) -> None:
        """Count the line for the edits that speak of it: what they would have held, and what became of it.

        A denial that no look before release could have avoided says nothing for or against an edit.
        """
        row, category = counted
        if category is None or denial.avoidable:
            sign = -1 if denial.outcome == "WITHDRAWN" else 1
            for kept in known.speaking_of(row):
                kept.hit(day, sign, denied=category is not None)

    def _take(self, key: str, state: bytes | None) -> LearningState:
        """The parsed `state`: from memory if these very bytes were parsed or written before, else from the bytes."""
        stored, known = self._parsed.pop(key, (None, None))
        if known is not None and stored == state:
            return known
        return LearningState(key) if state is None else LearningState.load(state)

    def _step(
        self,
        known: LearningState,
        state: bytes | None,
        emits: list[Emit],
        outcome: Outcome = Outcome.APPLIED,
        reason: str | None = None,
    ) -> Step:
        """A step that leaves `known` in the state, with its time to be woken."""
        if state is None or not (known.edits or known.evidence.rows):
            return Step(None, tuple(emits), outcome=outcome, reason=reason)
        if len(self._parsed) >= _PARSED:
            self._parsed.clear()
        self._parsed[known.key] = state, known
        return Step(state, tuple(emits), known.wake_at, outcome=outcome, reason=reason)
