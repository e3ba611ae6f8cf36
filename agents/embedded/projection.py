"""What processors wrote, as NDJSON files: one per topic, a projection of the whole log.

A file is extended after each commit and may so fall behind the log or end in half a line when the process is killed;
what was written for certain is noted with the next commit, and a run begins by cutting the file back to that and
writing on from the log. A file that is not as it was left (another folder, deleted, changed) is written anew. One run
at a time writes to a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agents.dispatch import Header
from agents.embedded.letters import letter_id
from agents.embedded.log import read_topic
from schemas.errors import Misuse, Unavailable
from streams.topics import DEAD_LETTERS, INPUT_TOPICS, TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agents.dispatch import Entry
    from agents.embedded.store import Store
    from agents.engine import Logged
    from schemas.record import Record
    from streams.topics import Topic

OUTPUT_TOPICS: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic not in INPUT_TOPICS and not topic.compacted)
"""The topics that processors write, in the order of the catalogue."""

_TAIL = 256
"""Bytes before the end of a file by which we know it again."""

_WRITE = 1 << 20
"""Bytes to gather from the log before they are written."""


def line_of(topic: Topic, key: str | None, record: Record | None, value: bytes, headers: dict[str, str]) -> bytes:
    """One record as a line. Of a dead letter nothing is shown but its headers, size and digest."""
    if record is not None:
        shown = record.model_dump_json()
    else:
        size = int(headers.get(Header.LENGTH, len(value)))
        letter = {"sha256": letter_id(value, headers), "bytes": size, "headers": headers}
        shown = json.dumps(letter, ensure_ascii=False, separators=(",", ":"))
    name = json.dumps(key, ensure_ascii=False)
    return f'{{"topic":"{topic.name}","key":{name},"value":{shown}}}\n'.encode()


class _File:
    """The projection of one topic."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(self.handle, 0o600)
        self.seq = 0  # of the last record written
        self.bytes = 0
        self.waiting: list[tuple[int, bytes]] = []
        self.committing: list[tuple[int, bytes]] = []
        self.is_noted = False

    def is_as_left(self, size: int, tail: bytes) -> bool:
        """Whether the file still holds what ended in `tail` at `size`."""
        return os.pread(self.handle, len(tail), size - len(tail)) == tail

    def write(self, lines: list[tuple[int, bytes]]) -> None:
        """Write lines behind what is there."""
        data = b"".join([line for _, line in lines])
        start = 0
        while start < len(data):
            start += os.pwrite(self.handle, data[start:], self.bytes + start)
        self.bytes += len(data)
        self.seq = lines[-1][0]
        self.is_noted = False

    def tail(self) -> bytes:
        """The last bytes written."""
        size = min(self.bytes, _TAIL)
        return os.pread(self.handle, size, self.bytes - size)


class Projection:
    """The files of one folder. Made with mode 0600; the folder is made if need be."""

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._directory = os.path.realpath(directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(directory)
            try:
                self._files = {topic.name: _File(directory / f"{topic.name}.ndjson") for topic in OUTPUT_TOPICS}
            except OSError:
                os.close(self._lock)
                raise
        except OSError as error:
            raise Misuse(
                f"{directory}: cannot be written: {error.strerror}; give a folder that you can write"
            ) from error

    def complete(self) -> None:
        """Bring every file to the end of what is committed."""
        rows = self._store.read(
            "SELECT topic, seq, bytes, tail FROM projections WHERE directory = ?", (self._directory,)
        )
        noted = {topic: (seq, size, tail) for topic, seq, size, tail in rows}
        for topic in OUTPUT_TOPICS:
            file = self._files[topic.name]
            with _written(file.path):
                seq, size, tail = noted.get(topic.name, (0, 0, b""))
                if file.is_as_left(size, tail):
                    file.seq, file.bytes = seq, size
                os.ftruncate(file.handle, file.bytes)
            self._extend(topic, file)

    def _extend(self, topic: Topic, file: _File) -> None:
        lines: list[tuple[int, bytes]] = []
        size = 0
        for row in read_topic(self._store.read, topic, after=file.seq):
            if row.logged is not None:
                lines.append((row.seq, _line(row.logged)))
                size += len(lines[-1][1])
            if size > _WRITE:
                self._write(file, lines)
                lines, size = [], 0
        self._write(file, lines)

    def add(self, seq: int, entry: Entry) -> None:
        """Note a record that was appended to the log; it is written when it is committed."""
        file = self._files.get(entry.topic.name)
        if file is not None:
            headers = dict(entry.headers or {})
            file.waiting.append((seq, line_of(entry.topic, entry.key, entry.record, entry.value, headers)))

    def forget(self) -> None:
        """Drop what waits: it was rolled back."""
        for file in self._files.values():
            file.waiting = []

    def ride(self) -> None:
        """Before a commit: write what the last one made certain, and let this one note how far the files are."""
        self._store.settle()
        for file in self._files.values():
            self._write(file, file.committing)
            file.committing, file.waiting = file.waiting, []
        self._note()

    def _note(self) -> None:
        rows: list[tuple[Any, ...]] = []
        for topic, file in self._files.items():
            if not file.is_noted:
                rows.append((self._directory, topic, file.seq, file.bytes, file.tail()))
                file.is_noted = True
        self._store.write("INSERT OR REPLACE INTO projections VALUES (?, ?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Let go of the files; what was written is on disk."""
        for file in self._files.values():
            os.fsync(file.handle)
            os.close(file.handle)
        os.close(self._lock)

    def _write(self, file: _File, lines: list[tuple[int, bytes]]) -> None:
        if lines:
            with _written(file.path):
                file.write(lines)


def _lock(directory: Path) -> int:
    """Be the only one who writes to a folder. It is locked itself, so that nothing lies in it but outputs."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Misuse(
            f"{directory}: another run writes to this folder; give a folder of its own, or wait until it has ended"
        ) from error
    except OSError:
        pass  # some network file systems lock no folders
    return handle


def _line(logged: Logged) -> bytes:
    record = None if logged.topic is DEAD_LETTERS else logged.record
    return line_of(logged.topic, logged.key, record, logged.value, dict(logged.headers))


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Within it what the system says of a file comes out as ours."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{path}: cannot be written: {error.strerror}; nothing is lost, the next run completes it"
        ) from error
