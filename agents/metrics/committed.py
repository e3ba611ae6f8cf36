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
from streams.topics import ALERTS, CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, DEAD_LETTERS, DENIALS, HOLDS
from streams.topics import BY_NAME as BY_TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agents.dispatch import Entry
    from agents.metrics.figures import Figures, Labels
    from schemas.alert import Alert
    from schemas.decision import Decision
    from schemas.denial import Denial
    from schemas.hold import Hold
    from streams.topics import Topic

_LATENCY = BY_NAME["cleanclaim_decision_latency_seconds"]

Counts = Counter[tuple[str, tuple[str, ...]]]
"""Metric and labels -> number."""


class Tally:
    """The counts of one batch, made while it is worked out, so that none of its records is kept for the sake of it.

    counts     by metric and labels
    decisions  append time of the record that brought them about (seconds since 1970) -> how many
    """

    def __init__(self, edit: Bounded, site: Bounded) -> None:
        self.counts: Counts = Counter()
        self.decisions: Counter[float] = Counter()
        self._edit = edit
        self._site = site

    def clear(self) -> None:
        """Begin anew."""
        self.counts.clear()
        self.decisions.clear()

    def note(self, entry: Entry, appended: float | None = None) -> None:
        """Count one record. `appended` is None where no record brought it about, or its time is not of the clock."""
        note = _NOTES.get(entry.topic.name)
        if note is not None and note(self, entry) and appended is not None:
            self.decisions[appended] += 1

    def _note_decision(self, entry: Entry) -> bool:
        """Whether it is a decision of its own, and not word of a release that was taken back."""
        decision, counts = cast("Decision", entry.record), self.counts
        site, route = self._site(decision.site_id), decision.route
        if route != "RELEASE" and entry.topic is CLAIMS_RELEASED:
            counts["cleanclaim_recalls_total", (site,)] += 1
            return False  # it stands under its own route, too
        counts["cleanclaim_decisions_total", (route, site)] += 1
        for gate, edit in {(finding.gate, finding.edit_id) for finding in decision.findings}:
            counts["cleanclaim_decision_edits_total", (route, gate, self._edit(edit), site)] += 1
        return True

    def _note_hold(self, entry: Entry) -> bool:
        hold = cast("Hold", entry.record)
        labels = (hold.state, hold.gate, self._edit(hold.edit_id), self._site(hold.site_id))
        self.counts["cleanclaim_holds_total", labels] += 1
        return False

    def _note_denial(self, entry: Entry) -> bool:
        denial = cast("Denial", entry.record)
        self.counts["cleanclaim_denials_total", (denial.outcome, denial.category)] += 1
        return False

    def _note_alert(self, entry: Entry) -> bool:
        alert = cast("Alert", entry.record)
        self.counts["cleanclaim_alerts_total", (alert.kind, alert.status)] += 1
        return False

    def _note_dead_letter(self, entry: Entry) -> bool:
        said = entry.headers or {}
        labels = (said.get(Header.TOPIC, UNKNOWN), said.get(Header.EXCEPTION, UNKNOWN))
        self.counts["cleanclaim_dead_letters_total", labels] += 1
        return False


_NOTES: dict[str, Callable[[Tally, Entry], bool]] = {
    CLAIMS_RELEASED.name: Tally._note_decision,  # noqa: SLF001 - its own methods, by topic
    CLAIMS_HELD.name: Tally._note_decision,  # noqa: SLF001
    CLAIMS_REBUILD.name: Tally._note_decision,  # noqa: SLF001
    HOLDS.name: Tally._note_hold,  # noqa: SLF001
    DENIALS.name: Tally._note_denial,  # noqa: SLF001
    ALERTS.name: Tally._note_alert,  # noqa: SLF001
    DEAD_LETTERS.name: Tally._note_dead_letter,  # noqa: SLF001
}

COUNTED: tuple[Topic, ...] = tuple(BY_TOPIC[name] for name in _NOTES)
"""The topics whose records are counted."""


class Committed:
    """The counts of one process. Any thread may add and read. Its labels are bounded together."""

    def __init__(self) -> None:
        self._counts: Counts = Counter()
        self._latency = Histogram(_LATENCY.buckets)
        self._last_commit = 0.0
        self.edit_label = Bounded(LEARNED_EDITS, (edit.edit_id for edit in EDITS))
        self.site_label = Bounded(SITES)
        self._lock = threading.Lock()

    def tally(self) -> Tally:
        """For one batch, or one after the other."""
        return Tally(self.edit_label, self.site_label)

    def add(self, tally: Tally, ended: float) -> None:
        """Count what a commit at `ended` (seconds since 1970) made certain."""
        with self._lock:
            self._counts.update(tally.counts)
            for appended, number in tally.decisions.items():
                self._latency.observe(max(0.0, ended - appended), number)
            self._last_commit = ended

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
                self.edit_label(value)
            elif name == "site_id":
                self.site_label(value)
