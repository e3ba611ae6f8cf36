"""The log of every topic: one append-only table in the order of processing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from agents.engine import Logged
from agents.partitioner import partition_of
from streams.topics import BY_NAME, INPUT_TOPICS, TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from agents.dispatch import Entry
    from agents.embedded.store import Store
    from streams.topics import Topic

    Read = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
    """`Store.read` or `Store.read_now`."""

_CHUNK = 100
"""Rows fetched at once: no statement stays open, so that a slow reader holds up no checkpoint."""

_INPUT = frozenset(topic.name for topic in INPUT_TOPICS)


class Row(NamedTuple):
    """One row of the log: a record, or a tick, which has no topic. `produced`: by a processor, not from outside."""

    seq: int
    time: int
    produced: bool
    logged: Logged | None


class Names:
    """Small numbers for the names of topics and processors, given as they come and kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Know what is committed and nothing else."""
        rows = self._store.read_now("SELECT id, name FROM names")
        self._ids: dict[str, int] = {name: number for number, name in rows}
        self._new: list[tuple[int, str]] = []

    def __getitem__(self, name: str) -> int:
        """The number of `name`."""
        number = self._ids.get(name)
        if number is None:
            number = self._ids[name] = len(self._ids) + 1
            self._new.append((number, name))
        return number

    def flush(self) -> None:
        """Write what is new."""
        if self._new:
            self._store.write("INSERT INTO names VALUES (?, ?)", self._new)
            self._new = []


class _Topic:
    """Where a topic stands: its number, whether it is looked up, the next offset of each partition."""

    __slots__ = ("has_moved", "listed", "next", "number")

    def __init__(self, number: int, partitions: int, *, listed: bool) -> None:
        self.number = number
        self.listed = listed
        self.next = [0] * partitions
        self.has_moved = False


class Log:
    """The writer's side: rows are numbered when appended and written with the batch."""

    def __init__(self, store: Store, names: Names) -> None:
        self._store = store
        self._topics = {
            topic.name: _Topic(names[topic.name], store.partitions, listed=topic not in INPUT_TOPICS)
            for topic in TOPICS
        }
        self.load()

    def load(self) -> None:
        """Stand at the end of what is committed."""
        self.end: int = self._store.read_now("SELECT coalesce(max(seq), 0) FROM log")[0][0]
        self._rows: list[tuple[Any, ...]] = []
        by_number = {topic.number: topic for topic in self._topics.values()}
        for topic in by_number.values():
            topic.next = [0] * self._store.partitions
        for number, partition, following in self._store.read_now('SELECT topic, "partition", next FROM offsets'):
            by_number[number].next[partition] = following

    def append(self, entry: Entry, time: int, *, produced: bool) -> tuple[int, int]:
        """Add a record at `end`; its partition, and its offset there."""
        topic = self._topics[entry.topic.name]
        key, headers = entry.key, entry.headers
        partition = 0 if key is None else partition_of(key, len(topic.next))
        offset = topic.next[partition]
        topic.next[partition] = offset + 1
        topic.has_moved = True
        self.end += 1
        packed = json.dumps(headers) if headers else None
        self._rows.append(
            (self.end, topic.number, partition, offset, produced, topic.listed, time, key, entry.value, packed)
        )
        return partition, offset

    def append_tick(self, time: int) -> int:
        """Note that the clock of every partition was moved, so that a replay moves it too; its place in the log."""
        self.end += 1
        self._rows.append((self.end, None, None, None, False, False, time, None, None, None))
        return self.end

    def flush(self) -> None:
        """Write what was appended."""
        if not self._rows:
            return
        self._store.write("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows)
        self._rows = []
        moved = [topic for topic in self._topics.values() if topic.has_moved]
        self._store.write(
            "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)",
            [(topic.number, partition, following) for topic in moved for partition, following in enumerate(topic.next)],
        )
        for topic in moved:
            topic.has_moved = False


# The statements are put together from constants only.
COLUMNS = 'log.seq, log.time, log.produced, names.name, log."partition", log."offset", log.key, log.value, log.headers'
"""What `row_of` takes."""

_ALL = f"""
    SELECT {COLUMNS} FROM log LEFT JOIN names ON names.id = log.topic
    WHERE log.seq > ? ORDER BY log.seq LIMIT ?
"""  # noqa: S608 - see COLUMNS
_TOPIC = f"""
    SELECT {COLUMNS} FROM log JOIN names ON names.id = log.topic
    WHERE log.seq > ? AND names.name = ? AND (? IS NULL OR log.key = ?) ORDER BY log.seq LIMIT ?
"""  # noqa: S608 - see COLUMNS
_LISTED_TOPIC = f"""
    SELECT {COLUMNS} FROM log INDEXED BY listed_by_topic JOIN names ON names.id = log.topic
    WHERE log.seq > ? AND log.listed AND log.topic = (SELECT id FROM names WHERE name = ?)
    ORDER BY log.seq LIMIT ?
"""  # noqa: S608 - see COLUMNS
_LISTED_KEY = f"""
    SELECT {COLUMNS} FROM log INDEXED BY listed_by_key JOIN names ON names.id = log.topic
    WHERE log.seq > ? AND log.listed AND log.key = ? AND names.name = ? ORDER BY log.seq LIMIT ?
"""  # noqa: S608 - see COLUMNS


def read_log(read: Read, after: int = 0) -> Iterator[Row]:
    """All topics and ticks, in the order of processing."""
    return _rows(read, _ALL, (), after)


def read_topic(read: Read, topic: Topic, key: str | None = None, after: int = 0) -> Iterator[Row]:
    """One topic, or what it has for one key: fast for the topics that processors write, else by reading everything."""
    if topic.name in _INPUT:
        return _rows(read, _TOPIC, (topic.name, key, key), after)
    if key is None:
        return _rows(read, _LISTED_TOPIC, (topic.name,), after)
    return _rows(read, _LISTED_KEY, (key, topic.name), after)


def _rows(read: Read, sql: str, parameters: Sequence[Any], after: int) -> Iterator[Row]:
    while True:
        chunk = read(sql, (after, *parameters, _CHUNK))
        yield from map(row_of, chunk)
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]


def row_of(columns: Sequence[Any]) -> Row:
    """A row from what was selected."""
    seq, time, produced, name, partition, offset, key, value, headers = columns
    if name is None:
        return Row(seq, time, produced=False, logged=None)
    unpacked = json.loads(headers) if headers else {}
    return Row(seq, time, bool(produced), Logged(BY_NAME[name], partition, offset, key, time, value, unpacked))
