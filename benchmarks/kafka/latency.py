"""How long a claim waits for its decision while facts come at a steady rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition

from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED

if TYPE_CHECKING:
    from benchmarks.kafka.facts import Fact

_ROUTES = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)
WARM_UP = 3.0
"""Seconds at the beginning that do not count."""

_LAST = 5.0
"""Seconds for the last decisions to come."""


def latency(bootstrap: str, namespace: str, partitions: int, facts: list[Fact], rate: int) -> dict[str, float]:
    """Send `facts` at `rate` a second and read decisions as a clearinghouse does, both in one process and on one clock.

    For each claim: seconds from `produce` for its first revision to the poll that brought its first decision. Gives
    percentiles in seconds, and how many claims were measured and how many have no answer.
    """
    producer = Producer(
        {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 1, "log_level": 2}
    )
    consumer = _reader(bootstrap, namespace, partitions)
    sent: dict[bytes, float] = {}
    waits: dict[bytes, float] = {}
    began = time.perf_counter()
    position = 0
    due = time.perf_counter
    while position < len(facts) or (len(waits) < len(sent) and due() < began + len(facts) / rate + _LAST):
        now = time.perf_counter()
        until = min(len(facts), int((now - began) * rate) + 1)
        for fact in facts[position:until]:
            if fact.claim_id is not None:
                sent.setdefault(fact.claim_id.encode(), time.perf_counter())
            producer.produce(namespace + fact.topic, fact.value, fact.key)
        position = max(position, until)
        producer.poll(0)
        messages: list[Any] = consumer.consume(500, 0.001)
        now = time.perf_counter()
        for message in messages:
            if message.error() is None:
                waits.setdefault(message.key(), now - sent[message.key()])
    consumer.close()
    counted = sorted(wait for claim, wait in waits.items() if sent[claim] - began > WARM_UP)
    return {
        "p50": counted[len(counted) // 2],
        "p99": counted[len(counted) * 99 // 100],
        "most": counted[-1],
        "claims": len(counted),
        "unanswered": len(sent) - len(waits),
    }


def _reader(bootstrap: str, namespace: str, partitions: int) -> Consumer:
    """A consumer of committed decisions, at the end of all topics of routes."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{namespace}latency",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
            "log_level": 2,
        }
    )
    places = [TopicPartition(namespace + topic.name, n, OFFSET_END) for topic in _ROUTES for n in range(partitions)]
    consumer.assign(places)
    end = time.monotonic() + 2  # until all partitions have a position, else the first decisions come late
    while time.monotonic() < end:
        consumer.consume(1, 0.1)
    return consumer
