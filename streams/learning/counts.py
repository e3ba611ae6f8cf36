"""What the evidence of several patterns comes to: day by day, and from the day since which it speaks loudest."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from streams.learning.wilson import wilson_lower

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from streams.learning.rows import Denied, Row


class Count(NamedTuple):
    """Lines denied and paid, cents denied, and the first and the last denial (ms since 1970; 0 without denials)."""

    denied: int = 0
    paid: int = 0
    cents: int = 0
    first: int = 0
    last: int = 0

    @property
    def bound(self) -> float:
        """Lower end of the 95 % Wilson interval for the share of lines denied."""
        return wilson_lower(self.denied, self.paid)


class Counts:
    """What of `rows` was denied in `categories`, and paid: all of it, and over time."""

    def __init__(self, rows: Collection[Row], categories: Collection[int]) -> None:
        self._rows = rows
        self._denied = [
            (day, denied)
            for row in rows
            for day, on_that_day in row.denied.items()
            for category, denied in on_that_day.items()
            if category in categories
        ]
        each = [denied for _, denied in self._denied]
        self.whole = Count(
            sum([denied.lines for denied in each]),
            sum([row.paid for row in rows]),
            sum([denied.cents for denied in each]),
            min([denied.first for denied in each], default=0),
            max([denied.last for denied in each], default=0),
        )
        """All of it."""

    def strongest(self) -> Count:
        """What came since the day from which the bound is highest; of several such days, the earliest.

        A payer changes its mind on a day. What it paid before says nothing of what it does now, so evidence is counted
        since a day with a denial, and of those since the one from which it speaks loudest.
        """
        days: dict[int, Denied] = {}
        for day, more in self._denied:
            days[day] = more if day not in days else days[day].plus(more)
        starts = sorted(days)
        denied = paid = cents = 0
        strongest, bound = Count(), -1.0
        for start, paid_since in zip(reversed(starts), paid_by_start(self._rows, starts), strict=False):
            lines, more_cents, first, _ = days[start]
            denied, paid, cents = denied + lines, paid + paid_since, cents + more_cents
            this = wilson_lower(denied, paid)
            if this >= bound:
                strongest, bound = Count(denied, paid, cents, first, self.whole.last), this
        return strongest


def paid_by_start(rows: Collection[Row], starts: Sequence[int]) -> list[int]:
    """Lines paid since each of some days and before the next, the last first; `starts` are in order.

    Days before the first are not looked at: most of the evidence is older than what is denied of late.
    """
    paid = [0] * len(starts)
    if not starts:
        return paid
    for row in rows:
        since, start = len(starts), starts[-1]
        for number, lines in reversed(row.days.items()):
            if number < start:
                since = bisect_right(starts, number)
                if not since:
                    break
                start = starts[since - 1]
            paid[-since] += lines
    return paid
