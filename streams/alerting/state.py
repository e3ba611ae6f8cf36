"""All that is kept of one edit, as bytes: its sites, and all of them together. No claim is named.

state = head, gate, all sites together, each site
all of these but the head behind their length

It is written anew with each hold, so it is bounded: a site that stays silent is forgotten, and only so many have a
series of their own.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from schemas.errors import Misuse
from streams.alerting.overdue import DueDays
from streams.alerting.series import Series
from streams.alerting.tuning import HOUR, HOURS
from streams.encounter_state import pack, unpack

if TYPE_CHECKING:
    from schemas.decision import Gate

MOST_SITES = 1_000
"""Sites of an edit that have a series of their own: about 1 MB, twice that while an alert across sites goes on."""

OTHERS = "other sites"
"""Stands for all sites beyond. Once it is there, for each new one until it is forgotten like a site itself: so a hold
is closed where it was opened."""

SITE_DAYS = 28
"""Whole days without a hold after which a site is forgotten: as far back as a baseline looks at how counts vary. One
that comes back is new."""

EDIT_DAYS = 400
"""The same for an edit once no site is left. Until then a first hold after months still counts as news."""

_FORMAT = 2
_HEAD = struct.Struct(">BIqi")  # format, windows in an hour, next due day, day of the last hold
_DAY = struct.Struct(">i")
_LENGTH = struct.Struct(">I")
NEVER = 2**62
"""A due day that does not come."""


class Site:
    """One site, the `number`th of its edit: its series of counts, its due days, and the day of its last hold."""

    __slots__ = ("due", "last_day", "name", "number", "series")

    def __init__(self, number: int, name: str | None, series: Series, due: DueDays, last_day: int) -> None:
        self.number = number
        self.name = name
        self.series = series
        self.due = due
        self.last_day = last_day

    def is_silent(self, today: int) -> bool:
        """Whether nothing is open, nothing goes on, and nothing came for so long that it may be forgotten."""
        if today - self.last_day <= SITE_DAYS:
            return False
        # What learns aside is part of an episode, be it that of all sites.
        return self.due.is_empty and self.series.trial is None and not self.series.waiting

    def dump(self) -> bytes:
        """As bytes, behind their length."""
        name = b"" if self.name is None else b"=" + self.name.encode()
        return _framed(pack([name, self.series.dump(), self.due.dump(), _DAY.pack(self.last_day)]))

    @classmethod
    def load(cls, number: int, per_hour: int, dumped: bytes) -> Site:
        """The inverse of `dump`, without the length."""
        name, series, due, day = unpack(dumped)
        (last_day,) = _DAY.unpack(day)
        text = name[1:].decode() if name else None
        return cls(number, text, Series.load(per_hour, series), DueDays.load(due), last_day)


class EditState:
    """One edit.

    gate      of its holds, as alerts name it
    together  the series of all sites
    sites     by name; None for claims of which no site is known
    next_due  no hold becomes past due before this day is over
    last_day  of the last hold, opened or closed
    changed   the sites that are not as they were at the last dump
    """

    __slots__ = ("_chunks", "changed", "gate", "last_day", "next_due", "per_hour", "sites", "together")

    def __init__(self, gate: Gate, per_hour: int, window: int) -> None:
        self.gate = gate
        self.per_hour = per_hour
        # The first hour is not seen whole.
        self.together = Series(per_hour, window, window // per_hour + 1)
        self.sites: dict[str | None, Site] = {}
        self.next_due = NEVER
        self.last_day = window // (HOURS * per_hour)
        self.changed: set[Site] = set()
        self._chunks: list[bytes] = []

    @property
    def window_ms(self) -> int:
        """Length of a window, in milliseconds."""
        return HOUR // self.per_hour

    @property
    def today(self) -> int:
        """The day of the present window, since 1970."""
        return self.together.windows.window // (HOURS * self.per_hour)

    @property
    def forgotten_from(self) -> int:
        """The day from which the edit is forgotten, if by then it has no site any more."""
        return self.last_day + EDIT_DAYS + 1

    @property
    def is_silent(self) -> bool:
        """Whether the edit may be forgotten."""
        return not self.sites and self.today >= self.forgotten_from

    def forget(self) -> None:
        """Forget the sites that are silent. To be called as a day begins, for the same ones whoever calls."""
        today = self.today
        kept = [site for site in self.sites.values() if not site.is_silent(today)]
        if len(kept) == len(self.sites):
            return
        self._chunks = [self._chunks[site.number] for site in kept]
        self.sites = {site.name: site for site in kept}
        for number, site in enumerate(kept):
            site.number = number
        self.changed.intersection_update(kept)

    def site(self, name: str | None) -> Site:
        """The site called `name`, which may be one of the others. One never met before held nothing for as long as the
        edit is known.
        """
        if name not in self.sites and (OTHERS in self.sites or len(self.sites) >= MOST_SITES):
            name = OTHERS
        site = self.sites.get(name)
        if site is None:
            together = self.together
            series = Series(self.per_hour, together.windows.window, together.baseline.first)
            series.learn(together.windows.window)
            series.windows.fresh = together.windows.fresh
            if together.episode is not None:
                series.try_anew()
            site = self.sites[name] = Site(len(self.sites), name, series, DueDays(), self.today)
            self._chunks.append(b"")
            self.changed.add(site)
        return site

    def dump(self) -> bytes:
        """As bytes."""
        for site in self.changed:
            self._chunks[site.number] = site.dump()
        self.changed.clear()
        head = _HEAD.pack(_FORMAT, self.per_hour, self.next_due, self.last_day)
        return b"".join([head, _framed(self.gate.encode()), _framed(self.together.dump()), *self._chunks])

    @classmethod
    def load(cls, dumped: bytes) -> EditState:
        """The inverse of `dump`. Raises `Misuse` for a state that another version of cleanclaim wrote."""
        if dumped[0] != _FORMAT:
            raise Misuse(f"alerting state: expected format {_FORMAT}, got {dumped[0]}; run the version that wrote it")
        _, per_hour, next_due, last_day = _HEAD.unpack_from(dumped)
        gate, together, *sites = _unframed(dumped, _HEAD.size)
        state = cls(cast("Gate", gate.decode()), per_hour, 0)
        state.together = Series.load(per_hour, together)
        state.next_due = next_due
        state.last_day = last_day
        loaded = [Site.load(number, per_hour, site) for number, site in enumerate(sites)]
        state.sites = {site.name: site for site in loaded}
        state._chunks = [_framed(site) for site in sites]
        return state


def _framed(chunk: bytes) -> bytes:
    return _LENGTH.pack(len(chunk)) + chunk


def _unframed(dumped: bytes, at: int) -> list[bytes]:
    chunks = []
    while at < len(dumped):
        (length,) = _LENGTH.unpack_from(dumped, at)
        at += _LENGTH.size
        chunks.append(dumped[at : at + length])
        at += length
    return chunks
