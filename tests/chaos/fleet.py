"""The workers of a chaos run: started, killed, stopped, resumed, and what became of them."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from streams.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kafka_workers import Site, Worker

_ENDS = 30.0


class Fleet:
    """Workers by slot. `kills`, and `open_kills`: those that left a transaction open with records in the log."""

    def __init__(self, site: Site, start: Callable[[str], Worker]) -> None:
        self._site = site
        self._start = start
        self.workers: dict[str, Worker] = {}
        self.kills = 0
        self.open_kills = 0
        self.failures: list[str] = []
        self._changelogs = [
            TopicPartition(site.namespace + topic.name, partition)
            for topic in TOPICS
            if topic.compacted
            for partition in range(site.partitions)
        ]
        self.open()

    def open(self) -> None:
        """Have consumers that look at transactions."""
        self._committed, self._all = (
            Consumer(
                {
                    "bootstrap.servers": self._site.bootstrap,
                    "group.id": f"{self._site.namespace}fleet",
                    "isolation.level": level,
                    "fetch.wait.max.ms": 10,
                    "log_level": 2,
                }
            )
            for level in ("read_committed", "read_uncommitted")
        )
        self._all.assign([TopicPartition(place.topic, place.partition, OFFSET_END) for place in self._changelogs])

    def let_go(self) -> None:
        """Close them."""
        self._committed.close()
        self._all.close()

    def start(self, slot: str) -> None:
        """Start the worker of a slot."""
        self.workers[slot] = self._start(slot)

    def kill(self, slot: str) -> None:
        """kill -9, and see what it left."""
        self._sound(slot)
        worker = self.workers.pop(slot)
        worker.signal(signal.SIGKILL)
        worker.ends(_ENDS)
        self.kills += 1
        self.open_kills += self._left_open()

    def restart_killed(self, slot: str, pause: float) -> None:
        """Kill the worker of a slot and start it again."""
        self.kill(slot)
        time.sleep(pause)
        self.start(slot)

    def remove(self, slot: str) -> None:
        """Ask it to stop, as an operator does."""
        self._sound(slot)
        worker = self.workers.pop(slot)
        worker.signal(signal.SIGTERM)
        code = worker.ends(_ENDS)
        if code not in (0, -signal.SIGTERM):  # the latter before it could listen
            self.failures.append(f"worker {slot} was told to stop and ended with {code}")

    def freeze(self, slot: str, seconds: float) -> None:
        """Let it stand still for so long."""
        self.workers[slot].signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.workers[slot].signal(signal.SIGCONT)

    def check(self) -> None:
        """Note workers that ended by themselves, and start them again."""
        for slot in list(self.workers):
            if not self._sound(slot):
                self.start(slot)

    def _sound(self, slot: str) -> bool:
        code = self.workers[slot].process.poll()
        if code is None:
            return True
        tail = "\n".join(self.workers[slot].log.read_text("utf-8", "replace").splitlines()[-12:])
        self.failures.append(f"worker {slot} ended by itself with {code}:\n{tail}")
        return False

    def kill_in_transaction(self, slot: str, seconds: float) -> None:
        """Let it stand still when records reach a changelog, kill it if their transaction is open; else try again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._sound(slot):
            self._all.consume(10_000, 0.0)
            self._all.poll(1.0)
            self.workers[slot].signal(signal.SIGSTOP)
            if self._left_open():
                break
            self.workers[slot].signal(signal.SIGCONT)
        self.kill(slot)

    def _left_open(self) -> bool:
        """Whether a transaction stays open: one of a worker that lives ends, or moves on, within moments."""
        try:
            before = self._open()
            time.sleep(0.3)
            return bool(before and before & self._open())
        except KafkaException:
            return False

    def _open(self) -> set[tuple[str, int, int]]:
        """Changelogs where committed records end before the others: topic, partition, and where they do."""
        found = set()
        for place in self._changelogs:
            committed, written = (each.get_watermark_offsets(place, 5.0)[1] for each in (self._committed, self._all))
            if committed < written:
                found.add((place.topic, place.partition, committed))
        return found

    def close(self) -> None:
        """End them all, also those that stand still."""
        for worker in self.workers.values():
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
        self.let_go()
