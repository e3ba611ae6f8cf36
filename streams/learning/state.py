"""The state of learning for one payer and code, as bytes.

    state = pack(head, key, surge, pack(rows of evidence), pack(edits))

Bounded: 256 patterns with 8,192 pattern-days, 63 days of answers and 128 edits, some 300 kB at the very most; a usual
key takes 1 to 10 kB. Parts that a record does not touch are not written anew, only copied.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from schemas.errors import Misuse
from streams.encounter_state import pack, unpack
from streams.learning.evidence import DAY, DAYS_KEPT, MOST_PATTERNS, Evidence
from streams.learning.kept import KeptEdit
from streams.learning.surge import Surge

if TYPE_CHECKING:
    from streams.learning.evidence import Row
    from streams.learning.patterns import Pattern

MOST_EDITS = 128
"""Of one payer and code, retired ones included: these are remembered so that one that comes back has the next revision.
Beyond that the one retired longest is forgotten."""

_FORMAT = 1
_HEAD = struct.Struct(">BIII")  # format, day of stream time, first day of evidence, last day of evidence


class LearningState:
    """All that is known of one payer and code. Mutable while one step runs, bytes between steps.

    today  day since 1970 of stream time
    edits  by edit_id, in the order in which they came
    due    stream time (ms) at which age alone changes an edit; None for never
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.payer_id, _, self.procedure_code = key.rpartition("|")
        self.today = 0
        self.evidence = Evidence(self.payer_id, self.procedure_code)
        self.surge = Surge(self.payer_id, self.procedure_code)
        self.edits: dict[str, KeptEdit] = {}
        self.due: int | None = None
        self._speaking: dict[Pattern, list[KeptEdit]] = {}

    def speaking_of(self, row: Row) -> list[KeptEdit]:
        """The edits, standing or not, that speak of lines with this pattern."""
        found = self._speaking.get(row.pattern)
        if found is None:
            found = self._speaking[row.pattern] = [kept for kept in self.edits.values() if kept.speaks_of(row)]
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
    def wake_at(self) -> int:
        """The earliest stream time (ms) at which age alone changes anything."""
        times = [time for time in (self.due, self.surge.wake_at) if time is not None]
        return min(times, default=(self.evidence.last_day + DAYS_KEPT + 1) * DAY)

    def dump(self) -> bytes:
        """As bytes."""
        evidence = self.evidence
        return pack(
            [
                _HEAD.pack(_FORMAT, self.today, evidence.first_day, evidence.last_day),
                self.key.encode(),
                self.surge.dump(),
                evidence.dump(),
                pack([kept.dump() for kept in self.edits.values()]),
            ]
        )

    @classmethod
    def load(cls, stored: bytes) -> LearningState:
        """The inverse of `dump`. Raises `Misuse` for a state that a later version of cleanclaim wrote."""
        head, key, surge, rows, edits = unpack(stored)
        written, today, first_day, last_day = _HEAD.unpack(head)
        if written != _FORMAT:
            raise Misuse(f"learning state: expected format {_FORMAT}, got {written}; run the version that wrote it")
        state = cls(key.decode())
        state.today = today
        state.surge.load(surge, today)
        state.evidence.first_day, state.evidence.last_day = first_day, last_day
        state.evidence.load(rows)
        for each in unpack(edits):
            kept = KeptEdit.load(each)
            state.edits[kept.edit.edit_id] = kept
        state.look_ahead()
        return state
