"""All that a worker remembers of one partition of a processor, and the way back to before a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, nsmallest
from typing import TYPE_CHECKING

from agents.kafka.kept import asleep, pack, packed_terms, state_of, terms_of, wake_of
from schemas.record import DAY
from streams.topics import DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from streams.processor import Step

# No UTF-8 text begins with these bytes, so no state key can meet them.
_BOOKMARK = b"\xfe"
_LETTER = b"\xff"

_LETTER_LIFE = (DEAD_LETTERS.retention_days or 30) * DAY
"""A dead letter is remembered as long as its topic keeps it."""


def is_state_key(raw: bytes) -> bool:
    """Whether what stands in the changelog under this key is the processor's, and no bookmark or dead letter."""
    return raw[:1] not in (_BOOKMARK, _LETTER)


@dataclass(slots=True)
class Sweep:
    """Keys under `terms` that are to be reconsidered, in the order of keys, from behind `after`."""

    terms: tuple[str, ...]
    after: str = ""


@dataclass(slots=True)
class Bookmark:
    """How far this partition went along with the tables.

    tables  topic -> next offset in each of its partitions; empty before the first
    sweeps  what is still to be reconsidered for the changes up to there
    """

    tables: dict[str, list[int]] = field(default_factory=dict)
    sweeps: list[Sweep] = field(default_factory=list)

    def dump(self) -> bytes:
        """As the changelog keeps it."""
        sweeps = [[sweep.terms, sweep.after] for sweep in self.sweeps]
        return json.dumps({"tables": self.tables, "sweeps": sweeps}).encode()

    @classmethod
    def load(cls, dumped: bytes | None) -> Bookmark:
        """The inverse of `dump`."""
        if dumped is None:
            return cls()
        values = json.loads(dumped)
        return cls(values["tables"], [Sweep(tuple(terms), after) for terms, after in values["sweeps"]])


