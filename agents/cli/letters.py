"""Where dead letters lie, for the commands about them: in a store, or on Kafka."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click
from click.core import ParameterSource

from agents.cli.store import open_engine, require_store
from agents.dispatch import read_value
from agents.embedded import Options, open_reader
from agents.kafka.connection import librdkafka, schema_registry
from agents.kafka.letters import find_letter, read_letters
from agents.kafka.replay import Replayer
from agents.settings import load_rules, load_settings
from schemas.errors import Misuse, Unreadable
from streams.processor import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from agents.embedded import DeadLetter, Embedded, Reader
    from agents.settings import Settings
    from schemas.record import Record

SHOWN = 12
"""Characters of an id: enough to tell a million dead letters apart."""


_IDLE: dict[str, str] = {
    Outcome.DUPLICATE: "known already, so no claim is decided anew",
    Outcome.SUPERSEDED: "older than what is known, so it changes no claim",
}
"""Why a dead letter that can be read now changes nothing."""


class Chance(NamedTuple):
    """How a replay went. `outcome` is what became of the record, None where it could not be read; `reason` says why."""

    id: str
    outcome: str | None
    reason: str | None

    def as_json(self) -> dict[str, Any]:
        """What a program reads."""
        return {"id": self.id, "replayed": self.outcome is not None, "outcome": self.outcome, "reason": self.reason}


class Letters(Protocol):
    """The dead letters of one place."""

    def all(self) -> Iterable[DeadLetter]:
        """All of them, in the order in which they came; their bodies may be left out."""

    def one(self, prefix: str) -> DeadLetter:
        """The one whose id begins so, with its body. Raises `Misuse` if there is none, or several."""

    def read(self, value: bytes) -> tuple[Record, bytes]:
        """The record in a framed value, and its Avro body. Raises `Unreadable`."""

    def replay(self, ids: Sequence[str], line: bytes | None) -> list[Chance]:
        """Read those again (all that were not, without ids), or `line` instead of the only one."""


class InStore:
    """Those of an embedded engine. `rules` are the paths of reference tables and configuration, for a replay."""

    def __init__(self, store: Path, reader: Reader, rules: tuple[Path | None, Path | None], engine: Options) -> None:
        self._store = store
        self._reader = reader
        self._rules = rules
        self._engine = engine
        self.read = read_value

    def all(self) -> Iterable[DeadLetter]:
        """As the protocol says."""
        return self._reader.dead_letters()

    def one(self, prefix: str) -> DeadLetter:
        """As the protocol says."""
        return self._reader.dead_letter(prefix)

    def replay(self, ids: Sequence[str], line: bytes | None) -> list[Chance]:
        """As the protocol says."""
        rules = load_rules(*self._rules)
        with open_engine(self._store, rules, self._engine) as engine:
            return [
                _chance(letter, lambda letter: _again(engine, letter, line))
                for letter in _wanted(engine.reader.dead_letters, engine.reader.dead_letter, ids)
            ]


def _again(engine: Embedded, letter: DeadLetter, line: bytes | None) -> str:
    return engine.replay(letter.id, line).value


class OnKafka:
    """Those of a cluster."""

    def __init__(self, settings: Settings) -> None:
        self._connection = librdkafka(settings)
        self._namespace = settings.namespace
        registry = schema_registry(settings)
        self.read = read_value if registry is None else registry.read
        self._frame = None if registry is None else registry.frame

    def all(self) -> Iterable[DeadLetter]:
        """As the protocol says."""
        return read_letters(self._connection, self._namespace, keep=lambda _: False).values()

    def one(self, prefix: str) -> DeadLetter:
        """As the protocol says."""
        return find_letter(self._read(lambda found: found.startswith(prefix)), prefix)

    def replay(self, ids: Sequence[str], line: bytes | None) -> list[Chance]:
        """As the protocol says; what became of a record only workers know."""
        letters = self._read(lambda found: not ids or found.startswith(tuple(ids)))
        wanted = list(_wanted(letters.values, lambda prefix: find_letter(letters, prefix), ids))
        if not wanted:
            return []
        replayer = Replayer(self._connection, self._namespace, self.read, self._frame)

        def send(letter: DeadLetter) -> str:
            replayer.replay(letter, line)
            return "sent"

        return [_chance(letter, send) for letter in wanted]

    def _read(self, keep: Callable[[str], bool]) -> dict[str, DeadLetter]:
        return read_letters(self._connection, self._namespace, keep)


def _wanted(
    every: Callable[[], Iterable[DeadLetter]], one: Callable[[str], DeadLetter], ids: Sequence[str]
) -> list[DeadLetter]:
    return [one(prefix) for prefix in ids] or [letter for letter in every() if letter.replayed_at is None]


def _chance(letter: DeadLetter, again: Callable[[DeadLetter], str]) -> Chance:
    try:
        outcome = again(letter)
    except (Unreadable, Misuse) as error:
        return Chance(letter.id, None, str(error).removeprefix(f"dead letter {letter.id[:SHOWN]}: "))
    return Chance(letter.id, outcome, _IDLE.get(outcome))


@contextmanager
def open_letters(
    store: Path,
    given: dict[str, str | None],
    rules: tuple[Path | None, Path | None] = (None, None),
    engine: Options | None = None,
) -> Iterator[Letters]:
    """Those on Kafka where brokers are named, by option or setting, unless a store is named by option; else a store's.

    `engine` is how a store is opened to be written; None: it is only read. Raises `Misuse` where there is no store.
    """
    named = click.get_current_context().get_parameter_source("store") is ParameterSource.COMMANDLINE
    settings = load_settings(**given)
    if settings.bootstrap_servers and not named:
        yield OnKafka(settings)
        return
    require_store(store)
    with open_reader(store) as reader:
        yield InStore(store, reader, rules, engine or Options())
