"""From a record to what must be committed for it: processor steps guarded, emitted records framed, dead letters made.

Both engines go this way, so that they agree on every byte. Nothing here stores or sends anything.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from agents.tracing import passed_on
from schemas import codec, registry
from schemas.errors import CleanclaimError, Misuse, Unavailable, Unreadable
from schemas.record import DAY, millis
from streams.topics import DEAD_LETTERS, FACT_TOPICS, INPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from schemas.record import Record
    from streams.processor import Emit, Inbound, Processor, Step, Tables
    from streams.topics import Topic

HEAD_BYTES = 64 << 10
"""How much is kept of an input that is larger than 1 MiB."""

AHEAD = DAY
"""Clocks of senders may differ; an event time further ahead than this is a mistake."""


class Defect(CleanclaimError):
    """Processors fail so often that the program is at fault, not the records: stop before more are set aside."""


class Header(StrEnum):
    """Headers of a dead letter, after KIP-1034, and of a record that replaces one."""

    EXCEPTION = "cleanclaim.errors.exception"
    MESSAGE = "cleanclaim.errors.message"
    TOPIC = "cleanclaim.errors.topic"
    PARTITION = "cleanclaim.errors.partition"
    OFFSET = "cleanclaim.errors.offset"
    PROCESSOR = "cleanclaim.errors.processor"
    ENTRY = "cleanclaim.errors.entry"
    """`wake` or `reconsider`: the entry point that failed where no record was at fault."""
    FILE = "cleanclaim.errors.file"
    LINE = "cleanclaim.errors.line"
    LENGTH = "cleanclaim.errors.length"
    SHA256 = "cleanclaim.errors.sha256"
    """With LENGTH: of the whole original, where only its beginning is kept."""
    REPLAY_OF = "cleanclaim.replay.of"
    """On a record: the dead letter that it replaces."""


UNREADABLE = "Unreadable"
REFUSED = "Refused"
"""The exception header where nothing was raised: the bytes are no record; a processor would not have the record."""


class Entry(NamedTuple):
    """A record on its way to the log: key and framed value, the record itself where it is at hand."""

    topic: Topic
    key: str | None
    value: bytes
    record: Record | None = None
    headers: Mapping[str, str] | None = None


class Applied(NamedTuple):
    """A step and the records to append for it."""

    step: Step
    entries: list[Entry]


class Failed(NamedTuple):
    """An entry point raised, or what it gave back cannot be written: keep nothing of it. `cause` is a class name."""

    cause: str


def entry_of(emit: Emit, headers: Mapping[str, str] | None = None) -> Entry:
    """What to append for `emit`, with `headers`. Raises `TypeError` or `ValueError` if its topic cannot take it."""
    topic, record = emit.topic, emit.value
    if topic.key is None or type(record) is not topic.record:
        raise TypeError(f"{topic.name} takes no {type(record).__name__}")
    body = codec.encode(record) if emit.body is None else emit.body
    value = codec.frame(registry.package_id(type(record)), body)
    if len(value) > topic.max_bytes:
        raise ValueError(f"{topic.name} takes up to {topic.max_bytes} bytes")
    return Entry(topic, topic.key(record), value, record, headers)


def read_value(value: bytes) -> tuple[Record, bytes]:
    """The record in a framed value, and its Avro body in today's schema. Raises `Unreadable`."""
    record = registry.read(value)
    schema_id, body = codec.unframe(value)
    return record, body if schema_id == registry.package_id(type(record)) else codec.encode(record)


@cache
def _time_fields(model: type[Record]) -> tuple[str, ...]:
    return tuple(name for name in ("occurred_at", "received_at", "built_at") if name in model.model_fields)


def event_time(record: Record, now: int) -> int:
    """When the event of an input record happened, in milliseconds since 1970: its `occurred_at` or `received_at`.

    Raises `Unreadable` if any event time of the record is more than a day after `now`, the real time.
    """
    first = 0
    for name in _time_fields(type(record)):
        time = millis(getattr(record, name))
        if time > now + AHEAD:
            raise Unreadable(f"{name}: expected a time no more than a day ahead of the clock, got a later one")
        first = first or time
    return first


