"""`cleanclaim worker` as a process, watched from outside: how far it is, what it costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.topics import FACT_TOPICS
from tests.kafka_broker import free_port

if TYPE_CHECKING:
    from benchmarks.kafka.site import Site

_READY = 120.0
_LOOK = 0.05
"""Seconds between two looks at the positions of a group."""

_STALLED = 60.0
_WARM = 8


class Worker:
    """One worker of adjudication; killed at the end of the block."""

    def __init__(self, site: Site, slot: str) -> None:
        self._port = free_port()
        self._log = site.folder / f"{site.namespace}{slot}.log"
        code = "from agents.cli import main; main()"
        arguments = ["worker", "--slot", slot, "--agents", "adjudication"]
        arguments += ["--bootstrap-servers", site.bootstrap, "--web-port", str(self._port)]
        self.started = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", code, *arguments],
                stdout=log,
                stderr=log,
                env=os.environ | {"CLEANCLAIM_NAMESPACE": site.namespace},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def pause(self) -> None:
        """Stop its threads where they are; the group misses it after six seconds."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would, with kill -9."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> float:
        """Wait until it has restored and reads; seconds since its start."""
        while not self._is_ready():
            self.check(self.started + _READY)
            time.sleep(0.02)
        return time.monotonic() - self.started

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's "OK"
        except OSError:
            return False

    def check(self, deadline: float) -> None:
        """End the benchmark, with what the worker said, if it ended or `deadline` has passed."""
        if self._process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the worker is not getting on:\n{self._log.read_text('utf-8', 'replace')[-3000:]}")

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far, all threads (Linux)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> int:
        """RSS now, in bytes (Linux)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Pace(NamedTuple):
    """How fast a log was worked off: events, seconds by the clock, seconds of CPU of all workers."""

    events: int
    seconds: float
    cpu: float


class Progress:
    """The positions that adjudication's group has committed."""

    def __init__(self, site: Site) -> None:
        self._group = Consumer(
            {
                "bootstrap.servers": site.bootstrap,
                "group.id": f"{site.namespace}cleanclaim.adjudication",
                "log_level": 2,
            }
        )
        self._places = [
            TopicPartition(site.namespace + topic.name, number)
            for topic in FACT_TOPICS
            for number in range(site.partitions)
        ]

    def done(self) -> int:
        """Facts that are decided and committed."""
        try:
            places = self._group.committed(self._places, 10)
        except KafkaException:  # the broker is still finding out who speaks for the group
            return 0
        return sum(max(0, place.offset) for place in places)

    def follow(self, workers: list[Worker], facts: int) -> Pace:
        """Watch until `facts` are done. Counting begins when an eighth is: caches are warm, connections made."""
        first, began, cpu = 0, 0.0, 0.0
        last, moved = 0, time.monotonic()
        while True:
            done, now = self.done(), time.perf_counter()
            if done != last:
                last, moved = done, time.monotonic()
            if not first and done >= facts // _WARM:
                first, began, cpu = done, now, sum(worker.cpu for worker in workers)
            if done >= facts:
                return Pace(done - first, now - began, sum(worker.cpu for worker in workers) - cpu)
            for worker in workers:
                worker.check(moved + _STALLED)
            time.sleep(_LOOK)

    def close(self) -> None:
        """Let go of the client."""
        self._group.close()
