"""What is committed on topics at this moment, for commands that look at a cluster: read to the end, then done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from agents.kafka.connection import refusal
from schemas.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from confluent_kafka import Message

    from streams.topics import Topic

_SECONDS = 30.0
"""For the cluster to answer, or to give the next records of what it said that it has."""


def read_committed(
    connection: Mapping[str, str | int], namespace: str, topics: Sequence[Topic], group: str
) -> Iterator[tuple[Topic, Message]]:
    """Every record of `topics`, partition by partition in order, topics and partitions as they come.

    `group` is asked for by librdkafka and never joined; nothing is committed under it. Raises `Misuse` where the
    cluster refuses, `Unavailable` where it does not answer.
    """
    by_name = {namespace + topic.name: topic for topic in topics}
    consumer = Consumer(
        {
            **connection,
            "group.id": namespace + group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 2,
        }
    )
    name = ", ".join(by_name)
    try:
        waiting = {place for each in by_name for place in _partitions(consumer, each)}
        consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in sorted(waiting)])
        while waiting:
            message = consumer.poll(_SECONDS)
            if message is None:
                raise Unavailable(f"{name}: the cluster does not answer")
            name = message.topic() or name
            error = message.error()
            if error is None:
                yield by_name[name], message
            elif error.code() == error._PARTITION_EOF:  # noqa: SLF001 - the client's own spelling
                waiting.discard((name, message.partition() or 0))
            elif not error.retriable():
                raise refusal(name, error)
    except KafkaException as error:
        raise refusal(name, error.args[0]) from None
    finally:
        consumer.close()


def _partitions(consumer: Consumer, name: str) -> list[tuple[str, int]]:
    metadata = consumer.list_topics(name, timeout=_SECONDS).topics[name]
    if metadata.error is not None:
        raise refusal(name, metadata.error)
    return [(name, partition) for partition in metadata.partitions]
