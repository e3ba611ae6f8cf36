"""Inputs of one partition in the order of their append times.

A consumer that catches up gets long runs of one topic at a time. Taken as they come, all claims of a day could stand
before the first document, and be held although live they were released. So a record goes on only when no input can
still hold an older one: each has a record buffered, or is known to be at its end, or was waited for long enough.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

FULL = 5_000
"""Records buffered of one input in one partition, beyond which fetching it pauses."""

ROOM = FULL // 4
"""Records at which it resumes."""


class Arrival(NamedTuple):
    """A record as it came. `input` is its topic's place among the inputs of the processor, `time` its append time."""

    time: int
    input: int
    offset: int
    message: Any  # a confluent_kafka.Message that is a record, so that none of its parts is missing


class Merge:
    """One partition of all inputs. Times `now` are of one monotonic clock, in seconds."""

    def __init__(self, inputs: int, patience: float) -> None:
        self._queues: list[deque[Arrival]] = [deque() for _ in range(inputs)]
        self._ended = [False] * inputs
        self._patience = patience
        self._quiet_since = 0.0
        self.buffered = 0

    def add(self, arrival: Arrival, now: float) -> None:
        """Buffer a record."""
        self._queues[arrival.input].append(arrival)
        self._ended[arrival.input] = False
        self._quiet_since = now
        self.buffered += 1

    def end(self, number: int) -> None:
        """The input was read to its end."""
        self._ended[number] = True

    def has_ended(self, number: int) -> bool:
        """Whether the input is known to be at its end."""
        return self._ended[number]

    def is_full(self, number: int) -> bool:
        """Whether fetching this input should pause."""
        return len(self._queues[number]) >= FULL

    def has_room(self, number: int) -> bool:
        """Whether fetching this input may resume."""
        return len(self._queues[number]) <= ROOM

    @property
    def at_end(self) -> bool:
        """Whether nothing is buffered and nothing is known to be left."""
        return not self.buffered and all(self._ended)

    def wait(self, now: float) -> float | None:
        """Seconds until what is buffered goes on without the input that is missing; None if nothing waits."""
        if not self.buffered:
            return None
        return max(0.0, self._quiet_since + self._patience - now)

    def take(self, limit: int, now: float) -> list[Arrival]:
        """Up to `limit` records that may go on, in order of append time."""
        taken: list[Arrival] = []
        patient = now < self._quiet_since + self._patience
        waiting_for = [queue for queue, ended in zip(self._queues, self._ended, strict=True) if not ended]
        filled = [queue for queue in self._queues if queue]
        while filled and len(taken) < limit:
            if patient and not all(waiting_for):
                break
            if len(filled) == 1:
                first = filled[0]
                if patient and any(queue is first for queue in waiting_for):
                    taken.append(first.popleft())
                else:  # nothing to compare with
                    while first and len(taken) < limit:
                        taken.append(first.popleft())
            else:
                first = min(filled, key=_head)
                taken.append(first.popleft())
            if not first:
                filled = [queue for queue in filled if queue]
        self.buffered -= len(taken)
        return taken

    def give_back(self, arrivals: list[Arrival]) -> None:
        """Put records that were taken to the front again."""
        for arrival in reversed(arrivals):
            self._queues[arrival.input].appendleft(arrival)
        self.buffered += len(arrivals)


def _head(queue: deque[Arrival]) -> tuple[int, int]:
    first = queue[0]
    return first.time, first.input
