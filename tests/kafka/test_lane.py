"""How a lane begins to read, and that nothing is lost between reading and committing."""

from __future__ import annotations

import time
import uuid
from contextlib import closing

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from agents.kafka import membership
from agents.kafka.kept import pack
from agents.kafka.members import group_settings
from agents.kafka.options import Options
from agents.kafka.reading import Reading
from agents.kafka.restore import Restore
from agents.kafka.shard import Shard
from agents.kafka.tables import Following
from schemas import registry
from schemas.errors import Unavailable
from streams.topics import ENCOUNTERS, PARTITIONS
from tests.integration.engine_contract import notes
from tests.kafka_engine import KafkaEngine, drop_topics, make_topics
from tests.toys import Ledger, toys, visit

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(broker):
    engine = KafkaEngine(broker, toys())
    yield engine
    engine.close()


def test_no_partition_is_paused_or_resumed_beside_its_start(broker, monkeypatch):
    told = []

    class Told(Consumer):
        def assign(self, partitions):
            told.append(("assign", len(partitions)))
            super().assign(partitions)

        def pause(self, partitions):
            told.append(("pause", len(partitions)))
            super().pause(partitions)

        def resume(self, partitions):
            told.append(("resume", len(partitions)))
            super().resume(partitions)

    monkeypatch.setattr(
        membership, "group_consumer", lambda options, processor, _: Told(group_settings(options, processor))
    )
    with closing(KafkaEngine(broker, [Ledger()])) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))

    assert [("assign", 0), ("assign", PARTITIONS * len(Ledger.inputs))] == told


@pytest.fixture
def inputs(broker):
    """A topic with a record in one of two partitions, a consumer, and how its inputs are read."""
    options = Options("a", {"bootstrap.servers": broker.bootstrap}, f"r{uuid.uuid4().hex[:8]}.")
    make_topics(broker, [ENCOUNTERS], options.namespace, partitions=2)
    producer = Producer({**options.connection, "log_level": 2})
    producer.produce(options.topic(ENCOUNTERS), b"first", partition=1)
    producer.flush()
    reading = Reading([options.topic(ENCOUNTERS)], options, pytest.fail)
    with closing(Consumer(group_settings(options, Ledger()))) as consumer:
        yield reading, consumer
    drop_topics(broker, [ENCOUNTERS], options.namespace)


def read(reading, consumer, seconds):
    """What comes within this time: (partition, offset)."""
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        reading.receive(consumer, 0.05)
        found += [(each, a.offset) for each, taken in reading.take(100, time.monotonic()) for a in taken]
    return found


def test_inputs_that_say_nothing_are_read_anew(inputs):
    reading, consumer = inputs
    reading.silence = 0.5
    reading.begin(consumer, {(0, 0): 0, (0, 1): 0})
    consumer.assign([])  # as if no partition had begun

    assert [(1, 0)] == read(reading, consumer, 3)
    assert reading.at_end


def test_what_comes_again_is_left_out(inputs):
    reading, consumer = inputs
    reading.begin(consumer, {(0, 0): 0, (0, 1): 0})
    found = read(reading, consumer, 2)
    consumer.assign([TopicPartition(place.topic, place.partition, 0) for place in consumer.assignment()])

    assert [(1, 0)] == found
    assert [] == read(reading, consumer, 2)


def test_a_lane_asks_for_its_inputs_from_where_they_were_committed(engine):
    engine.feed(ENCOUNTERS, visit("E1"))
    engine.stop()
    engine.start()
    engine.feed(ENCOUNTERS, visit("E2"))

    assert [1] == [lane.counts["records"] for lane in engine.lanes if lane.processor.name == "ledger"]


def test_records_that_were_chosen_are_not_lost_when_the_tables_cannot_be_followed(broker, monkeypatch):
    follow, take = Following.step, Reading.take
    chosen = []
    failures = []

    def note(self, *limits):
        chosen[:] = take(self, *limits)
        return list(chosen)

    def fail_once(self, timeout=0.0):
        if chosen and not failures:
            failures.append("tables: test")
            raise Unavailable(failures[0])
        return follow(self, timeout)

    with closing(KafkaEngine(broker, [Ledger()], batch=1)) as engine:
        engine.feed(ENCOUNTERS, visit("E0"))
        monkeypatch.setattr(Following, "step", fail_once)
        monkeypatch.setattr(Reading, "take", note)
        for number in range(1, 20):
            engine.send(ENCOUNTERS, f"E{number}", registry.write(visit(f"E{number}")))
        engine.settle()
        found = notes(engine)

    assert ["tables: test"] == failures
    assert sorted(f"E{number}/1 of 0" for number in range(20)) == sorted(found)


@pytest.mark.parametrize("ending", ["commit_transaction", "abort_transaction"])
def test_a_restore_waits_for_a_transaction_that_may_still_be_committed(engine, broker, ending):
    engine.feed(ENCOUNTERS, visit("E1"))
    engine.stop()
    options = Options("b", {"bootstrap.servers": broker.bootstrap}, engine.namespace)
    other = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": f"{engine.namespace}other"})
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(options.topic(Ledger.changelog), pack(b"late", None, frozenset()), b"E2", partition=3)
    other.flush()
    shard = Shard(3)
    restore = Restore(options, Ledger(), [shard])
    early = any(restore.step() for _ in range(10))
    getattr(other, ending)()
    end = time.monotonic() + 20
    while not restore.step():
        assert time.monotonic() < end, "the restore did not end"
    restore.close()

    assert not early
    assert (b"late" if ending == "commit_transaction" else None) == shard.state("E2")
