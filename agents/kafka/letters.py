"""The dead letters on a cluster: each content once, in the order of its append time, and which had a second chance.

That a letter was replayed stands on the same topic: an empty record whose header names the letter, committed with the
record that replaces it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.dispatch import Header
from agents.embedded.letters import letter_id
from agents.embedded.reader import SHORTEST_ID, DeadLetter
from agents.engine import Logged
from agents.kafka.access import LETTERS_GROUP
from agents.kafka.committed import read_committed
from schemas.errors import Misuse
from streams.topics import DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message


def read_letters(
    connection: Mapping[str, str | int], namespace: str = "", keep: Callable[[str], bool] = lambda _: True
) -> dict[str, DeadLetter]:
    """All dead letters, by id, oldest first. Bodies are empty but of those whose id `keep` takes: they may be large.

    Raises `Misuse` where the cluster refuses, `Unavailable` where it does not answer.
    """
    letters: dict[str, DeadLetter] = {}
    replayed: dict[str, int] = {}
    latest: dict[str, int] = {}  # a record that waited in vain once more after its replay is a dead letter again
    for _, message in read_committed(connection, namespace, [DEAD_LETTERS], LETTERS_GROUP):
        headers = _headers(message)
        time = message.timestamp()[1]
        if Header.REPLAY_OF in headers:
            letter = headers[Header.REPLAY_OF]
            replayed[letter] = max(time, replayed.get(letter, time))
            continue
        value = message.value() or b""
        found = letter_id(value, headers)
        latest[found] = max(time, latest.get(found, time))
        if found not in letters or time < letters[found].logged.time:
            key = message.key()
            logged = Logged(
                DEAD_LETTERS,
                message.partition() or 0,
                message.offset() or 0,
                None if key is None else _text(key),
                time,
                value if keep(found) else b"",
                headers,
            )
            letters[found] = DeadLetter(found, logged, None)
    listed = [
        replace(letter, replayed_at=replayed[letter.id] if replayed.get(letter.id, -1) >= latest[letter.id] else None)
        for letter in letters.values()
    ]
    return {letter.id: letter for letter in sorted(listed, key=lambda letter: (letter.logged.time, letter.id))}


def find_letter(letters: Mapping[str, DeadLetter], prefix: str) -> DeadLetter:
    """The one whose id begins so. Raises `Misuse` if there is none, or several."""
    found = [letter for name, letter in letters.items() if name.startswith(prefix)]
    if len(prefix) < SHORTEST_ID or not found:
        raise Misuse(f"no dead letter {prefix}; list shows those that there are, {SHORTEST_ID} characters of an id do")
    if len(found) > 1:
        raise Misuse(f"several dead letters begin with {prefix}; give more of the id")
    return found[0]


def _headers(message: Message) -> dict[str, str]:
    """By name; what is no text is made some."""
    return {name: _text(value) for name, value in dict(message.headers() or ()).items()}


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
