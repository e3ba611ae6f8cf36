"""Notes: what a line changed, a few bytes behind a state that said all but that.

Most lines change nothing but counts. A reader counts a note again, by the very calls that counted the line.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from schemas.record import DAY
from streams.encounter_state import cut, pack, unpack
from streams.learning.kept import EditCounts
from streams.learning.rows import DeniedLine

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTE = struct.Struct(">HHHHBBH")
"""Day of stream time, day of the answer, number of the row; bytes of the pattern, if that is new; edits counted, edits
weighed; bytes of what was denied. All these follow."""

_WEIGHED = struct.Struct(">BIIqq")
"""An edit that was weighed: its place, hits denied and paid, first and last denial."""

_DENIED = struct.Struct(">BqI")
"""Category, cents, time of the answer in its day (ms). The reason codes follow."""


class Weighed(NamedTuple):
    """Counts of an edit, by its place in the state, as they are after the line."""

    place: int
    counts: EditCounts


class Note(NamedTuple):
    """A line paid, or `denied`.

    today, day  of stream time, and of the answer (days since 1970)
    row         number of its row; `pattern` is empty unless that is new
    weighed     the edits that speak of it, if any was weighed
    counted     places of those whose hits it is, if none was
    """

    today: int
    day: int
    row: int
    pattern: bytes
    weighed: tuple[Weighed, ...] = ()
    denied: DeniedLine | None = None
    counted: bytes = b""


def paid(today: int, day: int, row: int, counted: bytes, pattern: bytes = b"") -> bytes:
    """The note of a line paid for which no edit is weighed: nine in ten of all."""
    return _NOTE.pack(today, day, row, len(pattern), len(counted), 0, 0) + pattern + counted


def write(note: Note) -> bytes:
    """A note as bytes."""
    today, day, row, pattern, weighed, denied, counted = note
    how = b"" if denied is None else _how(denied, day)
    head = _NOTE.pack(today, day, row, len(pattern), len(counted), len(weighed), len(how))
    return b"".join([head, pattern, counted, *[_WEIGHED.pack(place, *counts) for place, counts in weighed], how])


def _how(denied: DeniedLine, day: int) -> bytes:
    category, cents, at, codes = denied
    return _DENIED.pack(category, cents, at - day * DAY) + pack([code.encode() for code in codes])


def read(journal: bytes) -> Iterator[Note]:
    """The inverse of `paid` and `write`, for notes one behind the other."""
    while journal:
        today, day, row, *lengths, weighed, how = _NOTE.unpack_from(journal)
        lengths += weighed * _WEIGHED.size, how
        pattern, counted, edits, denied, journal = cut(journal, _NOTE.size, lengths)
        each = tuple([Weighed(place, EditCounts(*counts)) for place, *counts in _WEIGHED.iter_unpack(edits)])
        yield Note(today, day, row, pattern, each, _denied(denied, day) if denied else None, counted)


def _denied(stored: bytes, day: int) -> DeniedLine:
    category, cents, in_day = _DENIED.unpack_from(stored)
    codes = unpack(stored[_DENIED.size :])
    return DeniedLine(category, cents, in_day + day * DAY, tuple([code.decode() for code in codes]))
