"""Sorts more than memory holds: entries go in as they come and come out key by key.

A private temporary database of SQLite: its file has no name that another process could open, holds what the cache does
not, and is gone when closed, however the program ends.
"""

from __future__ import annotations

import sqlite3
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from agents.embedded.store import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

_CACHE_KIB = 32 << 10
_BATCH = 1_000  # rows to an INSERT
_NAME = "temporary files"


class Kept(NamedTuple):
    """What is kept under a key.

    order  sorts the entries of a key
    kind   a small number of the caller's, which sorts those of one order; of one kind they come out as they went in
    value  bytes of the caller's
    note   text of the caller's
    """

    order: int
    kind: int
    value: bytes
    note: str | None = None


class Shelf:
    """Entries by key. First all is put, then it is taken. Raises `Unavailable` where the disk is full or fails."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, int, bytes, str | None]] = []
        with translated(_NAME):
            self._db = sqlite3.connect("", isolation_level=None)  # "": on disk, private
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self._db.execute("PRAGMA journal_mode = OFF")  # what fails is thrown away whole
            self._db.execute('CREATE TABLE kept (key TEXT, "order" INTEGER, kind INTEGER, value BLOB, note TEXT)')
            self._db.execute("BEGIN")

    def put(self, key: str, kept: Kept) -> None:
        """Keep an entry under `key`."""
        self._rows.append((key, *kept))
        if len(self._rows) >= _BATCH:
            self._flush()

    def by_key(self) -> Iterator[tuple[str, list[Kept]]]:
        """Every key with its entries in order; one key at a time is in memory."""
        self._flush()
        with translated(_NAME):
            rows = self._db.execute('SELECT * FROM kept ORDER BY key, "order", kind, rowid')
            for key, group in groupby(rows, key=itemgetter(0)):
                yield key, [Kept(*row[1:]) for row in group]

    def index(self) -> None:
        """Prepare for `of`, once all is put."""
        self._flush()
        with translated(_NAME):
            self._db.execute('CREATE INDEX by_key ON kept (key, "order")')

    def of(self, key: str) -> list[Kept]:
        """The entries of one key in order; fast after `index`."""
        sql = 'SELECT "order", kind, value, note FROM kept WHERE key = ? ORDER BY "order", kind, rowid'
        with translated(_NAME):
            return [Kept(*row) for row in self._db.execute(sql, (key,))]

    def _flush(self) -> None:
        with translated(_NAME):
            self._db.executemany("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def close(self) -> None:
        """Let go of everything."""
        self._db.close()

    def __enter__(self) -> Self:
        """The shelf itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
