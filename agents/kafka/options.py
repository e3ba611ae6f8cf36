"""How a Kafka engine runs; nothing here shows in what comes out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.dispatch import read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.record import Record
    from streams.processor import Processor
    from streams.topics import Topic

CLOCK_SKEW = 10_000
"""Milliseconds by which quiet partitions lag the clock of this machine, since the broker's may be behind it."""


def now_ms() -> int:
    """The real time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def quiet_clock() -> int:
    """The stream time that a partition reaches without records."""
    return now_ms() - CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class Options:
    """What one worker is told.

    slot        its name: stable over restarts, one running worker each
    connection  librdkafka properties that reach the cluster: bootstrap.servers, security, credentials
    namespace   stands before every topic, group and transactional id, so that installations share a cluster
    frame       a value with a package's schema id as it leaves, under the id that readers expect
    read        a framed value to its record and Avro body in today's schema; raises `Unreadable`
    now         the real time (ms), to refuse event times more than a day ahead
    clock       the stream time (ms) that partitions with nothing to read move to
    batch       records to a transaction at most; a batch never waits to fill
    sweep       keys to wake or reconsider in a transaction at most
    merge_wait  seconds for which a record waits for an input that may still hold an older one
    tick        seconds between looks at the clock
    idle        seconds for which `poll` waits for a record when there is nothing to do
    """

    slot: str
    connection: Mapping[str, str | int | bool]
    namespace: str = ""
    frame: Callable[[bytes], bytes] | None = None
    read: Callable[[bytes], tuple[Record, bytes]] = read_value
    now: Callable[[], int] = now_ms
    clock: Callable[[], int] = quiet_clock
    batch: int = 5_000
    sweep: int = 1_000
    merge_wait: float = 0.1
    tick: float = 1.0
    idle: float = 0.1
    session_timeout_ms: int = 6_000
    transaction_timeout_ms: int = 10_000

    def topic(self, topic: Topic) -> str:
        """The name of a topic on the cluster."""
        return self.namespace + topic.name

    def group(self, processor: Processor) -> str:
        """The consumer group that runs `processor`."""
        return f"{self.namespace}cleanclaim.{processor.name}"

    def member(self, processor: Processor) -> str:
        """The one name of this slot, as transactional id and as static member of the group."""
        return f"{self.group(processor)}.{self.slot}"
