"""Which keys of a processor stand under which index terms, so that a table's change finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.embedded.store import Store

_SELECT = "SELECT min(key) FROM terms WHERE processor = ? AND term = ? AND key > ?"
_INSERT = "INSERT OR IGNORE INTO terms VALUES (?, ?, ?)"
_DELETE = "DELETE FROM terms WHERE processor = ? AND term = ? AND key = ?"


class Terms:
    """The index of one processor. Changes are gathered and written with the batch, or when somebody looks."""

    def __init__(self, store: Store, processor: int) -> None:
        self._store = store
        self._processor = processor
        self.load()

    def load(self) -> None:
        """Forget what is in memory."""
        self._changes: dict[tuple[str, str], bool] = {}

    def change(self, key: str, old: frozenset[str], new: frozenset[str]) -> None:
        """Move `key` from under the terms `old` to `new`."""
        for term in old - new:
            self._changes[term, key] = False
        for term in new - old:
            self._changes[term, key] = True

    def next_key(self, terms: Iterable[str], after: str) -> str | None:
        """The first key after `after` that stands under one of `terms`."""
        self.flush()
        found = [
            key
            for term in terms
            for (key,) in self._store.read_now(_SELECT, (self._processor, term, after))
            if key is not None
        ]
        return min(found, default=None)

    def flush(self) -> None:
        """Write what changed."""
        if not self._changes:
            return
        stands = {True: [], False: []}  # type: dict[bool, list[tuple[int, str, str]]]
        for (term, key), standing in sorted(self._changes.items()):
            stands[standing].append((self._processor, term, key))
        self._store.write(_DELETE, stands[False])
        self._store.write(_INSERT, stands[True])
        self._changes = {}
