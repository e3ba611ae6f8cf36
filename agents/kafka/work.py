"""From arrivals to what a transaction must hold: the same steps as the embedded engine, on one partition."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from agents.dispatch import (
    REFUSED,
    UNREADABLE,
    Failed,
    Header,
    Original,
    dead_letter,
    event_time,
    letters_of,
    marked_by,
)
from agents.partitioner import partition_of
from agents.tracing import passed_on
from schemas.errors import Unreadable
from streams.processor import Inbound, Outcome
from streams.topics import INPUT_BYTES, INPUT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.dispatch import Applied, Dispatch, Entry
    from agents.kafka.merge import Arrival
    from agents.kafka.options import Options
    from agents.kafka.shard import Shard
    from agents.metrics.committed import Tally
    from schemas.record import Record
    from streams.processor import Processor, Step, Tables

_FROM_OUTSIDE = frozenset(topic.name for topic in INPUT_TOPICS)

Send = "Callable[[Entry, int], None]"


class Work:
    """Runs a processor over the shards of one worker. `send` adds a record to the open transaction.

    `partitions` (of each input) and `tables` are set before the first record.
    """

    def __init__(
        self,
        options: Options,
        processor: Processor,
        dispatch: Dispatch,
        send: Callable[[Entry, int], None],
    ) -> None:
        self._read = options.read
        self._now = options.now
        self._processor = processor
        self._dispatch = dispatch
        self._send = send
        self.partitions = 0
        self.tables: Tables = {}
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self.tally: Tally | None = None  # of the records that are sent
        self._appended: float | None = None  # when the record at hand came, in seconds since 1970

    # Records

    def take(self, shard: Shard, arrival: Arrival, now: int) -> None:
        """Fold one record in. `now` is the real time (ms)."""
        if shard.move(arrival.time):
            self.wake(shard)
        self._appended = arrival.time / 1_000
        topic = self._processor.inputs[arrival.input]
        message = arrival.message
        key: str | None = None
        raw_key = message.key()
        value = message.value()
        headers = _headers_of(message)
        replay_of = headers.get(Header.REPLAY_OF)
        again = replay_of is not None
        try:
            if raw_key is not None:
                key = raw_key.decode()
            record, body = self._opened(arrival, key, value, now)
        except (Unreadable, UnicodeDecodeError) as error:
            text = str(error) if isinstance(error, Unreadable) else "key: expected UTF-8"
            original = _original(arrival, topic, key)
            outcome = self._set_aside(shard, original, UNREADABLE, f"{topic.name}: {text}", None, again=again)
            self.counts[topic.name, outcome] += 1
            return
        inbound = Inbound(topic, key, record, body, shard.time, replay_of)  # type: ignore[arg-type]  # _opened needs a key
        result = self._dispatch.process(self._processor, inbound, shard.state(inbound.key), self.tables, headers)
        name = self._processor.name
        if isinstance(result, Failed):
            message_text = f"processor error: {name} raised {result.cause} on this record"
            original = _original(arrival, topic, key)
            outcome = self._set_aside(shard, original, result.cause, message_text, name, again=again)
        else:
            self._apply(shard, inbound.key, result)
            outcome, reason = result.step.outcome, result.step.reason
            if outcome is Outcome.DEAD_LETTER or (again and reason is not None):
                original = _original(arrival, topic, key)
                outcome = self._set_aside(shard, original, REFUSED, reason or "refused", name, again=again)
        self.counts[topic.name, outcome] += 1

    def _opened(self, arrival: Arrival, key: str | None, value: bytes | None, now: int) -> tuple[Record, bytes]:
        """The record in an arrival and its Avro body. Raises `Unreadable` if it is out of place."""
        topic = self._processor.inputs[arrival.input]
        if value is None:
            raise Unreadable("expected a value, got none")
        outside = topic.name in _FROM_OUTSIDE
        if outside and len(value) > INPUT_BYTES:
            raise Unreadable(f"expected a value of up to {INPUT_BYTES} bytes, got {len(value)}")
        record, body = self._read(value)
        if type(record) is not topic.record:
            raise Unreadable(f"holds no {type(record).__name__}")
        if not key or (topic.key is not None and key != topic.key(record)):
            raise Unreadable(f"key: expected {topic.key_words}, got {'another' if key else 'nothing'}")
        if partition_of(key, self.partitions) != arrival.message.partition():
            raise Unreadable("partition: expected that of murmur2; set partitioner=murmur2_random in the producer")
        if outside:
            event_time(record, now)
        return record, body

    def set_culprit_aside(self, shard: Shard, arrival: Arrival, cause: str) -> None:
        """A record whose outcome cannot be written."""
        topic = self._processor.inputs[arrival.input]
        shard.move(arrival.time)
        raw = arrival.message.key()
        key = None if raw is None else raw.decode("utf-8", "replace")
        text = f"processor error: what {self._processor.name} made of this record cannot be written ({cause})"
        self._dispatch.failures.note()
        outcome = self._set_aside(shard, _original(arrival, topic, key), cause, text, self._processor.name)
        self.counts[topic.name, outcome] += 1

    def _set_aside(
        self,
        shard: Shard,
        original: Original,
        exception: str,
        message: str,
        processor: str | None,
        *,
        again: bool = False,
    ) -> Outcome:
        """A dead letter, once per content, and its key told that it lacks a fact.

        `again`: it was replayed, in vain. Word of it is written once more, or it would be listed as put right.
        """
        if not shard.add_letter(original.id) and not again:
            return Outcome.DUPLICATE
        letter = dead_letter(original, exception, message, processor)
        self._emit(letter, shard)
        headers = letter.headers or {}
        topic, key = original.topic, original.key
        told = marked_by(headers, [self._processor], topic)
        if told and key and topic is not None and partition_of(key, self.partitions) == shard.partition:
            inbound = Inbound(topic, key, None, letter.value, shard.time)
            result = self._dispatch.process(self._processor, inbound, shard.state(key), self.tables, headers)
            if not isinstance(result, Failed):
                self._apply(shard, key, result)
        return Outcome.DEAD_LETTER

    # Steps that no record brought

    def wake(self, shard: Shard, limit: int | None = None) -> int:
        """Call the keys whose time has come, in order of time and key; how many."""
        self._appended = None
        number = 0
        while number != limit and (key := shard.woken()) is not None:
            state = shard.state(key)
            if state is not None:
                self._step(shard, key, state, partial(self._processor.wake, key, state, shard.time), "wake")
            number += 1
        return number

    def reconsider(self, shard: Shard, key: str) -> None:
        """A table changed in a way that touches this key."""
        self._appended = None
        state = shard.state(key)
        if state is not None:
            self._step(shard, key, state, partial(self._processor.reconsider, key, state, self.tables), "reconsider")

    def _step(self, shard: Shard, key: str, state: bytes, entry_point: Callable[[], Step], name: str) -> None:
        result = self._dispatch.call(entry_point)
        if isinstance(result, Failed):
            message = f"processor error: {self._processor.name} raised {result.cause} in {name}"
            original = Original(state, None, key, {Header.ENTRY: name})
            self._set_aside(shard, original, result.cause, message, self._processor.name)
        else:
            self._apply(shard, key, result)

    def _apply(self, shard: Shard, key: str, result: Applied) -> None:
        for entry in result.entries:
            self._emit(entry, shard)
        for original, letter in letters_of(result.step, self._processor.name):
            shard.add_letter(original.id)
            self._emit(letter, shard)
        shard.keep(key, result.step)

    def _emit(self, entry: Entry, shard: Shard) -> None:
        self._send(entry, shard.time)
        if self.tally is not None:
            self.tally.note(entry, self._appended)


def _original(arrival: Arrival, topic: object, key: str | None) -> Original:
    message = arrival.message
    place: dict[str, str] = {Header.PARTITION: str(message.partition()), Header.OFFSET: str(arrival.offset)}
    place |= passed_on(_headers_of(message)) or {}
    return Original(message.value() or b"", topic, key, place)  # type: ignore[arg-type]  # a topic of the catalogue


def _headers_of(message: Any) -> dict[str, str]:
    """The headers of a message as text; the last of a name that comes twice."""
    headers: list[tuple[str, bytes | None]] | None = message.headers()
    return {name: value.decode("utf-8", "replace") for name, value in headers if value} if headers else {}
