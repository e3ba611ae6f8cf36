"""The log of a store, as a back-test reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.backtest.replay import Item
from agents.dispatch import Header, marked_by, read_value
from streams.adjudication import Adjudication
from streams.topics import BY_NAME, DEAD_LETTERS, DENIALS, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.embedded import Reader
    from agents.engine import Logged
    from streams.rules import Rules
    from streams.topics import Topic

_TOPICS = (*FACT_TOPICS, DENIALS, DEAD_LETTERS)


class InStore:
    """A store that is only read; another process may write to it meanwhile."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self._reader = reader
        self._adjudication = Adjudication(rules)
        self.read = read_value

    def items(self) -> Iterator[Item]:
        """As the protocol says, up to what is committed when the end is reached."""
        for row in self._reader.log():
            logged = row.logged
            if logged is None or logged.topic not in _TOPICS or not logged.key:
                continue
            if logged.topic is not DEAD_LETTERS:
                replay_of = logged.headers.get(Header.REPLAY_OF)
                yield Item(logged.topic, logged.key, row.seq, logged.value, replay_of)
            elif (topic := self._held_by(logged)) is not None:
                yield Item(topic, logged.key, row.seq, logged.value, is_letter=True)

    def _held_by(self, letter: Logged) -> Topic | None:
        """The topic of facts that a dead letter was meant for, where adjudication was told of it."""
        topic = BY_NAME.get(letter.headers.get(Header.TOPIC, ""))
        return topic if marked_by(letter.headers, [self._adjudication], topic) else None
