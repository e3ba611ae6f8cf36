"""When which key is to be woken: on disk, with the next ten days in memory.

Most wakes are put off many times before they come (an encounter is forgotten 400 days after its last change), so an
entry stands at the earliest time that a key asked for and is looked at again when that comes.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from schemas.record import DAY

if TYPE_CHECKING:
    from agents.embedded.store import Store

_AHEAD = 10 * DAY
"""How far beyond the time that is due to load entries, in milliseconds: quiet partitions move by hours, and a query for
each record would cost more than the record."""

_AT_ONCE = 1_000
"""The most entries to load in one query."""

_SELECT = """
    SELECT time, key FROM wakes
    WHERE processor = ? AND "partition" = ? AND (time, key) > (?, ?) AND time < ? ORDER BY time, key LIMIT ?
"""
_INSERT = "INSERT OR IGNORE INTO wakes VALUES (?, ?, ?, ?)"
_DELETE = 'DELETE FROM wakes WHERE processor = ? AND "partition" = ? AND time = ? AND key = ?'

Entry = tuple[int, str]
"""Time (ms) and key: the order in which wakes fire."""


class Wakes:
    """The wakes of one processor in one partition."""

    def __init__(self, store: Store, processor: int, partition: int) -> None:
        self._store = store
        self._slot = (processor, partition)
        self.load()

    def load(self) -> None:
        """Forget what is in memory."""
        self._heap: list[Entry] = []  # every entry up to the horizon
        self._horizon: Entry = (-1, "")
        self._added: set[Entry] = set()
        self._removed: set[Entry] = set()
        self.due = 0  # no entry comes before this time

    def arm(self, time: int, key: str) -> None:
        """Add an entry."""
        entry = (time, key)
        self._removed.discard(entry)
        self._added.add(entry)
        if entry <= self._horizon:
            heappush(self._heap, entry)
            self.due = min(self.due, time)

    def disarm(self, time: int, key: str) -> None:
        """Take an entry back. It may still come out of `pop`."""
        self._added.discard((time, key))
        self._removed.add((time, key))

    def pop(self, now: int) -> Entry | None:
        """Take out the first entry that is due at `now`; None if there is none."""
        while not self._heap and self._horizon[0] <= now:
            self._look_ahead(now)
        if self._heap and self._heap[0][0] <= now:
            entry = heappop(self._heap)
            self.disarm(*entry)
            return entry
        self.due = self._heap[0][0] if self._heap else self._horizon[0]
        return None

    def _look_ahead(self, now: int) -> None:
        """Load the entries after the horizon, and move it."""
        until = now + _AHEAD
        self.flush()
        found = self._store.read_now(_SELECT, (*self._slot, *self._horizon, until, _AT_ONCE))
        self._heap = [(time, key) for time, key in found]  # sorted, so a heap
        self._horizon = self._heap[-1] if len(found) == _AT_ONCE else (until, "")

    def flush(self) -> None:
        """Write what changed."""
        if self._removed:
            self._store.write(_DELETE, [(*self._slot, *entry) for entry in sorted(self._removed)])
            self._removed = set()
        if self._added:
            self._store.write(_INSERT, [(*self._slot, *entry) for entry in sorted(self._added)])
            self._added = set()
