"""The longest time in which there was a broker, and work, and nothing was committed."""

from __future__ import annotations

import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

_STEP = 0.25
_ANSWER = 5.0

Place = tuple[str, int]
"""A topic on the cluster, and a partition."""


class Watch:
    """Looks at the positions of consumer groups from a thread of its own, between `begin` and `end`.

    `groups` are inputs by group: names of topics on the cluster.
    """

    def __init__(self, bootstrap: str, groups: dict[str, list[str]], partitions: int) -> None:
        self._bootstrap = bootstrap
        self._places = {
            name: [TopicPartition(topic, partition) for topic in topics for partition in range(partitions)]
            for name, topics in groups.items()
        }
        self._consumers: dict[Consumer, list[TopicPartition]] = {}
        self._lock = threading.Lock()
        self.longest = 0.0

    def begin(self) -> None:
        """Begin to look; again after `end`."""
        self._consumers = {_looker(self._bootstrap, group): places for group, places in self._places.items()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()
        for consumer in self._consumers:
            consumer.close()
        self._consumers = {}

    def positions(self) -> dict[Place, int]:
        """Committed positions of all groups together."""
        with self._lock:
            return {
                (place.topic, place.partition): max(0, place.offset)
                for consumer, places in self._consumers.items()
                for place in consumer.committed(places, _ANSWER)
            }

    def behind(self, last: dict[Place, int]) -> int:
        """Inputs whose last record, by its offset, is not behind the committed position."""
        positions = self.positions()
        return sum(positions[place] <= offset for place, offset in last.items() if place in positions)

    def _is_work(self, positions: dict[Place, int]) -> bool:
        """Whether an input goes on beyond the committed position, and the marker of a transaction that may follow."""
        with self._lock:
            return any(
                consumer.get_watermark_offsets(place, _ANSWER)[1] > positions[place.topic, place.partition] + 1
                for consumer, places in self._consumers.items()
                for place in places
            )

    def _run(self) -> None:
        since = time.monotonic()
        before: dict[Place, int] = {}
        while not self._stop.wait(_STEP):
            try:
                now = self.positions()
                if now != before or not self._is_work(now):
                    since, before = time.monotonic(), now
            except KafkaException:
                since = time.monotonic()  # there is no broker, and nothing can be done without
            self.longest = max(self.longest, time.monotonic() - since)


def _looker(bootstrap: str, group: str) -> Consumer:
    """It joins nothing; readers of uncommitted records need not wait for transactions to end."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "isolation.level": "read_uncommitted",
            "log_level": 2,
            "reconnect.backoff.max.ms": 500,
            "metadata.recovery.strategy": "none",
        }
    )
