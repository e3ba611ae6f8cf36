"""What one worker is held against: the same work without Kafka, and Kafka without the work."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, Producer, TopicPartition

from agents.dispatch import Applied, Dispatch, event_time, read_value
from agents.settings import load_rules
from streams.adjudication import Adjudication
from streams.processor import Inbound
from streams.topics import BY_NAME, CLAIMS_RELEASED, EDITS, FACT_TOPICS

if TYPE_CHECKING:
    from benchmarks.kafka.facts import Fact

_BATCH = 5_000
"""Records to a transaction of the pass-through: as many as a worker's."""

_PATIENCE = 60.0


def alone(facts: list[Fact]) -> dict[str, float]:
    """Adjudication in memory, from the bytes of facts to the bytes of decisions: seconds by the clock and of CPU."""
    processor = Adjudication(load_rules())
    dispatch = Dispatch()
    states: dict[str, bytes | None] = {}
    tables: dict[str, Any] = {EDITS.name: {}}
    gc.freeze()
    gc.disable()
    began, cpu = time.perf_counter(), time.process_time()
    for number, fact in enumerate(facts):
        record, body = read_value(fact.value)
        event_time(record, 1 << 62)
        inbound = Inbound(BY_NAME[fact.topic], fact.key, record, body, number)
        result = dispatch.process(processor, inbound, states.get(fact.key), tables)
        if isinstance(result, Applied):
            states[fact.key] = result.step.state
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def pass_through(bootstrap: str, namespace: str, facts: int) -> dict[str, float]:
    """Consume all facts and produce the same bytes to one topic, in transactions: seconds by the clock and of CPU."""
    common = {"bootstrap.servers": bootstrap, "log_level": 2}
    consumer = Consumer(
        common
        | {
            "group.id": f"{namespace}pass-through-{time.time_ns()}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 48 << 10,
        }
    )
    producer = Producer(
        common
        | {
            "transactional.id": f"{namespace}pass-through",
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 100,
            "batch.size": 1 << 20,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    producer.init_transactions(10)
    consumer.subscribe([namespace + topic.name for topic in FACT_TOPICS])
    passed = 0
    began = cpu = 0.0
    end = time.monotonic() + _PATIENCE
    while passed < facts:
        if time.monotonic() > end:
            raise TimeoutError(f"the pass-through had {passed} of {facts} records after {_PATIENCE:.0f} s")
        messages: list[Any] = consumer.consume(_BATCH, 0.05)
        if not messages:
            continue
        if not began:
            began, cpu = time.perf_counter(), time.process_time()
        producer.begin_transaction()
        positions: dict[tuple[str, int], int] = {}
        for message in messages:
            if message.error() is not None:
                raise RuntimeError(message.error().name())
            producer.produce(namespace + CLAIMS_RELEASED.name, message.value(), message.key())
            positions[message.topic(), message.partition()] = message.offset() + 1
        offsets = [TopicPartition(topic, number, offset) for (topic, number), offset in positions.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 10)
        producer.commit_transaction(10)
        passed += len(messages)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    consumer.close()
    return {"seconds": seconds, "cpu": cpu}
