"""`make bench-alerts`: how often alerting cries wolf, and how soon it sees a rise. Prints Markdown tables.

    python -m benchmarks.alerts --keys 10 --trials 200   # a look, in half a minute

Counts are drawn window by window and given to the very code that the processor runs. Everything follows from the seeds
printed with it. A key is an edit with one site, new at the beginning: the warm-up is part of its month.
"""

from __future__ import annotations

import math
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from bisect import bisect_left
from functools import cache
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import click

from streams.alerting.spikes import Spikes, Turn
from streams.alerting.state import EditState
from streams.alerting.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from streams.alerting.spikes import Event

TUNING = Tuning()
PER_DAY = 24 * TUNING.per_hour
MONTH = 31 * PER_DAY
_EPOCH_DAY = 20_454  # 2026-01-01, a Thursday
_SUNDAY_BEFORE = 3  # 1970-01-01 was a Thursday
_FRIDAY = 5
_OPEN, _CLOSE = 8, 18

Rate = "Callable[[int], float]"
"""Window -> holds expected in it."""


# Traffic


def stationary(level: float) -> Callable[[int], float]:
    """The same at all times."""
    return lambda _: level


def swelling(level: float) -> Callable[[int], float]:
    """Rises and falls with the day, differs from day to day, little on weekends. `level` is about the highest."""
    weekdays = (1.0, 0.9, 0.8, 0.8, 0.7, 0.3, 0.15)

    def rate(window: int) -> float:
        day, hour = _clock(window)
        return level * weekdays[day] * (0.1 + 0.9 * max(0.0, math.sin(math.pi * (hour - 6) / 14)))

    return rate


def office(level: float) -> Callable[[int], float]:
    """Opens at eight and closes at six on working days, at a stroke; a twentieth of that else."""

    def rate(window: int) -> float:
        day, hour = _clock(window)
        return level if day < _FRIDAY and _OPEN <= hour < _CLOSE else level / 20

    return rate


