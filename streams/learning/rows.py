"""The evidence of one pattern: how many lines were paid and denied on each day, and why.

Counts are by day of the answer, so neither order nor repeats of remittances show in them.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, NamedTuple, get_args

from schemas.denial import DenialCategory
from schemas.record import DAY
from streams.encounter_state import pack, unpack
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

_ROW = struct.Struct(">III")  # length of the days, of pattern and reasons, and of the pattern alone
_PAID = struct.Struct(">HBI")  # day, number of categories denied, lines paid
_DENIED = struct.Struct(">BIqII")  # category, lines, cents, first and last in the day (ms after midnight)


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


class Day:
    """One day of a pattern: lines paid, and denied by category (a position in CATEGORIES)."""

    __slots__ = ("denied", "paid")

    def __init__(self, paid: int = 0, denied: dict[int, Denied] | None = None) -> None:
        self.paid = paid
        self.denied: dict[int, Denied] = {} if denied is None else denied

    def dump(self, day: int) -> bytes:
        """As bytes, with the day that it is."""
        head = _PAID.pack(day, len(self.denied), self.paid)
        if not self.denied:
            return head
        return head + b"".join(
            [
                _DENIED.pack(category, lines, cents, first - day * DAY, last - day * DAY)
                for category, (lines, cents, first, last) in sorted(self.denied.items())
            ]
        )


class Row:
    """The evidence of one pattern.

    days     day since 1970 -> what was answered on it, in order of days
    denied   those of them with denials
    paid     lines paid in all of them
    reasons  category -> reason code -> denied lines that gave it, as long as the pattern is kept
    number   its place among the rows
    """

    __slots__ = (
        "_end",
        "_head",
        "_named",
        "_stored",
        "_traits",
        "days",
        "denied",
        "number",
        "paid",
        "pattern",
        "reasons",
    )

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self._traits: Traits | None = None
        self.days: dict[int, Day] = {}
        self.denied: dict[int, Day] = {}
        self.paid = 0
        self.reasons: dict[int, dict[str, int]] = {}
        self._head = pack(
            [
                pattern.claim_type.encode(),
                (pattern.place_of_service or "").encode(),
                *(pack([text.encode() for text in texts]) for texts in pattern[2:]),
            ]
        )
        self._stored = b""  # the days
        self._end = 0  # where the last of them begins
        self._named: bytes | None = None  # what stands before the days
        self.number = 0

    @property
    def traits(self) -> Traits:
        """The pattern as edits are made from it. Many a pattern is seen once, and no edit ever asks."""
        if self._traits is None:
            self._traits = self.pattern.traits()
        return self._traits

    def count(self, denial: Denial, at: int, sign: int) -> Counted | None:
        """Count a line answered `at` (ms), +1, or take it back, -1. None if there is none to take back."""
        day = at // DAY
        this = self.days.get(day) or Day()
        category = self._category(denial, this)
        if category is None:
            if not this.paid and sign < 0:
                return None
            this.paid += sign
            self.paid += sign
        elif not self._count_denied(denial, this, category, at, sign):
            return None
        self._keep(day, this)
        return Counted(self, category)

    def _category(self, denial: Denial, day: Day) -> int | None:
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
        was_denied = _OTHER in day.denied and (not day.paid or is_known)
        return category if was_denied else None

    def _count_denied(self, denial: Denial, day: Day, category: int, at: int, sign: int) -> bool:
        lines, cents, first, last = day.denied.get(category, Denied(0, 0, at, at))
        if lines + sign < 0:
            return False
        if lines + sign:
            cents += sign * denial.amount_cents
            day.denied[category] = Denied(lines + sign, cents, min(first, at), max(last, at))
            self.denied[at // DAY] = day
        else:
            del day.denied[category]
            if not day.denied:
                del self.denied[at // DAY]
        codes = self.reasons.setdefault(category, {})
        for code in denial.reason_codes:
            if code in codes or (sign > 0 and len(codes) < _MOST_REASONS):
                codes[code] = codes.get(code, 0) + sign
                if codes[code] <= 0:
                    del codes[code]
        self._named = None
        return True

    def _keep(self, day: int, this: Day) -> None:
        """Keep a day, in order. What is stored is one piece: nearly always its end changes, and nothing is gathered."""
        last = next(reversed(self.days), -1)
        if not this.paid and not this.denied:
            del self.days[day]
            self._store()
        elif day > last:
            self.days[day] = this
            self._end = len(self._stored)
            self._stored += this.dump(day)
        elif day == last:
            self._stored = self._stored[: self._end] + this.dump(day)
        else:
            self.days[day] = this
            self.days = dict(sorted(self.days.items()))
            self._store()

    def drop_oldest(self) -> None:
        """Forget the oldest day."""
        number = next(iter(self.days))
        oldest = self.days.pop(number)
        self.denied.pop(number, None)
        self.paid -= oldest.paid
        size = _PAID.size + len(oldest.denied) * _DENIED.size
        self._stored = self._stored[size:]
        self._end = max(0, self._end - size)

    def _store(self) -> None:
        """Store every day anew."""
        days = [day.dump(number) for number, day in self.days.items()]
        self._stored = b"".join(days)
        self._end = len(self._stored) - len(days[-1]) if days else 0

    def dump(self) -> bytes:
        """As bytes; only the days that changed since the last time are written anew."""
        if self._named is None:
            reasons = {CATEGORIES[category]: codes for category, codes in sorted(self.reasons.items()) if codes}
            texts = json.dumps(reasons, sort_keys=True).encode() if reasons else b""
            self._named = self._head + texts
        lengths = len(self._stored), len(self._named), len(self._head)
        return b"".join([_ROW.pack(*lengths), self._named, self._stored])

    @classmethod
    def load(cls, stored: bytes) -> Row:
        """The inverse of `dump`."""
        _, length, head_length = _ROW.unpack_from(stored)
        texts_at = _ROW.size + head_length
        at = _ROW.size + length
        claim_type, place, *lists = unpack(stored[_ROW.size : texts_at])
        texts = stored[texts_at:at]
        others, modifiers, families = [tuple([text.decode() for text in unpack(each)]) for each in lists]
        pattern = Pattern(claim_type.decode(), place.decode() or None, others, modifiers, families)
        row = cls(pattern)
        if texts:
            row.reasons = {CATEGORY[name]: codes for name, codes in json.loads(texts).items()}
        days_at = start = at
        while at < len(stored):
            start = at
            day, number, paid = _PAID.unpack_from(stored, at)
            at += _PAID.size
            denied = {}
            for _ in range(number):
                category, lines, cents, first, last = _DENIED.unpack_from(stored, at)
                denied[category] = Denied(lines, cents, first + day * DAY, last + day * DAY)
                at += _DENIED.size
            row.days[day] = Day(paid, denied)
            row.paid += paid
            if denied:
                row.denied[day] = row.days[day]
        row._stored = stored[days_at:]
        row._end = start - days_at
        return row


def split(stored: bytes) -> Iterator[bytes]:
    """The rows that stand one behind the other in `stored`."""
    at = 0
    while at < len(stored):
        days, named, _ = _ROW.unpack_from(stored, at)
        end = at + _ROW.size + named + days
        yield stored[at:end]
        at = end
