"""What tests read from topics: all that is committed, as consumers downstream see it."""

from __future__ import annotations

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition


def committed(bootstrap, topic, **config):
    """All messages on a topic at this moment, read committed."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "test",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            **config,
        }
    )
    waiting = set(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in waiting])
    messages = []
    while waiting:
        message = consumer.poll(10)
        assert message is not None, f"{topic} was not read to its end"
        if message.error() is None:
            messages.append(message)
        else:
            waiting.discard(message.partition())
    consumer.close()
    return messages


def headers_of(message):
    return {name: value.decode() for name, value in message.headers() or ()}
