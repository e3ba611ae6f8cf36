"""When things happen: seconds since 1970 UTC inside the generator, ISO 8601 text in what it writes.

Visits fall between 12:00 and 24:00 UTC, the working day of the United States, so that the UTC date is the local one.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cache
from itertools import accumulate

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LAST_DAY = dt.date(2026, 8, 31)
"""Last date of service: whatever follows a visit, its second remittance included, still comes before November 2026."""

BUSIEST_DAY = 2_500
"""Visits a day above which the default span grows. What waits to be sent is days of delay times visits a day, so a
bound on the second bounds memory, however many visits there are."""

MONTH = 30

_EPOCH = dt.date(1970, 1, 1)
_OPENS = 12  # UTC
_HOURS = (5, 9, 11, 11, 8, 7, 9, 10, 9, 6, 2, 1)
"""Share of a day's visits that begin in each hour from `_OPENS`: busiest in the morning, few after office hours."""
_WEEKDAYS = (20, 21, 21, 20, 18, 2, 1)
"""Monday to Sunday; at weekends only hospitals test."""
_HOLIDAYS = frozenset({(1, 1), (7, 4), (9, 7), (11, 26), (12, 25)})
SATURDAY = 5


@cache
def _minutes() -> tuple[str, ...]:
    return tuple(f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))


@cache
def _seconds() -> tuple[str, ...]:
    return tuple(f"{second:02}Z" for second in range(60))


@cache
def _date(days: int) -> str:
    return (_EPOCH + dt.timedelta(days)).isoformat()


def iso(time: int) -> str:
    """`time` as ISO 8601 UTC text."""
    days, rest = divmod(time, DAY)
    minute, second = divmod(rest, MINUTE)
    return _date(days) + _minutes()[minute] + _seconds()[second]


def date(time: int) -> str:
    """The UTC date of `time`, YYYY-MM-DD."""
    return _date(time // DAY)


def is_weekend(time: int) -> bool:
    """Whether offices are closed on the day of `time`."""
    day = _EPOCH + dt.timedelta(time // DAY)
    return day.weekday() >= SATURDAY or (day.month, day.day) in _HOLIDAYS


def default_days(encounters: int) -> int:
    """Days of service for a run of this size: a month, or as many as keep a day at `BUSIEST_DAY` visits."""
    return max(MONTH, -(-encounters // BUSIEST_DAY))


class Calendar:
    """Spreads visits over the working hours of the `days` that end with `LAST_DAY`."""

    def __init__(self, days: int) -> None:
        first = LAST_DAY - dt.timedelta(days - 1)
        self._midnight = (first - _EPOCH).days * DAY
        loads: list[int] = []
        for number in range(days):
            day = first + dt.timedelta(number)
            closed = (day.month, day.day) in _HOLIDAYS
            load = _WEEKDAYS[-1] if closed else _WEEKDAYS[day.weekday()]
            loads += [load * share for share in _HOURS]
        self._until = list(accumulate(loads))

    def visit(self, place: float) -> int:
        """The start of the visit at `place` (0 to 1) of all visits in order of time; never falls as `place` grows."""
        at = place * self._until[-1]
        slot = bisect_left(self._until, at)
        before = self._until[slot - 1] if slot else 0
        within = (at - before) / (self._until[slot] - before)
        day, hour = divmod(slot, len(_HOURS))
        return self._midnight + day * DAY + int((_OPENS + hour + within) * HOUR)
