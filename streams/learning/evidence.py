"""Evidence of one payer and code, pattern by pattern.

It ages out after 180 days, and is bounded: beyond 256 patterns the eighth that tells least is dropped, beyond 8,192
pattern-days the oldest eighth of the days is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.record import DAY
from streams.learning.patterns import Pattern, fields_of
from streams.learning.rows import Row, split

if TYPE_CHECKING:
    from schemas.denial import Denial, DenialPattern
    from streams.learning.rows import Counted, DeniedLine

DAYS_KEPT = 180
"""How long a payer's answer says what it will answer next."""

MOST_PATTERNS = 256
MOST_CELLS = 8_192
"""Pattern-days: half a year of 45 patterns on every day. Usually 7 bytes each, and 21 more for each category denied."""


class Evidence:
    """The rows of one payer and code, by pattern.

    first_day  what is older does not count
    last_day   the latest day that was ever counted
    next       the number of the next new row
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], Row] = {}  # by pattern, with what is too old, until someone looks
        self.next = 0
        self.first_day = 0
        self.last_day = 0
        self._cells = 0
        self._oldest = 0  # no row has an older day

    @property
    def rows(self) -> dict[tuple[Any, ...], Row]:
        """Patterns that count, with their evidence, in the order in which they came."""
        if self.first_day > self._oldest:
            self._forget()
        return self._rows

    @property
    def gone_at(self) -> int | None:
        """Stream time (ms) by which all of it is too old; None if there is none."""
        return (self.last_day + DAYS_KEPT + 1) * DAY if self._rows else None

    def count(self, denial: Denial, at: int) -> Counted | None:
        """Count a line denied or paid `at` that time (ms), or take one back. None where it is too old or not known."""
        day = at // DAY
        if day < self.first_day:
            return None
        fields = fields_of(denial.pattern)
        row = self._find(fields)
        sign = -1 if denial.outcome == "WITHDRAWN" else 1
        if row is None:
            if sign < 0:
                return None
            row = self.add(Pattern(*fields))
        cells = len(row.days)
        counted = row.count(denial, at, sign)
        self._counted(row, day, len(row.days) - cells)
        return counted if day >= self.first_day else None  # forgotten at once

    def expect(self, seen: DenialPattern, day: int, waiting: int) -> Row | None:
        """The row for which a line paid on a day will be counted, after so many that wait; None where not only counts
        change then: its pattern is new or was gone, it is too old, or another day must go for it.
        """
        row = self._rows.get(fields_of(seen))
        first_day = self.first_day
        if row is None or day < first_day or row.last_day < first_day or self._cells + waiting >= MOST_CELLS:
            return None
        self.last_day = max(self.last_day, day)
        return row

    def add_line(self, row: Row, day: int, denied: DeniedLine | None = None) -> None:
        """Count a line paid or denied, of a pattern that there is."""
        cells = len(row.days)
        if denied is None:
            row.pay(day)
        else:
            row.deny(denied, day)
        self._counted(row, day, len(row.days) - cells)

    def _find(self, fields: tuple[Any, ...]) -> Row | None:
        row = self._rows.get(fields)
        if row is not None and row.last_day < self.first_day:
            row = self.rows.get(fields)  # gone, with the reasons for its denials
        return row

    def _counted(self, row: Row, day: int, cells: int) -> None:
        self._cells += cells
        self.last_day = max(self.last_day, day)
        self._oldest = min(self._oldest, day)
        if not row.days:
            del self._rows[row.pattern]
        if self._cells > MOST_CELLS:
            self._shorten()

    def add(self, pattern: Pattern) -> Row:
        """A row for a pattern that has none, in place of those that tell least if there are too many."""
        rows = self.rows
        if len(rows) >= MOST_PATTERNS:
            for least in sorted(rows.values(), key=_tells)[: -(-MOST_PATTERNS // 8)]:
                self._cells -= len(least.days)
                del rows[least.pattern]
        row = rows[pattern] = Row(pattern)
        row.number = self.next
        self.next += 1
        return row

    def age(self, today: int) -> None:
        """Let what is older than 180 days go, by the day of stream time."""
        self.first_day = max(self.first_day, today - DAYS_KEPT)

    def _forget(self) -> None:
        """Let go of the days before the first that counts, and of patterns without any."""
        for row in list(self._rows.values()):
            while row.days and next(iter(row.days)) < self.first_day:
                row.drop_oldest()
                self._cells -= 1
            if not row.days:
                del self._rows[row.pattern]
        self._find_oldest()

    def _find_oldest(self) -> None:
        self._oldest = min([next(iter(row.days)) for row in self._rows.values()], default=self.first_day)

    def _shorten(self) -> None:
        """There is more than is kept: forget the oldest eighth."""
        days = sorted(day for row in self.rows.values() for day in row.days)
        if len(days) > MOST_CELLS:
            self.first_day = days[len(days) // 8] + 1
            self._forget()

    def dump(self) -> bytes:
        """The rows as bytes, numbered as they are when read from those; only rows that changed are written anew."""
        stored = []
        for number, row in enumerate(self.rows.values()):
            row.number = number
            stored.append(row.stored or row.dump())
        self.next = len(stored)
        return b"".join(stored)

    def load(self, stored: bytes) -> None:
        """The inverse of `dump`."""
        for each in split(stored):
            row = Row.load(each)
            row.number = self.next
            self.next += 1
            self._rows[row.pattern] = row
            self._cells += len(row.days)
        self._find_oldest()


def _tells(row: Row) -> tuple[bool, int]:
    """The order in which patterns are dropped: those never denied first, then those not seen for longest."""
    return bool(row.denied), row.last_day
