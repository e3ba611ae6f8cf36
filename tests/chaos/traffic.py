"""What is sent while things break: facts and payers' answers of a generated operation, some twice, and poison."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import Producer

from agents.generate import generate
from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from schemas import registry
from streams.topics import ENCOUNTERS, INPUT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.topics import Topic

REPEATED = 0.05
"""Share of records that are sent twice."""


class Sent(NamedTuple):
    """A record on its way to a topic."""

    topic: Topic
    key: str | None
    value: bytes


def operation(encounters: int, seed: int, poison: int) -> list[Sent]:
    """Records of so many encounters in the order of a day; some come again later, and `poison` of them nobody reads."""
    rnd = random.Random(seed)
    records: list[Sent] = []
    for event in generate(encounters=encounters, seed=seed):
        try:
            topic, key, record = read_line(event.line)
        except UnreadableLine:
            continue
        if topic in INPUT_TOPICS:
            records.append(Sent(topic, key, registry.write(record)))
    for again in rnd.sample(records, int(len(records) * REPEATED)):
        records.insert(rnd.randrange(len(records)), again)
    keys = [record.key for record in records if record.topic is ENCOUNTERS]
    for number in range(poison):
        key = rnd.choice([rnd.choice(keys), f"poison-{seed}-{number}", None])
        at = rnd.randrange(len(records))
        records.insert(at, Sent(ENCOUNTERS, key, b"poison %d %d" % (seed, number)))
    return records


class Sender:
    """Sends records in slices over a time, in a thread of its own, through whatever happens to the broker."""

    def __init__(self, bootstrap: str, namespace: str) -> None:
        self._namespace = namespace
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "message.timeout.ms": 120_000,
                "log_level": 2,
                "reconnect.backoff.max.ms": 500,
                "metadata.recovery.strategy": "none",
            }
        )

    def begin(self, records: list[Sent], seconds: float) -> threading.Thread:
        """Send `records` over so many seconds."""
        thread = threading.Thread(target=self._send, args=(records, seconds), daemon=True)
        thread.start()
        return thread

    def _send(self, records: list[Sent], seconds: float) -> None:
        began = time.monotonic()
        slices = max(1, int(seconds / 0.05))
        for number, part in enumerate(_parts(records, slices)):
            for topic, key, value in part:
                self._producer.produce(self._namespace + topic.name, value, key, on_delivery=self._note)
            self._producer.poll(0)
            time.sleep(max(0.0, began + (number + 1) * seconds / slices - time.monotonic()))
        left = self._producer.flush(120)
        if left:
            self._failed.append(f"{left} records were not delivered")

    def _note(self, error: object, message: object) -> None:
        del message
        if error is not None:
            self._failed.append(str(error))

    def check(self) -> None:
        """Raise if a record could not be sent: then nobody knows what must come out."""
        if self._failed:
            raise RuntimeError(f"{len(self._failed)} records could not be sent: {self._failed[0]}")


def _parts(records: list[Sent], number: int) -> Iterator[list[Sent]]:
    for part in range(number):
        yield records[part * len(records) // number : (part + 1) * len(records) // number]
