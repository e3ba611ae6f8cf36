"""The second chance of a dead letter on Kafka: the record, and word that it was replayed, in one transaction."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, Producer

from agents.dispatch import Header, event_time, read_value
from agents.kafka.access import REPLAY_ID
from agents.kafka.connection import refusal
from agents.kafka.publisher import PRODUCER
from agents.second_reading import second_reading
from schemas.errors import Misuse
from streams.topics import DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents.embedded.reader import DeadLetter
    from schemas.record import Record

_SECONDS = 30.0


class Replayer:
    """Sends dead letters again. One at a time on a cluster: a second one fences the first, which then stops.

    connection  librdkafka properties that reach the cluster
    namespace   stands before every topic
    read        a framed value to its record and Avro body; raises `Unreadable`
    frame       gives a value the schema id that readers expect; None: ids of the package
    """

    def __init__(
        self,
        connection: Mapping[str, str | int],
        namespace: str = "",
        read: Callable[[bytes], tuple[Record, bytes]] = read_value,
        frame: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._namespace = namespace
        self._read = read
        self._frame = frame or (lambda value: value)
        self._producer = Producer({**connection, **PRODUCER, "transactional.id": namespace + REPLAY_ID})
        try:
            self._producer.init_transactions(_SECONDS)
        except KafkaException as error:
            raise refusal("replay", error.args[0]) from None

    def replay(self, letter: DeadLetter, replacement: bytes | None = None) -> None:
        """Send what a dead letter holds, or the line that replaces it; workers decide what becomes of it.

        Raises `Unreadable` if it cannot be read this time either, `Misuse` if it was replayed before, the line is for
        another encounter, or no record brought it, `Unavailable` if the cluster does not answer: then all stays.
        """
        if letter.replayed_at is not None:
            raise Misuse(f"dead letter {letter.id[:12]}: replayed before")
        if Header.ENTRY in letter.logged.headers:
            raise Misuse(
                f"dead letter {letter.id[:12]}: no record brought it; the step runs again with the next fact of its key"
            )
        entry, _ = second_reading(letter.id, letter.logged, replacement, self._read)
        event_time(entry.record, time.time_ns() // 1_000_000)  # type: ignore[arg-type]  # an entry from outside has its record
        replaces = hashlib.sha256(letter.logged.value).hexdigest()
        try:
            self._producer.begin_transaction()
            self._send(entry.topic.name, entry.key, self._frame(entry.value), replaces)
            self._send(DEAD_LETTERS.name, letter.logged.key, b"", letter.id)
            self._producer.commit_transaction(_SECONDS)
        except KafkaException as error:
            reason = error.args[0]
            if reason.txn_requires_abort():
                self._producer.abort_transaction(_SECONDS)
            raise refusal(f"dead letter {letter.id[:12]}", reason) from None

    def _send(self, topic: str, key: str | None, value: bytes, replay_of: str) -> None:
        headers: dict[str, str | bytes | None] = {str(Header.REPLAY_OF): replay_of}
        self._producer.produce(self._namespace + topic, value, None if key is None else key.encode(), headers=headers)
