"""The state of learning for one payer and code, as bytes.

    state = head, key, surge, rows of evidence, pack(edits)

Bounded: 256 patterns with 8,192 pattern-days, 63 days of answers and 128 edits, some 400 kB at the very most; a usual
key takes 1 to 10 kB. Parts that a record does not touch are not written anew, only copied.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from schemas.errors import Misuse
from schemas.record import DAY
from streams.encounter_state import pack, unpack
from streams.learning.evidence import DAYS_KEPT, MOST_PATTERNS, Evidence
from streams.learning.kept import KeptEdit
from streams.learning.surge import Surge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.learning.rows import Row

MOST_EDITS = 128
"""Of one payer and code, retired ones included: these are remembered so that one that comes back has the next revision.
Beyond that the one retired longest is forgotten."""

_FORMAT = 1
_HEAD = struct.Struct(">BIIIIII")
"""Format; days: stream time, first and last of the evidence; lengths of key, surge and rows; the edits follow."""


class LearningState:
    """All that is known of one payer and code. Mutable while one step runs, bytes between steps.

    today  day since 1970 of stream time
    edits  by edit_id, in the order in which they came
    due    stream time (ms) at which age alone changes an edit; None for never
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self._key = key.encode()
        self.payer_id, _, self.procedure_code = key.rpartition("|")
        self.today = 0
        self.evidence = Evidence()
        self.surge = Surge(self.payer_id, self.procedure_code)
        self.edits: dict[str, KeptEdit] = {}
        self.due: int | None = None
        self._speaking: dict[int, list[KeptEdit]] = {}

    def speaking_of(self, row: Row) -> list[KeptEdit]:
        """The edits, standing or not, that speak of lines with this pattern."""
        found = self._speaking.get(row.number)
        if found is None:
            found = self._speaking[row.number] = [kept for kept in self.edits.values() if kept.speaks_of(row)]
        return found

    def add(self, kept: KeptEdit) -> bool:
        """Keep another edit. Whether there was room."""
        if len(self.edits) >= MOST_EDITS:
            retired = [each for each in self.edits.values() if each.status == "RETIRED" and not each.by_person]
            if not retired:
                return False
            oldest = min(retired, key=lambda each: (each.edit.occurred_at, each.edit.edit_id))
            del self.edits[oldest.edit.edit_id]
        self.edits[kept.edit.edit_id] = kept
        self._speaking.clear()
        return True

    def age(self, today: int) -> None:
        """Let it be `today`, a day of stream time: evidence that is too old by then goes."""
        self.today = today
        self.evidence.age(today)
        if len(self._speaking) > 2 * MOST_PATTERNS:
            self._speaking.clear()  # most of it is of patterns that are kept no longer

    def look_ahead(self) -> None:
        """Work out `due` anew, after edits or their last denials changed."""
        self.due = min([kept.due for kept in self.edits.values() if kept.due is not None], default=None)

    @property
    def wake_at(self) -> int | None:
        """The earliest stream time (ms) at which age alone changes anything; None for never."""
        times = [time for time in (self.due, self.surge.wake_at) if time is not None]
        if self.evidence.rows:
            times.append((self.evidence.last_day + DAYS_KEPT + 1) * DAY)
        return min(times, default=None)

    def dump(self) -> bytes:
        """As bytes."""
        evidence = self.evidence
        surge, rows = self.surge.dump(), evidence.dump()
        days = self.today, evidence.first_day, evidence.last_day
        head = _HEAD.pack(_FORMAT, *days, len(self._key), len(surge), len(rows))
        return b"".join([head, self._key, surge, rows, pack([kept.dump() for kept in self.edits.values()])])

    @classmethod
    def load(cls, stored: bytes, *, whole: bool = True) -> LearningState:
        """The inverse of `dump`. Raises `Misuse` for a state that a later version of cleanclaim wrote.

        Not `whole`: without the rows of evidence, which are most of it, for those who only look at edits and surges.
        """
        written, today, first_day, last_day, *lengths = _HEAD.unpack_from(stored)
        if written != _FORMAT:
            raise Misuse(f"learning state: expected format {_FORMAT}, got {written}; run the version that wrote it")
        key, surge, rows, edits = _split(stored, _HEAD.size, lengths)
        state = cls(key.decode())
        state.today = today
        state.surge.load(surge, today)
        state.evidence.first_day, state.evidence.last_day = first_day, last_day
        if whole:
            state.evidence.load(rows)
        for each in unpack(edits):
            kept = KeptEdit.load(each)
            state.edits[kept.edit.edit_id] = kept
        state.look_ahead()
        return state


def _split(stored: bytes, start: int, lengths: Iterable[int]) -> Iterator[bytes]:
    """Parts of these lengths, and what follows them."""
    for length in lengths:
        yield stored[start : start + length]
        start += length
    yield stored[start:]
