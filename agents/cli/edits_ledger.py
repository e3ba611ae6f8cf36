"""Where learned edits stand, for the commands about them: in a store, or on Kafka."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import click
from click.core import ParameterSource

from agents.backtest.in_store import InStore as StoreSource
from agents.backtest.on_kafka import OnKafka as KafkaSource
from agents.cli.claims import DECISIONS
from agents.cli.store import open_engine, require_store
from agents.embedded import open_reader
from agents.kafka.connection import librdkafka, schema_registry
from agents.kafka.edits import read_records, read_states, send_decision
from agents.settings import load_settings
from schemas.errors import CleanclaimError, Misuse
from schemas.record import moment
from streams.learning import is_counted, standing
from streams.topics import EDIT_DECISIONS, EDITS, LEARNING_STATE, edit_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from agents.backtest import Source
    from agents.embedded import Options, Reader
    from agents.settings import Settings
    from schemas.edit import Edit
    from schemas.edit_decision import EditDecision
    from streams.learning.standing import EditStanding
    from streams.rules import Rules

SHOWN = 12
"""Characters of an id: enough to tell a million edits apart."""

SHORTEST_ID = 4
"""Fewer characters of an id are a slip of the hand."""


def _by_id(states: Iterable[bytes]) -> dict[str, EditStanding]:
    return {each.edit.edit_id: each for state in states for each in standing(state)}


_LEARNING = LEARNING_STATE.name.partition(".")[0]


class Decided(NamedTuple):
    """A person's decision, and what came of it.

    edit       that it is about
    before     the edit as it stood; None for one that is new
    after      as it stands now; None where that is not known
    decisions  claims decided anew, by the topic of their route
    sent       on its way to a worker, which will apply it
    """

    decision: EditDecision
    edit: Edit
    before: Edit | None
    after: Edit | None
    decisions: dict[str, int]
    sent: bool = False

    def as_json(self) -> dict[str, Any]:
        """What a program reads."""
        return {
            "decision": self.decision.model_dump(mode="json"),
            "counted": is_counted(self.edit),
            "status_before": self.before and self.before.status,
            "status_after": self.after and self.after.status,
            "decided_anew": None if self.sent else self.decisions,
            "sent": self.sent,
        }


class Ledger(Protocol):
    """The edits of one place."""

    def edits(self) -> dict[str, Edit]:
        """The latest revision of every learned edit, by id."""

    def standings(self, edits: Iterable[Edit]) -> dict[str, EditStanding]:
        """What learning's state says of `edits`, by id; one that it does not know is left out."""

    def history(self, edit_id: str) -> list[Edit]:
        """Every revision of one, in order."""

    def decisions(self, edit_id: str) -> list[EditDecision]:
        """Every decision of a person about one, in order."""

    def source(self, rules: Rules) -> Source:
        """The log, for a back-test."""


