"""Evidence of one payer and code, pattern by pattern.

It ages out after 180 days, and is bounded: beyond 256 patterns the eighth that tells least is dropped, beyond 8,192
pattern-days the oldest eighth of the days is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.record import DAY
from streams.learning.patterns import Pattern
from streams.learning.rows import Row, split

if TYPE_CHECKING:
    from schemas.denial import Denial
    from streams.learning.rows import Counted

DAYS_KEPT = 180
"""How long a payer's answer says what it will answer next."""

MOST_PATTERNS = 256
MOST_CELLS = 8_192
"""Pattern-days: half a year of 45 patterns on every day. Usually 7 bytes each, and 21 more for each category denied."""


class Evidence:
    """The rows of one payer and code, by pattern.

    first_day  what is older does not count
    last_day   the latest day that was ever counted
    """

    def __init__(self) -> None:
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
            if day < self.first_day:
                return None  # forgotten at once
        return counted

    def _add(self, pattern: Pattern) -> Row:
        if len(self.rows) >= MOST_PATTERNS:
            for least in sorted(self.rows.values(), key=_tells)[: -(-MOST_PATTERNS // 8)]:
                self._cells -= len(least.days)
                self._drop(least)
        row = Row(pattern)
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
        while row.days and next(iter(row.days)) < day:
            row.drop_oldest()
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
        return b"".join(self._stored.values())

    def load(self, stored: bytes) -> None:
        """The inverse of `dump`."""
        for each in split(stored):
            row = Row.load(each)
            self._keep(row)
            self._stored[row.number] = each
            self._cells += len(row.days)
        self._oldest = min((next(iter(row.days)) for row in self.rows.values()), default=self.first_day)


def _tells(row: Row) -> tuple[bool, int]:
    """The order in which patterns are dropped: those never denied first, then those not seen for longest."""
    return bool(row.denied), next(reversed(row.days))
