"""Counts of what was committed, by what the records themselves say. A batch that was rolled back never comes here."""

from __future__ import annotations

import threading
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

from agents.dispatch import Header
from agents.metrics.catalogue import BY_NAME
from agents.metrics.figures import Histogram
from agents.metrics.labels import LEARNED_EDITS, SITES, UNKNOWN, Bounded
from streams.gates import EDITS
from streams.topics import (
    ALERTS,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DEAD_LETTERS,
    DENIALS,
    HOLDS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agents.dispatch import Entry
    from agents.metrics.figures import Figures, Labels
    from schemas.alert import Alert
    from schemas.decision import Decision
    from schemas.denial import Denial
    from schemas.hold import Hold
    from schemas.record import Record
    from streams.topics import Topic

COUNTED: tuple[Topic, ...] = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD, HOLDS, DENIALS, ALERTS, DEAD_LETTERS)
"""The topics whose records are counted."""

_NAMES = frozenset(topic.name for topic in COUNTED)
_LATENCY = BY_NAME["cleanclaim_decision_latency_seconds"]

Counts = Counter[tuple[str, tuple[str, ...]]]
"""Metric and labels -> number."""


def edit_labels() -> Bounded:
    """Labels for edits: all built-in ones, and so many that were learned."""
    return Bounded(LEARNED_EDITS, (edit.edit_id for edit in EDITS))


class Committed:
    """The counts of one process. Any thread may count and read."""

    def __init__(self) -> None:
        self._counts: Counts = Counter()
        self._latency = Histogram(_LATENCY.buckets)
        self._last_commit = 0.0
        self._edit = edit_labels()
        self._site = Bounded(SITES)
        self._lock = threading.Lock()

    def count(self, entries: Iterable[Entry], ended: float, appended: float | None = None) -> None:
        """Count what a commit at `ended` made certain (seconds since 1970).

        `appended` is when the record that brought the entries about came; None where there was none, or it does not
        say.
        """
        with self._lock:
            decisions = 0
            for entry in entries:
                name = entry.topic.name
                if name in _NAMES:
                    decisions += self._count(name, entry.record, entry.headers)
            if decisions and appended is not None:
                self._latency.observe(max(0.0, ended - appended), decisions)
            self._last_commit = ended

    def _count(self, topic: str, record: Record | None, headers: Mapping[str, str] | None) -> int:
        """Count one record; 1 for a decision, else 0."""
        counts = self._counts
        if topic == DEAD_LETTERS.name:
            said = headers or {}
            what = said.get(Header.TOPIC, UNKNOWN), said.get(Header.EXCEPTION, UNKNOWN)
            counts["cleanclaim_dead_letters_total", what] += 1
        elif topic == HOLDS.name:
            hold = cast("Hold", record)
            place = self._edit(hold.edit_id), self._site(hold.site_id)
            counts["cleanclaim_holds_total", (hold.state, hold.gate, *place)] += 1
        elif topic == DENIALS.name:
            denial = cast("Denial", record)
            counts["cleanclaim_denials_total", (denial.outcome, denial.category)] += 1
        elif topic == ALERTS.name:
            alert = cast("Alert", record)
            counts["cleanclaim_alerts_total", (alert.kind, alert.status)] += 1
        else:
            return self._count_decision(topic, cast("Decision", record))
        return 0

    def _count_decision(self, topic: str, decision: Decision) -> int:
        counts = self._counts
        site = self._site(decision.site_id)
        route = decision.route
        if topic == CLAIMS_RELEASED.name and route != "RELEASE":
            counts["cleanclaim_recalls_total", (site,)] += 1
            return 0  # it stands under its own route, too
        counts["cleanclaim_decisions_total", (route, site)] += 1
        for gate, edit in {(finding.gate, finding.edit_id) for finding in decision.findings}:
            counts["cleanclaim_decision_edits_total", (route, gate, self._edit(edit), site)] += 1
        return 1

    def show(self, figures: Figures) -> None:
        """A source of a scrape."""
        with self._lock:
            for (name, labels), number in self._counts.items():
                figures.add(name, labels, number)
            if self._latency.count:
                figures.put(_LATENCY.name, (), self._latency)
            if self._last_commit:
                figures.add("cleanclaim_last_commit_timestamp_seconds", (), self._last_commit)
        figures.add("cleanclaim_build_info", (version("cleanclaim"),), 1)

    def dump(self) -> list[tuple[str, Labels, int]]:
        """The counts, to go on from in another process."""
        with self._lock:
            return [(name, labels, number) for (name, labels), number in sorted(self._counts.items())]

    def load(self, dumped: Iterable[tuple[str, Iterable[str], int]]) -> None:
        """Add what `dump` gave. Metrics that the catalogue no longer has are let go."""
        with self._lock:
            for name, values, number in dumped:
                if name in BY_NAME:
                    labels = tuple(values)
                    self._counts[name, labels] += number
                    self._know(BY_NAME[name].labels, labels)

    def _know(self, names: tuple[str, ...], values: Labels) -> None:
        """Let values that were shown before go on being shown."""
        for name, value in zip(names, values, strict=True):
            if name == "edit_id":
                self._edit(value)
            elif name == "site_id":
                self._site(value)