class Shard:
    """One partition: state by key, who is to be woken when, who stands under which term, which dead letters there were.

    `begin`, then any number of steps, then `changes` and `committed`, or `aborted`: as before `begin`.
    """

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.time = 0
        self.position = 0  # of the changelog, for a shard that is kept while another worker may own it
        self.bookmark = Bookmark()
        self._values: dict[str, bytes] = {}
        self._letters: dict[bytes, int] = {}
        self._wakes: list[tuple[int, str]] = []
        self._keys: dict[str, set[str]] = {}
        self._before: dict[str, bytes | None] = {}
        self._letters_before: dict[bytes, int | None] = {}
        self._bookmark_before = self.bookmark.dump()
        self._bookmark_written = self._bookmark_before
        self._time_before = 0

    def __len__(self) -> int:
        return len(self._values)

    @property
    def size(self) -> int:
        """Bytes that are kept for the keys. May be asked from any thread."""
        return sum(map(len, list(self._values.values())))

    def states(self) -> list[tuple[str, bytes]]:
        """The state of every key. May be asked from any thread."""
        return [(key, state_of(kept)) for key, kept in list(self._values.items())]

    def state(self, key: str) -> bytes | None:
        """The processor's state of a key."""
        kept = self._values.get(key)
        return None if kept is None else state_of(kept)

    # Restoring

    def load(self, changes: Mapping[bytes, bytes | None], time: int) -> None:
        """Take the last values of a changelog, read up to stream time `time`."""
        for raw, value in changes.items():
            if raw == _BOOKMARK:
                self.bookmark = Bookmark.load(value)
                self._bookmark_written = self.bookmark.dump()
            elif raw[:1] == _LETTER:
                if value is not None:
                    self._letters[raw[1:]] = int.from_bytes(value, "big")
                else:
                    self._letters.pop(raw[1:], None)
            elif value is not None:
                self._values[raw.decode()] = value
            else:
                self._values.pop(raw.decode(), None)
        self.time = max(self.time, time)
        self._wakes = [(at, key) for key, kept in self._values.items() if (at := wake_of(kept)) is not None]
        heapify(self._wakes)
        self._keys = {}
        for key, kept in self._values.items():
            for term in terms_of(packed_terms(kept)):
                self._keys.setdefault(term, set()).add(key)

    # One batch

    def begin(self) -> None:
        """From here `aborted` leads back to."""
        self._time_before = self.time
        self._bookmark_before = self.bookmark.dump()

    def move(self, time: int) -> bool:
        """Let stream time reach `time`; whether a wake may be due."""
        self.time = max(self.time, time)
        return bool(self._wakes) and self._wakes[0][0] <= self.time

    @property
    def due(self) -> int | None:
        """No wake comes before this time."""
        return self._wakes[0][0] if self._wakes else None

    def woken(self) -> str | None:
        """The next key whose wake is due, which asks for none from now on; None if there is none.

        An entry stands at the earliest time that its key asked for: putting a wake off costs nothing until it comes.
        """
        while self._wakes and self._wakes[0][0] <= self.time:
            entry_at, key = heappop(self._wakes)
            kept = self._values.get(key)
            wake_at = wake_of(kept)
            if kept is None or wake_at is None:
                continue
            if wake_at > entry_at:
                heappush(self._wakes, (wake_at, key))
                continue
            self._put(key, kept, asleep(kept))
            return key
        return None

    def keep(self, key: str, step: Step) -> None:
        """Let a key be as `step` decided."""
        old = self._values.get(key)
        if step.state is None:
            if old is not None:
                self._put(key, old, None)
            return
        wake_at = step.wake_at
        if wake_at is not None and wake_at <= self.time:
            wake_at = self.time + 1  # a time that has passed comes next, but never at once
        new = pack(step.state, wake_at, step.terms)
        if new != old:
            self._put(key, old, new)

    def _put(self, key: str, old: bytes | None, new: bytes | None) -> None:
        self._before.setdefault(key, old)
        self._turn(key, old, new)

    def _turn(self, key: str, old: bytes | None, new: bytes | None) -> None:
        """Replace the value of a key, in every index."""
        had, has = packed_terms(old), packed_terms(new)
        if had != has:
            for term in terms_of(had):
                keys = self._keys[term]
                keys.discard(key)
                if not keys:
                    del self._keys[term]
            for term in terms_of(has):
                self._keys.setdefault(term, set()).add(key)
        if new is None:
            self._values.pop(key, None)
            return
        self._values[key] = new
        before, at = wake_of(old), wake_of(new)
        if at is not None and (before is None or at < before):
            heappush(self._wakes, (at, key))

    def add_letter(self, digest: str) -> bool:
        """Note a dead letter by the SHA-256 of its content; False if it was there before. Old ones are let go."""
        letter = bytes.fromhex(digest)
        if letter in self._letters:
            return False
        for old in self._old_letters():
            self._letters_before.setdefault(old, self._letters.pop(old))
        self._letters_before.setdefault(letter, None)
        self._letters[letter] = self.time
        return True

    def _old_letters(self) -> list[bytes]:
        old = []
        for letter, time in self._letters.items():  # in the order of their times
            if time > self.time - _LETTER_LIFE:
                break
            old.append(letter)
        return old

    def under(self, sweep: Sweep, number: int) -> list[str]:
        """The next keys of a sweep, in order."""
        keys = {key for term in sweep.terms for key in self._keys.get(term, ()) if key > sweep.after}
        return nsmallest(number, keys)

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """What the changelog must hold of this batch: the last value of each key that changed, None to forget it."""
        for key in self._before:
            yield key.encode(), self._values.get(key)
        for letter in self._letters_before:
            time = self._letters.get(letter)
            yield _LETTER + letter, None if time is None else time.to_bytes(8, "big")
        bookmark = self.bookmark.dump()
        if bookmark != self._bookmark_written:
            yield _BOOKMARK, bookmark

    def committed(self) -> None:
        """The batch is in the log."""
        self._before.clear()
        self._letters_before.clear()
        self._bookmark_written = self.bookmark.dump()

    def aborted(self) -> None:
        """Be as before the batch."""
        for key, old in self._before.items():
            self._turn(key, self._values.get(key), old)
            at = wake_of(old)
            if at is not None:
                heappush(self._wakes, (at, key))  # its entry may have been taken out; a second one does no harm
        for letter, time in self._letters_before.items():
            if time is None:
                self._letters.pop(letter, None)
            else:
                self._letters[letter] = time
        self._before.clear()
        self._letters_before.clear()
        self.bookmark = Bookmark.load(self._bookmark_before)
        self.time = self._time_before

    # Tables

    def follow(self, table: str, positions: Iterable[int], sweeps: Iterable[Sweep] = ()) -> None:
        """Note that `table` was read up to `positions`, and what its changes ask for."""
        self.bookmark.tables[table] = list(positions)
        self.bookmark.sweeps += sweeps
