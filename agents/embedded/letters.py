"""Which dead letters there are: each content once, and whether it had its second chance."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from agents.dispatch import Header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.embedded.store import Store


class Letters:
    """The writer's side of the table of dead letters."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.load()

    def load(self) -> None:
        """Forget what is not committed."""
        self._added: dict[str, int] = {}
        self._committing: dict[str, int] = {}

    def add(self, letter: str, seq: int) -> bool:
        """Note the dead letter with this id at this place of the log; False if its content was there before."""
        if letter in self._added or letter in self._committing:
            return False
        if self._store.read("SELECT 1 FROM dead_letters WHERE id = ?", (letter,)):
            return False
        self._added[letter] = seq
        return True

    def replayed(self, letter: str, time: int) -> None:
        """Note that a dead letter was read in the end."""
        self._store.write("UPDATE dead_letters SET replayed_at = ? WHERE id = ?", [(time, letter)])

    def wait_again(self, letter: str) -> None:
        """Note that a dead letter that was read in the end came to nothing, so that it is offered for replay again."""
        self._store.write("UPDATE dead_letters SET replayed_at = NULL WHERE id = ?", [(letter,)])

    def flush(self) -> None:
        """Write what was added. It stays in memory until the next time, when the store's reader shows it."""
        if self._added:
            self._store.write("INSERT INTO dead_letters VALUES (?, ?, NULL)", sorted(self._added.items()))
        self._committing, self._added = self._added, {}


def letter_id(value: bytes, headers: Mapping[str, str]) -> str:
    """The id of a dead letter: SHA-256 of its original bytes, in hexadecimal."""
    return headers.get(Header.SHA256) or hashlib.sha256(value).hexdigest()
