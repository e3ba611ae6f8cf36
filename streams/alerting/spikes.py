"""Spikes of one edit: which series fires, which waits for the others, which is part of a rise at all sites.

A rise at one site is that site's alert. If what the other sites hold is a spike as well, a payer or a rule has changed:
one alert speaks for all, and those of single sites are over, as part of it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, cast

from streams.alerting.series import LEAST
from streams.poisson import tail

if TYPE_CHECKING:
    from streams.alerting.baseline import Baseline
    from streams.alerting.series import Episode, Found, Series
    from streams.alerting.state import EditState, Site
    from streams.alerting.tuning import Tuning

_OTHERS_CHANCE = 1e-3
"""Once all sites together hold too much: what the sites but the most conspicuous one hold is no chance either."""

_SUSPICION = 0.05
"""What makes a site wait for the end of the window, since the others may be about to rise too."""

_RATIO = 1.5
_SEVERAL = 2
_STRIDES = 8


class Turn(StrEnum):
    """How an episode begins or ends."""

    BEGINS = "begins"
    CALM = "calm"
    """At rest again."""
    USUAL = "usual"
    """The level stayed, and is the usual one from now on."""
    PART = "part"
    """Of an alert across sites."""


class Event(NamedTuple):
    """An episode begins or ends; `site` is None for all sites together. `through` is the last window it speaks of."""

    turn: Turn
    site: Site | None
    episode: Episode
    through: int
    time: int
    sites: int = 1


class Spikes:
    """Watches the series of one edit."""

    def __init__(self, state: EditState, tuning: Tuning) -> None:
        self._state = state
        self.tuning = tuning
        self._active = {site for site in state.sites.values() if site.series.episode or site.series.waiting}

    @property
    def closes_at(self) -> int | None:
        """When (ms) the present window must be closed although no record may come; None if nothing hangs on it."""
        if self._active or self._state.together.episode is not None:
            return (self._state.together.windows.window + 1) * self._state.window_ms
        return None

    def advance(self, window: int) -> list[Event]:
        """Let `window` be the present one, closing those before it while anything hangs on them."""
        events: list[Event] = []
        together = self._state.together
        while self.closes_at is not None and together.windows.window < window:
            events += self._close()
            together.advance(together.windows.window + 1)
        together.advance(window)
        return events

    def add(self, site: Site, window: int, cents: int, time: int) -> list[Event]:
        """A hold was opened at `site` at append time `time` (ms); `window` is that of its own time."""
        together, series = self._state.together, site.series
        series.advance(together.windows.window)
        together.add(window, cents)
        series.add(window, cents)
        if together.episode is not None:
            return []
        found = self._across_due()
        if found is not None:
            return self._begin_across(found, time)
        if series.episode is not None or series.waiting:
            return []
        return self._look_at(site, time)

    def _look_at(self, site: Site, time: int) -> list[Event]:
        """Fire for a site, or let it wait for the others."""
        found = self._spike(site.series)
        if found is None:
            return []
        if self._others_rise(site.series, found.number, time):
            site.series.waiting = found.number
            self._active.add(site)
            return []
        return [self._begin(site, found, time)]

    def _begin(self, site: Site, found: Found, time: int) -> Event:
        self._active.add(site)
        return Event(Turn.BEGINS, site, replace(site.series.open(found, time)), site.series.windows.window, time)

    # Windows that are over

    def _close(self) -> list[Event]:
        """The present window is over."""
        together = self._state.together
        window = together.windows.window
        time = (window + 1) * self._state.window_ms
        if together.episode is not None:
            return self._close_together(time)
        events: list[Event] = []
        active = [site for site in self._state.sites.values() if site in self._active]  # in an order that is kept
        for site in active:
            site.series.advance(window)
        self._state.changed.update(active)
        for site in active:
            if number := site.series.waiting:
                site.series.waiting = 0
                across = self._across(number)
                if across is not None:
                    events += self._begin_across(across, time)
                else:
                    events.append(self._begin(site, site.series.found(number), time))
        for site in [site for site in active if site.series.episode is not None]:
            events += self._end(site, time)
        self._active = {site for site in active if site.series.episode is not None}
        return events

    def _end(self, site: Site, time: int) -> list[Event]:
        series = site.series
        turn = self._turn(series)
        if turn is None:
            return []
        event = Event(turn, site, cast("Episode", series.episode), series.windows.window, time)
        series.settle(as_usual=turn is Turn.USUAL)
        return [event]

    def _close_together(self, time: int) -> list[Event]:
        together = self._state.together
        turn = self._turn(together)
        if turn is None:
            return []
        episode = cast("Episode", together.episode)
        event = Event(turn, None, episode, together.windows.window, time, len(self._state.sites))
        for site in self._state.sites.values():
            site.series.advance(together.windows.window)
            site.series.settle(as_usual=turn is Turn.USUAL)
            self._state.changed.add(site)
        together.settle(as_usual=turn is Turn.USUAL)
        return [event]

    def _turn(self, series: Series) -> Turn | None:
        """How the episode of `series` ends with the present window; None if it goes on."""
        if series.close():
            return Turn.CALM
        lasted = cast("Baseline", series.trial).worked >= self.tuning.lasting_hours
        return Turn.USUAL if lasted else None

    # All sites together

    @property
    def _chance(self) -> float:
        sites = len(self._state.sites)
        return self.tuning.chance(sites + 1 if sites > 1 else 1, self._state.per_hour)

    def _spike(self, series: Series) -> Found | None:
        return series.spike(self._chance) if series.baseline.worked >= self.tuning.warm_up_hours else None

    def _across_due(self) -> Found | None:
        """A rise at several sites, asked for at every eighth part of the count from which there may be one."""
        together = self._state.together
        if len(self._state.sites) < _SEVERAL:
            return None
        for number in together.spans:
            count = together.count(number)
            if count >= LEAST:
                bar, _ = together.bar(number)
                if count >= bar and (count - bar) % max(1, bar // _STRIDES) == 0:
                    found = self._across(number)
                    if found is not None:
                        return found
        return None

    def _across(self, number: int) -> Found | None:
        """What all sites hold in the last `number` windows, if it is a spike without the most conspicuous one too."""
        together = self._state.together
        if len(self._state.sites) < _SEVERAL or together.baseline.worked < self.tuning.warm_up_hours:
            return None
        mean, shape = together.expected(number)
        sites = self._holding(number)
        holds = sum([site.holds for site in sites])
        if holds < max(LEAST, _RATIO * mean) or tail(holds, mean, shape) >= self._chance:
            return None
        first = max(sites, key=lambda site: site.holds - site.expected.mean)
        others, expected = holds - first.holds, self._rest(mean, first.expected.mean)
        if others < max(_SEVERAL, _RATIO * expected) or tail(others, expected, shape) >= _OTHERS_CHANCE:
            return None
        return together.found(number)._replace(holds=holds, cents=sum([site.cents for site in sites]))

    def _holding(self, number: int) -> list[Found]:
        """What each site holds in the last `number` windows and has not told yet, where that is anything."""
        window = self._state.together.windows.window
        found = []
        for site in self._state.sites.values():
            if window - site.series.windows.window < number:
                site.series.advance(window)
                self._state.changed.add(site)
                if site.series.count(number):
                    found.append(site.series.found(number))
        return found

    def _others_rise(self, series: Series, number: int, time: int) -> bool:
        """Whether the other sites hold more than usual so far, as the present window goes."""
        together = self._state.together
        if len(self._state.sites) < _SEVERAL:
            return False
        others = sum([site.holds for site in self._holding(number)]) - series.count(number)
        to_come = 1 - (time % self._state.window_ms + 1) / self._state.window_ms
        mean, shape = together.expected(number)
        expected = self._rest(mean, series.expected(number).mean)
        present = self._rest(together.expected(1).mean, series.expected(1).mean)
        expected = max(expected - to_come * present, expected / self._state.per_hour)
        return others >= max(_SEVERAL, _RATIO * expected) and tail(others, expected, shape) < _SUSPICION

    def _rest(self, all_sites: float, one: float) -> float:
        """What is expected of the others: never less than a share of one site, for a sum that is not quite one."""
        return max(all_sites - one, all_sites / (4 * len(self._state.sites)))

    def _begin_across(self, found: Found, time: int) -> list[Event]:
        """Fire for all sites; the alerts of single ones end as part of it."""
        together = self._state.together
        window = together.windows.window
        sites = len(self._holding(found.number))
        events = [Event(Turn.BEGINS, None, replace(together.open(found, time)), window, time, sites)]
        for site in self._state.sites.values():
            series = site.series
            series.advance(window)
            if series.episode is not None:
                events.append(Event(Turn.PART, site, series.episode, window, time))
                series.episode = None
            series.try_anew()
            self._state.changed.add(site)
        self._active = set()
        return events
