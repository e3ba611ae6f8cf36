"""The counts of the latest two hours, window by window, and of today.

A window is a number: append time divided by its length. A hold belongs to the window of its own time while that is at
most an hour old, and to the present one if it is older or from a clock ahead: it begins to wait now.
"""

from __future__ import annotations

import struct
from functools import cache


class Windows:
    """Holds and their cents, the present window first.

    per_hour  windows in an hour
    window    the present one
    fresh     the first that may still raise an alert: what an episode has told is not told again
    counts    of the last two hours: the hour that is not yet learned reaches back so far
    cents     of the last hour
    today     holds of the present day (UTC), and their cents
    """

    __slots__ = ("cents", "counts", "fresh", "per_hour", "today", "today_cents", "window")

    def __init__(self, per_hour: int, window: int) -> None:
        self.per_hour = per_hour
        self.window = window
        self.fresh = window
        self.counts = [0] * (2 * per_hour)
        self.cents = [0] * per_hour
        self.today = 0
        self.today_cents = 0

    def advance(self, window: int) -> None:
        """Let `window` be the present one; those between were empty."""
        passed = window - self.window
        if not passed:
            return
        per_day = 24 * self.per_hour
        if window // per_day != self.window // per_day:
            self.today = self.today_cents = 0
        self.window = window
        for ring in (self.counts, self.cents):
            size = len(ring)
            ring[:0] = [0] * min(passed, size)
            del ring[size:]

    def add(self, window: int, cents: int) -> None:
        """Count a hold where it belongs; `window` is that of its own time."""
        behind = self.window - window
        if not 0 <= behind <= self.per_hour:
            behind = 0
        self.counts[behind] += 1
        if behind < self.per_hour:
            self.cents[behind] += cents
        self.today += 1
        self.today_cents += cents

    def of_hour(self, hour: int) -> list[int]:
        """The counts of the windows of an hour, the latest first; none for windows to come or older than two hours."""
        oldest = self.window - hour * self.per_hour
        return self.counts[max(0, oldest - self.per_hour + 1) : oldest + 1] if oldest >= 0 else []

    def last(self, number: int) -> int:
        """Holds of the last `number` windows, at most an hour of them, that may still raise an alert."""
        return sum(self.counts[: min(number, self.window - self.fresh + 1)])

    def last_cents(self, number: int) -> int:
        """Their cents."""
        return sum(self.cents[: min(number, self.window - self.fresh + 1)])

    def restart(self, window: int) -> None:
        """From `window` on, holds may raise an alert again."""
        self.fresh = window
        self.today = self.today_cents = 0

    def dump(self) -> bytes:
        """As bytes."""
        return _layout(self.per_hour).pack(
            self.window, self.fresh, self.today, self.today_cents, *self.counts, *self.cents
        )

    @classmethod
    def load(cls, per_hour: int, dumped: bytes) -> Windows:
        """The inverse of `dump`."""
        windows = cls(per_hour, 0)
        windows.window, windows.fresh, windows.today, windows.today_cents, *rings = _layout(per_hour).unpack(dumped)
        windows.counts, windows.cents = rings[: 2 * per_hour], rings[2 * per_hour :]
        return windows


@cache
def _layout(per_hour: int) -> struct.Struct:
    return struct.Struct(f">qqqq{2 * per_hour}I{per_hour}q")
