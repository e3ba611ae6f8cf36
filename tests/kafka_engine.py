"""The Kafka engine as the contract and the scenarios drive it: lanes in this process, on topics of its own.

Everything is what a worker runs but for two things. The topics take their times from the sender, so that a test says
what time it is, and lanes are polled in turn until nothing is left to do, so that a test can look at the end.
"""

from __future__ import annotations

import itertools
import time
import uuid
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import NewTopic, OffsetSpec

from agents.dispatch import Defect
from agents.engine import Logged
from agents.kafka.lane import Lane
from agents.kafka.options import Options
from schemas import registry
from schemas.errors import Unavailable
from schemas.record import millis
from streams.processor import Outcome
from streams.topics import BY_NAME, DEAD_LETTERS, PARTITIONS, TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schemas.record import Record
    from streams.processor import Processor
    from streams.topics import Topic
    from tests.kafka_broker import Broker

_PATIENCE = 60.0


def topics_for(processors: Sequence[Processor]) -> list[Topic]:
    """The topics that these processors touch; what they emit is not declared, so all outputs are there."""
    changelogs = {each.changelog for each in processors}
    used = {topic for each in processors for topic in (*each.inputs, *each.tables)} | changelogs
    return [topic for topic in TOPICS if topic in used or topic is DEAD_LETTERS or not topic.name.endswith("state.v1")]


def make_topics(
    broker: Broker, topics: Sequence[Topic], namespace: str, partitions: int = PARTITIONS, **config: str
) -> None:
    """Topics that keep everything."""
    values = {"retention.ms": "-1", "max.message.bytes": str(9 << 20), **config}
    new = [
        NewTopic(
            namespace + t.name,
            partitions,
            1,
            config=values | {"cleanup.policy": "compact" if t.compacted else "delete"},
        )
        for t in topics
    ]
    admin = broker.admin()  # its answers do not outlive it
    for future in admin.create_topics(new, operation_timeout=30).values():
        future.result()


def drop_topics(broker: Broker, topics: Sequence[Topic], namespace: str) -> None:
    admin = broker.admin()  # see make_topics
    for future in admin.delete_topics([namespace + topic.name for topic in topics]).values():
        future.result()


