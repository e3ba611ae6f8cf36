"""Learning: the processor that turns denials into edits, and the only writer of edits.v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from schemas.record import DAY, millis, moment
from streams.learning import decisions
from streams.learning.learner import Learner
from streams.learning.rows import DeniedLine
from streams.learning.state import LearningState
from streams.learning.surge import Tally
from streams.processor import Emit, Outcome, Step
from streams.topics import ALERTS, DENIALS, EDIT_DECISIONS, EDITS, LEARNING_STATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.alert import Alert
    from schemas.denial import Denial
    from schemas.edit import Edit
    from schemas.edit_decision import EditDecision
    from schemas.record import Record
    from streams.learning.rows import Counted
    from streams.processor import Inbound, Tables
    from streams.topics import Topic

_FIRST_DAY = moment(0).toordinal()

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
        stored = None if known.turn(record.time) else state
        if denial.outcome == "PAID" and stored is not None:
            noted = known.note_paid(stored, denial.pattern, denial.occurred_at.toordinal() - _FIRST_DAY)
            if noted is not None:
                self._parsed[record.key] = noted, known
                return Step(noted, (), known.wake_at)
        return self._answered(known, denial, record.time, stored)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Let age do its work: evidence goes, active edits fall silent, a surge ends."""
        known = self._take(key, state)
        known.turn(time)
        known.catch_up()
        alert = known.surge.look(time)
        if alert is None and (known.wake_at is None or known.wake_at > time):
            return self._step(known, state)  # another day on which a surge goes on
        learner = Learner(known, time, time)
        learner.judge_due()
        return self._step(known, _whole(known), _emits(learner.revisions, alert))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return self._step(self._take(key, state), state)

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:  # noqa: ARG002 - reads none
        """Nothing depends on a table."""
        return ()

    def _answered(self, known: LearningState, denial: Denial, time: int, state: bytes | None) -> Step:
        """A line with all that may follow from it; `state` only where time alone changes nothing else."""
        known.catch_up()
        learner = Learner(known, time, millis(denial.occurred_at))
        learner.judge_due()
        counted = known.evidence.count(denial, learner.event)
        emits = _emits(learner.revisions) if counted is None else self._learn(known, denial, learner, counted)
        if state is None or counted is None or emits or denial.outcome == "WITHDRAWN":
            return self._step(known, _whole(known), emits)
        row, category = counted
        codes = denial.reason_codes
        line = None if category is None else DeniedLine(category, denial.amount_cents, learner.event, codes)
        return self._step(known, known.note(state, row, learner.event // DAY, line))

    def _learn(self, known: LearningState, denial: Denial, learner: Learner, counted: Counted) -> list[Emit]:
        """A line was counted, or is taken back: what follows for edits and surges."""
        row, category = counted
        day = learner.event // DAY
        sign = -1 if denial.outcome == "WITHDRAWN" else 1
        known.surge.count(day, Tally(sign) if category is None else Tally(sign, sign, sign * denial.amount_cents))
        self._hit(known, denial, day, counted)
        if sign < 0:
            learner.judge(row)
        elif category is None:
            learner.paid(row)
        elif denial.avoidable:
            learner.denied(row, category)
        return _emits(learner.revisions, None if category is None else known.surge.look(learner.event))

    def _decided(self, known: LearningState, record: Inbound, decision: EditDecision, state: bytes | None) -> Step:
        if decisions.is_repeat(known, decision):
            return self._step(known, state, (), Outcome.DUPLICATE)
        reason = decisions.refusal(known, decision)
        if reason is not None:
            return self._step(known, state, (), Outcome.DEAD_LETTER, reason)
        if decisions.is_overtaken(known, decision):
            return self._step(known, state, (), Outcome.SUPERSEDED)
        learner = Learner(known, record.time, millis(decision.occurred_at))
        known.turn(record.time)
        known.catch_up()
        learner.judge_due()
        edit, reason = decisions.decide(known, decision, learner.event // DAY)
        emits = _emits([*learner.revisions, *([] if edit is None else [edit])])
        outcome = Outcome.APPLIED if reason is None else Outcome.DEAD_LETTER
        return self._step(known, _whole(known), emits, outcome, reason)

    def _hit(self, known: LearningState, denial: Denial, day: int, counted: Counted) -> None:
        """Count the line for the edits that speak of it: what they would have held, and what became of it.

        A denial that no look before release could have avoided says nothing for or against an edit.
        """
        row, category = counted
        if category is None or denial.avoidable:
            sign = -1 if denial.outcome == "WITHDRAWN" else 1
            for kept in known.speaking_of(row).standing:
                kept.hit(day, sign, denied=category is not None)

    def _take(self, key: str, state: bytes | None) -> LearningState:
        """The parsed `state`: from memory if these very bytes were parsed or written before, else from the bytes."""
        stored, known = self._parsed.pop(key, (None, None))
        if known is not None and stored == state:
            return known
        if len(self._parsed) >= _PARSED:
            self._parsed.clear()
        return LearningState(key) if state is None else LearningState.load(state)

    def _step(
        self,
        known: LearningState,
        state: bytes | None,
        emits: Sequence[Emit] = (),
        outcome: Outcome = Outcome.APPLIED,
        reason: str | None = None,
    ) -> Step:
        """A step that leaves `state`, which says `known`, with its time to be woken."""
        if state is None:
            return Step(None, tuple(emits), outcome=outcome, reason=reason)
        self._parsed[known.key] = state, known
        return Step(state, tuple(emits), known.wake_at, outcome=outcome, reason=reason)


def _whole(known: LearningState) -> bytes | None:
    """All of a state, written anew; None if nothing is left."""
    return known.dump() if known.edits or known.evidence.rows else None


def _emits(revisions: Iterable[Edit], alert: Alert | None = None) -> list[Emit]:
    emits = [Emit(EDITS, edit) for edit in revisions]
    if alert is not None:
        emits.append(Emit(ALERTS, alert))
    return emits
