"""How far which input was read, known by its content: the length and SHA-256 of what was taken from its beginning.

So a file is gone on with where it was left, under whatever name, and one that is run again is not taken again, even
when what it holds has been forgotten by now.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Any

from agents.ndjson import BLOCK_BYTES, Position

if TYPE_CHECKING:
    from typing import BinaryIO

    from agents.embedded.store import Store
    from agents.ndjson import LineReader

_INSERT = "INSERT OR IGNORE INTO inputs VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM inputs WHERE length = ? AND sha256 = ?"


class Inputs:
    """Notes the position of the input that is being read, with each commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reader: LineReader | None = None
        self._noted: Position | None = None

    def known(self, stream: BinaryIO) -> tuple[Position, Any] | None:
        """The longest beginning of a file that was taken before, and its running SHA-256; `stream` stands behind it.

        None, and the stream at its beginning, if there is none or if what is read is no file and cannot go back.
        """
        try:
            status = os.fstat(stream.fileno())
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        found: tuple[Position, Any] | None = None
        begin, digest = stream.tell(), hashlib.sha256()
        sql = "SELECT length, sha256, lines, records FROM inputs WHERE length <= ? ORDER BY length"
        for position in [Position(*row) for row in self._store.read_now(sql, (status.st_size - begin,))]:
            _hash_up_to(position.length, stream, begin, digest)
            if digest.digest() == position.sha256:
                found = position, digest.copy()
        stream.seek(begin + (found[0].length if found else 0))
        return found

    def follow(self, reader: LineReader) -> None:
        """Note the position of `reader` from now on."""
        self._reader, self._noted = reader, None

    def ride(self) -> None:
        """Before a commit: note the position, in the place of the one noted before."""
        if self._reader is None:
            return
        position = self._reader.position
        if position == self._noted or not position.length:
            return
        if self._noted is not None:
            self._store.write(_DELETE, [self._noted[:2]])
        known = self._store.read_now("SELECT 1 FROM inputs WHERE length = ? AND sha256 = ?", position[:2])
        self._store.write(_INSERT, [position])
        self._noted = None if known else position  # what an earlier run noted stays


def _hash_up_to(length: int, stream: BinaryIO, begin: int, digest: Any) -> None:
    """Read on until `digest` covers `length` bytes after `begin`."""
    while (missing := length - (stream.tell() - begin)) > 0:
        block = stream.read(min(BLOCK_BYTES, missing))
        if not block:
            return  # cut short while we read; its digest will match nothing
        digest.update(block)
