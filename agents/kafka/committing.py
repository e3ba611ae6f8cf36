"""One transaction for a batch: what came of it, the state that changed, and where the inputs go on."""

from __future__ import annotations

import copy
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from confluent_kafka import TopicPartition

from agents.kafka.batch import Batch
from agents.kafka.transaction import Aborted, Lost, Transactions
from agents.kafka.work import Work

if TYPE_CHECKING:
    from agents.dispatch import Dispatch, Entry
    from agents.kafka.merge import Arrival
    from agents.kafka.options import Options
    from agents.kafka.reading import Place
    from agents.kafka.shard import Shard
    from agents.metrics.lanes import Meter
    from streams.processor import Outcome, Processor, Tables


class Committing:
    """Runs batches in transactions of the producer of this slot.

    positions  the next offset of each input that is not committed yet
    outcomes   (topic, outcome) -> records
    counts     transactions, records in them, aborts
    """

    def __init__(self, options: Options, processor: Processor, dispatch: Dispatch, meter: Meter | None = None) -> None:
        self._options = options
        self._processor = processor
        self._dispatch = dispatch
        self._work = Work(options, processor, dispatch, self._send)
        self._meter = meter
        self._work.tally = None if meter is None else meter.tally
        self._changelog = options.topic(processor.changelog)
        self._inputs = [options.topic(topic) for topic in processor.inputs]
        self._transactions: Transactions | None = None
        self.positions: dict[Place, int] = {}
        self.outcomes: Counter[tuple[str, Outcome]] = Counter()
        self.counts: Counter[str] = Counter()

    def open(self) -> None:
        """Have a producer. A new one ends what an earlier one of this slot left open, and fences it.

        Raises as `Transactions` does.
        """
        if self._transactions is None:
            self._transactions = Transactions(self._options, self._processor)

    def drop(self) -> None:
        """Let go of the producer."""
        transactions, self._transactions = self._transactions, None
        if transactions is not None:
            transactions.close()

    def begin(self, partitions: int, tables: Tables) -> None:
        """Say how many partitions each input has, and what the processor reads beside its records."""
        self._work.partitions, self._work.tables = partitions, tables

    def commit(self, batch: Batch, group: Any) -> None:
        """Make one transaction of a batch, or, if a record is at fault, one of each record and set the culprit aside.

        Raises `Aborted` when everything is as before but for what `batch` does not hold any more, `Lost` when it is not
        known what is.
        """
        try:
            self._commit(batch, group)
        except Aborted as error:
            if not error.culprit:
                raise
            self._commit_one_by_one(batch, group)

    def _commit_one_by_one(self, batch: Batch, group: Any) -> None:
        for shard, arrivals in batch.records:
            for number, arrival in enumerate(arrivals):
                try:
                    self._commit_alone(shard, arrival, group)
                except BaseException:
                    arrivals[:] = arrivals[number:]  # what went before is committed: only the rest may be put back
                    raise
            arrivals.clear()
        if batch.due or batch.sweeps:
            self._commit(Batch(due=batch.due, sweeps=batch.sweeps), group)

    def _commit_alone(self, shard: Shard, arrival: Arrival, group: Any) -> None:
        alone = Batch(records=[(shard, [arrival])])
        try:
            self._commit(alone, group)
        except Aborted as error:
            if not error.culprit:
                raise
            self._commit(alone, group, culprit=error.cause)

    def _commit(self, batch: Batch, group: Any, culprit: str | None = None) -> None:
        transactions, work = self._transactions, self._work
        if transactions is None:
            raise Lost("no producer")
        shards = batch.shards
        before = copy.deepcopy(self._dispatch.failures), dict(self.positions)
        work.counts.clear()
        meter = self._meter
        if meter is not None:
            meter.tally.clear()
        began = time.monotonic()
        for shard in shards:
            shard.begin()
        try:
            transactions.begin()
            self._process(batch, culprit)
            for shard in shards:
                for key, value in shard.changes():
                    transactions.produce_to(self._changelog, shard.partition, key, value, shard.time)
            transactions.commit(self._offsets(shards), group)
        except BaseException:
            for shard in shards:
                shard.aborted()
            self._dispatch.failures, self.positions = before
            self.counts["aborts"] += 1
            transactions.abort()
            raise
        for shard in shards:
            shard.committed()
        self.outcomes += work.counts
        self.counts["transactions"] += 1
        self.counts["records"] += batch.size
        if meter is not None:
            meter.committed(batch.size, time.monotonic() - began)

    def _process(self, batch: Batch, culprit: str | None) -> None:
        work, positions = self._work, self.positions
        now = self._options.now()
        for shard, arrivals in batch.records:
            partition = shard.partition
            for arrival in arrivals:
                if culprit is None:
                    work.take(shard, arrival, now)
                else:
                    work.set_culprit_aside(shard, arrival, culprit)
                positions[arrival.input, partition] = arrival.offset + 1
        left = self._options.sweep
        for shard in batch.due:
            left -= work.wake(shard, max(1, left))
        if batch.sweeps:
            self._reconsider(batch.sweeps, max(1, left))

    def _reconsider(self, shards: list[Shard], limit: int) -> None:
        """The next keys of the sweeps, over all shards in the order of keys."""
        found = [
            (key, shard.partition, shard)
            for shard in shards
            if shard.bookmark.sweeps
            for key in shard.under(shard.bookmark.sweeps[0], limit)
        ]
        chosen = sorted(found, key=lambda each: each[:2])[:limit]
        for key, _, shard in chosen:
            shard.bookmark.sweeps[0].after = key
            self._work.reconsider(shard, key)
        for shard in shards:
            if shard.bookmark.sweeps and not shard.under(shard.bookmark.sweeps[0], 1):
                del shard.bookmark.sweeps[0]

    def _send(self, entry: Entry, time_ms: int) -> None:
        key = None if entry.key is None else entry.key.encode()
        frame = self._options.frame
        value = entry.value if frame is None or entry.topic.record is None else frame(entry.value)
        self._transactions.produce(self._options.topic(entry.topic), key, value, time_ms, entry.headers)  # type: ignore[union-attr]  # there is one while a batch is processed

    def _offsets(self, shards: list[Shard]) -> list[TopicPartition]:
        """Where the inputs of these shards go on. Never none: it is what tells the group that we are still in it."""
        return [
            TopicPartition(topic, shard.partition, self.positions[number, shard.partition])
            for shard in shards
            for number, topic in enumerate(self._inputs)
        ]
