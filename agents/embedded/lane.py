"""One processor with all that the store keeps for it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from agents.embedded.state import State
from agents.embedded.terms import Terms
from agents.embedded.wakes import Wakes

if TYPE_CHECKING:
    from agents.embedded.log import Names
    from agents.embedded.state import KeyState, Slots
    from agents.embedded.store import Store
    from agents.embedded.tables import BroadcastTables
    from streams.processor import Processor, Step, Tables


class Lane:
    """A processor, its states, wakes and index terms, and its stream time in each partition."""

    def __init__(
        self,
        processor: Processor,
        store: Store,
        names: Names,
        slots: Slots,
        tables: BroadcastTables,
        memory: int,
    ) -> None:
        self.processor = processor
        self._store = store
        self._id = names[f"processor {processor.name}"]
        self.state = State(store, self._id, slots, memory)
        self.terms = Terms(store, self._id)
        self.wakes = [Wakes(store, self._id, partition) for partition in range(store.partitions)]
        self.tables: Tables = MappingProxyType({topic.name: tables.view(topic) for topic in processor.tables})
        self._load_times()

    def _load_times(self) -> None:
        self.times = [0] * self._store.partitions
        rows = self._store.read_now('SELECT "partition", time FROM stream_times WHERE processor = ?', (self._id,))
        for partition, time in rows:
            self.times[partition] = time
        self._moved: set[int] = set()

    def load(self) -> None:
        """Forget what is not committed."""
        self.state.load()
        self.terms.load()
        for wakes in self.wakes:
            wakes.load()
        self._load_times()

    def move(self, partition: int, time: int) -> bool:
        """Let stream time reach `time`; whether a wake may be due."""
        if time > self.times[partition]:
            self.times[partition] = time
            self._moved.add(partition)
        return self.wakes[partition].due <= self.times[partition]

    def woken(self, partition: int) -> KeyState | None:
        """The next key whose wake is due, which asks for none from now on; None if there is none."""
        wakes = self.wakes[partition]
        while (entry := wakes.pop(self.times[partition])) is not None:
            due, key = entry
            state = self.state.get(key)
            if state.armed != due:
                continue  # forgotten, or armed for another time since
            wake_at, state.armed = state.wake_at, None
            self.state.changed(state)
            if wake_at == due:
                state.wake_at = None
                return state
            if wake_at is not None:  # put off
                self._arm(state, partition, wake_at)
        return None

    def keep(self, state: KeyState, partition: int, step: Step) -> None:
        """Let a key be as `step` decided."""
        if step.state is None:
            self._forget(state, partition)
            return
        wake_at = step.wake_at
        if wake_at is not None:
            wake_at = max(wake_at, self.times[partition] + 1)  # a time that has passed comes next, but never at once
        same_terms = step.terms == state.terms
        if same_terms and wake_at == state.wake_at and step.state == state.value:
            return
        if not same_terms:
            self.terms.change(state.key, state.terms, step.terms)
            state.terms = step.terms
        if wake_at is not None and (state.armed is None or wake_at < state.armed):
            self._arm(state, partition, wake_at)
        state.wake_at = wake_at
        state.value = step.state
        self.state.changed(state)

    def _arm(self, state: KeyState, partition: int, time: int) -> None:
        if state.armed is not None:
            self.wakes[partition].disarm(state.armed, state.key)
        self.wakes[partition].arm(time, state.key)
        state.armed = time

    def _forget(self, state: KeyState, partition: int) -> None:
        if state.value is None:
            return
        if state.armed is not None:
            self.wakes[partition].disarm(state.armed, state.key)
        if state.terms:
            self.terms.change(state.key, state.terms, frozenset())
        state.value = state.wake_at = state.armed = None
        state.terms = frozenset()
        self.state.changed(state)

    def flush(self) -> None:
        """Write what changed."""
        self.state.flush()
        self.terms.flush()
        for wakes in self.wakes:
            wakes.flush()
        if self._moved:
            self._store.write(
                "INSERT INTO stream_times VALUES (?, ?, ?) "
                'ON CONFLICT (processor, "partition") DO UPDATE SET time = excluded.time',
                [(self._id, partition, self.times[partition]) for partition in sorted(self._moved)],
            )
            self._moved = set()
