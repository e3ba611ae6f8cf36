"""One SQLite file with one writer: opened, locked, checked, written in transactions that end in the background.

Commits go to disk before they count (`synchronous=FULL`). With thousands of records to a commit that costs little, and
what a summary says was decided is still there after a power cut, not only after kill -9. The COMMIT itself, which
copies pages and waits for the disk without needing Python, runs on a thread while the next batch is worked out;
meanwhile a second connection reads what was committed before. All else of SQLite stays on the caller's thread.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from schemas.errors import CleanclaimError, Misuse, Unavailable
from streams.topics import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MEMORY = ":memory:"
"""Instead of a path: a store that lives as long as the engine."""

APPLICATION_ID = 0x636C6E63  # "clnc", so that `file` and we know our own
VERSION = 1
_SQLITE = b"SQLite format 3\0"
_NO_DATABASE = "{}: not a store of cleanclaim (no SQLite file); give another path"
_PAGE_BYTES = 4096
_CHECKPOINT_PAGES = (64 << 20) // _PAGE_BYTES  # rare enough that a page written twice is copied once
_CACHE_KIB = 64 << 10
_WRITER_BUSY_SECONDS = 10.0  # for the moments in which a reader opens or closes the last connection

_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- Append-only, in the order of processing; topic is null for a tick. `produced`: by a processor, not from outside.
-- `listed`: of a topic that is looked up. An index over the topics of input would cost more than the log itself.
CREATE TABLE log (
    seq INTEGER PRIMARY KEY, topic INTEGER, "partition" INTEGER, "offset" INTEGER, produced INTEGER NOT NULL,
    listed INTEGER NOT NULL, time INTEGER NOT NULL, key TEXT, value BLOB, headers TEXT
);
CREATE INDEX listed_by_topic ON log (topic) WHERE listed;
CREATE INDEX listed_by_key ON log (key) WHERE listed;
CREATE TABLE offsets (
    topic INTEGER NOT NULL, "partition" INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, "partition")
) WITHOUT ROWID;
-- Slots count up as keys come, so that keys of one time lie on neighbouring pages however random their text.
CREATE TABLE state (
    slot INTEGER PRIMARY KEY, processor INTEGER NOT NULL, key TEXT NOT NULL, wake_at INTEGER, armed INTEGER,
    terms TEXT, value BLOB NOT NULL
);
CREATE UNIQUE INDEX state_by_key ON state (processor, key);
CREATE TABLE wakes (
    processor INTEGER NOT NULL, "partition" INTEGER NOT NULL, time INTEGER NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (processor, "partition", time, key)
) WITHOUT ROWID;
CREATE TABLE terms (
    processor INTEGER NOT NULL, term TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (processor, term, key)
) WITHOUT ROWID;
CREATE TABLE stream_times (
    processor INTEGER NOT NULL, "partition" INTEGER NOT NULL, time INTEGER NOT NULL,
    PRIMARY KEY (processor, "partition")
) WITHOUT ROWID;
CREATE TABLE tables (
    topic INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (topic, key)
);
CREATE TABLE dead_letters (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, replayed_at INTEGER) WITHOUT ROWID;
CREATE TABLE outcomes (
    topic INTEGER NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (topic, outcome)
) WITHOUT ROWID;
CREATE TABLE inputs (
    length INTEGER NOT NULL, sha256 BLOB NOT NULL, lines INTEGER NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (length, sha256)
) WITHOUT ROWID;
CREATE TABLE projections (
    directory TEXT NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL, tail BLOB NOT NULL,
    PRIMARY KEY (directory, topic)
) WITHOUT ROWID;
"""


