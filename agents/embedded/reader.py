"""Reading a store: what commands show, also while another process writes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agents.embedded.log import COLUMNS, read_log, read_topic, row_of
from agents.embedded.store import check, connect, translated
from schemas import registry
from schemas.errors import Misuse
from streams.processor import Outcome
from streams.topics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agents.embedded.log import Read, Row
    from agents.engine import Logged
    from schemas.record import Record
    from streams.topics import Topic

_LETTERS = f"""
    SELECT {COLUMNS}, dead_letters.id, dead_letters.replayed_at
    FROM dead_letters JOIN log ON log.seq = dead_letters.seq JOIN names ON names.id = log.topic
"""  # noqa: S608 - of constants only
SHORTEST_ID = 4
"""Fewer characters of an id are a slip of the hand."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be taken. `id` is the original's SHA-256, `replayed_at` stream time (ms) of its second chance."""

    id: str
    logged: Logged
    replayed_at: int | None


class Reader:
    """The log, the states and the counts of a store, as of its last commit."""

    def __init__(self, read: Read, name: str) -> None:
        self._read = read
        self._name = name

    def log(self) -> Iterator[Row]:
        """Everything in the order of processing, ticks included: what a back-test runs again."""
        return read_log(self._read)

    def records(self, topic: Topic, key: str | None = None) -> Iterator[Logged]:
        """A topic in the order of the log, all of it or one key's."""
        for row in read_topic(self._read, topic, key):
            if row.logged is not None:
                yield row.logged

    def state(self, processor: str, key: str) -> bytes | None:
        """What a processor remembers of a key; None if nothing."""
        rows = self._read(
            "SELECT value FROM state WHERE processor = (SELECT id FROM names WHERE name = ?) AND key = ?",
            (f"processor {processor}", key),
        )
        return rows[0][0] if rows else None

    def keys(self, processor: str) -> int:
        """How many keys a processor remembers."""
        sql = "SELECT count(*) FROM state WHERE processor = (SELECT id FROM names WHERE name = ?)"
        number: int = self._read(sql, (f"processor {processor}",))[0][0]
        return number

    def table(self, topic: Topic) -> dict[str, Record]:
        """The latest record per key of a broadcast topic that some processor reads."""
        sql = "SELECT key, value FROM tables WHERE topic = (SELECT id FROM names WHERE name = ?) ORDER BY rowid"
        return {key: registry.read(value) for key, value in self._read(sql, (topic.name,))}

    def outcomes(self) -> dict[Outcome, int]:
        """How many input records ended as what, over all runs."""
        found: dict[str, int] = dict(self._read("SELECT outcome, sum(count) FROM outcomes GROUP BY outcome", ()))
        return {outcome: found.get(outcome.value, 0) for outcome in Outcome}

    def outcomes_by_topic(self) -> dict[tuple[str, Outcome], int]:
        """The same by topic; lines whose topic is not known, or that were skipped as known, stand under ""."""
        rows = self._read("SELECT name, outcome, count FROM outcomes JOIN names ON names.id = topic", ())
        return {(name, Outcome(outcome)): count for name, outcome, count in rows}

    def counts(self) -> dict[str, int]:
        """Records in each topic of the catalogue."""
        sql = "SELECT name, sum(next) FROM offsets JOIN names ON names.id = topic GROUP BY name"
        found: dict[str, int] = dict(self._read(sql, ()))
        return {name: found.get(name, 0) for name in BY_NAME}

    def time(self) -> int:
        """The latest append time, in milliseconds since 1970; 0 in an empty store."""
        rows = self._read("SELECT value FROM settings WHERE name = 'time'", ())
        return int(rows[0][0]) if rows else 0

    def dead_letters(self) -> Iterator[DeadLetter]:
        """All of them, in the order in which they came."""
        after = 0
        while rows := self._read(f"{_LETTERS} WHERE log.seq > ? ORDER BY log.seq LIMIT 100", (after,)):
            for row in rows:
                yield _dead_letter(row)
            after = rows[-1][0]

    def waiting_dead_letters(self) -> int:
        """How many had no second chance yet."""
        number: int = self._read("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL", ())[0][0]
        return number

    def dead_letter(self, prefix: str) -> DeadLetter:
        """The one whose id begins so. Raises `Misuse` if there is none, or several."""
        if len(prefix) < SHORTEST_ID or not all(character in "0123456789abcdef" for character in prefix):
            raise Misuse(f"dead letter {prefix!r}: expected {SHORTEST_ID} or more characters of the id that list shows")
        rows = self._read(f"{_LETTERS} WHERE dead_letters.id BETWEEN ? AND ? LIMIT 2", (prefix, f"{prefix}g"))
        if not rows:
            raise Misuse(f"{self._name}: no dead letter {prefix}; list shows those that there are")
        if len(rows) > 1:
            raise Misuse(f"{self._name}: several dead letters begin with {prefix}; give more of the id")
        return _dead_letter(rows[0])


def _dead_letter(columns: tuple[Any, ...]) -> DeadLetter:
    *columns_of_log, letter, replayed_at = columns
    return DeadLetter(letter, cast("Logged", row_of(columns_of_log).logged), replayed_at)


@contextmanager
def open_reader(path: Path | str) -> Iterator[Reader]:
    """A store to read, while another process may write. Raises `Misuse` where there is none."""
    name = str(path)
    if not Path(name).is_file():
        raise Misuse(f"{name}: no store there; cleanclaim run makes one")
    connection = connect(os.path.realpath(name), writable=False)
    try:
        check(connection, name)

        def read(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
            with translated(name):
                return connection.execute(sql, parameters).fetchall()

        yield Reader(read, name)
    finally:
        connection.close()