class Dispatch:
    """Calls the entry points of processors and keeps what they raise from reaching anything else.

    `Misuse`, `Unavailable` and `MemoryError` do pass: they are no fault of the record.
    """

    def __init__(self) -> None:
        self.failures = FailureGuard()

    def process(
        self,
        processor: Processor,
        record: Inbound,
        state: bytes | None,
        tables: Tables,
        headers: Mapping[str, str] | None = None,
    ) -> Applied | Failed:
        """One record for one processor. What it emits carries on the trace of `headers`, those of the record."""
        try:
            step = processor.process(record, state, tables)
            traced = passed_on(headers) if headers and step.emits else None
            entries = [entry_of(emit, traced) for emit in step.emits] if step.emits else []
        except Exception as error:  # noqa: BLE001 - a processor may raise anything, and one record must not stop the rest
            return self._failed(error)
        self.failures.calls += 1
        return Applied(step, entries)

    def call(self, entry_point: Callable[[], Step]) -> Applied | Failed:
        """A wake or a reconsideration, bound to its arguments."""
        try:
            step = entry_point()
            entries = [entry_of(emit) for emit in step.emits]
        except Exception as error:  # noqa: BLE001 - see process
            return self._failed(error)
        self.failures.calls += 1
        return Applied(step, entries)

    def touched(self, processor: Processor, table: Topic, old: Record | None, new: Record) -> list[str] | Failed:
        """The index terms to reconsider, each once, sorted."""
        try:
            return sorted(set(processor.touched(table, old, new)))
        except Exception as error:  # noqa: BLE001 - see process
            return self._failed(error)

    def _failed(self, error: Exception) -> Failed:
        if isinstance(error, Misuse | Unavailable | MemoryError):
            raise error
        self.failures.note()
        return Failed(type(error).__name__)


class FailureGuard:
    """Tells a defect from poison: more than 10 calls among the last 1,000 raised, 11 in a row included."""

    LIMIT = 10
    WINDOW = 1_000

    def __init__(self) -> None:
        self.calls = 0
        self._failed: deque[int] = deque(maxlen=self.LIMIT + 1)
        self.defect = False

    def note(self) -> None:
        """A call raised."""
        self.calls += 1
        self._failed.append(self.calls)
        if len(self._failed) > self.LIMIT and self.calls - self._failed[0] < self.WINDOW:
            self.defect = True

    def check(self) -> None:
        """Raise `Defect` once there were too many; call it when all that went before is committed."""
        if self.defect:
            raise Defect(
                f"processors failed on more than {self.LIMIT} of {self.WINDOW:,} records, so the program is at fault: "
                "stopped, nothing is lost. The records are kept as dead letters; after a fix: "
                "cleanclaim dead-letters replay"
            )


@dataclass(frozen=True, slots=True)
class Original:
    """Bytes that could not be taken, and where they came from.

    data    the bytes; only the first 64 KiB where `length` and `sha256` say what the whole was
    topic   the topic that they were meant for, as far as it is known
    place   headers that name the place: partition and offset, or file and line
    """

    data: bytes
    topic: Topic | None = None
    key: str | None = None
    place: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    sha256: str | None = None

    @property
    def id(self) -> str:
        """SHA-256 of the whole bytes, in hexadecimal: the same content is kept once."""
        return self.sha256 or hashlib.sha256(self.data).hexdigest()


def dead_letter(original: Original, exception: str, message: str, processor: str | None = None) -> Entry:
    """The entry for dead-letters.v1. `message` is one of our templates, `exception` a class name."""
    headers: dict[str, str] = {Header.EXCEPTION: exception, Header.MESSAGE: message, **original.place}
    if original.topic is not None:
        headers[Header.TOPIC] = original.topic.name
    if processor is not None:
        headers[Header.PROCESSOR] = processor
    data, length, sha256 = original.data, original.length, original.sha256
    if length is None and len(data) > INPUT_BYTES:
        data, length, sha256 = data[:HEAD_BYTES], len(data), original.id
    if length is not None and sha256 is not None:
        headers |= {Header.LENGTH: str(length), Header.SHA256: sha256}
    return Entry(DEAD_LETTERS, original.key, data, None, {str(name): text for name, text in headers.items()})


def letters_of(step: Step, processor: str) -> list[tuple[Original, Entry]]:
    """What a step sets aside, as it came and as dead letters. Each is sent, though its content may have been before:
    a record that was replayed and waited in vain once more waits for another replay.
    """
    originals = [(Original(each.value, each.topic, each.key), each.reason) for each in step.set_aside]
    return [(original, dead_letter(original, REFUSED, reason, processor)) for original, reason in originals]


def marked_by(headers: Mapping[str, str], processors: Iterable[Processor], topic: Topic | None) -> list[Processor]:
    """The processors to be told of a dead letter that `topic` was meant for: those whose keys now lack a fact.

    A record that nobody could read is told to every processor of its topic, one that a processor failed on to that
    one; a record that a processor refused has already changed its state.
    """
    if topic not in FACT_TOPICS or headers[Header.EXCEPTION] == REFUSED:
        return []
    name = headers.get(Header.PROCESSOR)
    return [each for each in processors if topic in each.inputs and name in {None, each.name}]
