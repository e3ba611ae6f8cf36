"""What readers of committed records see on the output topics, read on from where the last look ended."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from schemas import registry
from schemas.errors import Unreadable
from streams.topics import BY_NAME, CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, EDITS, TOPICS

if TYPE_CHECKING:
    from schemas.record import Record
    from streams.topics import Topic


class Seen(NamedTuple):
    """A record on a topic. `time` is its append time (ms); `record` is None where the bytes are none of the topic."""

    partition: int
    offset: int
    time: int
    key: str | None
    value: bytes
    record: Record | None
    headers: dict[str, str]


class Observed:
    """All records on all topics but changelogs, by topic, in the order of each partition."""

    def __init__(self, bootstrap: str, namespace: str, partitions: int) -> None:
        self._namespace = namespace
        self._bootstrap = bootstrap
        self._next = {
            (namespace + topic.name, partition): OFFSET_BEGINNING
            for topic in TOPICS
            if not topic.compacted
            for partition in range(partitions)
        }
        self.records: dict[Topic, list[Seen]] = defaultdict(list)
        self.open()

    def open(self) -> None:
        """Have a consumer, which goes on where the one before ended."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": f"{self._namespace}chaos",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in self._next.items()])

    def look(self) -> int:
        """Read what has come; how much that was."""
        new = 0
        while messages := self._consumer.consume(10_000, 0.2):
            for message in messages:
                if message.error() is None:
                    self._add(message)
                    self._next[message.topic(), message.partition()] = message.offset() + 1
                    new += 1
        return new

    def _add(self, message: object) -> None:
        topic = BY_NAME[message.topic().removeprefix(self._namespace)]
        key, value = message.key(), message.value() or b""
        try:
            record = registry.read(value) if topic.record else None
        except Unreadable:
            record = None
        headers = {name: (text or b"").decode() for name, text in message.headers() or ()}
        text = None if key is None else key.decode("utf-8", "replace")
        self.records[topic].append(
            Seen(message.partition(), message.offset(), message.timestamp()[1], text, value, record, headers)
        )

    def of(self, topic: Topic) -> list[Record]:
        """The records of a topic that can be read."""
        return [seen.record for seen in self.records[topic] if seen.record is not None]

    def last_offsets(self) -> dict[tuple[str, int], int]:
        """The last record of each partition, by the names of topics on the cluster."""
        return {
            (self._namespace + topic.name, seen.partition): seen.offset
            for topic, records in self.records.items()
            for seen in records
        }

    def counted(self) -> tuple[int, int]:
        """How many decisions, and how many edits."""
        decisions = {d.decision_id for topic in (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD) for d in self.of(topic)}
        return len(decisions), len({edit.edit_id for edit in self.of(EDITS)})

    def close(self) -> None:
        """Let go of the consumer."""
        self._consumer.close()
