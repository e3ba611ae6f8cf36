"""The log of a cluster, as a back-test reads it: what is committed when it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.backtest.replay import Item
from agents.dispatch import Header, read_value
from agents.kafka.access import EDITS_GROUP
from agents.kafka.committed import read_committed
from streams.topics import DENIALS, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confluent_kafka import Message

    from agents.kafka.registered import Registered


class OnKafka:
    """The topics of facts and denials. A record's append time orders it among those of other topics, as in a worker."""

    def __init__(
        self, connection: Mapping[str, str | int], namespace: str = "", registered: Registered | None = None
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self.read = read_value if registered is None else registered.read

    def items(self) -> Iterator[Item]:
        """As the protocol says."""
        topics = (*FACT_TOPICS, DENIALS)
        for topic, message in read_committed(self._connection, self._namespace, topics, EDITS_GROUP):
            key = message.key()
            if key:
                name = key.decode("utf-8", "replace")
                yield Item(topic, name, message.timestamp()[1], message.value() or b"", _replay_of(message))


def _replay_of(message: Message) -> str | None:
    """As in `Inbound`."""
    digest = dict(message.headers() or ()).get(Header.REPLAY_OF)
    return digest.decode() if isinstance(digest, bytes) else digest
