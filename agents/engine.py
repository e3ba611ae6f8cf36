"""What an engine promises, whichever it is: the embedded one (SQLite) or Kafka.

State change, emitted records and input position commit together or not at all; each record that comes in is carried
through every processor in order; the same input gives the same records, byte for byte, whatever the batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from schemas import registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.record import Record
    from streams.processor import Outcome
    from streams.topics import Topic


class Logged(NamedTuple):
    """One record as the log holds it. `time` is its append time, in milliseconds since 1970."""

    topic: Topic
    partition: int
    offset: int
    key: str | None
    time: int
    value: bytes
    headers: Mapping[str, str]

    @property
    def record(self) -> Record:
        """The record in the value. Raises `Unreadable` where the topic's values are no records (dead letters)."""
        return registry.read(self.value)


class Engine(Protocol):
    """Feed records, move the clock, read what came of it."""

    def feed(
        self, topic: Topic, record: Record, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Take one record; `key` only where the catalogue cannot compute it."""

    def feed_bytes(self, topic: Topic, key: str | None, value: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Take a value as it came off a wire, whatever it holds."""

    def advance(self, to_ms: int) -> None:
        """Move the stream time of every partition on, so that quiet ones wake too."""

    def records(self, topic: Topic, key: str | None = None) -> Iterator[Logged]:
        """The log of a topic, all of it or one key's, in order."""

    def state(self, processor: str, key: str) -> bytes | None:
        """What a processor remembers of a key."""

    def outcomes(self) -> Mapping[Outcome, int]:
        """How many input records ended as what."""
