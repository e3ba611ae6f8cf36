"""The encounters of the last few thousand steps, parsed: most facts of an encounter come soon after one another.

It is a memo and nothing else. An entry counts only for the very bytes it was parsed from, so after a rollback, a
restart or a move to another worker the bytes speak, and what comes out of a step never depends on what is kept here.
"""

from __future__ import annotations

from streams.encounter_state import EncounterState

GENERATION = 8192
"""Encounters per generation; two are kept. Each weighs about 11 kB while its facts are decoded, 180 MB in all: enough
for the days in which most facts of an encounter come. One that comes later costs the decoding of all before it."""


class WorkingSet:
    """Parsed states by key. What is taken is out until it is given back, so a step that fails leaves nothing behind."""

    def __init__(self) -> None:
        self._young: dict[str, tuple[bytes, EncounterState]] = {}
        self._old: dict[str, tuple[bytes, EncounterState]] = {}

    def take(self, key: str, state: bytes | None) -> EncounterState:
        """The parsed `state` of `key`."""
        entry = self._young.pop(key, None) or self._old.pop(key, None)
        if entry is not None and entry[0] == state:
            return entry[1]
        return EncounterState.load(state)

    def give_back(self, key: str, state: bytes, encounter: EncounterState) -> None:
        """Keep `encounter`, which `state` holds. The generation before the last is dropped whole."""
        encounter.dirty = False
        self._young[key] = state, encounter
        if len(self._young) >= GENERATION:
            self._young, self._old = {}, self._young
