"""The stream: every event of every visit, in order of arrival, while only what is still under way is held in memory."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from agents.generate.clock import Calendar, default_days
from agents.generate.story import LOOKAHEAD, USUAL, Mix, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.generate.truth import Truth

_SEEDS = 1 << 40
"""Visits of one seed; keeps the random sequences of different seeds apart."""


class Event(NamedTuple):
    """One line for the log.

    at        when it arrives, seconds since 1970 UTC; never falls from one event to the next
    number    counts events as they are made; tells events of one second apart
    topic     the topic that it names, empty where it names none
    line      the NDJSON line, newline included
    readable  whether it is a record of its topic; false only where that is the defect
    """

    at: int
    number: int
    topic: str
    line: bytes
    readable: bool


def generate(
    encounters: int,
    seed: int,
    *,
    days: int | None = None,
    mix: Mix = USUAL,
    truth: Callable[[Truth], object] | None = None,
) -> Iterator[Event]:
    """Events of `encounters` visits, the same for the same arguments on any machine.

    `days` of service end with the last of August 2026; by default a month, or as many as keep memory constant. `truth`
    is called once for each claim, before its first event comes out. Ids hold the seed and the number of the visit: a
    longer run begins with the same ones, and another seed has none of them.
    """
    random = Random()  # noqa: S311 - repeatable, and nothing here is a secret
    calendar = Calendar(days or default_days(encounters))
    pending: list[Event] = []
    made = 0
    for index in range(encounters):
        opened = calendar.visit((index + 0.5) / encounters)
        while pending and pending[0].at <= opened - LOOKAHEAD:
            yield heappop(pending)
        random.seed(seed * _SEEDS + index)
        case, truths = tell(random, f"{seed}-{index:07}", opened, mix)
        for arrival, topic, line, readable in case.sent:
            made += 1
            heappush(pending, Event(arrival, made, topic, line, readable))
        if truth is not None:
            for each in truths:
                truth(each)
    while pending:
        yield heappop(pending)
