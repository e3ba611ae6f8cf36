"""The scenario tables of the core, unchanged, through the Kafka engine: the same route and findings for every row."""

from __future__ import annotations

import pytest

from agents.settings import load_rules
from schemas import registry
from schemas.claim import Claim
from schemas.documentation import Documentation
from schemas.edit import Edit
from schemas.encounter import Encounter
from schemas.review import Review
from streams.adjudication import Adjudication
from streams.topics import (
    CLAIMS_BUILT,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DOCUMENTATION,
    ENCOUNTERS,
    REVIEWS,
)
from tests.kafka_engine import KafkaEngine
from tests.scenarios import (
    test_administrative,
    test_coding,
    test_diagnosis,
    test_documentation,
    test_ownership,
    test_reviews,
    test_site_of_service,
)
from tests.scenarios.table import UNREADABLE

pytestmark = pytest.mark.kafka

TABLES = (
    test_administrative,
    test_coding,
    test_diagnosis,
    test_documentation,
    test_ownership,
    test_reviews,
    test_site_of_service,
)
LATE = 4_102_444_800_000
"""2100-01-01 in ms: rows about filing limits lie ahead of the clock, and no record may."""

TOPICS = {Encounter: ENCOUNTERS, Documentation: DOCUMENTATION, Claim: CLAIMS_BUILT, Review: REVIEWS}
ROWS = [
    (name, *row)
    for table in TABLES
    for name, row in table.SCENARIOS.items()
    if not any(isinstance(fact, Edit) for fact in row[0])  # an edit is in force for all claims: see test_learned
]


def apart(fact, number):
    """The fact as one of an encounter of its own."""
    names = [
        name for name in ("encounter_id", "claim_id", "document_id", "review_id") if name in type(fact).model_fields
    ]
    return fact.model_copy(update={name: f"{getattr(fact, name)}-{number}" for name in names})


def test_every_row_of_the_scenarios_is_decided_the_same(broker):
    engine = KafkaEngine(broker, [Adjudication(load_rules())], now=lambda: LATE)
    try:
        expected = {}
        for number, (_, facts, route, findings) in enumerate(ROWS):
            for fact in facts:
                if fact is UNREADABLE:
                    engine.send(DOCUMENTATION, f"{encounter_of(facts)}-{number}", UNREADABLE + b" %d" % number)
                else:
                    moved = apart(fact, number)
                    engine.send(TOPICS[type(fact)], moved.encounter_id, registry.write(moved))
            claim = [fact for fact in facts if isinstance(fact, Claim)][-1]
            expected[f"{claim.claim_id}-{number}"] = (route, findings)
        engine.settle()
        last = {}
        for topic in (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD):
            for logged in engine.records(topic):
                decision = logged.record
                if decision.sequence >= last.get(decision.claim_id, decision).sequence:
                    last[decision.claim_id] = decision
    finally:
        engine.close()

    found = {
        claim_id: (last[claim_id].route, [(each.edit_id, each.line_number) for each in last[claim_id].findings])
        for claim_id in expected
        if claim_id in last
    }
    differing = {
        ROWS[int(claim_id.rpartition("-")[2])][0]: (verdict, found.get(claim_id))
        for claim_id, verdict in expected.items()
        if verdict != found.get(claim_id)
    }
    assert {} == differing


def encounter_of(facts):
    return next(fact.encounter_id for fact in facts if isinstance(fact, Claim))
