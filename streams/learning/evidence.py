"""Evidence of one payer and code: for each pattern, how many lines were paid and denied on each day.

Counts are by day of the answer, so neither order nor repeats of remittances show in them. They age out after 180 days,
and are bounded: beyond 256 patterns the one that tells least is dropped, beyond 8,192 pattern-days the oldest days are.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, NamedTuple, get_args

from schemas.denial import DenialCategory
from streams.edit_match import Feature, Place
from streams.encounter_state import pack, unpack
from streams.learning.patterns import Pattern

if TYPE_CHECKING:
    from schemas.denial import Denial
    from streams.learning.patterns import Traits

DAY = 86_400_000  # milliseconds

DAYS_KEPT = 180
"""How long a payer's answer says what it will answer next."""

MOST_PATTERNS = 256
MOST_CELLS = 8_192
"""Pattern-days: half a year of 45 patterns on every day. At most 23 bytes each where it holds denials, else 7."""

_MOST_REASONS = 8  # reason codes counted for a pattern and category; payers give one to three

CATEGORIES: tuple[DenialCategory, ...] = get_args(DenialCategory)
"""The stored bytes hold positions in it: only ever append."""

CATEGORY: dict[str, int] = {category: number for number, category in enumerate(CATEGORIES)}

_OTHER = CATEGORY["OTHER"]

_ROW = struct.Struct(">II")  # lengths of pattern and reasons; the days follow
_PAID = struct.Struct(">HBI")  # day, number of categories denied, lines paid
_DENIED = struct.Struct(">BIqII")  # category, lines, cents, first and last in the day (ms after midnight)


