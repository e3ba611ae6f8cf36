"""A changelog as adjudication leaves one behind, and what it takes to read it back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from agents.dispatch import read_value
from agents.kafka.kept import pack
from agents.kafka.options import Options
from agents.kafka.publisher import PRODUCER
from agents.kafka.restore import Restore
from agents.kafka.shard import Shard
from agents.settings import load_rules
from streams.adjudication import Adjudication
from streams.processor import Inbound
from streams.topics import ADJUDICATION_STATE, BY_NAME, EDITS

if TYPE_CHECKING:
    from benchmarks.kafka.facts import Fact


def write_changelog(bootstrap: str, namespace: str, facts: list[Fact], encounters: int) -> dict[str, float]:
    """Write what the changelog holds of `encounters` encounters before it is compacted: each state after each fact.

    The states are those that `facts` lead to, over and over under other keys.
    """
    processor = Adjudication(load_rules())
    states: dict[str, bytes | None] = {}
    changes: list[tuple[str, bytes]] = []
    for number, fact in enumerate(facts):
        record, body = read_value(fact.value)
        inbound = Inbound(BY_NAME[fact.topic], fact.key, record, body, number)
        step = processor.process(inbound, states.get(fact.key), {EDITS.name: {}})
        if step.state is not None and step.state != states.get(fact.key):
            states[fact.key] = step.state
            changes.append((fact.key, pack(step.state, step.wake_at, step.terms)))
    producer = Producer({**PRODUCER, "bootstrap.servers": bootstrap})
    topic = namespace + ADJUDICATION_STATE.name
    keys = records = size = 0
    while keys < encounters:
        wanted = set(list(states)[: encounters - keys])
        for key, value in changes:
            if key in wanted:
                records += 1
                size += len(value)
                while True:
                    try:
                        producer.produce(topic, value, f"{key}-{keys}")
                    except BufferError:
                        producer.poll(0.1)
                    else:
                        break
        keys += len(wanted)
    producer.flush()
    return {
        "records": records,
        "bytes": size,
        "state": sum(len(state or b"") for state in states.values()) / len(states),
    }


def read_changelog(bootstrap: str, namespace: str, partitions: int) -> dict[str, float]:
    """Restore all partitions in this process: records, and seconds by the clock and of CPU."""
    shards = [Shard(number) for number in range(partitions)]
    options = Options("restore", {"bootstrap.servers": bootstrap}, namespace)
    began, cpu = time.perf_counter(), time.process_time()
    restore = Restore(options, Adjudication(load_rules()), shards)
    while not restore.step():
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    restore.close()
    return {"records": restore.records, "keys": sum(map(len, shards)), "seconds": seconds, "cpu": cpu}