class Store:
    """The writer's side of a store. Made new where there is none, with mode 0600; closed by `close`."""

    def __init__(self, path: Path | str, partitions: int | None = None) -> None:
        self.path = str(path) if str(path) == MEMORY else os.path.realpath(path)
        self._lock = None if self.path == MEMORY else _lock(self.path)
        self._committer = ThreadPoolExecutor(1, "commit")
        self._commit: Future[Any] | None = None
        try:
            self._writer = connect(self.path, writable=True)
            self._prepare(partitions)
            self._reader = self._writer if self.path == MEMORY else connect(self.path, writable=True)
        except BaseException:
            self.close()
            raise

    def _prepare(self, partitions: int | None) -> None:
        with translated(self.path):
            run = self._writer.execute
            is_new = not run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not is_new:
                check(self._writer, self.path)
            run(f"PRAGMA page_size = {_PAGE_BYTES}")
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            run(f"PRAGMA journal_size_limit = {_CHECKPOINT_PAGES * _PAGE_BYTES}")
            if is_new:
                self._writer.executescript(f"BEGIN IMMEDIATE; {_TABLES}")
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {VERSION}")
                run("INSERT INTO settings VALUES ('partitions', ?)", (str(partitions or PARTITIONS),))
                run("COMMIT")
        self.partitions = int(self.setting("partitions") or 0)
        if partitions not in {None, self.partitions}:
            raise Misuse(
                f"{self.path}: made with {self.partitions} partitions, which stay; leave it out or use a new store"
            )

    def setting(self, name: str) -> str | None:
        """A committed setting."""
        with translated(self.path):
            row = self._writer.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows as of the last commit that has ended; one that is on its way may show already."""
        try:
            return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def read_now(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows with all that was written, committed or not. Waits for a commit on its way."""
        self.settle()
        try:
            return self._writer.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row, in the open transaction. Waits for a commit on its way."""
        self.settle()
        try:
            if not self._writer.in_transaction:
                self._writer.execute("BEGIN IMMEDIATE")
            self._writer.executemany(sql, rows)
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def commit(self) -> None:
        """Begin to commit what was written. `settle` waits for it."""
        self.settle()
        if self._writer.in_transaction:
            self._commit = self._committer.submit(self._writer.execute, "COMMIT")
            if self._reader is self._writer:
                self.settle()

    def settle(self) -> None:
        """Wait until the last commit has ended. Raises what went wrong with it."""
        if self._commit is not None:
            commit, self._commit = self._commit, None
            try:
                commit.result()
            except sqlite3.Error as error:
                raise translate(error, self.path) from error

    def rollback(self) -> None:
        """Forget what was written since the last commit."""
        self.settle()
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        self._committer.shutdown(wait=True)
        for connection in (getattr(self, "_reader", None), getattr(self, "_writer", None)):
            if connection is not None:
                connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def connect(path: str, *, writable: bool) -> sqlite3.Connection:
    """A connection in autocommit mode. Raises `Misuse` or `Unavailable` where there is no store to open."""
    if path == MEMORY:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with translated(path):
        mode = "rw" if writable else "ro"
        # A read-only directory has no room for SQLite's shared memory, and no writer either: nothing can change.
        frozen = (
            "" if writable or os.access(Path(path).parent, os.W_OK) or Path(f"{path}-wal").exists() else "&immutable=1"
        )
        connection = sqlite3.connect(
            f"file:{quote(path)}?mode={mode}{frozen}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=_WRITER_BUSY_SECONDS,
            cached_statements=256,
        )
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB if writable else _CACHE_KIB // 8}")
    return connection


def check(connection: sqlite3.Connection, path: str) -> None:
    """Raise `Misuse` unless the file is a store of this version."""
    with translated(path):
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise Misuse(f"{path}: an SQLite file, but not a store of cleanclaim; give another path")
    if version != VERSION:
        raise Misuse(
            f"{path}: store version {version}, this is cleanclaim with version {VERSION}; use the one that made it"
        )


def _lock(path: str) -> int:
    """Be the only writer of `path`. The kernel lets go of the lock when the process ends, however it ends.

    The file beside the store, not the store itself: closing a second handle of that would drop SQLite's own locks.
    """
    try:
        if Path(path).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb") as store:
            _refuse_what_is_no_database(store.read(len(_SQLITE)), path)
        handle = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misuse(
            f"{path}: cannot be written: {error.strerror}; give a path in a folder that you can write"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise Unavailable(
            f"{path}: another cleanclaim writes to this store; wait until it has ended (reading is possible meanwhile)"
        ) from error
    return handle


def _refuse_what_is_no_database(head: bytes, path: str) -> None:
    if head and head != _SQLITE:
        raise Misuse(_NO_DATABASE.format(path))


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Within it SQLite's errors come out as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error


_NO_ACCESS = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_PRIMARY = 0xFF  # the lower byte of an extended error code


def translate(error: sqlite3.Error, path: str) -> CleanclaimError:
    """What an error of SQLite means to the person who runs us. Nothing of the records is in its text."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code == sqlite3.SQLITE_NOTADB:
        return Misuse(_NO_DATABASE.format(path))
    if code == sqlite3.SQLITE_CORRUPT:
        return Unavailable(f"{path}: damaged; put a copy back, or run the input into a new store")
    if code in _NO_ACCESS:
        return Misuse(f"{path}: cannot be opened or written; check that it exists and who may write there")
    if code == sqlite3.SQLITE_FULL:
        return Unavailable(f"{path}: the disk is full; make room and run again, nothing that was committed is lost")
    if code == sqlite3.SQLITE_IOERR:
        return Unavailable(f"{path}: the disk reports an error; run again, nothing that was committed is lost")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable(f"{path}: held by another program; run again when that has ended")
    return Unavailable(f"{path}: SQLite error {error.sqlite_errorname if hasattr(error, 'sqlite_errorname') else code}")