class Denied(NamedTuple):
    """Denied lines of a day: how many, for how many cents, the first and the last (ms since 1970)."""

    lines: int
    cents: int
    first: int
    last: int


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

    place, feature  the pattern as edits ask about it
    traits          the pattern as edits are made from it
    days            day since 1970 -> what was answered on it, in order of days
    reasons         category -> reason code -> denied lines that gave it, as long as the pattern is kept
    number          its place among the rows
    """

    __slots__ = ("_days", "_head", "_named", "days", "feature", "number", "pattern", "place", "reasons", "traits")

    def __init__(self, payer_id: str, procedure_code: str, pattern: Pattern) -> None:
        self.pattern = pattern
        self.place = Place(payer_id, None, pattern.claim_type, pattern.place_of_service)
        self.feature = Feature(
            procedure_code,
            frozenset(pattern.others),
            frozenset(pattern.modifiers),
            frozenset(pattern.families),
            None,
        )
        self.traits: Traits = pattern.traits()
        self.days: dict[int, Day] = {}
        self.reasons: dict[int, dict[str, int]] = {}
        self._head = pack(
            [
                pattern.claim_type.encode(),
                (pattern.place_of_service or "").encode(),
                *(pack([text.encode() for text in texts]) for texts in pattern[2:]),
            ]
        )
        self._days: dict[int, bytes] = {}
        self._named: bytes | None = None  # what stands before the days
        self.number = 0

    def count(self, denial: Denial, at: int, sign: int) -> Counted | None:
        """Count a line answered `at` (ms), +1, or take it back, -1. None if there is none to take back."""
        day = at // DAY
        known = self.days.get(day)
        this = known or Day()
        category = self._category(denial, this)
        if category is None:
            if not this.paid and sign < 0:
                return None
            this.paid += sign
        elif not self._count_denied(denial, this, category, at, sign):
            return None
        self._keep(day, this, new=known is None)
        return Counted(self, category)

    def _category(self, denial: Denial, day: Day) -> int | None:
        """The category in which a line is counted as denied, None if as paid.

        A record that takes a line back no longer says which it was. PAID lines have the category OTHER; of denials in
        it, it is one of those if the day has one, and its reasons are known from denials.
        """
        if denial.outcome == "PAID":
            return None
        category = CATEGORY[denial.category]
        if denial.outcome == "DENIED" or category != _OTHER:
            return category
        known = self.reasons.get(_OTHER, {})
        was_denied = _OTHER in day.denied and (not day.paid or all(code in known for code in denial.reason_codes))
        return category if was_denied else None

    def _count_denied(self, denial: Denial, day: Day, category: int, at: int, sign: int) -> bool:
        lines, cents, first, last = day.denied.get(category, Denied(0, 0, at, at))
        if lines + sign < 0:
            return False
        if lines + sign:
            cents += sign * denial.amount_cents
            day.denied[category] = Denied(lines + sign, cents, min(first, at), max(last, at))
        else:
            del day.denied[category]
        codes = self.reasons.setdefault(category, {})
        for code in denial.reason_codes:
            if code in codes or (sign > 0 and len(codes) < _MOST_REASONS):
                codes[code] = codes.get(code, 0) + sign
                if codes[code] <= 0:
                    del codes[code]
        self._named = None
        return True

    def _keep(self, day: int, this: Day, *, new: bool) -> None:
        if not this.paid and not this.denied:
            self.drop(day)
            return
        is_late = new and next(reversed(self.days), day) > day
        self.days[day] = this
        self._days[day] = this.dump(day)
        if is_late:
            self._sort()

    def _sort(self) -> None:
        self.days = dict(sorted(self.days.items()))
        self._days = dict(sorted(self._days.items()))

    def drop(self, day: int) -> None:
        """Forget a day."""
        self.days.pop(day, None)
        self._days.pop(day, None)

    def dump(self) -> bytes:
        """As bytes; only the days that changed since the last time are written anew."""
        if self._named is None:
            reasons = {CATEGORIES[category]: codes for category, codes in sorted(self.reasons.items()) if codes}
            texts = json.dumps(reasons, sort_keys=True).encode() if reasons else b""
            self._named = _ROW.pack(len(self._head), len(texts)) + self._head + texts
        return self._named + b"".join(self._days.values())

    @classmethod
    def load(cls, stored: bytes, payer_id: str, procedure_code: str) -> Row:
        """The inverse of `dump`."""
        head_length, length = _ROW.unpack_from(stored)
        texts_at = _ROW.size + head_length
        at = texts_at + length
        claim_type, place, *lists = unpack(stored[_ROW.size : texts_at])
        texts = stored[texts_at:at]
        others, modifiers, families = [tuple([text.decode() for text in unpack(each)]) for each in lists]
        pattern = Pattern(claim_type.decode(), place.decode() or None, others, modifiers, families)
        row = cls(payer_id, procedure_code, pattern)
        if texts:
            row.reasons = {CATEGORY[name]: codes for name, codes in json.loads(texts).items()}
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
            row._days[day] = stored[start:at]
        return row


class Evidence:
    """The rows of one payer and code, by pattern.

    first_day  what is older does not count
    last_day   the latest day that was ever counted
    """

    def __init__(self, payer_id: str, procedure_code: str) -> None:
        self._payer_id = payer_id
        self._procedure_code = procedure_code
        self.rows: dict[Pattern, Row] = {}
        self._stored: dict[int, bytes] = {}
        self._next = 0
        self.first_day = 0
        self.last_day = 0
        self._cells = 0
        self._oldest = 0  # no row has an older day

    def count(self, denial: Denial, at: int) -> Counted | None:
        """Count a line denied or paid `at` that time (ms), or take one back. None where it is too old or not known."""
        day = at // DAY
        if day < self.first_day:
            return None
        seen = denial.pattern
        pattern = Pattern(
            seen.claim_type,
            seen.place_of_service,
            seen.with_procedure_codes,
            seen.modifiers,
            seen.diagnosis_families,
        )
        row = self.rows.get(pattern)
        sign = -1 if denial.outcome == "WITHDRAWN" else 1
        if row is None:
            if sign < 0:
                return None
            row = self._add(pattern)
        cells = len(row.days)
        counted = row.count(denial, at, sign)
        self._cells += len(row.days) - cells
        self.last_day = max(self.last_day, day)
        self._oldest = min(self._oldest, day)
        if row.days:
            self._stored[row.number] = row.dump()
        else:
            self._drop(row)
        if self._cells > MOST_CELLS:
            self._shorten()
        return counted

    def _add(self, pattern: Pattern) -> Row:
        if len(self.rows) >= MOST_PATTERNS:
            least = min(self.rows.values(), key=_tells)
            self._cells -= len(least.days)
            self._drop(least)
        row = Row(self._payer_id, self._procedure_code, pattern)
        self._keep(row)
        return row

    def _keep(self, row: Row) -> None:
        row.number = self._next
        self._next += 1
        self.rows[row.pattern] = row

    def age(self, today: int) -> None:
        """Let what is older than 180 days go, by the day of stream time."""
        self._forget_before(today - DAYS_KEPT)

    def _forget_before(self, day: int) -> None:
        self.first_day = max(self.first_day, day)
        if self.first_day <= self._oldest:
            return
        for row in list(self.rows.values()):
            if next(iter(row.days)) < day:
                self._shed(row, day)
        self._oldest = min((next(iter(row.days)) for row in self.rows.values()), default=day)

    def _shed(self, row: Row, day: int) -> None:
        """Let a row lose what is before a day."""
        while row.days and (oldest := next(iter(row.days))) < day:
            row.drop(oldest)
            self._cells -= 1
        if row.days:
            self._stored[row.number] = row.dump()
        else:
            self._drop(row)

    def _drop(self, row: Row) -> None:
        del self.rows[row.pattern]
        self._stored.pop(row.number, None)

    def _shorten(self) -> None:
        """There is more than is kept: forget the oldest eighth."""
        days = sorted(day for row in self.rows.values() for day in row.days)
        self._forget_before(days[len(days) // 8] + 1)

    def dump(self) -> bytes:
        """The rows as bytes; only those that changed since the last time are written anew."""
        return pack(self._stored.values())

    def load(self, stored: bytes) -> None:
        """The inverse of `dump`."""
        for each in unpack(stored):
            row = Row.load(each, self._payer_id, self._procedure_code)
            self._keep(row)
            self._stored[row.number] = each
            self._cells += len(row.days)
        self._oldest = min((next(iter(row.days)) for row in self.rows.values()), default=self.first_day)


def _tells(row: Row) -> tuple[bool, int]:
    """The order in which patterns are dropped: those never denied first, then those not seen for longest."""
    return any(day.denied for day in row.days.values()), next(reversed(row.days))
