"""How alerting is set: the length of a window, and how sure it must be."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import Misuse
from schemas.record import DAY

HOURS = 24  # of a day
HOUR = DAY // HOURS
"""In milliseconds, as DAY."""

_MONTH = 31 * DAY
_TESTS = 3
"""Tests of each window: by itself, with the one before, as the end of an hour."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What an operation may set.

    window_ms      length of a window; divides an hour, at least ten seconds. 5 minutes: two of them are soon enough for
                   a person, and one holds enough holds to tell. An edit keeps the one that it was first seen with.
    warm_up_hours  hours of working days that a baseline must have seen before it raises alerts. 24: with less, every
                   first morning would look like a spike.
    lasting_hours  hours of working days after which a level that stays is the usual one. 24: by then somebody knows.
    false_alarms   spikes by pure chance that are accepted in a month for an edit, over all its sites. 0.3: the tests of
                   a window overlap, so fewer come, and what a baseline does not know comes on top.
    """

    window_ms: int = 300_000
    warm_up_hours: int = 24
    lasting_hours: int = 24
    false_alarms: float = 0.3

    def __post_init__(self) -> None:
        if self.window_ms < 10_000 or HOUR % self.window_ms:  # noqa: PLR2004 - as the docstring says
            raise Misuse("window_ms: expected a length from 10,000 that divides an hour (3,600,000)")

    @property
    def per_hour(self) -> int:
        """Windows in an hour."""
        return HOUR // self.window_ms

    def chance(self, series: int, per_hour: int) -> float:
        """The probability below which a count is a spike, where `series` of counts are watched for one edit."""
        return self.false_alarms / (_MONTH // HOUR * per_hour * _TESTS * series)