def half_hours(level: float) -> Callable[[int], float]:
    """As `office`, but half an hour later, where no hour of the clock begins."""
    return lambda window: office(level)(window - TUNING.per_hour // 2)


SHAPES = {"stationary": stationary, "swelling": swelling, "office hours": office, "half past": half_hours}


def _clock(window: int) -> tuple[int, float]:
    """Day of the week from Monday, and hour."""
    day, of_day = divmod(window, PER_DAY)
    return (day + _SUNDAY_BEFORE) % 7, of_day / TUNING.per_hour


def draw(random: Random, mean: float) -> int:
    """A Poisson count."""
    low, table = _table(round(mean, 6))
    return low + bisect_left(table, random.random())


@cache
def _table(mean: float) -> tuple[int, list[float]]:
    """The distribution function from `low` on, nine deviations either way."""
    if not mean:
        return 0, []
    reach = 9 * math.sqrt(mean) + 20
    low = max(0, int(mean - reach))
    total, table = 0.0, []
    for number in range(low, int(mean + reach)):
        total += math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
        table.append(total)
    return low, table


# One edit


class Key:
    """An edit with one site, fed window by window; `others` sites beside it share its false alarms."""

    def __init__(self, first: int, others: int = 0) -> None:
        self._state = EditState("CODING", TUNING.per_hour, first)
        tuning = Tuning(false_alarms=TUNING.false_alarms / (others + 2)) if others else TUNING
        self._spikes = Spikes(self._state, tuning)

    @classmethod
    def load(cls, dumped: bytes, others: int = 0) -> Key:
        """A key as `dump` left it."""
        key = cls(0, others)
        key._state = EditState.load(dumped)
        key._spikes = Spikes(key._state, key._spikes.tuning)
        return key

    def dump(self) -> bytes:
        """The state, to try several futures from it."""
        return self._state.dump()

    def feed(self, window: int, holds: int) -> list[Event]:
        """So many holds in a window. All but the last are put in at once: nothing is decided before it."""
        events = self._spikes.advance(window)
        if holds:
            site = self._state.site("site-1")
            site.series.advance(window)
            for series in (self._state.together, site.series):
                series.windows.counts[0] += holds - 1
                series.windows.today += holds - 1
            events += self._spikes.add(site, window, 0, (window + 1) * TUNING.window_ms - 1)
            self._state.changed.add(site)
        return events

    def live(self, random: Random, rate: Callable[[int], float], windows: Iterable[int]) -> list[Event]:
        """Let windows pass."""
        return [event for window in windows for event in self.feed(window, draw(random, rate(window)))]


def fired(events: Iterable[Event]) -> int:
    """How many alerts were raised."""
    return sum(event.turn is Turn.BEGINS for event in events)


# What is measured


def false_alarms(shape: str, level: float, keys: int) -> tuple[float, int]:
    """Alerts per key in its first month, and the most of one key. Keys begin on all days of the week, at any window."""
    counts = []
    for number in range(keys):
        random = Random(f"{shape} {level} {number}")  # noqa: S311 - a simulation
        first = (_EPOCH_DAY + number) * PER_DAY + random.randrange(PER_DAY)
        counts.append(fired(Key(first).live(random, SHAPES[shape](level), range(first, first + MONTH))))
    return sum(counts) / keys, max(counts)


class Rise(NamedTuple):
    """From `usual` holds in a window to `times` as many, after so many days, with `others` sites beside."""

    usual: float
    times: float
    days: int
    others: int = 0


def found_in_time(rise: Rise, trials: int, histories: int = 10) -> float:
    """The share of rises found within two windows."""
    found = 0
    for number in range(histories):
        random = Random(f"{rise} {number}")  # noqa: S311 - a simulation
        first = (_EPOCH_DAY + number) * PER_DAY + random.randrange(PER_DAY)
        begins = first + rise.days * PER_DAY
        key = Key(first, rise.others)
        key.live(random, stationary(rise.usual), range(first, begins))
        dumped = key.dump()
        for _ in range(trials // histories):
            future = Key.load(dumped, rise.others)
            found += bool(fired(future.live(random, stationary(rise.usual * rise.times), range(begins, begins + 2))))
    return found / (trials // histories * histories)


def holds_until_found(rate: float, trials: int) -> int:
    """The most holds that a site which was quiet for two weeks opened before somebody was told."""
    most = 0
    for number in range(trials):
        random = Random(f"quiet {rate} {number}")  # noqa: S311 - a simulation
        first = _EPOCH_DAY * PER_DAY
        key = Key(first)
        key.feed(first, 1)  # else nobody knows the edit
        begins = first + 14 * PER_DAY + random.randrange(PER_DAY)
        arrivals = (window for window in count(begins) for _ in range(draw(random, rate)))
        holds = next(number for number, window in enumerate(arrivals, 1) if fired(key.feed(window, 1)))
        most = max(most, holds)
    return most


def rise_at_all_sites(sites: int, usual: float, times: float, trials: int) -> tuple[float, float]:
    """When a payer changes a rule: the share of rises told by one alert alone, and the alerts of a rise on average."""
    alone = alerts = 0
    for number in range(trials):
        random = Random(f"{sites} {usual} {times} {number}")  # noqa: S311 - a simulation
        first = _EPOCH_DAY * PER_DAY
        state = EditState("CODING", TUNING.per_hour, first)
        spikes = Spikes(state, TUNING)
        names = [f"site-{each}" for each in range(sites)]
        begins = first + 9 * PER_DAY
        raised = 0
        for window in range(first, begins + 6):
            spikes.advance(window)
            mean = sites * usual * (times if window >= begins else 1)
            at = sorted(random.randrange(TUNING.window_ms) for _ in range(draw(random, mean)))
            for offset in at:
                site = state.site(random.choice(names))
                events = spikes.add(site, window, 0, window * TUNING.window_ms + offset)
                raised += fired(events) if window >= begins else 0
        alone += raised == 1
        alerts += raised
    return alone / trials, alerts / trials


def lasting(level: float, times: float, keys: int) -> tuple[float, float]:
    """A level that rises and stays: alerts that it takes in two weeks, and days until it counts as usual."""
    alerts, days = 0, []
    for number in range(keys):
        random = Random(f"lasting {level} {times} {number}")  # noqa: S311 - a simulation
        first = (_EPOCH_DAY + number) * PER_DAY
        begins = first + 14 * PER_DAY
        key = Key(first)
        key.live(random, stationary(level), range(first, begins))
        events = key.live(random, stationary(level * times), range(begins, begins + 14 * PER_DAY))
        alerts += fired(events)
        usual = [event.through for event in events if event.turn is Turn.USUAL]
        days.append(((usual[0] if usual else begins + 14 * PER_DAY) - begins) / PER_DAY)
    return alerts / keys, sum(days) / keys


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(
        prog="python -m benchmarks.alerts", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=70, help="key-months for each false-alarm rate")
    parser.add_argument("--trials", type=int, default=2_000, help="rises for each share found")
    options = parser.parse_args()
    began = time.monotonic()
    click.echo(f"Command: python -m benchmarks.alerts {' '.join(sys.argv[1:])}".rstrip() + "\n")

    click.echo("| traffic | holds a window | false alarms per key and month | most of one key |\n|---|---|---|---|")
    for shape in SHAPES:
        for level in (0.1, 1.0, 10.0, 100.0, 1000.0):
            mean, most = false_alarms(shape, level, options.keys)
            click.echo(f"| {shape} | {level:g} | {mean:.3f} | {most} |")

    click.echo("\n| rise | history | sites | found within two windows |\n|---|---|---|---|")
    for usual, times in ((10, 3), (50, 2), (1, 10), (200, 2)):
        for days, others in ((4, 0), (9, 0), (30, 0), (30, 39)):
            share = found_in_time(Rise(usual, times, days, others), options.trials)
            click.echo(f"| {times} times {usual} a window | {days} days | {others + 1} | {share:.1%} |")

    click.echo("\n| a quiet site begins to hold | holds until told, at most |\n|---|---|")
    for rate in (0.05, 0.2, 1.0, 5.0, 50.0):
        click.echo(f"| {rate:g} a window | {holds_until_found(rate, options.trials // 10)} |")

    click.echo("\n| a rise at all of 40 sites | told by one alert alone | alerts on average |\n|---|---|---|")
    for usual, times in ((0.05, 10.0), (0.25, 4.0)):
        alone, alerts = rise_at_all_sites(40, usual, times, options.keys // 3)
        click.echo(f"| {times:g} times {usual:g} a window and site | {alone:.0%} | {alerts:.2f} |")

    click.echo("\n| a level that rises and stays | alerts in two weeks | days until usual |\n|---|---|---|")
    for level, times in ((10.0, 3.0), (0.5, 10.0), (100.0, 2.0)):
        alerts, days = lasting(level, times, options.keys // 2)
        click.echo(f"| {times:g} times {level:g} a window | {alerts:.2f} | {days:.1f} |")
    click.echo(f"\nTook {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
