"""The loop closed on the embedded engine: claims go out, payers answer, edits come, people look at what they hold."""

from __future__ import annotations

import datetime as dt
import heapq
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

from agents.embedded import Embedded, Options
from agents.embedded.collector import rare_collections
from agents.settings import load_rules
from benchmarks.payers import FIRST_DAY, YEAR, claim_of, facts_of
from schemas.record import millis
from schemas.remittance import Adjustment, Remittance, RemittanceLine
from schemas.review import Review
from streams.adjudication import Adjudication
from streams.feedback import Feedback
from streams.learning import Learning
from streams.processor import Step
from streams.topics import (
    ALERTING_STATE,
    CLAIMS_BUILT,
    CLAIMS_HELD,
    CLAIMS_RELEASED,
    EDITS,
    REMITTANCES,
    REVIEWS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.payers import Visit
    from schemas.decision import Decision
    from schemas.edit import Edit
    from schemas.record import Record
    from streams.processor import Inbound, Processor, Tables
    from streams.topics import Topic

_T = TypeVar("_T")

REVIEW_LAG = dt.timedelta(days=2)
"""From a hold to the person who looks at it."""

AFTERWARDS = 150
"""Days after the year in which nothing new comes, but answers and silence do."""


class Outbox:
    """A processor that hands every decision on to the world outside, as a clearinghouse and a work queue would."""

    name = "outbox"
    inputs: tuple[Topic, ...] = (CLAIMS_RELEASED, CLAIMS_HELD)
    tables: tuple[Topic, ...] = ()
    changelog = ALERTING_STATE

    def __init__(self, take: Callable[[Decision], None]) -> None:
        self._take = take

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:  # noqa: ARG002 - one of four
        """Hand it on."""
        self._take(cast("Decision", record.value))
        return Step(None)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Asked for by no step of its own: an engine that comes here is wrong, and the bench must stop."""
        raise NotImplementedError

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        """It reads no table: as `wake`."""
        raise NotImplementedError

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:
        """It reads no table: as `wake`."""
        raise NotImplementedError


@dataclass
class Course:
    """How a year went.

    answered   visits whose claims the payer answered, with the time of the answer
    held       visits whose claims a learned edit held, with the edits
    fixed      visits whose held claims a person took back, since the payer would have denied a line
    revisions  of all edits, in order
    seconds    of wall clock; `learning` of them in the learning processor, for so many `denials`
    """

    answered: dict[int, dt.datetime] = field(default_factory=dict)
    held: dict[int, tuple[str, ...]] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)
    revisions: list[Edit] = field(default_factory=list)
    seconds: float = 0.0
    learning: float = 0.0
    adjudication: float = 0.0
    events: int = 0
    denials: int = 0


class _Timed:
    """A processor with the CPU seconds that it takes; the engine writes in a thread of its own."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self.name, self.inputs = processor.name, processor.inputs
        self.tables, self.changelog = processor.tables, processor.changelog
        self.seconds = 0.0
        self.records = 0

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        """As the processor does."""
        self.records += 1
        return self._time(self._processor.process, record, state, tables)

    def wake(self, key: str, state: bytes, time_: int) -> Step:
        """As the processor does."""
        return self._time(self._processor.wake, key, state, time_)

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        """As the processor does."""
        return self._time(self._processor.reconsider, key, state, tables)

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:
        """As the processor does."""
        return self._time(lambda: list(self._processor.touched(table, old, new)))

    def _time(self, call: Callable[..., _T], *arguments: object) -> _T:
        began = time.thread_time()
        result = call(*arguments)
        self.seconds += time.thread_time() - began
        return result


class Loop:
    """One year of `visits`, with learning or without."""

    def __init__(self, visits: Sequence[Visit], *, learns: bool) -> None:
        self._visits = {visit.claim_id: visit for visit in visits}
        self._learning = _Timed(Learning())
        self._adjudication = _Timed(Adjudication(load_rules()))
        processors = [self._adjudication, Feedback(load_rules()), *([self._learning] if learns else [])]
        self._engine = Embedded([*processors, Outbox(self._decided)], options=Options(now=lambda: 1 << 42))
        self._agenda: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self._turns = count()
        self._now = FIRST_DAY
        self._course = Course()

    def run(self) -> Course:
        """Let the year pass, and some time after it."""
        began = time.perf_counter()
        with self._engine as engine, rare_collections():  # as when the engine reads files
            for visit in self._visits.values():
                self._at(visit.at, lambda visit=visit: self._bill(visit))  # type: ignore[misc]  # binds this visit
            while self._agenda:
                self._now, _, happen = heapq.heappop(self._agenda)
                happen()
            engine.advance(millis(FIRST_DAY + dt.timedelta(days=YEAR + AFTERWARDS)))
            self._course.revisions = [cast("Edit", logged.record) for logged in engine.records(EDITS)]
        self._course.seconds = time.perf_counter() - began
        self._course.learning, self._course.denials = self._learning.seconds, self._learning.records
        self._course.adjudication, self._course.events = self._adjudication.seconds, self._adjudication.records
        return self._course

    def _at(self, when: dt.datetime, happen: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (when, next(self._turns), happen))

    def _bill(self, visit: Visit) -> None:
        for topic, fact in facts_of(visit):
            self._engine.feed(topic, fact)

    def _decided(self, decision: Decision) -> None:
        visit = self._visits[decision.claim_id]
        if decision.route == "RELEASE":
            self._at(self._now + visit.lag, lambda: self._answer(visit))
        elif decision.route == "HOLD":
            self._course.held.setdefault(visit.number, tuple(finding.edit_id for finding in decision.findings))
            self._at(self._now + REVIEW_LAG, lambda: self._look_at(visit, decision))

    def _answer(self, visit: Visit) -> None:
        self._course.answered[visit.number] = self._now
        self._engine.feed(REMITTANCES, remittance(visit, self._now))

    def _look_at(self, visit: Visit, decision: Decision) -> None:
        """A person looks at a held claim: takes it back if the payer's rule is in force for it, else lets it go."""
        if visit.number in self._course.answered or visit.number in self._course.fixed:
            return
        if any(answer.in_scope for answer in visit.answers):
            self._course.fixed.add(visit.number)
            changes: dict[str, Any] = {"revision": 2, "status": "WITHDRAWN", "event_id": f"w{visit.number}"}
            self._engine.feed(CLAIMS_BUILT, claim_of(visit, occurred_at=self._now, **changes))
            return
        for finding in decision.findings:
            name = f"r{visit.number}-{finding.edit_id}-{finding.line_number}"
            self._engine.feed(
                REVIEWS,
                Review(
                    event_id=name,
                    review_id=name,
                    encounter_id=decision.encounter_id,
                    revision=1,
                    claim_id=decision.claim_id,
                    claim_revision=decision.claim_revision,
                    edit_id=finding.edit_id,
                    line_number=finding.line_number,
                    answer="CONFIRMED",
                    decided_by="analyst",
                    reason_code="CHECKED",
                    occurred_at=self._now,
                ),
            )


def remittance(visit: Visit, at: dt.datetime) -> Remittance:
    """The payer's answer to the claim of a visit."""
    lines = []
    for line, answer in zip(claim_of(visit).lines, visit.answers, strict=True):
        paid = 0 if answer.reason else line.charge_cents // 2
        reason = answer.reason or "45"
        lines.append(
            RemittanceLine(
                line_number=line.line_number,
                procedure_code=line.procedure_code,
                modifiers=line.modifiers,
                units=1,
                charge_cents=line.charge_cents,
                paid_cents=paid,
                service_date=line.service_date,
                adjustments=(Adjustment(group_code="CO", reason_code=reason, amount_cents=line.charge_cents - paid),),
                remark_codes=(),
            )
        )
    return Remittance(
        event_id=f"a{visit.number}",
        claim_id=visit.claim_id,
        payer_id=visit.payer_id,
        claim_status_code="1",
        received_at=at,
        adjustments=(),
        remark_codes=(),
        lines=tuple(lines),
    )
