"""What the lanes of a Kafka worker show. Looked at when somebody asks, from the thread that asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from agents.metrics.catalogue import BY_NAME
from agents.metrics.figures import Histogram
from agents.metrics.states import States
from agents.metrics.tables import edits_by_status
from streams.topics import EDITS, INPUT_TOPICS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from agents.metrics.committed import Committed
    from agents.metrics.figures import Figures
    from streams.processor import Outcome, Processor, Tables

_RECORDS = BY_NAME["cleanclaim_transaction_records"]
_SECONDS = BY_NAME["cleanclaim_transaction_seconds"]
_FROM_OUTSIDE = frozenset(topic.name for topic in INPUT_TOPICS)
_COUNTED = {
    "records": "cleanclaim_processed_records_total",
    "transactions": "cleanclaim_transactions_total",
    "aborts": "cleanclaim_transaction_aborts_total",
    "rebalances": "cleanclaim_rebalances_total",
    "restores": "cleanclaim_restores_total",
    "restored": "cleanclaim_restored_records_total",
}
"""What lanes count -> the metric."""


class Meter:
    """Measures the transactions of one lane, and counts what they made certain. `tally` is that of the open one."""

    def __init__(self, processor: Processor, counts: Committed) -> None:
        self._labels = (processor.name,)
        self._counts = counts
        self._records = Histogram(_RECORDS.buckets)
        self._seconds = Histogram(_SECONDS.buckets)
        self.tally = counts.tally()

    def committed(self, records: int, seconds: float) -> None:
        """The transaction is in the log; it took `records` and so long."""
        self._counts.add(self.tally, time.time())
        self._records.observe(records)
        self._seconds.observe(seconds)

    def show(self, figures: Figures) -> None:
        """A source of a scrape."""
        figures.put(_RECORDS.name, self._labels, self._records)
        figures.put(_SECONDS.name, self._labels, self._seconds)


class Shown(Protocol):
    """What a lane lets others see, from any thread."""

    processor: Processor

    @property
    def ready(self) -> bool:
        """Whether it is restored and reads."""

    @property
    def counts(self) -> Counter[str]:
        """The keys of `_COUNTED`."""

    @property
    def outcomes(self) -> Counter[tuple[str, Outcome]]:
        """(topic, outcome) -> records."""

    @property
    def tables(self) -> Tables:
        """The tables that it reads, as far as they were read."""

    def lag(self) -> Mapping[tuple[str, int], int]:
        """(topic, partition) -> records that were not yet processed."""

    def states(self) -> list[tuple[str, bytes]]:
        """Key and state of all keys."""

    def sizes(self) -> Mapping[int, tuple[int, int]]:
        """Partition -> keys remembered, and the bytes of their states."""


class Lanes:
    """A source of a scrape: all lanes of a worker, and what they remember."""

    def __init__(self, lanes: Sequence[Shown], counts: Committed) -> None:
        self._lanes = lanes
        self._states = States(self._states_of, counts)

    def _states_of(self, processor: str) -> list[tuple[str, bytes]]:
        return [each for lane in self._lanes if lane.processor.name == processor for each in lane.states()]

    def show(self, figures: Figures) -> None:
        """Fill in what each lane shows."""
        for lane in self._lanes:
            _show(lane, figures)
        self._states.show(figures)
        edits = next((lane.tables[EDITS.name] for lane in self._lanes if EDITS.name in lane.tables), None)
        if edits is not None:  # the same in every lane
            edits_by_status(figures, edits)


def _show(lane: Shown, figures: Figures) -> None:
    name = lane.processor.name
    figures.add("cleanclaim_ready", (name,), float(lane.ready))
    counts = lane.counts.copy()
    for counted, metric in _COUNTED.items():
        figures.add(metric, (name,), counts[counted])
    for (topic, outcome), number in lane.outcomes.copy().items():
        if topic in _FROM_OUTSIDE:
            figures.add("cleanclaim_input_records_total", (topic, outcome), number)
    for (topic, partition), records in lane.lag().items():
        figures.add("cleanclaim_lag_records", (name, topic, str(partition)), records)
    for partition, (keys, size) in lane.sizes().items():
        figures.add("cleanclaim_state_keys", (name, str(partition)), keys)
        figures.add("cleanclaim_state_bytes", (name, str(partition)), size)
