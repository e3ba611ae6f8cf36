"""What the evidence of several patterns comes to: day by day, and from the day since which it speaks loudest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.learning.wilson import wilson_lower

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from streams.learning.rows import Row


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


class Counts(NamedTuple):
    """Evidence over time.

    whole      all of it
    strongest  of it what came since the day from which the bound is highest; of several such days, the earliest
    """

    whole: Count
    strongest: Count


def count(rows: Iterable[Row], categories: Collection[int]) -> Counts:
    """What of `rows` was denied in `categories`, and paid.

    A payer changes its mind on a day. What it paid before says nothing of what it does now, so evidence is counted
    since a day with a denial, and of those since the one from which it speaks loudest.
    """
    days = _by_day(rows, categories)
    denied = paid = cents = first = last = 0
    strongest, bound = Count(), -1.0
    for number in sorted(days, reverse=True):
        day = days[number]
        paid += day[1]
        if day[0]:
            denied, cents, first = denied + day[0], cents + day[2], day[3]
            last = last or day[4]
            this = wilson_lower(denied, paid)
            if this >= bound:
                strongest, bound = Count(denied, paid, cents, first, last), this
    return Counts(Count(denied, paid, cents, first, last), strongest)


def _by_day(rows: Iterable[Row], categories: Collection[int]) -> dict[int, list[int]]:
    """Day -> lines denied, lines paid, cents denied, first and last denial (ms)."""
    days: dict[int, list[int]] = {}
    for row in rows:
        for number, day in row.days.items():
            total = days.get(number)
            if total is None:
                total = days[number] = [0, day.paid, 0, 0, 0]
            else:
                total[1] += day.paid
            if day.denied:
                for category, (lines, cents, first, last) in day.denied.items():
                    if category in categories:
                        total[3] = min(total[3], first) if total[0] else first
                        total[4] = max(total[4], last)
                        total[0] += lines
                        total[2] += cents
    return days
