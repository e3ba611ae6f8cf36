"""Edits and people's decisions about them on a cluster: read to the end, and one more decision sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agents.dispatch import read_value
from agents.kafka.access import EDITS_GROUP
from agents.kafka.committed import read_committed
from agents.kafka.kept import state_of
from agents.kafka.publisher import Publisher
from agents.kafka.shard import is_state_key
from agents.ndjson import Line
from schemas.errors import Unreadable
from streams.topics import EDIT_DECISIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agents.kafka.registered import Registered
    from schemas.edit_decision import EditDecision
    from schemas.record import Record
    from streams.topics import Topic


def read_records(
    connection: Mapping[str, str | int], namespace: str, topic: Topic, registered: Registered | None
) -> Iterator[Record]:
    """Every record that is committed on `topic`, those of a key in order; what cannot be read is left out."""
    read = read_value if registered is None else registered.read
    for _, message in read_committed(connection, namespace, [topic], EDITS_GROUP):
        try:
            record = read(message.value() or b"")[0]
        except Unreadable:
            continue  # a dead letter by now
        if type(record) is topic.record:
            yield record


def read_states(connection: Mapping[str, str | int], namespace: str, changelog: Topic) -> dict[str, bytes]:
    """What a processor remembers, by key, as far as it is committed."""
    states: dict[str, bytes] = {}
    for _, message in read_committed(connection, namespace, [changelog], EDITS_GROUP):
        raw, value = message.key() or b"", message.value()
        if not is_state_key(raw):
            continue
        if value is None:
            states.pop(raw.decode(), None)  # a tombstone: forgotten
        else:
            states[raw.decode()] = state_of(value)
    return states


def send_decision(
    connection: Mapping[str, str | int],
    namespace: str,
    decision: EditDecision,
    key: str,
    registered: Registered | None,
) -> None:
    """Send a decision to where learning reads it; it is on the cluster when this returns.

    Raises `Unavailable` where the cluster does not answer, `Misuse` where it refuses.
    """
    line = {"topic": EDIT_DECISIONS.name, "key": key, "value": decision.model_dump(mode="json")}
    publisher = Publisher(connection, namespace, None if registered is None else registered.frame)
    publisher.publish(Line(1, json.dumps(line).encode()), "cleanclaim edits")
    publisher.flush()
