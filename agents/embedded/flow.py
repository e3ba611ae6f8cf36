"""The flow of records through processors: one at a time, breadth first, in the order of the log.

The log is the queue. A record is appended, every processor that reads its topic takes it in a fixed order, what they
emit is appended behind it and taken in turn, and only when nothing is left does the next record come from outside. So
the position in the log, the processor within a record and the key within a sweep say all about how far the flow came,
and a commit is allowed between any two steps.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, cast

from agents.dispatch import (
    REFUSED,
    Dispatch,
    Failed,
    Header,
    Original,
    dead_letter,
    letters_of,
    marked_by,
    read_value,
)
from agents.embedded.lane import Lane
from agents.embedded.letters import Letters
from agents.embedded.log import Log, Names, read_log
from agents.embedded.state import Slots
from agents.embedded.tables import BroadcastTables
from agents.partitioner import partition_of
from agents.tracing import passed_on
from schemas import codec
from schemas.errors import Misuse
from streams.processor import Inbound, Outcome
from streams.topics import BY_NAME, DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agents.dispatch import Applied, Entry
    from agents.embedded.log import Row
    from agents.embedded.state import KeyState
    from agents.embedded.store import Store
    from schemas.record import Record
    from streams.processor import Processor, Step
    from streams.topics import Topic

STEPS = 1_000
"""Wakes or reconsiderations between two commits: a change that touches a million keys neither fills memory nor starts
from the beginning when it is cut short."""

PENDING_BYTES = 16 << 20
"""What may wait in memory for a commit."""

QUEUE = 10_000
"""Records waiting in memory to be taken; more of them wait in the log."""

_RANK = {
    outcome: rank
    for rank, outcome in enumerate((Outcome.DUPLICATE, Outcome.SUPERSEDED, Outcome.APPLIED, Outcome.DEAD_LETTER))
}


@dataclass(slots=True)
class Item:
    """A row of the log on its way through the processors; a tick has no topic. `body` is that of `Inbound`.

    `place` is the file and the line, of a record that is taken from one: the log does not keep them.
    """

    seq: int
    partition: int
    offset: int
    time: int
    topic: Topic | None = None
    key: str = ""
    value: bytes = b""
    record: Record | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    produced: bool = False
    place: Sequence[str] = ()


@dataclass(slots=True)
class Progress:
    """How far the record at `seq` came.

    route    processors done with it
    outcome  the worst so far
    sweeps   index terms to reconsider, by route
    after    the key reconsidered last
    place    as in `Item`
    """

    seq: int = 0
    route: int = 0
    outcome: Outcome | None = None
    sweeps: dict[str, list[str]] = field(default_factory=dict)
    after: str = ""
    place: Sequence[str] = ()

    def begin(self, seq: int, place: Sequence[str]) -> None:
        """Stand before the first processor of the record at `seq`."""
        self.seq = seq
        self.place = place
        self.route = 0
        self.outcome = None
        self.after = ""
        if self.sweeps:
            self.sweeps = {}

    def ends_as(self, outcome: Outcome) -> None:
        """Note what one processor made of the record."""
        if self.outcome is None or _RANK[outcome] > _RANK[self.outcome]:
            self.outcome = outcome

    @classmethod
    def load(cls, text: str) -> Progress:
        """The inverse of `dump`."""
        loaded = cls(**json.loads(text))
        loaded.outcome = loaded.outcome and Outcome(loaded.outcome)
        return loaded

    def dump(self) -> str:
        """As text, for the store."""
        return json.dumps(asdict(self))


Route = tuple[Lane, bool]
"""A processor, and whether it reads the topic as a table."""


class Flow:
    """Carries records through `processors` and keeps everything that belongs to them in `store`.

    `along` are called before each commit: what they write commits with it. `appended` see every record that
    processors produced, in the order of the log; `complained` the message of every dead letter.
    """

    def __init__(self, store: Store, processors: Sequence[Processor], memory: int) -> None:
        self._store = store
        self._names = Names(store)
        self._log = Log(store, self._names)
        self._slots = Slots(store)
        self._letters = Letters(store)
        self._dispatch = Dispatch()
        self._table_topics = tuple(dict.fromkeys(topic for processor in processors for topic in processor.tables))
        self._tables = BroadcastTables(store, self._names, self._table_topics)
        share = memory // max(1, len(processors))
        self._lanes = [
            Lane(processor, store, self._names, self._slots, self._tables, share) for processor in processors
        ]
        self._processors = list(processors)
        self._routes = {topic.name: self._readers(topic) for topic in BY_NAME.values()}
        self.along: list[Callable[[], None]] = []
        self.appended: list[Callable[[int, Entry], None]] = []
        self.complained: Callable[[str], None] | None = None
        self.complaint: str | None = None  # the last message, also of what was a dead letter before
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self._load()

    def _readers(self, topic: Topic) -> list[Route]:
        return [
            (lane, topic in lane.processor.tables)
            for lane in self._lanes
            if topic in lane.processor.inputs or topic in lane.processor.tables
        ]

    def _load(self) -> None:
        self.time = int(self._store.setting("time") or 0)
        self._position = int(self._store.setting("position") or 0)
        self._progress = Progress.load(self._store.setting("progress") or "{}")
        self._queue: deque[Item] = deque()
        self._behind = self._log.end > self._position
        self._read_to = self._position
        self._uncounted: Counter[tuple[str, Outcome]] = Counter()
        self._steps = 0
        self.pending_bytes = 0

    def reload(self) -> None:
        """Forget everything that is not committed."""
        self._store.rollback()
        self._names.load()
        self._log.load()
        self._slots.load()
        self._letters.load()
        self._tables.load()
        for lane in self._lanes:
            lane.load()
        self.counts -= self._uncounted
        self._load()

    # What comes in

    def take(self, entry: Entry, body: bytes, time: int, place: Sequence[str] = ()) -> Outcome:
        """One record from outside, and all that follows from it. `time` is its append time, `place` as in `Item`."""
        self.time = time
        topic, key, value, record, headers = entry
        partition, offset = self._log.append(entry, time, produced=False)
        self.pending_bytes += len(value)
        item = Item(self._log.end, partition, offset, time, topic, key or "", value, record, body, headers or {})
        item.place = place
        outcome = self._finish(item)
        self.drain()
        return outcome

    def set_aside(self, original: Original, exception: str, message: str, processor: str | None = None) -> Outcome:
        """Bytes from outside that are no record: a dead letter, once per content."""
        outcome = self._set_aside(original, exception, message, processor)
        self._count(original.topic, outcome)
        self.drain()
        return outcome

    def tick(self, time: int) -> None:
        """Move the stream time of every partition to `time`, which is later than any before."""
        self.time = time
        self._finish(Item(self._log.append_tick(time), 0, 0, time))
        self.drain()

    def is_past(self, time: int) -> bool:
        """Whether no partition would move if the clock moved to `time`."""
        return time < self.time or all(at >= time for lane in self._lanes for at in lane.times)

    def drain(self) -> None:
        """Take what waits in the log until nothing does."""
        while True:
            while self._queue:
                self._finish(self._queue.popleft())
            if not self._behind:
                break
            self._catch_up()
        self._position = self._log.end

    def _catch_up(self) -> None:
        """Queue what the log holds after the last record that was queued."""
        self.commit()
        wanted = (row for row in read_log(self._store.read_now, self._read_to) if self._is_read(row))
        self._queue.extend(_item(row) for row in islice(wanted, QUEUE))
        self._behind = len(self._queue) == QUEUE
        self._read_to = self._queue[-1].seq if self._queue else self._log.end

    def _is_read(self, row: Row) -> bool:
        return row.logged is None or row.logged.topic is DEAD_LETTERS or bool(self._routes[row.logged.topic.name])

    def commit(self) -> None:
        """Begin to commit all that was done; it is on disk when `store.settle` returns, or the next commit begins."""
        for ride in self.along:
            ride()
        self._log.flush()
        for lane in self._lanes:
            lane.flush()
        self._tables.flush()
        self._letters.flush()
        self._flush_counts()
        begun = self._progress.seq > self._position
        self._store.write(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [
                ("time", str(self.time)),
                ("position", str(self._position)),
                ("progress", self._progress.dump() if begun else "{}"),
            ],
        )
        self._names.flush()
        self._store.commit()
        self._steps = 0
        self.pending_bytes = 0

    def _flush_counts(self) -> None:
        if self._uncounted:
            self._store.write(
                "INSERT INTO outcomes VALUES (?, ?, ?) "
                "ON CONFLICT (topic, outcome) DO UPDATE SET count = count + excluded.count",
                [(self._names[topic], outcome.value, n) for (topic, outcome), n in sorted(self._uncounted.items())],
            )
            self._uncounted.clear()

    def _count(self, topic: Topic | None, outcome: Outcome, number: int = 1) -> None:
        place = ("" if topic is None else topic.name, outcome)
        self.counts[place] += number
        self._uncounted[place] += number

    def count_again(self, number: int) -> None:
        """Count records that were taken in an earlier run and are not looked at again."""
        self._count(None, Outcome.DUPLICATE, number)

    # One record

    def _finish(self, item: Item) -> Outcome:
        topic = item.topic
        if topic is None:
            self._carry_tick(item)
            outcome = Outcome.APPLIED
        else:
            outcome = self._carry(item, topic)
            if not item.produced:
                self._count(topic, outcome)
        self._position = item.seq
        if self._dispatch.failures.defect:
            self.commit()
            self._store.settle()
            self._dispatch.failures.check()
        return outcome

    def _carry_tick(self, item: Item) -> None:
        for lane in self._lanes:
            for partition in range(self._store.partitions):
                if lane.move(partition, item.time):
                    self._wake(lane, partition, item.time)

    def _carry(self, item: Item, topic: Topic) -> Outcome:
        """Through every processor that reads it."""
        routes = self._marks(item) if topic is DEAD_LETTERS else self._routes[topic.name]
        if not routes:
            return Outcome.APPLIED
        progress = self._progress
        if progress.seq != item.seq:
            progress.begin(item.seq, item.place)
            if topic in self._table_topics:
                self._turn_table(item, topic, cast("Record", item.record), routes)
        while progress.route < len(routes):
            lane, is_table = routes[progress.route]
            if is_table:
                self._sweep(lane, item)
            else:
                if lane.move(item.partition, item.time):
                    self._wake(lane, item.partition, item.time)
                progress.ends_as(self._process(lane, item, topic))
            progress.route += 1
            progress.after = ""
        return progress.outcome or Outcome.APPLIED

    def _process(self, lane: Lane, item: Item, topic: Topic) -> Outcome:
        state = lane.state.get(item.key)
        headers = item.headers
        if topic is DEAD_LETTERS:
            topic = BY_NAME[headers[Header.TOPIC]]
        inbound = Inbound(topic, item.key, item.record, item.body, item.time, headers.get(Header.REPLAY_OF))
        result = self._dispatch.process(lane.processor, inbound, state.value, lane.tables, headers)
        name = lane.processor.name
        if isinstance(result, Failed):
            if item.record is None:
                return Outcome.DEAD_LETTER  # told of a dead letter, and failed again
            message = f"processor error: {name} raised {result.cause} on this record"
            return self._set_record_aside(item, result.cause, message, name)
        self._apply(lane, state, item.partition, item.time, result)
        outcome, reason = result.step.outcome, result.step.reason
        if outcome is Outcome.DEAD_LETTER and item.record is not None:
            return self._set_record_aside(item, REFUSED, reason or "refused", name)
        if outcome is Outcome.DUPLICATE and reason is not None:
            self.complaint = reason
        return outcome

    def _marks(self, item: Item) -> list[Route]:
        """Who is to be told of a dead letter."""
        topic = BY_NAME.get(item.headers.get(Header.TOPIC, ""))
        told = marked_by(item.headers, self._processors, topic) if item.key else []
        return [(lane, False) for lane in self._lanes if lane.processor in told]

    def _set_record_aside(self, item: Item, exception: str, message: str, processor: str) -> Outcome:
        """A record that a processor fails on or would not have. The complaint says where it came from, if known."""
        headers: dict[str, str] = {Header.PARTITION: str(item.partition), Header.OFFSET: str(item.offset)}
        headers |= passed_on(item.headers) or {}
        if self._progress.place:
            file, line = self._progress.place
            headers |= {Header.FILE: file, Header.LINE: line}
            message = f"{file}:{line}: {message}"
        return self._set_aside(Original(item.value, item.topic, item.key, headers), exception, message, processor)

    def _set_aside(self, original: Original, exception: str, message: str, processor: str | None) -> Outcome:
        self.complaint = message
        letter = dead_letter(original, exception, message, processor)
        return Outcome.DEAD_LETTER if self._add_letter(original, letter, message) else Outcome.DUPLICATE

    def _add_letter(self, original: Original, letter: Entry, message: str) -> bool:
        """Append a dead letter unless its content is one already; whether it was appended."""
        if not self._letters.add(original.id, self._log.end + 1):
            return False
        self._append(letter, self.time)
        if self.complained is not None:
            self.complained(message)
        return True

    def _wake(self, lane: Lane, partition: int, time: int) -> None:
        """Call every key of a partition whose time has come, in order of time and key."""
        while (state := lane.woken(partition)) is not None:
            if state.value is not None:
                self._step(lane, state, time, partial(lane.processor.wake, state.key, state.value, time), "wake")

    def _turn_table(self, item: Item, topic: Topic, record: Record, routes: Sequence[Route]) -> None:
        """Let a record of a table stand, and note what each processor must reconsider for it."""
        for number, (lane, is_table) in enumerate(routes):
            if is_table:
                old = lane.tables[topic.name].get(item.key)
                terms = self._dispatch.touched(lane.processor, topic, old, record)
                if isinstance(terms, Failed):
                    name = lane.processor.name
                    message = f"processor error: {name} raised {terms.cause} on this record of a table"
                    self._set_record_aside(item, terms.cause, message, name)
                    terms = []
                self._progress.sweeps[str(number)] = terms
        self._tables.put(topic, item.key, record, item.value)

    def _sweep(self, lane: Lane, item: Item) -> None:
        """Reconsider every key that stands under one of the terms, in the order of keys."""
        progress = self._progress
        terms = progress.sweeps[str(progress.route)]
        while terms and (key := lane.terms.next_key(terms, progress.after)) is not None:
            progress.after = key  # before the step, which may end in a commit
            state = lane.state.get(key)
            if state.value is not None:
                entry_point = partial(lane.processor.reconsider, key, state.value, lane.tables)
                self._step(lane, state, item.time, entry_point, "reconsider")

    def _step(self, lane: Lane, state: KeyState, time: int, entry_point: Callable[[], Step], name: str) -> None:
        """A step that no record brought; a commit is due after many of them."""
        result = self._dispatch.call(entry_point)
        if isinstance(result, Failed):
            message = f"processor error: {lane.processor.name} raised {result.cause} in {name}"
            original = Original(state.value or b"", None, state.key, {Header.ENTRY: name})
            self._set_aside(original, result.cause, message, lane.processor.name)
        else:
            self._apply(lane, state, partition_of(state.key, self._store.partitions), time, result)
        self._steps += 1
        if self._steps >= STEPS or self.pending_bytes >= PENDING_BYTES:
            self.commit()

    # What processors give back

    def _apply(self, lane: Lane, state: KeyState, partition: int, time: int, result: Applied) -> None:
        step, entries = result
        for entry in entries:
            self._append(entry, time)
        if step.set_aside:
            self._add_letters(lane, step)
        self.pending_bytes += len(step.state or b"")
        lane.keep(state, partition, step)

    def _add_letters(self, lane: Lane, step: Step) -> None:
        """What a step sets aside. It complains of no record at hand, so a replay that is under way goes on."""
        for original, letter in letters_of(step, lane.processor.name):
            if not self._add_letter(original, letter, (letter.headers or {})[Header.MESSAGE]):
                self._letters.wait_again(original.id)

    def _append(self, entry: Entry, time: int) -> None:
        topic, key, value, record, headers = entry
        partition, offset = self._log.append(entry, time, produced=True)
        seq = self._log.end
        self.pending_bytes += len(value)
        for listener in self.appended:
            listener(seq, entry)
        if self._behind or not (self._routes[topic.name] or topic is DEAD_LETTERS):
            return
        if len(self._queue) == QUEUE:
            self._behind = True
            self._read_to = self._queue[-1].seq
            return
        body = value if record is None else codec.unframe(value)[1]
        self._queue.append(
            Item(seq, partition, offset, time, topic, key or "", value, record, body, headers or {}, produced=True)
        )

    def step_again(self, processor: str, key: str, entry_point: str) -> None:
        """Call the entry point that failed, for a key as it is now."""
        lane = self._lane(processor)
        state = lane.state.get(key)
        if state.value is None:
            return  # forgotten meanwhile
        partition = partition_of(key, self._store.partitions)
        call = {
            "wake": partial(lane.processor.wake, key, state.value, max(self.time, lane.times[partition])),
            "reconsider": partial(lane.processor.reconsider, key, state.value, lane.tables),
        }
        self._step(lane, state, self.time, call[entry_point], entry_point)
        self.drain()

    def _lane(self, processor: str) -> Lane:
        found = [lane for lane in self._lanes if lane.processor.name == processor]
        if not found:
            raise Misuse(f"no processor {processor} runs here")
        return found[0]

    def replayed(self, letter: str) -> None:
        """Note that a dead letter had its second chance."""
        self._letters.flush()
        self._letters.replayed(letter, self.time)

    def state(self, processor: str, key: str) -> bytes | None:
        """What `processor` remembers of `key`, as of now."""
        return self._lane(processor).state.get(key).value


def _item(row: Row) -> Item:
    """A row of the log as it goes through the processors."""
    logged = row.logged
    if logged is None:
        return Item(row.seq, 0, 0, row.time)
    record, body = (None, logged.value) if logged.topic is DEAD_LETTERS else read_value(logged.value)
    return Item(
        row.seq,
        logged.partition,
        logged.offset,
        row.time,
        logged.topic,
        logged.key or "",
        logged.value,
        record,
        body,
        logged.headers,
        row.produced,
    )