class InStore:
    """Those of an embedded engine; only read."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def edits(self) -> dict[str, Edit]:
        """As the protocol says."""
        return cast("dict[str, Edit]", self.reader.table(EDITS))

    def standings(self, edits: Iterable[Edit]) -> dict[str, EditStanding]:
        """As the protocol says."""
        states = (self.reader.state(_LEARNING, key) for key in dict.fromkeys(map(edit_key, edits)))
        return _by_id(state for state in states if state is not None)

    def history(self, edit_id: str) -> list[Edit]:
        """As the protocol says."""
        return [cast("Edit", logged.record) for logged in self.reader.records(EDITS, edit_id)]

    def decisions(self, edit_id: str) -> list[EditDecision]:
        """As the protocol says."""
        logged = (cast("EditDecision", each.record) for each in self.reader.records(EDIT_DECISIONS))
        return [decision for decision in logged if decision.edit_id == edit_id]

    def source(self, rules: Rules) -> Source:
        """As the protocol says."""
        return StoreSource(self.reader, rules)


class OnKafka:
    """Those of a cluster."""

    def __init__(self, settings: Settings) -> None:
        self.connection = librdkafka(settings)
        self.namespace = settings.namespace
        self.registry = schema_registry(settings)

    def edits(self) -> dict[str, Edit]:
        """As the protocol says."""
        return {edit.edit_id: edit for edit in self._edits()}

    def standings(self, edits: Iterable[Edit]) -> dict[str, EditStanding]:
        """As the protocol says."""
        states = read_states(self.connection, self.namespace, LEARNING_STATE)
        return _by_id(states[key] for key in dict.fromkeys(map(edit_key, edits)) if key in states)

    def history(self, edit_id: str) -> list[Edit]:
        """As the protocol says."""
        return [edit for edit in self._edits() if edit.edit_id == edit_id]

    def decisions(self, edit_id: str) -> list[EditDecision]:
        """As the protocol says."""
        records = read_records(self.connection, self.namespace, EDIT_DECISIONS, self.registry)
        return [decision for decision in cast("Iterator[EditDecision]", records) if decision.edit_id == edit_id]

    def source(self, rules: Rules) -> Source:
        """As the protocol says."""
        del rules  # on Kafka the topics of facts hold what could not be read themselves
        return KafkaSource(self.connection, self.namespace, self.registry)

    def _edits(self) -> Iterator[Edit]:
        return cast("Iterator[Edit]", read_records(self.connection, self.namespace, EDITS, self.registry))


def on_kafka(given: dict[str, str | None]) -> Settings | None:
    """The settings where brokers are named, by option or setting, and no store is named by option."""
    named = click.get_current_context().get_parameter_source("store") is ParameterSource.COMMANDLINE
    settings = load_settings(**given)
    return settings if settings.bootstrap_servers and not named else None


@contextmanager
def open_ledger(store: Path, given: dict[str, str | None]) -> Iterator[Ledger]:
    """That of Kafka or of a store, as `on_kafka` says. Raises `Misuse` where there is no store."""
    settings = on_kafka(given)
    if settings is not None:
        yield OnKafka(settings)
        return
    require_store(store)
    with open_reader(store) as reader:
        yield InStore(reader)


def decide_in_store(store: Path, rules: Rules, options: Options, make: Maker) -> Decided:
    """Put the decision that `make` makes through the engine.

    Raises `Misuse` where there is no store, and `CleanclaimError` with the reason where learning refuses the decision.
    """
    require_store(store)
    with open_engine(store, rules, options) as engine:
        edits = InStore(engine.reader).edits()
        # With the clock of events a decision happens when the latest event did, as an answer to a hold does.
        now = moment(engine.reader.time()) if options.clock == "events" else dt.datetime.now(dt.UTC)
        decision, edit = make(edits, now)
        counts = engine.reader.counts()
        complaints: list[str] = []
        engine.on_dead_letter(complaints.append)
        engine.feed(EDIT_DECISIONS, decision, edit_key(edit))
        anew = {topic.name: engine.reader.counts()[topic.name] - counts[topic.name] for topic in DECISIONS}
        after = InStore(engine.reader).edits().get(edit.edit_id)
    if complaints:
        raise CleanclaimError(f"learning did not take the decision, which is a dead letter now: {complaints[0]}")
    return Decided(decision, edit, edits.get(edit.edit_id), after, anew)


def decide_on_kafka(settings: Settings, make: Maker) -> Decided:
    """Send the decision that `make` makes to the cluster, where learning applies it."""
    ledger = OnKafka(settings)
    edits = ledger.edits()
    decision, edit = make(edits, dt.datetime.now(dt.UTC))
    send_decision(ledger.connection, ledger.namespace, decision, edit_key(edit), ledger.registry)
    return Decided(decision, edit, edits.get(edit.edit_id), None, {}, sent=True)


class Maker(Protocol):
    """Makes a decision once it knows what stands."""

    def __call__(self, edits: dict[str, Edit], now: dt.datetime, /) -> tuple[EditDecision, Edit]:
        """The decision, and the edit that it is about, as it was. Raises `Misuse` where it makes no sense."""


def find(edits: Mapping[str, Edit], prefix: str) -> Edit:
    """The learned edit whose id begins so. Raises `Misuse` if there is none, or several."""
    return edits[find_id(edits, prefix, "edits list shows all")]


def find_id(ids: Collection[str], prefix: str, hint: str) -> str:
    """The one of `ids` that begins so, or is it. Raises `Misuse` with `hint` if there is none, or several."""
    if prefix in ids:
        return prefix
    found = [each for each in ids if each.startswith(prefix)]
    if len(prefix) < SHORTEST_ID or not found:
        raise Misuse(f"edit {prefix!r}: no such edit; {hint}, and {SHORTEST_ID} characters of an id do")
    if len(found) > 1:
        raise Misuse(f"edit {prefix!r}: {len(found)} edits begin so; give more of the id")
    return found[0]
