"""One series of counts with its baseline: the holds of an edit at one site, or at all sites together."""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass
from math import ceil
from typing import NamedTuple, cast

from streams.alerting.baseline import Baseline, Expected
from streams.alerting.windows import Windows
from streams.encounter_state import pack, unpack
from streams.poisson import tail

LEAST = 5
"""Fewer holds are for the work queue to show, not for an alert."""

_RATIO = 1.5
_FIRST_WEEK_RATIO = 1.65
"""A spike has at least so many times what is expected; more while the day of the week is not yet known."""

_REST_RATIO = 1.2
_REST_CHANCE = 0.05
"""At rest again: no more than this over what is expected, or a count that comes about by chance so often. Far from what
it takes to fire, so that nothing goes back and forth."""

_REST_WINDOWS = 3

_DAY_LIMIT = 24.0
_OUT_OF_REACH = 2**62
"""A day is counted only where not even a hold an hour is expected; elsewhere an hour tells more, and sooner."""

_EPISODE = struct.Struct(">qqqIdIqI")
_WAITING = struct.Struct(">I")


class Found(NamedTuple):
    """Holds that chance does not explain: over `number` windows, the present one included, from `since` on."""

    number: int
    since: int
    holds: int
    cents: int
    expected: Expected


@dataclass(slots=True)
class Episode:
    """From FIRING to RESOLVED.

    opened    append time (ms) of the hold that made it fire
    since     its first window
    through   the last window of which `expected` holds what is usual
    number    the windows over which it was seen: what shows only over an hour is over only after one
    expected  holds expected from `since` on
    count     holds from `since` on, and their cents
    calm      windows at rest in a row
    """

    opened: int
    since: int
    through: int
    number: int
    expected: float
    count: int
    cents: int
    calm: int = 0