class KafkaEngine:
    """`agents.engine.Engine` over a broker."""

    def __init__(self, broker: Broker, processors: Sequence[Processor], **options: Any) -> None:
        self.namespace = f"t{uuid.uuid4().hex[:8]}."
        self._broker = broker
        self._topics = topics_for(processors)
        sender_time = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)}
        make_topics(broker, self._topics, self.namespace, **sender_time)
        self._now = 0
        self._clock = 0
        self._fed: set[str] = set()
        self.processors = list(processors)
        self._options = {
            "slot": "a",
            "namespace": self.namespace,
            "tick": 0.0,
            "idle": 0.02,
            "clock": lambda: self._clock,
        } | options
        connection = {"bootstrap.servers": broker.bootstrap}
        self._producer = Producer({**connection, "partitioner": "murmur2_random", "log_level": 2})
        self._admin = broker.admin()
        reading = {
            "group.id": "look",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,  # an end is told by an answer without records
            "fetch.queue.backoff.ms": 10,
            "log_level": 2,
        }
        self._reader = Consumer({**connection, **reading})
        self._places = [(topic, partition) for topic in self._topics for partition in range(PARTITIONS)]
        self._reader.assign([TopicPartition(self.namespace + t.name, p, OFFSET_BEGINNING) for t, p in self._places])
        self._read: dict[tuple[str, int], int] = {}
        self._last: dict[tuple[str, int], int] = {}
        self._log: list[Logged] = []
        self._connection = connection
        self.lanes: list[Lane] = []
        self.start()

    def start(self, slot: str = "a") -> None:
        """Start the lanes; again, after `stop`, as a restarted worker would."""
        options = Options(connection=self._connection, **(self._options | {"slot": slot}))
        self.lanes = [Lane(processor, options) for processor in self.processors]

    def stop(self) -> None:
        for lane in self.lanes:
            lane.close()
        self.lanes = []

    def close(self) -> None:
        self.stop()
        self._reader.close()
        drop_topics(self._broker, self._topics, self.namespace)

    # The protocol

    def feed(
        self, topic: Topic, record: Record, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        happened = next(getattr(record, name) for name in ("occurred_at", "received_at") if hasattr(record, name))
        self._now = max(self._now, millis(happened))
        key = topic.key(record) if topic.key is not None else key
        self.feed_bytes(topic, key, registry.write(record), headers)

    def feed_bytes(self, topic: Topic, key: str | None, value: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send(topic, key, value, headers=dict(headers or {}))
        self.settle()

    def send(self, topic: Topic, key: str | None, value: bytes, **keywords: Any) -> None:
        """Produce without looking."""
        self._fed.add(topic.name)
        raw = None if key is None else key.encode()
        while True:
            try:
                self._producer.produce(self.namespace + topic.name, value, raw, timestamp=self._now, **keywords)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def advance(self, to_ms: int) -> None:
        self._now = max(self._now, to_ms)
        self._clock = max(self._clock, to_ms)
        for lane in self.lanes * 3:
            self._drive(lane)
        self.settle()

    def records(self, topic: Topic, key: str | None = None) -> Iterator[Logged]:
        return iter([each for each in self._log if each.topic is topic and key in (None, each.key)])

    def state(self, processor: str, key: str) -> bytes | None:
        return next(lane for lane in self.lanes if lane.processor.name == processor).state(key)

    def outcomes(self) -> dict[Outcome, int]:
        return {
            outcome: sum(
                number
                for lane in self.lanes
                for (topic, each), number in lane.outcomes.items()
                if each == outcome and topic in self._fed
            )
            for outcome in Outcome
        }

    # Until nothing is left to do

    def settle(self) -> None:
        self._producer.flush()
        end = time.monotonic() + _PATIENCE
        while True:
            for lane in self.lanes:
                self._drive(lane)
            if all(lane.idle for lane in self.lanes) and self._look() and self._all_is_taken():
                return
            assert time.monotonic() < end, "the engine did not come to rest"

    def _drive(self, lane: Lane) -> None:
        try:
            batch = lane.poll()
            if batch:
                lane.commit(batch)
        except Unavailable:
            time.sleep(0.1)
        except Defect:
            self.lanes.remove(lane)
            lane.close()
            raise

    def _look(self) -> bool:
        """Read what is committed; whether that is everything, and nothing was new."""
        wanted = {TopicPartition(self.namespace + t.name, p): OffsetSpec.latest() for t, p in self._places}
        try:
            ends = {
                (place.topic.removeprefix(self.namespace), place.partition): future.result().offset
                for place, future in self._admin.list_offsets(wanted).items()
            }
        except KafkaException:
            return False  # a broker that is busy does not know its new topics yet
        found = []
        end = time.monotonic() + 5
        while any(self._read.get(place, 0) < offset for place, offset in ends.items()) and time.monotonic() < end:
            for message in self._reader.consume(10_000, 0.05):
                place = message.topic().removeprefix(self.namespace), message.partition()
                if message.error() is None:
                    found.append(message)
                    self._read[place] = message.offset() + 1
                    self._last[place] = message.offset()
                elif message.error().code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's own code
                    self._read[place] = max(message.offset(), self._read.get(place, 0))
        found.sort(key=lambda message: message.timestamp()[1])  # stable
        self._log += [_logged(message, self.namespace) for message in found]
        return not found

    def _all_is_taken(self) -> bool:
        return all(
            lane.position(topic, partition) > self._last.get((topic.name, partition), -1)
            for lane in self.lanes
            for topic, partition in itertools.product(
                (*lane.processor.inputs, *lane.processor.tables), range(PARTITIONS)
            )
            if (topic.name, partition) in self._last
        )


def _logged(message: Any, namespace: str) -> Logged:
    key = message.key()
    return Logged(
        BY_NAME[message.topic().removeprefix(namespace)],
        message.partition(),
        message.offset(),
        None if key is None else key.decode("utf-8", "replace"),
        message.timestamp()[1],
        message.value() or b"",
        {name: value.decode() for name, value in message.headers() or ()},
    )
