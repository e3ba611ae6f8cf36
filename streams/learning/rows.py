"""The evidence of one pattern: how many lines were paid and denied on each day, and why.

Counts are by day of the answer, so neither order nor repeats of remittances show in them.
"""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, get_args

from schemas.denial import DenialCategory
from schemas.record import DAY
from streams.learning.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.denial import Denial
    from streams.learning.patterns import Traits


_MOST_REASONS = 8  # reason codes counted for a pattern and category; payers give one to three

CATEGORIES: tuple[DenialCategory, ...] = get_args(DenialCategory)
"""The stored bytes hold positions in it: only ever append."""

CATEGORY: dict[str, int] = {category: number for number, category in enumerate(CATEGORIES)}

_OTHER = CATEGORY["OTHER"]

_to_json = json.JSONEncoder(sort_keys=True).encode

_ROW = struct.Struct(">IIHH")
"""Lengths of the pattern, and of pattern and reasons; numbers of days, and of days and categories with denials."""

_PAID = struct.Struct(">HI")  # day, lines paid
_DENIED = struct.Struct(">HBIqII")  # day, category, lines, cents, first and last in the day (ms after midnight)


class Denied(NamedTuple):
    """Denied lines of a day: how many, for how many cents, the first and the last (ms since 1970)."""

    lines: int
    cents: int
    first: int
    last: int

    def plus(self, other: Denied) -> Denied:
        """Both together."""
        lines, cents, first, last = other
        return Denied(self.lines + lines, self.cents + cents, min(self.first, first), max(self.last, last))


class Counted(NamedTuple):
    """What a record was counted as: its row, and the category in which it was denied, None for a paid line."""

    row: Row
    category: int | None


class DeniedLine(NamedTuple):
    """How a line was denied: position in CATEGORIES, cents, when (ms since 1970), and why."""

    category: int
    cents: int
    at: int
    reason_codes: tuple[str, ...]


class _Fixed(NamedTuple):
    """What a line paid leaves as it is stored: pattern (its length) and reasons, denials."""

    head_size: int
    named: bytes
    denied: bytes


