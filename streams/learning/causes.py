"""Causes: what do the denied lines have in common that the paid ones have not?

For a pattern that was just denied, every edit that would speak of it is tried, from one that asks for nothing but payer
and code to one that asks for all that the pattern shows, each since every day on which it was denied. Wanted is the one
that best tells denied from paid lines: asking for too much it misses denials, asking for too little it takes in
payments. Where evidence cannot tell two apart, the more general one is it: one cause then gives one edit, not forty.

This is the scan statistic of Kulldorff (A spatial scan statistic, 1997) over traits and time instead of places.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from math import log
from typing import TYPE_CHECKING, NamedTuple

from streams.learning.counts import paid_by_start
from streams.learning.lifecycle import ACTIVE_DENIALS, holds
from streams.learning.patterns import generalizations
from streams.learning.wilson import wilson_upper

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from streams.learning.patterns import Traits
    from streams.learning.rows import Row

SUSPICIOUS = 8.0
"""Log-likelihood ratio from which an edit is worth watching though its bound does not hold yet: 2 of 2 denied where the
rest of the payer and code has 0 of 40, or more. By chance one denial in a few hundred comes so."""

_STICKS = 3.0
"""How much better (a factor of 20 in likelihood) another edit must explain the denials than one that there is already:
edits do not take turns with every line."""

_CLEAN = 0.5
"""Lines whose share of denials is below this with 97.5 % certainty are no denied pattern: 0 of 6, 1 of 8, 2 of 11."""

_CLEAN_PART = 0.4
"""The same for a part of them; there are many, so chance alone shows one now and then: 0 of 6, 1 of 11."""

CLEAN_LINES = 6
"""The fewest lines that can show it."""

_MOST_STARTS = 64
"""The last days with denials from which a search counts."""


class Cause(NamedTuple):
    """What an edit should ask for. `holds`: the evidence is strong enough for it to be active."""

    traits: Traits
    holds: bool


class _Found(NamedTuple):
    """One edit tried: whether its bound holds, how well it tells denied from paid, since when; what it asks for."""

    holds: bool
    score: float
    since: int
    traits: Traits


def find(rows: Collection[Row], seed: Row, category: int, there: Collection[Traits]) -> Cause | None:
    """The cause of a denial in `category` of a line with the pattern of `seed`, one of `rows`.

    `rows` is the evidence that no active edit explains. `there` are edits that exist. None: nothing but that lines of
    this payer and code are denied at times.
    """
    lines = _Lines(rows, category)
    if lines.denied < lines.fewest:
        return None
    asked = seed.traits - _common(rows)
    groups = _Groups(rows, asked, lines)
    worth_it = [each for each in generalizations(asked) if each in there or groups.denied(each) >= lines.fewest]
    tried = [groups.try_(traits) for traits in worth_it]
    tried.sort(key=lambda found: (not found.holds, -found.score, len(found.traits)))
    for best in tried:
        if best.holds and _is_pure(rows, seed, best, category):
            near = [each for each in tried if each.holds and each.score >= best.score - _STICKS]
            known = [each for each in near if each.traits in there and _is_pure(rows, seed, each, category)]
            return Cause((known[0] if known else best).traits, holds=True)
    return _suspect(tried, there)


def _suspect(tried: Iterable[_Found], there: Collection[Traits]) -> Cause | None:
    """The edit that is worth watching, if one is."""
    ranked = sorted(tried, key=lambda found: (-found.score, len(found.traits)))
    if not ranked or ranked[0].score < SUSPICIOUS or not ranked[0].traits:
        return None
    best = ranked[0]
    known = [each for each in ranked[1:] if each.traits in there and each.traits and each.score >= best.score - _STICKS]
    return Cause((known[0] if known else best).traits, holds=False)


def _common(rows: Iterable[Row]) -> Traits:
    """What every pattern shows, and so tells none from another."""
    return frozenset.intersection(*[row.traits for row in rows])


class _Lines:
    """All lines of the evidence, which those of an edit are held against.

    denials  row, day and lines, where any was denied in the category
    fewest   denials with which an edit could hold or be suspicious, were no line within it paid
    """

    def __init__(self, rows: Collection[Row], category: int) -> None:
        self.denials = [
            (row, day, denied[category].lines)
            for row in rows
            for day, denied in row.denied.items()
            if category in denied
        ]
        self.denied = sum([lines for _, _, lines in self.denials])
        self._paid = sum([row.paid for row in rows])
        self._apart = _likelihood(self.denied, self._paid)
        could_be = (
            number for number in range(1, min(self.denied + 1, ACTIVE_DENIALS)) if self.score(number, 0) >= SUSPICIOUS
        )
        self.fewest = next(could_be, ACTIVE_DENIALS)

    def score(self, denied: int, paid: int) -> float:
        """Log-likelihood ratio of two shares, inside and outside, to one; 0.0 where it is not higher inside."""
        outside_denied, outside_paid = self.denied - denied, self._paid - paid
        if denied * (outside_denied + outside_paid) <= outside_denied * (denied + paid):
            return 0.0
        inside, outside = _likelihood(denied, paid), _likelihood(outside_denied, outside_paid)
        return round(inside + outside - self._apart, 6)


class _Groups:
    """Rows that show the same of the traits `asked` for, counted together: no edit tried tells them apart.

    Counted by start, the last first: lines of the days from it to before the next.
    """

    def __init__(self, rows: Collection[Row], asked: Traits, lines: _Lines) -> None:
        self._score = lines.score
        self._starts = sorted({day for _, day, _ in lines.denials})[-_MOST_STARTS:]
        members: dict[Traits, list[Row]] = defaultdict(list)
        for row in rows:
            members[row.traits & asked].append(row)
        denied = {shared: [0] * len(self._starts) for shared in members}
        places = {start: place for place, start in enumerate(reversed(self._starts))}
        for row, day, number in lines.denials:
            if day in places:
                denied[row.traits & asked][places[day]] += number
        self._groups = [
            (shared, denied[shared], paid_by_start(group, self._starts)) for shared, group in members.items()
        ]

    def denied(self, traits: Traits) -> int:
        """Denials within an edit that asks for `traits`."""
        return sum([sum(denied) for shared, denied, _ in self._groups if traits <= shared])

    def try_(self, traits: Traits) -> _Found:
        """The best start for an edit that asks for `traits`."""
        chosen = [(denied, paid) for shared, denied, paid in self._groups if traits <= shared]
        all_denied = list(map(sum, zip(*[denied for denied, _ in chosen], strict=True)))
        all_paid = map(sum, zip(*[paid for _, paid in chosen], strict=True))
        best, since = (False, -1.0), 0
        sums = zip(reversed(self._starts), all_denied, accumulate(all_denied), accumulate(all_paid), strict=False)
        for day, on_that_day, denied, paid in sums:
            if on_that_day:
                found = holds(denied, paid), self._score(denied, paid)
                if found > best:
                    best, since = found, day
        return _Found(*best, since, traits)


def _likelihood(denied: int, paid: int) -> float:
    """Log-likelihood of so many denied and paid lines at their own share."""
    if not denied or not paid:
        return 0.0
    n = denied + paid
    return denied * log(denied / n) + paid * log(paid / n)


def _is_pure(rows: Iterable[Row], seed: Row, found: _Found, category: int) -> bool:
    """Whether nothing within the edit is clean by itself: no lines with another trait, none without one of the seed.

    Many denials at one place of service must not carry an edit that takes in the paid lines of another; nor must old
    denials one whose lines are paid by now.
    """
    inside = [row for row in rows if found.traits <= row.traits]
    if _is_clean_now(inside, found.since, category, _CLEAN):
        return False
    others = {trait for row in inside for trait in row.traits} - found.traits
    parts = [[row for row in inside if trait in row.traits] for trait in sorted(others)]
    parts += [[row for row in inside if trait not in row.traits] for trait in sorted(seed.traits - found.traits)]
    return not any(_is_clean_now(part, found.since, category, _CLEAN_PART) for part in parts)


def _is_clean_now(rows: Collection[Row], since: int, category: int, most: float) -> bool:
    """Whether the latest lines since a day, however many of them, show that fewer than a share `most` are denied."""
    days: dict[int, tuple[int, int]] = {}
    for row in rows:
        for number, lines in reversed(row.days.items()):
            if number < since:
                break
            denied, paid = days.get(number, (0, 0))
            if number in row.denied and category in row.denied[number]:
                denied += row.denied[number][category].lines
            days[number] = denied, paid + lines
    denied = paid = 0
    for number in sorted(days, reverse=True):
        denied, paid = denied + days[number][0], paid + days[number][1]
        if paid >= CLEAN_LINES and wilson_upper(denied, paid) < most:
            return True
    return False
