"""Reading changelogs back, before anything is processed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, KafkaException, TopicPartition

from agents.kafka.members import END_OF_PARTITION, lone_consumer, note_error, reason_of, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.kafka.options import Options
    from agents.kafka.shard import Shard
    from streams.processor import Processor

_ANSWER = 10.0
"""Seconds for an answer of the cluster."""

_AT_ONCE = 20_000


class Restore:
    """Brings shards up to their changelogs, a step at a time, so that the group hears of this worker in between.

    The high watermark is taken as it is for readers of uncommitted records, then committed ones are read until the
    position reaches it: what the last owner committed may still lack its marker, and is waited for.

    Raises `Unavailable` when the cluster does not answer; begin anew then.
    """

    def __init__(self, options: Options, processor: Processor, shards: Iterable[Shard]) -> None:
        self._options, self._processor = options, processor
        self._topic = options.topic(processor.changelog)
        self._shards = {shard.partition: shard for shard in shards}
        self._changes: dict[int, dict[bytes, bytes | None]] = {partition: {} for partition in self._shards}
        self._times = dict.fromkeys(self._shards, 0)
        self._ends: dict[int, int] = {}
        self.records = 0
        self._consumer = lone_consumer(options, processor, "restore")
        try:
            self._start()
        except KafkaException as error:
            self._consumer.close()
            raise translated(reason_of(error), self._topic) from None

    def _start(self) -> None:
        starts = []
        for partition, high in self._high_watermarks().items():
            position = self._shards[partition].position
            if position < high:
                self._ends[partition] = high
                starts.append(TopicPartition(self._topic, partition, position or OFFSET_BEGINNING))
        if starts:
            self._consumer.assign(starts)

    def _high_watermarks(self) -> dict[int, int]:
        """As readers of uncommitted records see them: the consumer that restores is told where committed ones end."""
        with closing(lone_consumer(self._options, self._processor, "restore", committed=False)) as looker:
            return {
                partition: looker.get_watermark_offsets(TopicPartition(self._topic, partition), _ANSWER)[1]
                for partition in self._shards
            }

    def step(self) -> bool:
        """Read for a moment; whether all is restored."""
        if not self._ends:
            return True
        messages: list[Any] = self._consumer.consume(_AT_ONCE, 0.1)
        for message in messages:
            error = message.error()
            if error is not None and error.code() != END_OF_PARTITION:
                note_error(error, self._topic)
                continue
            partition, offset = message.partition(), message.offset()
            if error is None:
                self._changes[partition][message.key()] = message.value()
                self._times[partition] = message.timestamp()[1]
                self.records += 1
                offset += 1
            end = self._ends.get(partition)
            if end is not None and offset >= end:
                self._finish(partition)
        return not self._ends

    def _finish(self, partition: int) -> None:
        del self._ends[partition]
        self._shards[partition].load(self._changes.pop(partition), self._times[partition])
        self._changes[partition] = {}

    def close(self) -> None:
        """Let go of the consumer."""
        self._consumer.close()
