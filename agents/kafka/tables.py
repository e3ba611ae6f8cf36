"""Tables: broadcast topics that every worker reads whole, and what their changes ask for."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, KafkaException, TopicPartition

from agents.dispatch import Failed
from agents.kafka.members import END_OF_PARTITION, log, lone_consumer, note_error, reason_of, translated
from agents.kafka.shard import Sweep
from schemas.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confluent_kafka import Message

    from agents.dispatch import Dispatch
    from agents.kafka.options import Options
    from agents.kafka.shard import Shard
    from schemas.record import Record
    from streams.processor import Processor, Tables
    from streams.topics import Topic

_ANSWER = 10.0
_AT_ONCE = 5_000


class Change(NamedTuple):
    """A record of a table that asks for keys under `terms` to be reconsidered."""

    partition: int
    offset: int
    terms: tuple[str, ...]


class Following:
    """The tables of one processor, as far as they were read.

    `step` reads what has come. A shard that was restored `join`s: what changed since it last looked is put on its list.
    A record of a table that cannot be read is left out, and logged: its writer is one of our own processors.
    """

    def __init__(self, options: Options, processor: Processor, dispatch: Dispatch) -> None:
        self._options = options
        self._processor = processor
        self._dispatch = dispatch
        self._topics = {topic.name: topic for topic in processor.tables}
        self._names = {options.topic(topic): topic.name for topic in processor.tables}
        self._records: dict[str, dict[str, Record]] = {name: {} for name in self._topics}
        self.tables: Tables = MappingProxyType(
            {name: MappingProxyType(records) for name, records in self._records.items()}
        )
        self._changes: dict[str, list[Change]] = {name: [] for name in self._topics}
        self._positions: dict[str, list[int]] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self._consumer = lone_consumer(options, processor, "tables") if self._topics else None
        if self._consumer is None:
            return
        try:
            self._start()
        except KafkaException as error:
            self._consumer.close()
            raise translated(reason_of(error), "tables") from None

    def _start(self) -> None:
        assert self._consumer is not None  # noqa: S101 - called where it is made
        starts = []
        for there, name in self._names.items():
            partitions = self._consumer.list_topics(there, _ANSWER).topics[there].partitions
            self._positions[name] = [0] * len(partitions)
            for partition in partitions:
                self._ends[name, partition] = self._consumer.get_watermark_offsets(
                    TopicPartition(there, partition), _ANSWER
                )[1]
                starts.append(TopicPartition(there, partition, OFFSET_BEGINNING))
        self._consumer.assign(starts)

    @property
    def whole(self) -> bool:
        """Whether the tables were read to where they ended at the start, and as far as every joined shard had seen."""
        return not self._ends

    def step(self, timeout: float = 0.0) -> list[tuple[str, tuple[str, ...]]]:
        """Read what has come; (table, terms to reconsider) for each change."""
        if self._consumer is None:
            return []
        found = []
        messages: list[Any] = self._consumer.consume(_AT_ONCE, timeout)
        for message in messages:
            error = message.error()
            if error is not None and error.code() != END_OF_PARTITION:
                note_error(error, "tables")
                continue
            name, partition, offset = self._names[message.topic()], message.partition(), message.offset()
            if error is None:
                terms = self._take(name, message)
                offset += 1
                if terms:
                    self._changes[name].append(Change(partition, offset - 1, terms))
                    found.append((name, terms))
            self._positions[name][partition] = max(offset, self._positions[name][partition])
            if self._ends.get((name, partition), offset + 1) <= offset:
                del self._ends[name, partition]
        return found

    def _take(self, name: str, message: Message) -> tuple[str, ...]:
        topic, key, value = self._topics[name], message.key(), message.value()
        try:
            if key is None or value is None:
                raise Unreadable("no key or no value")  # noqa: TRY301 - one way out for all that cannot be read
            record, _ = self._options.read(value)
        except Unreadable:
            log.error(
                "a record of a table cannot be read",
                topic=name,
                partition=message.partition(),
                offset=message.offset(),
            )
            return ()
        records = self._records[name]
        text = key.decode("utf-8", "replace")
        terms = self._dispatch.touched(self._processor, topic, records.get(text), record)
        records[text] = record
        if isinstance(terms, Failed):
            log.error(
                "a processor raised on a record of a table",
                processor=self._processor.name,
                topic=name,
                error=terms.cause,
            )
            return ()
        return tuple(terms)

    def position(self, topic: Topic, partition: int) -> int:
        """The next offset to read."""
        return self._positions[topic.name][partition]

    def join(self, shards: Iterable[Shard]) -> None:
        """Bring shards that were restored up to where the tables are, or note how far the tables must be read first."""
        for shard in shards:
            for name, seen in shard.bookmark.tables.items():
                for partition, offset in enumerate(seen):
                    if name in self._positions and self._positions[name][partition] < offset:
                        self._ends[name, partition] = max(offset, self._ends.get((name, partition), 0))

    def catch_up(self, shard: Shard) -> None:
        """Put on a shard's list what changed since it last looked; the tables are `whole`."""
        for name, positions in self._positions.items():
            seen = shard.bookmark.tables.get(name)
            terms: set[str] = set()
            if seen is not None:
                for change in self._changes[name]:
                    if change.offset >= seen[change.partition]:
                        terms.update(change.terms)
            shard.follow(name, positions, [Sweep(tuple(sorted(terms)))] if terms else ())

    def follow(self, shards: Iterable[Shard], changes: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Put on the lists of shards what `step` found."""
        changes = list(changes)
        for shard in shards:
            for name, positions in self._positions.items():
                sweeps = [Sweep(terms) for table, terms in changes if table == name]
                shard.follow(name, positions, sweeps)

    def close(self) -> None:
        """Let go of the consumer."""
        if self._consumer is not None:
            self._consumer.close()
