"""The one abstraction: a pure, keyed, stateful step that an engine runs.

An engine promises that state change, emitted records and input position commit together or not at all. A processor
promises that each entry point is a function of its arguments alone, so a step that was rolled back can run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from schemas.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.topics import Topic

Table = Mapping[str, Record]
"""The latest record per key of a broadcast topic, whole on every worker."""

Tables = Mapping[str, Table]
"""Topic name -> table, for the broadcast topics that a processor reads."""


class Outcome(StrEnum):
    """What became of an input record; every record ends as exactly one of these."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"
    """A higher revision of the same fact had come before."""
    DUPLICATE = "duplicate"
    """The same content had come before."""
    DEAD_LETTER = "dead letter"
    """Kept on dead-letters.v1 with `Step.reason`; the step may still change the state."""


class Inbound(NamedTuple):
    """One record that came for a key.

    topic     where it came from
    key       its Kafka key
    value     the record, or None where the bytes could not be read but the key is known
    body      its Avro body without framing (the original bytes where value is None)
    time      append time, in milliseconds since 1970: the stream time of this record
    replay_of digest of the unreadable bytes that this record replaces, when it is a replayed dead letter
    """

    topic: Topic
    key: str
    value: Record | None
    body: bytes
    time: int
    replay_of: str | None = None


class Emit(NamedTuple):
    """A record to append to `topic`, under the key that the catalogue gives it. `body` may carry its Avro body."""

    topic: Topic
    value: Record
    body: bytes | None = None


class SetAside(NamedTuple):
    """A record that came before and that nothing can be made of after all: a dead letter, as if it had just come.

    topic   where it came from
    key     its Kafka key
    value   its framed value
    reason  a template text that shows no tagged field
    """

    topic: Topic
    key: str
    value: bytes
    reason: str


class Step(NamedTuple):
    """What one entry point decided for one key. Everything here commits together.

    state   the new state of the key; None forgets the key
    emits   records to append, in order
    wake_at stream time (ms) at which to call `wake`, or None for never; replaces what was asked for before
    terms   index terms of the key from now on: a table change that touches one of them reconsiders this key
    outcome what became of the input record
    reason  for a DEAD_LETTER, and for a DUPLICATE of one that nothing has put right since: a template text that shows
            no tagged field
    set_aside  records that waited in the state and become dead letters now
    """

    state: bytes | None
    emits: tuple[Emit, ...] = ()
    wake_at: int | None = None
    terms: frozenset[str] = frozenset()
    outcome: Outcome = Outcome.APPLIED
    reason: str | None = None
    set_aside: tuple[SetAside, ...] = ()


class Processor(Protocol):
    """A keyed step over `inputs`, all keyed alike and co-partitioned, reading `tables` (broadcast topics)."""

    name: str
    inputs: tuple[Topic, ...]
    tables: tuple[Topic, ...]
    changelog: Topic

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        """Fold one record for a key into its state. `state` is None for a key never seen or forgotten."""

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """The stream time that this key asked for has come; `time` is the stream time now (ms), never earlier."""

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        """A table changed in a way that touches one of this key's terms."""

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:
        """The index terms whose keys must be reconsidered after `new` replaced `old` in `table`."""