class Series:
    """Windows, baseline and episode.

    spans    numbers of windows over which holds are counted: one and two for rises that fill them, an hour and a day
             for sites whose windows are mostly empty
    trial    what the baseline would be if it had begun with the episode (or with that of all sites): learned beside it,
             and in its place once the level has lasted
    waiting  number of windows over which it would fire, but waits for the present one to end since other sites rise
             too; 0: does not
    """

    __slots__ = ("_bars", "baseline", "episode", "per_hour", "spans", "trial", "waiting", "windows")

    def __init__(self, per_hour: int, window: int, first_hour: int) -> None:
        self.per_hour = per_hour
        self.windows = Windows(per_hour, window)
        self.baseline = Baseline(first_hour)
        self.trial: Baseline | None = None
        self.episode: Episode | None = None
        self.waiting = 0
        self._bars: dict[int, tuple[int, Expected]] = {}
        self.spans = (1, 2, per_hour, 24 * per_hour)

    def advance(self, window: int) -> None:
        """Let `window` be the present one."""
        if window != self.windows.window:
            self.learn(window)
            self.windows.advance(window)
            self._bars = {}

    def learn(self, window: int) -> None:
        """Learn the hours that no late hold can change any more once `window` is the present one."""
        learner = self.trial or self.baseline
        for hour in range(learner.upto, (window - self.per_hour) // self.per_hour):
            learner.learn(self.windows.of_hour(hour), self.per_hour)

    def add(self, window: int, cents: int) -> None:
        """Count a hold; `window` is that of its own time."""
        self.windows.add(window, cents)
        if self.episode is not None:
            self.episode.count += 1
            self.episode.cents += cents

    # What is a spike

    def expected(self, number: int) -> Expected:
        """What is usual in the `number` windows up to the present one, all of it."""
        return self.baseline.expected(self.windows.window, number, self.per_hour)

    def count(self, number: int) -> int:
        """Holds in them that may raise an alert."""
        return self.windows.today if number > self.per_hour else self.windows.last(number)

    def bar(self, number: int) -> tuple[int, Expected]:
        """For the last `number` windows: below which count nobody needs to ask, and what is expected of them.

        A span that is not over is held against what is expected of the whole: it can only understate.
        """
        known = self._bars.get(number)
        if known is None:
            expected = self.expected(number)
            ratio = _RATIO if self.baseline.in_season else _FIRST_WEEK_RATIO
            bar = max(LEAST, ceil(ratio * expected.mean))
            if number > self.per_hour and expected.mean >= _DAY_LIMIT:
                bar = _OUT_OF_REACH
            known = self._bars[number] = bar, expected
        return known

    def spike(self, chance: float) -> Found | None:
        """The shortest span whose count has less than this chance to be usual."""
        for number in self.spans:
            count = self.count(number)
            if count >= LEAST:
                bar, (mean, shape) = self.bar(number)
                if count >= bar and tail(count, mean, shape) < chance:
                    return self.found(number)
        return None

    def found(self, number: int) -> Found:
        """The last `number` windows, as a spike says it."""
        windows = self.windows
        if number > self.per_hour:
            since = windows.window - windows.window % number
            cents = windows.today_cents
        else:
            since = windows.window - number + 1
            cents = windows.last_cents(number)
        return Found(number, max(windows.fresh, since), self.count(number), cents, self.expected(number))

    # Episodes

    def open(self, found: Found, time: int) -> Episode:
        """Begin an episode."""
        present = self.windows.window
        through = present // found.number * found.number + found.number - 1 if found.number > self.per_hour else present
        self.episode = Episode(time, found.since, through, found.number, found.expected.mean, found.holds, found.cents)
        self.try_anew()
        return self.episode

    def try_anew(self) -> None:
        """Learn aside from now on."""
        self.waiting = 0
        if self.trial is None:
            self.trial = Baseline(self.baseline.upto)

    def close(self) -> bool:
        """The present window is over: whether the episode that goes on is, too."""
        episode = cast("Episode", self.episode)
        expected = self.expected(1)
        if self.windows.window > episode.through:
            episode.through = self.windows.window
            episode.expected += expected.mean
        episode.calm = episode.calm + 1 if _at_rest(self.windows.counts[0], expected) else 0
        enough = max(_REST_WINDOWS, episode.number)
        span = min(enough, self.per_hour)
        return episode.calm >= enough and _at_rest(sum(self.windows.counts[:span]), self.expected(span))

    def settle(self, *, as_usual: bool) -> None:
        """The episode is over, with the present window: what it was is forgotten, or is the usual level from now on."""
        trial = cast("Baseline", self.trial)
        if as_usual:
            self.baseline = trial
        else:
            self.baseline.skip(max(trial.upto, self.windows.window // self.per_hour + 1))
        self.trial = self.episode = None
        self._bars = {}
        self.waiting = 0
        self.windows.restart(self.windows.window + 1)

    # As bytes

    def dump(self) -> bytes:
        """As bytes."""
        return pack(
            [
                _WAITING.pack(self.waiting),
                self.windows.dump(),
                self.baseline.dump(),
                self.trial.dump() if self.trial is not None else b"",
                _EPISODE.pack(*astuple(self.episode)) if self.episode is not None else b"",
            ]
        )

    @classmethod
    def load(cls, per_hour: int, dumped: bytes) -> Series:
        """The inverse of `dump`."""
        waiting, windows, baseline, trial, episode = unpack(dumped)
        series = cls(per_hour, 0, 0)
        (series.waiting,) = _WAITING.unpack(waiting)
        series.windows = Windows.load(per_hour, windows)
        series.baseline = Baseline.load(baseline)
        series.trial = Baseline.load(trial) if trial else None
        series.episode = Episode(*_EPISODE.unpack(episode)) if episode else None
        return series


def _at_rest(count: int, expected: Expected) -> bool:
    return count <= _REST_RATIO * expected.mean or tail(count, expected.mean, expected.shape) > _REST_CHANCE