class Row:
    """The evidence of one pattern.

    days     day since 1970 -> lines paid on it, in order of days; also the days on which lines were only denied
    denied   day -> category (a position in CATEGORIES) -> what was denied
    paid     lines paid in all of them
    reasons  category -> reason code -> denied lines that gave it, as long as the pattern is kept
    number   its place among the rows
    stored   itself as bytes, if it was written since it changed
    """

    __slots__ = ("_fixed", "_traits", "days", "denied", "number", "paid", "pattern", "reasons", "stored")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self._traits: Traits | None = None
        self.days: dict[int, int] = {}
        self.denied: dict[int, dict[int, Denied]] = {}
        self.paid = 0
        self.reasons: dict[int, dict[str, int]] = {}
        self._fixed: _Fixed | None = None
        self.stored: bytes | None = None
        self.number = 0

    @property
    def traits(self) -> Traits:
        """The pattern as edits are made from it. Many a pattern is seen once, and no edit ever asks."""
        if self._traits is None:
            self._traits = self.pattern.traits()
        return self._traits

    @property
    def last_day(self) -> int:
        """The latest day of it; -1 if there is none."""
        return next(reversed(self.days), -1)

    def count(self, denial: Denial, at: int, sign: int) -> Counted | None:
        """Count a line answered `at` (ms), +1, or take it back, -1. None if there is none to take back."""
        day = at // DAY
        category = self._category(denial, day)
        if category is None:
            if sign < 0 and not self.days.get(day):
                return None
            self.pay(day, sign)
        elif not self.deny(DeniedLine(category, denial.amount_cents, at, denial.reason_codes), day, sign):
            return None
        return Counted(self, category)

    def pay(self, day: int, lines: int = 1) -> None:
        """Count lines paid on a day, or take them back."""
        self.paid += lines
        self._keep(day, self.days.get(day, 0) + lines)

    def _category(self, denial: Denial, day: int) -> int | None:
        """The category in which a line is counted as denied, None if as paid.

        A record that takes a line back no longer says which it was. PAID lines have the category OTHER; of denials in
        it, it is one of those if the day has one, and its reasons are known from denials. One without reasons is a
        payment where the day has any: a line paid in full needs none, a line paid nothing does not balance without.
        """
        if denial.outcome == "PAID":
            return None
        category = CATEGORY[denial.category]
        if denial.outcome == "DENIED" or category != _OTHER:
            return category
        known = self.reasons.get(_OTHER, {})
        codes = denial.reason_codes
        is_known = bool(codes) and all(code in known for code in codes)
        was_denied = _OTHER in self.denied.get(day, {}) and (not self.days[day] or is_known)
        return category if was_denied else None

    def deny(self, line: DeniedLine, day: int, sign: int = 1) -> bool:
        """Count a line denied on a day, or take it back. Whether there was one to take back."""
        category, cents, at, reason_codes = line
        on_that_day = self.denied.get(day, {})
        lines, cents_before, first, last = on_that_day.get(category, Denied(0, 0, at, at))
        if lines + sign < 0:
            return False
        if lines + sign:
            cents = cents_before + sign * cents
            on_that_day[category] = Denied(lines + sign, cents, min(first, at), max(last, at))
            self.denied[day] = on_that_day
        else:
            del on_that_day[category]
            if not on_that_day:
                del self.denied[day]
        codes = self.reasons.setdefault(category, {})
        for code in reason_codes:
            if code in codes or (sign > 0 and len(codes) < _MOST_REASONS):
                codes[code] = codes.get(code, 0) + sign
                if codes[code] <= 0:
                    del codes[code]
        self._fixed = None
        self._keep(day, self.days.get(day, 0))
        return True

    def _keep(self, day: int, paid: int) -> None:
        """Keep a day if there is anything to it, in order: nearly always it is the last."""
        self.stored = None
        if not paid and day not in self.denied:
            del self.days[day]
            return
        days = self.days
        comes_late = day not in days and day < next(reversed(days), day)
        days[day] = paid
        if comes_late:
            self.days = dict(sorted(days.items()))

    def drop_oldest(self) -> None:
        """Forget the oldest day."""
        oldest = next(iter(self.days))
        self.paid -= self.days.pop(oldest)
        if self.denied.pop(oldest, None):
            self._fixed = None
        self.stored = None

    def dump(self) -> bytes:
        """As bytes, which `stored` holds from now on."""
        head_size, named, denied = self._fixed = self._fixed or self._fix()
        sizes = _ROW.pack(head_size, len(named), len(self.days), len(denied) // _DENIED.size)
        days = _paid(len(self.days)).pack(*chain.from_iterable(self.days.items()))
        self.stored = b"".join([sizes, named, days, denied])
        return self.stored

    def _fix(self) -> _Fixed:
        head = self.pattern.dump()
        reasons = {CATEGORIES[category]: codes for category, codes in sorted(self.reasons.items()) if codes}
        texts = _to_json(reasons).encode() if reasons else b""
        denied = [
            _DENIED.pack(day, category, lines, cents, first - day * DAY, last - day * DAY)
            for day, on_that_day in sorted(self.denied.items())
            for category, (lines, cents, first, last) in sorted(on_that_day.items())
        ]
        return _Fixed(len(head), head + texts, b"".join(denied))

    @classmethod
    def load(cls, stored: bytes) -> Row:
        """The inverse of `dump`."""
        head_size, named_size, days, _ = _ROW.unpack_from(stored)
        texts_at, at = _ROW.size + head_size, _ROW.size + named_size
        row = cls(Pattern.load(stored[_ROW.size : texts_at]))
        if at > texts_at:
            row.reasons = {CATEGORY[name]: codes for name, codes in json.loads(stored[texts_at:at]).items()}
        denied_at = at + days * _PAID.size
        row.days = dict(_PAID.iter_unpack(stored[at:denied_at]))
        row.paid = sum(row.days.values())
        for day, category, lines, cents, first, last in _DENIED.iter_unpack(stored[denied_at:]):
            row.denied.setdefault(day, {})[category] = Denied(lines, cents, first + day * DAY, last + day * DAY)
        row._fixed = _Fixed(head_size, stored[_ROW.size : at], stored[denied_at:])
        row.stored = stored
        return row


@lru_cache(maxsize=256)  # a row has at most some 180 days
def _paid(days: int) -> struct.Struct:
    return struct.Struct(">" + days * "HI")  # _PAID so many times


def split(stored: bytes) -> Iterator[bytes]:
    """The rows that stand one behind the other in `stored`."""
    at = 0
    while at < len(stored):
        _, named, days, denials = _ROW.unpack_from(stored, at)
        end = at + _ROW.size + named + days * _PAID.size + denials * _DENIED.size
        yield stored[at:end]
        at = end
