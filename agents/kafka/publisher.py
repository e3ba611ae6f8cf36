"""Lines of NDJSON onto input topics: keyed and partitioned as processors expect, what cannot be read set aside.

At least once: a publisher that was cut short is run again, and processors ignore what comes twice.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer

from agents.dispatch import UNREADABLE, Header, Original, dead_letter, event_time
from agents.kafka.connection import refusal
from agents.kafka.letters import read_letters
from agents.ndjson import LineReader, read_line
from agents.ndjson_errors import UnreadableLine
from schemas import registry
from schemas.errors import Unreadable
from streams.processor import Outcome
from streams.topics import FACT_TOPICS, INPUT_BYTES, OUTPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from confluent_kafka import KafkaError, Message

    from agents.ndjson import Line, Position
    from streams.topics import Topic

_WATCHED = 2_000
"""Lines between two words about how far it is."""

PRODUCER: Mapping[str, str | int | bool] = {
    "partitioner": "murmur2_random",  # that of the Java client: the same key, the same partition, whoever sends
    "enable.idempotence": True,  # no duplicates and no change of order when the client sends again
    "compression.type": "lz4",
    "linger.ms": 20,
    "message.max.bytes": OUTPUT_BYTES + (64 << 10),
    "queue.buffering.max.kbytes": 64 << 10,  # what waits in memory; then reading waits for the cluster
    "log_level": 2,
}
"""What a producer of input records needs beside the connection."""


class Publisher:
    """Sends records to the input topics of one cluster.

    connection  librdkafka properties that reach it
    namespace   stands before every topic
    frame       gives a value the schema id that readers expect; None: ids of the package
    """

    def __init__(
        self,
        connection: Mapping[str, str | int],
        namespace: str = "",
        frame: Callable[[bytes], bytes] | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self._frame = frame or (lambda value: value)
        self._now = now
        self._producer = Producer({**connection, **PRODUCER})
        self._failure: tuple[str, KafkaError] | None = None
        self._letters: set[str] | None = None
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        """Lines by topic ("" where it is not known). APPLIED: sent; DUPLICATE: a dead letter that was there before."""
        self.complained: Callable[[str], None] = lambda _: None

    def run(self, stream: BinaryIO, name: str, watch: Callable[[Position], None] | None = None) -> None:
        """Send all lines of a stream, and wait until the cluster has them. `name` names it in complaints.

        Raises `Unavailable` after five minutes without an answer, `Misuse` where the cluster refuses.
        """
        reader = LineReader(stream)
        lines = 0
        for line in reader:
            if line is None:
                self._settle(0.0)
                continue
            self.publish(line, name)
            lines += 1
            if watch is not None and lines % _WATCHED == 0:
                watch(reader.position)
        self.flush()
        if watch is not None:
            watch(reader.position)

    def publish(self, line: Line, file: str) -> None:
        """Send the record in a line, or what it could not be read as."""
        topic: Topic | None = None
        key: str | None = None
        try:
            if line.length is not None:
                raise UnreadableLine(f"expected a line of up to {INPUT_BYTES} bytes, got {line.length}")  # noqa: TRY301 - one way out for all that cannot be read
            topic, key, record = read_line(line.data)
            event_time(record, self._now())
        except UnreadableLine as error:
            self._set_aside(line, file, str(error), error.topic, error.key)
        except Unreadable as error:
            self._set_aside(line, file, f"{topic.name}: {error}" if topic else str(error), topic, key)
        else:
            self._send(topic.name, key, self._frame(registry.write(record)))
            self.counts[topic.name, Outcome.APPLIED] += 1

    def _set_aside(self, line: Line, file: str, text: str, topic: Topic | None, key: str | None) -> None:
        """A dead letter, once per content.

        A fact's bytes go to its topic as well, where the key is known: its processors must learn that the encounter
        lacks a fact. What they set aside for it has the same content, so it is the same letter.
        """
        place: dict[str, str] = {Header.FILE: file, Header.LINE: str(line.number)}
        original = Original(line.data, topic, key, place, line.length, line.sha256)
        if self._letters is None:
            self._letters = set(read_letters(self._connection, self._namespace, keep=lambda _: False))
        known = original.id in self._letters
        self.counts[topic.name if topic else "", Outcome.DUPLICATE if known else Outcome.DEAD_LETTER] += 1
        if known:
            return
        self._letters.add(original.id)
        message = f"{file}:{line.number}: {text}"
        letter = dead_letter(original, UNREADABLE, message)
        self._send(letter.topic.name, letter.key, letter.value, letter.headers)
        if topic in FACT_TOPICS and key:
            self._send(topic.name, key, line.data)
        self.complained(message)

    def _send(self, topic: str, key: str | None, value: bytes, headers: Mapping[str, str] | None = None) -> None:
        arguments: dict[str, Any] = {"headers": dict(headers)} if headers else {}
        encoded = None if key is None else key.encode()
        while True:
            try:
                self._producer.produce(
                    self._namespace + topic, value, encoded, on_delivery=self._delivered, **arguments
                )
            except BufferError:
                self._settle(0.1)
            else:
                self._settle(0.0)
                return

    def flush(self) -> None:
        """Wait until the cluster has all that was sent."""
        while self._producer.flush(1.0):
            self._complain()
        self._complain()

    def _settle(self, seconds: float) -> None:
        self._producer.poll(seconds)
        self._complain()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = (message.topic() or "", error)

    def _complain(self) -> None:
        if self._failure is not None:
            raise refusal(*self._failure)
