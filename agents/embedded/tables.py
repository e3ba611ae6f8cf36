"""Broadcast tables: the latest record per key of a topic, whole in memory and kept in the store."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from schemas import registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.embedded.log import Names
    from agents.embedded.store import Store
    from schemas.record import Record
    from streams.processor import Table
    from streams.topics import Topic


class BroadcastTables:
    """The tables that any processor reads. Keys keep the order in which they first came, also over a restart."""

    def __init__(self, store: Store, names: Names, topics: Iterable[Topic]) -> None:
        self._store = store
        self._ids = {topic.name: names[topic.name] for topic in topics}
        self._tables: dict[str, dict[str, Record]] = {name: {} for name in self._ids}
        self.load()

    def load(self) -> None:
        """Hold what is committed. Views stay valid."""
        for name, number in self._ids.items():
            rows = self._store.read_now("SELECT key, value FROM tables WHERE topic = ? ORDER BY rowid", (number,))
            self._tables[name].clear()
            self._tables[name].update((key, registry.read(value)) for key, value in rows)
        self._changed: dict[tuple[int, str], bytes] = {}

    def view(self, topic: Topic) -> Table:
        """The table, as it is at any time."""
        return MappingProxyType(self._tables[topic.name])

    def put(self, topic: Topic, key: str, record: Record, value: bytes) -> None:
        """Let `record` stand under `key`."""
        self._tables[topic.name][key] = record
        self._changed[self._ids[topic.name], key] = value

    def flush(self) -> None:
        """Write what changed."""
        if self._changed:
            self._store.write(
                "INSERT INTO tables VALUES (?, ?, ?) ON CONFLICT (topic, key) DO UPDATE SET value = excluded.value",
                [(*place, value) for place, value in self._changed.items()],
            )
            self._changed = {}
