"""What a processor remembers: one row per key, on disk, with those in use kept in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.embedded.store import Store

_ROW_BYTES = 400
"""What a row costs in memory beside its value: key, objects, places in dictionaries."""

_SELECT = "SELECT slot, wake_at, armed, terms, value FROM state WHERE processor = ? AND key = ?"
_INSERT = "INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)"
_UPDATE = "UPDATE state SET wake_at = ?, armed = ?, terms = ?, value = ? WHERE slot = ?"
_NONE: frozenset[str] = frozenset()


class KeyState:
    """One key. `value` is None while nothing is remembered.

    slot     row in the store, 0 until it has one
    wake_at  when the key asked to be woken
    armed    the time of its entry among the wakes: wake_at or earlier, so that putting a wake off costs nothing
    """

    __slots__ = ("armed", "key", "slot", "terms", "value", "wake_at")

    def __init__(self, key: str) -> None:
        self.key = key
        self.slot = 0
        self.value: bytes | None = None
        self.wake_at: int | None = None
        self.armed: int | None = None
        self.terms = _NONE


class Slots:
    """Counts the rows of state, over all processors."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Stand where the store stands."""
        self.last: int = self._store.read_now("SELECT coalesce(max(slot), 0) FROM state")[0][0]

    def next(self) -> int:
        """A slot never used."""
        self.last += 1
        return self.last


class State:
    """The states of one processor.

    Memory holds two generations. When the young one is full at a commit it becomes the old one and the old one is let
    go; what is used again moves to the young. So what was changed since the commit before the last is always in
    memory, which is what the store's reader cannot show while that commit is on its way.
    """

    def __init__(self, store: Store, processor: int, slots: Slots, memory: int) -> None:
        self._store = store
        self._processor = processor
        self._slots = slots
        self._memory = memory // 2
        self.load()

    def load(self) -> None:
        """Forget what is in memory."""
        self._young: dict[str, KeyState] = {}
        self._old: dict[str, KeyState] = {}
        self._young_bytes = 0
        self._changed: dict[str, KeyState] = {}

    def get(self, key: str) -> KeyState:
        """What is remembered of `key`."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None) or self._fetch(key)
            self._young[key] = found
            self._young_bytes += len(found.value or b"") + _ROW_BYTES
        return found

    def _fetch(self, key: str) -> KeyState:
        found = KeyState(key)
        for slot, wake_at, armed, terms, value in self._store.read(_SELECT, (self._processor, key)):
            found.slot, found.wake_at, found.armed, found.value = slot, wake_at, armed, value
            found.terms = frozenset(json.loads(terms)) if terms else _NONE
        return found

    def changed(self, state: KeyState) -> None:
        """Write `state` with the batch."""
        self._changed[state.key] = state
        size = len(state.value or b"")
        self._young_bytes += size  # counts what was changed more than once: memory is bounded, if not exactly used

    def flush(self) -> None:
        """Write what changed."""
        fresh: list[tuple[Any, ...]] = []
        known: list[tuple[Any, ...]] = []
        gone: list[tuple[int]] = []
        for state in self._changed.values():
            if state.value is None:
                if state.slot:
                    gone.append((state.slot,))
                    state.slot = 0
                continue
            terms = json.dumps(sorted(state.terms)) if state.terms else None
            if state.slot:
                known.append((state.wake_at, state.armed, terms, state.value, state.slot))
            else:
                state.slot = self._slots.next()
                fresh.append((state.slot, self._processor, state.key, state.wake_at, state.armed, terms, state.value))
        if gone:
            self._store.write("DELETE FROM state WHERE slot = ?", gone)
        if known:
            known.sort(key=lambda row: row[-1])  # pages in their order
            self._store.write(_UPDATE, known)
        if fresh:
            self._store.write(_INSERT, fresh)
        self._changed = {}
        if self._young_bytes > self._memory:
            self._old, self._young, self._young_bytes = self._young, {}, 0
