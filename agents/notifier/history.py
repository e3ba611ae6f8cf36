"""Reads alerts.v1 from its beginning: all that a notifier must know when it gets partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from agents.kafka.connection import refusal
from agents.notifier.board import Partition
from schemas.alert import Alert
from schemas.errors import Unavailable, Unreadable
from streams.topics import ALERTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from schemas.record import Record

_ANSWER = 10.0
"""Seconds for an answer of the cluster: as long as a transaction of a worker may stay open."""


class History:
    """The records of alerts.v1 on a cluster, and how far the group of notifiers came.

    connection  librdkafka properties that reach it
    namespace   stands before the topic and the group
    read        a framed value to its record; raises `Unreadable`
    """

    def __init__(
        self,
        connection: Mapping[str, Any],
        group: str,
        namespace: str,
        read: Callable[[bytes], tuple[Record, bytes]],
    ) -> None:
        self._topic = namespace + ALERTS.name
        self._read = read
        self._config = {
            **connection,
            "group.id": group,  # to ask how far it came; this consumer never joins it
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "log_level": 2,
        }

    def recall(self, partitions: Iterable[int]) -> dict[int, Partition]:
        """What these partitions say up to now. Raises `Unavailable` where the cluster does not answer."""
        consumer = Consumer(self._config)
        try:
            positions = self._positions(consumer)
            records = {partition: self._records(consumer, partition) for partition in partitions}
        except KafkaException as error:
            raise refusal(self._topic, error.args[0]) from None
        finally:
            consumer.close()
        return {partition: Partition.recalled(found, positions[partition]) for partition, found in records.items()}

    def _positions(self, consumer: Consumer) -> dict[int, int | None]:
        """How far the group came in each partition: None everywhere if it never came anywhere, else at least 0."""
        known = consumer.list_topics(self._topic, timeout=_ANSWER).topics[self._topic].partitions
        asked = [TopicPartition(self._topic, partition) for partition in known]
        committed = {each.partition: each.offset for each in consumer.committed(asked, _ANSWER)}
        if all(offset < 0 for offset in committed.values()):
            return dict.fromkeys(committed)
        return {partition: max(0, offset) for partition, offset in committed.items()}

    def _records(self, consumer: Consumer, partition: int) -> list[tuple[int, Alert]]:
        """All alerts in a partition up to its end.

        The end is that of readers of uncommitted records, reached as a reader of committed ones: what a worker has
        committed may still lack its marker, and is waited for.
        """
        place = TopicPartition(self._topic, partition)
        low, high = consumer.get_watermark_offsets(place, _ANSWER)
        found: list[tuple[int, Alert]] = []
        if low == high:
            return found
        consumer.assign([TopicPartition(self._topic, partition, OFFSET_BEGINNING)])
        position = low
        while position < high:
            message = consumer.poll(_ANSWER)
            if message is None:
                raise Unavailable(f"{self._topic}: the cluster does not answer")
            error = message.error()
            if error is None:
                if (alert := self.alert(message.value())) is not None:
                    found.append((message.offset() or 0, alert))
                position = (message.offset() or 0) + 1
            elif error.code() == error._PARTITION_EOF:  # noqa: SLF001 - the client's own spelling
                position = message.offset() or 0
            else:
                raise refusal(self._topic, error)
        return found

    def alert(self, value: bytes | None) -> Alert | None:
        """The alert in a value; None where there is none to read."""
        try:
            record, _ = self._read(value or b"")
        except Unreadable:
            return None
        return record if isinstance(record, Alert) else None
