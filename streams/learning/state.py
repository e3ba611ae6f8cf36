"""The state of learning for one payer and code, as bytes.

    state = head, key, surge, rows of evidence, pack(edits), journal

Most lines change nothing but counts. Such a line is noted in the journal, a few bytes behind what was there; a reader
counts it again. Once the journal is long, or more than counts changes, all is written anew.

Bounded: 256 patterns with 8,192 pattern-days, 63 days of answers and 128 edits, some 400 kB at the very most; a usual
key takes 1 to 10 kB.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import Misuse
from schemas.record import DAY
from streams.encounter_state import cut, pack, unpack
from streams.learning import notes
from streams.learning.evidence import MOST_PATTERNS, Evidence
from streams.learning.kept import KeptEdit
from streams.learning.notes import Note, Weighed
from streams.learning.patterns import Pattern
from streams.learning.surge import Surge, Tally

if TYPE_CHECKING:
    from schemas.denial import DenialPattern
    from streams.learning.rows import DeniedLine, Row

MOST_EDITS = 128
"""Of one payer and code, retired ones included: these are remembered so that one that comes back has the next revision.
Beyond that the one retired longest is forgotten."""

MOST_NOTED = 2_048
"""Bytes of the journal: some 200 lines, or 50 with patterns of their own."""

_FORMAT = 2
_HEAD = struct.Struct(">BIIIIIII")
"""Format; days: stream time, first and last of the evidence; lengths of key, surge, rows and edits."""


class Speaking(NamedTuple):
    """Edits that speak of a pattern.

    standing  those not retired
    places    of them, among all edits
    counted   of these, those whose hits are counted
    active    whether one is
    weighed   whether one is that a line paid may make fall
    """

    standing: tuple[KeptEdit, ...]
    places: bytes
    counted: bytes
    active: bool
    weighed: bool


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
        self._speaking: dict[Row, Speaking] = {}
        self._noted_rows = 0  # the next row is new to the bytes
        self._noted = 0  # bytes of the journal
        self._waiting: list[tuple[Row, int, bytes]] = []  # lines paid that are noted, and not counted yet

    def speaking_of(self, row: Row) -> Speaking:
        """The edits that speak of lines with this pattern."""
        found = self._speaking.get(row)
        if found is None:
            edits = [(place, kept) for place, kept in enumerate(self.edits.values()) if kept.status != "RETIRED"]
            speaking = [(place, kept) for place, kept in edits if kept.speaks_of(row)]
            standing = tuple([kept for _, kept in speaking])
            found = self._speaking[row] = Speaking(
                standing,
                bytes([place for place, _ in speaking]),
                bytes([place for place, kept in speaking if kept.is_counted]),
                any(kept.status == "ACTIVE" for kept in standing),
                any(kept.is_weighed for kept in standing),
            )
        return found

    def revised(self) -> None:
        """Say that edits came, went or changed their status."""
        self._speaking.clear()

    def add(self, kept: KeptEdit) -> bool:
        """Keep another edit. Whether there was room."""
        if len(self.edits) >= MOST_EDITS:
            retired = [each for each in self.edits.values() if each.status == "RETIRED" and not each.by_person]
            if not retired:
                return False
            oldest = min(retired, key=lambda each: (each.edit.occurred_at, each.edit.edit_id))
            del self.edits[oldest.edit.edit_id]
        self.edits[kept.edit.edit_id] = kept
        self.revised()
        return True

    def turn(self, time: int) -> bool:
        """Let it be the day of `time`, stream time in ms. Whether age alone changes an edit by then."""
        today = time // DAY
        if today > self.today:
            self.today = today
            self.evidence.age(today)
            self.surge.turn(today)
            if len(self._speaking) > 2 * MOST_PATTERNS:
                self._speaking.clear()  # most of it is of patterns that are kept no longer
        return self.due is not None and self.due <= time

    def look_ahead(self) -> None:
        """Work out `due` anew, after edits or their last denials changed."""
        self.due = min([kept.due for kept in self.edits.values() if kept.due is not None], default=None)

    @property
    def wake_at(self) -> int | None:
        """The earliest stream time (ms) at which age alone changes anything; None for never."""
        wake_at, due = self.evidence.gone_at, self.due
        if due is not None and (wake_at is None or due < wake_at):
            wake_at = due
        over = self.surge.wake_at
        return over if over is not None and (wake_at is None or over < wake_at) else wake_at

    def note_paid(self, state: bytes, seen: DenialPattern, day: int) -> bytes | None:
        """`state`, which said all but that a line was paid, with that: noted, and counted when someone looks.

        None where there may be more to it.
        """
        row = self.evidence.expect(seen, day, len(self._waiting))
        if row is None:
            return None
        speaking = self._speaking.get(row) or self.speaking_of(row)
        if speaking.weighed or self._noted >= MOST_NOTED:
            return None
        note = notes.paid(self.today, day, row.number, speaking.counted)
        self._noted += len(note)
        self._waiting.append((row, day, speaking.counted))
        return state + note

    def catch_up(self) -> None:
        """Count the lines that are noted and were not counted yet; before anyone looks at what was counted."""
        if self._waiting:
            edits = tuple(self.edits.values())
            lines: dict[int, int] = {}  # by day
            for row, day, counted in self._waiting:
                lines[day] = lines.get(day, 0) + 1
                self.evidence.add_line(row, day)
                for place in counted:
                    edits[place].hit(day, 1, denied=False)
            for day, number in lines.items():
                self.surge.count(day, Tally(number))
            self._waiting.clear()

    def note(self, state: bytes, row: Row, day: int, denied: DeniedLine | None) -> bytes:
        """`state`, which said all but that a line was paid, or denied, with that and the edits that speak of it."""
        speaking = self.speaking_of(row)
        new = row.pattern.dump() if row.number >= self._noted_rows else b""
        if denied is None and not speaking.weighed:
            note = notes.paid(self.today, day, row.number, speaking.counted, new)
        elif all(kept.is_written for kept in speaking.standing):
            self.look_ahead()
            counts = [kept.counts for kept in speaking.standing]
            weighed = tuple([Weighed(place, each) for place, each in zip(speaking.places, counts, strict=True)])
            note = notes.write(Note(self.today, day, row.number, new, weighed, denied))
        else:
            return self.dump()
        self._noted += len(note)
        if self._noted > MOST_NOTED:
            return self.dump()
        self._noted_rows = self.evidence.next
        return state + note

    def dump(self) -> bytes:
        """As bytes, all anew."""
        self.look_ahead()
        evidence = self.evidence
        days = self.today, evidence.first_day, evidence.last_day
        parts = self._key, self.surge.dump(), evidence.dump(), pack([kept.dump() for kept in self.edits.values()])
        self._noted, self._noted_rows = 0, evidence.next
        return b"".join([_HEAD.pack(_FORMAT, *days, *map(len, parts)), *parts])

    @classmethod
    def load(cls, stored: bytes, *, whole: bool = True) -> LearningState:
        """The inverse of `dump` and `note_paid`. Raises `Misuse` for a state that another version of cleanclaim wrote.

        Not `whole`: without the rows of evidence, which are most of it, for those who only look at edits and surges.
        """
        written, today, first_day, last_day, *lengths = _HEAD.unpack_from(stored)
        if written != _FORMAT:
            raise Misuse(f"learning state: expected format {_FORMAT}, got {written}; run the version that wrote it")
        key, surge, rows, edits, journal = cut(stored, _HEAD.size, lengths)
        state = cls(key.decode())
        state.today = today
        state.surge.load(surge, today)
        state.evidence.first_day, state.evidence.last_day = first_day, last_day
        if whole:
            state.evidence.load(rows)
        for each in unpack(edits):
            kept = KeptEdit.load(each)
            state.edits[kept.edit.edit_id] = kept
        state._count_again(journal, whole=whole)
        state.look_ahead()
        return state

    def _count_again(self, journal: bytes, *, whole: bool) -> None:
        rows = {row.number: row for row in self.evidence.rows.values()}
        edits = tuple(self.edits.values())
        for today, day, number, pattern, weighed, denied, counted in notes.read(journal):
            self.turn(today * DAY)
            self.surge.count(day, Tally(1) if denied is None else Tally(1, 1, denied.cents))
            if whole:
                if pattern:
                    rows[number] = self.evidence.add(Pattern.load(pattern))
                self.evidence.add_line(rows[number], day, denied)
            for place in counted:
                edits[place].hit(day, 1, denied=False)
            for place, counts in weighed:
                edits[place].counts = counts
        self._noted, self._noted_rows = len(journal), self.evidence.next
