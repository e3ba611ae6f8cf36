"""Open holds of one edit and site by the day on which they are due: counts and dollars, never which claims.

A hold is past due once its due day (UTC) is over, so its age is known to the day. What is older than a month is one
group: its age no longer says more, and the state stays small.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

OLDEST = 31
"""Days past due from which holds are counted together."""

_HEAD = struct.Struct(">q")
_BUCKET = struct.Struct(">iIq")
_NOT = -1


class Overdue(NamedTuple):
    """Holds that are past due, their cents, and the due day of the oldest."""

    holds: int
    cents: int
    oldest: int


class DueDays:
    """Buckets by due day (days since 1970), and since when (ms) an alert says that some are past due."""

    __slots__ = ("_buckets", "opened")

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[int, int]] = {}
        self.opened: int | None = None

    def add(self, day: int, cents: int, today: int) -> None:
        """A hold was opened."""
        self._change(day, 1, cents, today)

    def take(self, day: int, cents: int, today: int) -> None:
        """A hold was closed.

        Which holds a day has is not known. One whose opening was never seen takes nothing away where no other is due
        that day, and else one of the others.
        """
        self._gather(today)
        if max(day, today - OLDEST) in self._buckets:
            self._change(day, -1, -cents, today)

    def _change(self, day: int, count: int, cents: int, today: int) -> None:
        self._gather(today)
        day = max(day, today - OLDEST)
        number, total = self._buckets.get(day, (0, 0))
        if number + count:
            self._buckets[day] = number + count, total + cents
        else:
            del self._buckets[day]

    def _gather(self, today: int) -> None:
        """Count what is older than a month together."""
        oldest = today - OLDEST
        for day in [day for day in self._buckets if day < oldest]:
            number, total = self._buckets.pop(day)
            others, more = self._buckets.get(oldest, (0, 0))
            self._buckets[oldest] = number + others, total + more

    @property
    def is_empty(self) -> bool:
        """Whether no hold is open."""
        return not self._buckets

    def overdue(self, today: int) -> Overdue | None:
        """What is past due on `today`, None if nothing is."""
        late = [day for day in self._buckets if day < today]
        if not late:
            return None
        counts, cents = zip(*[self._buckets[day] for day in late], strict=True)
        return Overdue(sum(counts), sum(cents), min(late))

    def days_from(self, today: int) -> list[int]:
        """The due days from `today` on."""
        return [day for day in self._buckets if day >= today]

    def dump(self) -> bytes:
        """As bytes."""
        head = _HEAD.pack(_NOT if self.opened is None else self.opened)
        return head + b"".join([_BUCKET.pack(day, *bucket) for day, bucket in sorted(self._buckets.items())])

    @classmethod
    def load(cls, dumped: bytes) -> DueDays:
        """The inverse of `dump`."""
        days = cls()
        (opened,) = _HEAD.unpack_from(dumped)
        days.opened = None if opened == _NOT else opened
        days._buckets = {day: (count, cents) for day, count, cents in _BUCKET.iter_unpack(dumped[_HEAD.size :])}
        return days
