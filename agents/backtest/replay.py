"""Replays a log through a trial of edits. What is read is written nowhere but into temporary files."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from agents.backtest.shelf import Kept, Shelf
from schemas.errors import Unreadable
from streams.backtest.passages import passages
from streams.backtest.report import Report
from streams.backtest.trial import Scope
from streams.processor import Inbound
from streams.topics import CLAIMS_BUILT, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from schemas.claim import Claim
    from schemas.denial import Denial
    from schemas.record import Record
    from streams.backtest.report import Window
    from streams.backtest.trial import Trial
    from streams.rules import Rules
    from streams.topics import Topic

_WATCHED = 10_000
"""Records between two words about how far it is."""

_CLAIM = FACT_TOPICS.index(CLAIMS_BUILT)
_UNREADABLE = len(FACT_TOPICS)
"""Added to the kind of what nobody could read."""


class Item(NamedTuple):
    """One record of a log, as a back-test needs it.

    topic      a topic of facts, or denials.v1
    order      sorts the records of a key, whatever topic they came by
    value      the framed record; the bytes that nobody could read where `is_letter`
    replay_of  as in `Inbound`
    is_letter  a dead letter that holds the claims of its encounter
    """

    topic: Topic
    key: str
    order: int
    value: bytes
    replay_of: str | None = None
    is_letter: bool = False


class Source(Protocol):
    """A log: of a store, or of a cluster."""

    def items(self) -> Iterator[Item]:
        """All facts and all of denials.v1, those of a topic and key in order."""

    def read(self, value: bytes) -> tuple[Record, bytes]:
        """The record in a framed value, and its Avro body in today's schema. Raises `Unreadable`."""


class Replay:
    """One trial over one log.

    `watch` hears how many records were read, and then how many of them were gone through again.
    """

    def __init__(
        self, source: Source, rules: Rules, trial: Trial, watch: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._source = source
        self._rules = rules
        self._trial = trial
        self._scope = Scope(trial)
        self._watch = watch
        self.records = 0
        """Read so far."""

    def run(self, window: Window) -> Report:
        """The report over claims that would have gone out within `window`."""
        report = Report(self._scope, window)
        with Shelf() as facts, Shelf() as denials:
            self._sort(facts, denials)
            done = 0
            for key, kept in facts.by_key():
                if self._is_concerned(kept):
                    self._judge(report, key, kept, denials)
                if done // _WATCHED != (done + len(kept)) // _WATCHED:
                    self._watch(self.records, done)
                done += len(kept)
        return report

    def _sort(self, facts: Shelf, denials: Shelf) -> None:
        for item in self._source.items():
            self.records += 1
            if self.records % _WATCHED == 0:
                self._watch(self.records, 0)
            if item.topic in FACT_TOPICS:
                kind = FACT_TOPICS.index(item.topic) + _UNREADABLE * item.is_letter
                facts.put(item.key, Kept(item.order, kind, item.value, item.replay_of))
            elif (denial := self._record(item.value)) is not None:
                denials.put(cast("Denial", denial).claim_id, Kept(item.order, 0, item.value))
        denials.index()

    def _is_concerned(self, kept: Iterable[Kept]) -> bool:
        """Whether an edit on trial may speak of a claim among these facts: the rest need not even be decoded."""
        return any(
            claim is not None and self._scope.has_claim(cast("Claim", claim))
            for claim in (self._record(each.value) for each in kept if each.kind == _CLAIM)
        )

    def _record(self, value: bytes) -> Record | None:
        try:
            return self._source.read(value)[0]
        except Unreadable:
            return None

    def _judge(self, report: Report, key: str, kept: Iterable[Kept], denials: Shelf) -> None:
        found = passages(map(self._inbound(key), kept), self._rules, self._trial, self._scope)
        found.sort(key=lambda passage: (passage.claim.claim_id, passage.claim.revision))
        for claim_id, of_claim in groupby(found, key=lambda passage: passage.claim.claim_id):
            evidence = [cast("Denial", self._source.read(each.value)[0]) for each in denials.of(claim_id)]
            report.add(list(of_claim), evidence)

    def _inbound(self, key: str) -> Callable[[Kept], Inbound]:
        def inbound(kept: Kept) -> Inbound:
            topic = FACT_TOPICS[kept.kind % _UNREADABLE]
            if kept.kind < _UNREADABLE:
                try:
                    record, body = self._source.read(kept.value)
                    return Inbound(topic, key, record, body, kept.order, kept.note)
                except Unreadable:
                    pass  # on Kafka the topic itself holds what nobody could read
            return Inbound(topic, key, None, kept.value, kept.order, kept.note)

        return inbound
