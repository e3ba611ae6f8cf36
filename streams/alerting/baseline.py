"""What is usual: the level of one series of counts, first as one robust number, then by hour of day and day of week.

Levels are holds per window. They are learned hour by hour, once no record can change the hour any more; an hour without
a hold counts as zero. In the first week, what is usual is the median of the highest hours of the working days seen: no
morning of a working day is a spike then, and one bad hour in the beginning does not set the measure. From then on an
hour is expected to be like that hour on other working days, times what its day of the week is beside the others; so
too for the hours of weekends, which are no working days with less to do but have hours of their own.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

HOURS = 24
DAYS = 7
_MONDAY = 4  # 1970-01-01 was a Thursday: day 4 was a Monday
_WORKING_DAYS = 5
_PEAKS = 5
"""Working days whose highest hour is remembered: those of the first week."""

_MEMORY = (20, 8)
_DAY_MEMORY = 6
"""Working days, days of weekends, and weeks over which levels are averaged: long enough to be sure, short enough to
follow a season."""

_SPREAD_MEMORY = 28 * HOURS
_PRIOR = 10.0
"""Holds that speak for "every hour is alike" before an hour's or a day's own count for more."""

_UNSEEN = -1.0
_DAYS_AT_HAND = 1_024
_LEAST_SHAPE = 0.5
"""However ragged the counts of the past were, a count of many times the mean is news."""

_LAYOUT = struct.Struct(f">qqBBdd{2 * HOURS}d{DAYS}d{_PEAKS}ddddd")


class Expected(NamedTuple):
    """A mean for a span of time, and how well it is known: see `streams.poisson.tail`."""

    mean: float
    shape: float


@lru_cache(_DAYS_AT_HAND)
def _is_weekend(day: int) -> bool:
    """Whether a day, counted since 1970, is a Saturday or a Sunday."""
    return (day - _MONDAY) % DAYS >= _WORKING_DAYS


@lru_cache(_DAYS_AT_HAND)
def _working_days(day: int) -> int:
    """Working days before `day`, counted from a Monday."""
    weeks, into = divmod(day - _MONDAY, DAYS)
    return weeks * _WORKING_DAYS + min(into, _WORKING_DAYS)


def _mean(levels: list[float]) -> float:
    """The mean of those that were seen, 0.0 if none was."""
    if not levels or min(levels) < 0:
        levels = [level for level in levels if level >= 0]
    return sum(levels) / len(levels) if levels else 0.0


class Baseline:
    """Levels of one series. Hours and days are counted since 1970, UTC.

    first     the first hour that was learned
    upto      the next one to be learned
    worked    hours of working days learned, until the first week is over
    hours     mean level by hour of day, of working days and then of weekends; below 0: not seen
    days      the same by day of week, from Monday
    ahead     the levels of this day and of the next as they looked a day before, so that a slow rise is not measured
              by what it has itself brought; below 0: not known yet
    peaks     the highest hour of each of the first working days (24 hours each, whenever they begin)
    in_season whether each day of a week was there to be seen, so that hours and days of the week count
    excess    how much more the counts vary than Poisson's do, as variance ...
    square    ... and the squared level that it is to be seen against
    """

    __slots__ = (
        "_besides",
        "_bytes",
        "_levels",
        "_mean",
        "ahead",
        "day_hours",
        "day_sum",
        "days",
        "excess",
        "first",
        "hours",
        "in_season",
        "peak",
        "peaks",
        "square",
        "upto",
        "worked",
    )

    def __init__(self, first: int) -> None:
        self.first = first
        self.upto = first
        self.worked = 0
        self.day_hours = 0
        self.day_sum = 0.0
        self.peak = 0.0
        self.hours = [_UNSEEN] * (2 * HOURS)
        self.days = [_UNSEEN] * DAYS
        self.peaks: list[float] = []
        self.ahead = (_UNSEEN, _UNSEEN)
        self.excess = 0.0
        self.square = 0.0
        self._levels: dict[int, tuple[float, float]] = {}
        self._besides: dict[int, float] = {}
        self._mean: float | None = None
        self._bytes: bytes | None = None
        self.in_season = False

    # Learning

    def learn(self, counts: list[int], per_hour: int) -> None:
        """The next hour is over; `counts` of its windows, none for one without a hold."""
        level = sum(counts) / per_hour
        self._learn_spread(counts, level, per_hour)
        self._learn_hour(level)
        if len(self.peaks) < _PEAKS and not _is_weekend(self.upto // HOURS):
            self._learn_peak(level)
        self.day_sum += level
        self.day_hours += 1
        self.upto += 1
        if self.upto % HOURS == 0:
            self._learn_day()
        self._learned()
        if self.upto % HOURS == 0:
            self.ahead = self.ahead[1], self._day_level(self.upto + HOURS, per_hour)[0]

    def skip(self, upto: int) -> None:
        """Learn nothing of the hours before `upto`: a spike is not usual. Their day is not learned either."""
        if upto // HOURS > self.upto // HOURS:
            self.day_sum, self.day_hours = 0.0, 0
        self.upto = max(self.upto, upto)
        self._learned()

    def _learned(self) -> None:
        self._levels = {}
        if self.upto % HOURS == 0:
            self._besides = {}
        self._mean = self._bytes = None
        self.in_season = self.upto >= (self._first_day + DAYS) * HOURS

    def _learn_hour(self, level: float) -> None:
        day, hour = divmod(self.upto, HOURS)
        weekend = _is_weekend(day)
        slot = HOURS * weekend + hour
        before = self.hours[slot]
        if before >= 0:
            seen = min(self._seen(day, hour, weekend=weekend), _MEMORY[weekend] - 1)
            # What a busy day of the week brings more of is said by `days`.
            level = before + (level - before * self._beside(day, weekend=weekend)) / (seen + 1)
        self.hours[slot] = max(0.0, level)

    def _learn_peak(self, level: float) -> None:
        self.worked += 1
        self.peak = max(self.peak, level)
        if self.worked % HOURS == 0:
            self.peaks.append(self.peak)
            self.peak = 0.0
            if len(self.peaks) > 1:  # from now on it can be told which day was the odd one
                most = 2 * self.typical_peak
                self.hours = [min(level, most) for level in self.hours]

    def _learn_day(self) -> None:
        if self.day_hours == HOURS:
            number = self.upto // HOURS - 1
            day = (number - _MONDAY) % DAYS
            seen = min((number - self._first_day) // DAYS, _DAY_MEMORY - 1)
            level, before = self.day_sum / HOURS, self.days[day]
            if before >= 0:
                # A holiday must not make the same day of next week look like a spike.
                level = before + (max(level, before / 2) - before) / (seen + 1)
            self.days[day] = level
        self.day_sum, self.day_hours = 0.0, 0

    def _learn_spread(self, counts: list[int], level: float, per_hour: int) -> None:
        """By how much the windows of an hour differ from each other, and the hour from what was expected of it."""
        seen = min(self.upto - self.first, _SPREAD_MEMORY - 1) + 1
        excess = 0.0
        if level:
            missing = per_hour - len(counts)
            squares = sum([(count - level) * (count - level) for count in counts]) + missing * level * level
            excess = squares / (per_hour - 1) - level
        if self.in_season:
            mean = self._level(self.upto, per_hour)[0]
            excess += (level - mean) * (level - mean) - mean / per_hour
        self.excess = self.excess + (excess - self.excess) / seen
        self.square = self.square + (level * level - self.square) / seen

    # What is known

    @property
    def _first_day(self) -> int:
        """The first day that was seen whole."""
        return -(-self.first // HOURS)

    @property
    def typical_peak(self) -> float:
        """The median of the peaks of working days, the higher of two."""
        return sorted(self.peaks)[len(self.peaks) // 2] if self.peaks else self.peak

    def _usual(self) -> float:
        """The mean over all hours."""
        if self._mean is None:
            levels = self.days if self.in_season else self.hours
            self._mean = _mean(levels)
        return self._mean

    def _seen(self, day: int, hour: int = 0, *, weekend: bool) -> int:
        """How many working days, or days of weekends, before `day` had this hour learned."""
        first = (self.first - hour + HOURS - 1) // HOURS
        working = _working_days(day) - _working_days(first)
        return day - first - working if weekend else working

    def _beside(self, day: int, *, weekend: bool) -> float:
        """The level of a day of the week beside that of all working days, or of all days of weekends."""
        if not self.in_season:
            return 1.0
        weekday = (day - _MONDAY) % DAYS
        known = self._besides.get(weekday)
        if known is None:  # days of the week change at midnight only
            usual = _mean(self.days[_WORKING_DAYS:] if weekend else self.days[:_WORKING_DAYS])
            level = self.days[weekday]
            known = self._besides[weekday] = level / usual if usual and level >= 0 else 1.0
        return known

    def expected(self, window: int, number: int, per_hour: int) -> Expected:
        """The holds expected in the `number` windows up to `window`: one, two, an hour or a day of them."""
        hour = window // per_hour
        if number > per_hour:
            level, evidence = self._day_level(hour, per_hour)
            ahead = self.ahead[hour // HOURS > self.upto // HOURS]
            mean = number * (ahead if self.in_season and ahead >= 0 else level)
        elif not self.in_season:
            level, evidence = self._first_week(per_hour)
            mean = number * level
        elif number == per_hour:
            into = window % per_hour + 1
            level, evidence = self._level(hour, per_hour)
            mean = into * level + (per_hour - into) * self._level(hour - 1, per_hour)[0]
        else:
            mean = 0.0
            for each in range(window - number + 1, window + 1):
                level, evidence = self._at(each, per_hour)
                mean += level
        return Expected(mean, max(_LEAST_SHAPE, 1 / (1 / evidence + self._spread(per_hour))))

    def _first_week(self, per_hour: int) -> tuple[float, float]:
        """Level and evidence while only the working days' peaks are to go by."""
        windows = max(1, self.upto - self.first) * per_hour
        mean = self._usual() + 0.5 / windows
        return max(self.typical_peak, mean), mean * windows

    def _at(self, window: int, per_hour: int) -> tuple[float, float]:
        """Level and evidence of one window: that of its hour, or the line to the neighbouring hour where that is
        higher. Traffic that opens at a stroke follows the one, traffic that swells the other.
        """
        hour, into = divmod(window, per_hour)
        level, evidence = self._level(hour, per_hour)
        beside = (into + 0.5) / per_hour - 0.5
        other, _ = self._level(hour + (1 if beside > 0 else -1), per_hour)
        return max(level, level + (other - level) * abs(beside)), evidence

    def _level(self, hour: int, per_hour: int) -> tuple[float, float]:
        """Level of an hour, and the number of holds that speak for it."""
        week_hour = hour % (HOURS * DAYS)
        known = self._levels.get(week_hour)
        if known is None:
            known = self._levels[week_hour] = self._look_up(hour, per_hour)
        return known

    def _look_up(self, hour: int, per_hour: int) -> tuple[float, float]:
        day, hour = divmod(hour, HOURS)
        weekend = _is_weekend(day)
        usual, share, evidence = self._day(day, per_hour, weekend=weekend)
        level = self.hours[HOURS * weekend + hour]
        if level < 0:
            return usual * share, _PRIOR
        windows = per_hour * min(_MEMORY[weekend], self._seen(self.upto // HOURS, weekend=weekend))
        # As far as few holds speak for the hour itself, all hours do.
        holds = level * windows + _PRIOR
        return share * holds / (windows + _PRIOR / usual), 1 / (1 / holds + 1 / evidence)

    def _day_level(self, hour: int, per_hour: int) -> tuple[float, float]:
        if not self.in_season:
            return self._first_week(per_hour)
        day = hour // HOURS
        usual, share, evidence = self._day(day, per_hour, weekend=_is_weekend(day))
        return usual * share, evidence

    def _day(self, day: int, per_hour: int, *, weekend: bool) -> tuple[float, float, float]:
        """The level of days of this kind, what this day of the week has beside them, how many holds speak for it."""
        alike = self.hours[HOURS:] if weekend else self.hours[:HOURS]
        windows = per_hour * HOURS * max(1, min(_MEMORY[weekend], self._seen(self.upto // HOURS, weekend=weekend)))
        usual = (_mean(alike) if max(alike) >= 0 else self._usual()) + 0.5 / windows
        weeks = min(_DAY_MEMORY, (self.upto // HOURS - self._first_day) // DAYS)
        holds = usual * per_hour * HOURS * weeks
        share = (self._beside(day, weekend=weekend) * holds + _PRIOR) / (holds + _PRIOR)
        return usual, share, share * holds + _PRIOR

    def _spread(self, per_hour: int) -> float:
        """The share by which counts vary more than Poisson's do: variance over squared mean, as far as it is sure."""
        if not self.square:
            return 0.0
        seen = min(self.upto - self.first, _SPREAD_MEMORY)
        noise = sqrt((2 * self.square + self._usual()) / (seen * per_hour))
        return max(0.0, self.excess - 2 * noise) / self.square

    # As bytes

    def dump(self) -> bytes:
        """As bytes."""
        if self._bytes is None:
            peaks = [*self.peaks, *[_UNSEEN] * (_PEAKS - len(self.peaks))]
            self._bytes = _LAYOUT.pack(
                self.first,
                self.upto,
                self.worked,
                self.day_hours,
                self.day_sum,
                self.peak,
                *self.hours,
                *self.days,
                *peaks,
                *self.ahead,
                self.excess,
                self.square,
            )
        return self._bytes

    @classmethod
    def load(cls, dumped: bytes) -> Baseline:
        """The inverse of `dump`."""
        baseline = cls(0)
        (
            baseline.first,
            baseline.upto,
            baseline.worked,
            baseline.day_hours,
            baseline.day_sum,
            baseline.peak,
            *levels,
            today,
            tomorrow,
            baseline.excess,
            baseline.square,
        ) = _LAYOUT.unpack(dumped)
        baseline.hours = levels[: 2 * HOURS]
        baseline.days = levels[2 * HOURS : 2 * HOURS + DAYS]
        baseline.ahead = today, tomorrow
        baseline._learned()
        baseline.peaks = [peak for peak in levels[2 * HOURS + DAYS :] if peak >= 0]
        return baseline
