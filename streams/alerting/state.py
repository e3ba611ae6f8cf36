"""All that is kept of one edit, as bytes: its sites, and all of them together. No claim is named.

state = head, gate, all sites together, each site
all of these but the head behind their length
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from streams.alerting.overdue import DueDays
from streams.alerting.series import Series
from streams.alerting.tuning import HOUR
from streams.encounter_state import pack, unpack

if TYPE_CHECKING:
    from schemas.decision import Gate

_FORMAT = 1
_HEAD = struct.Struct(">BIq")  # format, windows in an hour, next due day
_LENGTH = struct.Struct(">I")
NEVER = 2**62
"""A due day that does not come."""


class Site:
    """One site, the `number`th of its edit: its series of counts and its due days."""

    __slots__ = ("due", "name", "number", "series")

    def __init__(self, number: int, name: str | None, series: Series, due: DueDays) -> None:
        self.number = number
        self.name = name
        self.series = series
        self.due = due

    def dump(self) -> bytes:
        """As bytes, behind their length."""
        name = b"" if self.name is None else b"=" + self.name.encode()
        return _framed(pack([name, self.series.dump(), self.due.dump()]))

    @classmethod
    def load(cls, number: int, per_hour: int, dumped: bytes) -> Site:
        """The inverse of `dump`, without the length."""
        name, series, due = unpack(dumped)
        return cls(number, name[1:].decode() if name else None, Series.load(per_hour, series), DueDays.load(due))


class EditState:
    """One edit.

    gate      of its holds, as alerts name it
    together  the series of all sites
    sites     by name; None for claims of which no site is known
    next_due  no hold becomes past due before this day is over
    changed   the sites that are not as they were at the last dump
    """

    __slots__ = ("_chunks", "changed", "gate", "next_due", "per_hour", "sites", "together")

    def __init__(self, gate: Gate, per_hour: int, window: int) -> None:
        self.gate = gate
        self.per_hour = per_hour
        # The first hour is not seen whole.
        self.together = Series(per_hour, window, window // per_hour + 1)
        self.sites: dict[str | None, Site] = {}
        self.next_due = NEVER
        self.changed: set[Site] = set()
        self._chunks: list[bytes] = []

    @property
    def window_ms(self) -> int:
        """Length of a window, in milliseconds."""
        return HOUR // self.per_hour

    def site(self, name: str | None) -> Site:
        """The site called `name`. One never met before held nothing for as long as the edit is known."""
        site = self.sites.get(name)
        if site is None:
            together = self.together
            series = Series(self.per_hour, together.windows.window, together.baseline.first)
            series.learn(together.windows.window)
            series.windows.fresh = together.windows.fresh
            if together.episode is not None:
                series.try_anew()
            site = self.sites[name] = Site(len(self.sites), name, series, DueDays())
            self._chunks.append(b"")
            self.changed.add(site)
        return site

    def dump(self) -> bytes:
        """As bytes."""
        for site in self.changed:
            self._chunks[site.number] = site.dump()
        self.changed.clear()
        head = _HEAD.pack(_FORMAT, self.per_hour, self.next_due)
        return b"".join([head, _framed(self.gate.encode()), _framed(self.together.dump()), *self._chunks])

    @classmethod
    def load(cls, dumped: bytes) -> EditState:
        """The inverse of `dump`."""
        _, per_hour, next_due = _HEAD.unpack_from(dumped)
        gate, together, *sites = _unframed(dumped, _HEAD.size)
        state = cls(cast("Gate", gate.decode()), per_hour, 0)
        state.together = Series.load(per_hour, together)
        state.next_due = next_due
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
