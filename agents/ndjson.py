"""NDJSON in: lines of bounded size out of any stream of bytes, and the record in a line.

    {"topic": "encounters.v1", "value": {...}}

`"key"` may be given too, as projections write it, and must be where the catalogue cannot compute it. Of a name that
comes twice in one object the last counts, as in JavaScript and Python. A line that is no such record raises
`UnreadableLine`, whose text names the field and never shows the value of a tagged one.
"""

from __future__ import annotations

import hashlib
import select
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from agents.dispatch import HEAD_BYTES
from agents.ndjson_errors import UnreadableLine, explain
from streams.topics import BY_NAME, INPUT_BYTES, INPUT_TOPICS, edit_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from schemas.edit_decision import EditDecision
    from schemas.record import Record
    from streams.topics import Topic

BLOCK_BYTES = 256 << 10
"""Read at once: large enough that system calls do not count, small beside the limit of a line."""

_PAUSE_SECONDS = 0.1
"""Silence on a pipe after which what came so far is worth a commit."""

_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line that is not blank, without its end. `length` and `sha256` are set where `data` is only its beginning."""

    number: int
    data: bytes
    length: int | None = None
    sha256: str | None = None


class Position(NamedTuple):
    """How far a stream was read: bytes up to the end of a line, their SHA-256, lines, and lines that were not blank."""

    length: int
    sha256: bytes
    lines: int
    records: int


class LineReader:
    """The lines of a stream, in memory bounded whatever their length.

    Iterating gives a `Line`, or None when a pipe has been silent for a moment. `position` covers the lines given so
    far, but for a last one without an end: its sender may still be writing it, so a later run reads it again.
    """

    def __init__(self, stream: BinaryIO, after: tuple[Position, Any] | None = None) -> None:
        """`after` is where `stream` stands: a position, and the running SHA-256 of what lies before."""
        self._stream = stream
        start, digest = after or (Position(0, b"", 0, 0), hashlib.sha256())
        self._hash: Any = digest
        self._length, self._lines, self._records = start.length, start.lines, start.records
        self._block = b""
        self._used = 0  # bytes of _block that belong to lines given
        self._last: Position | None = None  # before a last line without an end

    @property
    def position(self) -> Position:
        """Where the last line given ends."""
        if self._last is not None:
            return self._last
        digest = self._hash.copy()
        digest.update(memoryview(self._block)[: self._used])
        return Position(self._length + self._used, digest.digest(), self._lines, self._records)

    def __iter__(self) -> Iterator[Line | None]:
        """Read to the end of the stream."""
        while True:
            if self._is_silent():
                yield None
            fresh = _read_some(self._stream)
            if not fresh:
                break
            self._drop_used()
            self._block += fresh
            yield from self._whole_lines()
            while len(self._block) - self._used > INPUT_BYTES:
                yield self._long_line()
                yield from self._whole_lines()
        if self._used < len(self._block):
            self._last = self.position
            if line := self._line(self._block[self._used :]):
                yield line

    def _is_silent(self) -> bool:
        try:
            number = self._stream.fileno()
        except OSError:  # a buffer in memory has no number, and is never silent
            return False
        return not select.select([number], [], [], _PAUSE_SECONDS)[0]

    def _whole_lines(self) -> Iterator[Line]:
        end = self._block.rfind(b"\n", self._used)
        if end < 0:
            return
        for data in self._block[self._used : end].split(b"\n"):
            self._used += len(data) + 1
            if line := self._line(data):
                yield line

    def _line(self, data: bytes) -> Line | None:
        self._lines += 1
        if self._lines == 1:
            data = data.removeprefix(_BOM)
        data = data.removesuffix(b"\r")
        if not data or data.isspace():
            return None
        self._records += 1
        if len(data) > INPUT_BYTES:
            return Line(self._lines, data[:HEAD_BYTES], len(data), hashlib.sha256(data).hexdigest())
        return Line(self._lines, data)

    def _long_line(self) -> Line:
        """A line that does not fit: its beginning; the rest is read block by block and let go."""
        before = self.position
        self._drop_used()
        head, length, digest = self._block[:HEAD_BYTES], 0, hashlib.sha256()
        while (end := self._block.find(b"\n")) < 0:
            length += len(self._block)
            digest.update(self._block)
            self._used = len(self._block)
            self._drop_used()
            self._block = _read_some(self._stream)
            if not self._block:
                self._last = before
                break
        else:
            length += end
            digest.update(memoryview(self._block)[:end])
            self._used = end + 1
        self._lines += 1
        self._records += 1
        return Line(self._lines, head, length, digest.hexdigest())

    def _drop_used(self) -> None:
        """Hash and forget the part of the block that belongs to lines given."""
        self._hash.update(memoryview(self._block)[: self._used])
        self._length += self._used
        self._block = self._block[self._used :]
        self._used = 0


def _read_some(stream: BinaryIO) -> bytes:
    """The next bytes; what a pipe has now rather than a full block; empty at the end."""
    read = getattr(stream, "read1", stream.read)
    data: bytes = read(BLOCK_BYTES)
    return data


class Published(NamedTuple):
    """What a line says: a record for a topic, under its key."""

    topic: Topic
    key: str
    record: Record


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    topic: str
    key: str | None = None
    value: Any


def _envelope(topic: Topic) -> type[_Envelope]:
    fields: dict[str, Any] = {"topic": (Literal[topic.name], ...), "value": (topic.record, ...)}
    return create_model(f"Envelope_{topic.name}", __base__=_Envelope, **fields)


# One pass in Rust over the whole line: JSON, envelope and record.
_ENVELOPE = TypeAdapter[_Envelope](
    Annotated[reduce(or_, [_envelope(topic) for topic in INPUT_TOPICS]), Field(discriminator="topic")]  # type: ignore[arg-type]  # a union made at run time
).validator


def read_line(data: bytes) -> Published:
    """The record in a line. Raises `UnreadableLine`, which knows topic and key as far as the line tells them."""
    try:
        envelope = _ENVELOPE.validate_json(data)
    except ValidationError as error:
        raise explain(data, error) from None
    topic, record, named = BY_NAME[envelope.topic], envelope.value, envelope.key
    key = topic.key(record) if topic.key else _decision_key(record, named)
    if key and (named is None or named == key):
        return Published(topic, key, record)
    got = "another" if key else "nothing"
    raise UnreadableLine(f"{topic.name}: key: expected {topic.key_words} of the value, got {got}", topic, key)


def _decision_key(decision: EditDecision, key: str | None) -> str | None:
    """Only a decision that adds an edit says for itself where the edit is kept."""
    return edit_key(decision.edit) if decision.edit is not None else key
