"""What payers were sent and what they answered, claim by claim, for `cleanclaim underpaid`: from a store or Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast
from zlib import crc32

from agents.kafka.access import EDITS_GROUP
from agents.kafka.committed import read_committed
from agents.kafka.connection import librdkafka, schema_registry
from agents.kafka.edits import read_records
from schemas import registry
from streams.feedback.evidence import Received
from streams.topics import CLAIMS_RELEASED, REMITTANCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.embedded import Reader
    from agents.settings import Settings
    from schemas.decision import Decision
    from schemas.remittance import Remittance
    from streams.topics import Topic

_AT_ONCE = 250_000
"""Remittances kept in memory, about 150 MB; on Kafka their releases too, as much again. More are read several times,
each time some of the claims."""


class AnsweredClaim(NamedTuple):
    """All releases of a claim and all answers to it, each in whatever order."""

    releases: list[Decision]
    received: list[Received]


def in_store(reader: Reader) -> Iterator[AnsweredClaim]:
    """Those of a store."""
    shares = 1 + reader.counts()[REMITTANCES.name] // _AT_ONCE
    for share in range(shares):
        answers: dict[str, list[bytes]] = {}
        for entry in reader.records(REMITTANCES):
            if entry.partition % shares == share:
                answers.setdefault(entry.key or "", []).append(entry.value)
        for claim_id, values in answers.items():
            releases = [cast("Decision", entry.record) for entry in reader.records(CLAIMS_RELEASED, claim_id)]
            yield AnsweredClaim(releases, _received(values))


def on_kafka(settings: Settings) -> Iterator[AnsweredClaim]:
    """Those that are committed on a cluster."""
    connection, registered = librdkafka(settings), schema_registry(settings)

    def records(topic: Topic) -> Iterator[Decision | Remittance]:
        found = read_records(connection, settings.namespace, topic, registered)
        return cast("Iterator[Decision | Remittance]", found)

    number = sum(1 for _ in read_committed(connection, settings.namespace, [REMITTANCES], EDITS_GROUP))
    shares = 1 + number // _AT_ONCE
    for share in range(shares):
        answers: dict[str, list[bytes]] = {}
        for remittance in records(REMITTANCES):
            if crc32(remittance.claim_id.encode()) % shares == share:
                answers.setdefault(remittance.claim_id, []).append(registry.write(remittance))
        releases: dict[str, list[bytes]] = {}
        for decision in records(CLAIMS_RELEASED):
            if decision.claim_id in answers:
                releases.setdefault(decision.claim_id, []).append(registry.write(decision))
        for claim_id, values in answers.items():
            sent = [cast("Decision", registry.read(value)) for value in releases.get(claim_id, ())]
            yield AnsweredClaim(sent, _received(values))


def _received(values: list[bytes]) -> list[Received]:
    return [Received.of(cast("Remittance", registry.read(value))) for value in values]
