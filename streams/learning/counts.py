"""What the evidence of several patterns comes to: day by day, and from the day since which it speaks loudest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.learning.wilson import wilson_lower

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from streams.learning.evidence import Denied, Row


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

    def with_(self, earlier: Count) -> Count:
        """Both together; `earlier` lies before."""
        return Count(
            self.denied + earlier.denied,
            self.paid + earlier.paid,
            self.cents + earlier.cents,
            earlier.first or self.first,
            self.last or earlier.last,
        )


def by_day(rows: Iterable[Row], categories: Collection[int]) -> list[Count]:
    """What was denied in `categories`, and paid, on each day; the latest day first."""
    days: dict[int, Count] = {}
    for row in rows:
        for number, day in row.days.items():
            denied = [day.denied[category] for category in categories if category in day.denied]
            if day.paid or denied:
                count = days.get(number, _NOTHING)
                days[number] = _add(count, day.paid, denied) if denied else count._replace(paid=count.paid + day.paid)
    return [days[day] for day in sorted(days, reverse=True)]


_NOTHING = Count()


def _add(count: Count, paid: int, denied: list[Denied]) -> Count:
    first, last = min([each.first for each in denied]), max([each.last for each in denied])
    return Count(
        count.denied + sum([each.lines for each in denied]),
        count.paid + paid,
        count.cents + sum([each.cents for each in denied]),
        min(first, count.first) if count.denied else first,
        max(last, count.last),
    )


def whole(days: Iterable[Count]) -> Count:
    """All of them; the latest day comes first."""
    total = _NOTHING
    for day in days:
        total = total.with_(day)
    return total


def strongest(days: Iterable[Count]) -> Count:
    """From the day since which the bound is highest to the latest; of several such days, from the earliest.

    A payer changes its mind on a day. What it paid before says nothing of what it does now, so evidence is counted
    since a day with a denial, and of those since the one from which it speaks loudest.
    """
    best = total = _NOTHING
    bound = -1.0
    for day in days:
        total = total.with_(day)
        if day.denied and total.bound >= bound:
            best, bound = total, total.bound
    return best
