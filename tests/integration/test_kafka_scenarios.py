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
    EDITS,
    ENCOUNTERS,
    REVIEWS,
)
from tests.kafka_engine import KafkaEngine
from tests.scenarios import (
    test_administrative,
    test_coding,
    test_diagnosis,
    test_documentation,
    test_learned,
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


def rows_of(tables):
    """The rows of these tables by a number that sets their ids apart: (name, facts, route, findings)."""
    return dict(enumerate((name, *row) for table in tables for name, row in table.SCENARIOS.items()))


ROWS = rows_of(TABLES)
LEARNED_ROWS = rows_of([test_learned])


@pytest.fixture
def engine(broker):
    engine = KafkaEngine(broker, [Adjudication(load_rules())], now=lambda: LATE)
    yield engine
    engine.close()


def test_every_row_of_the_scenarios_is_decided_the_same(engine):
    for number, (_, facts, _, _) in ROWS.items():
        send(engine, facts, number)
    engine.settle()

    assert expected(ROWS) == decided(engine, ROWS)


@pytest.mark.slow
def test_every_row_about_learned_edits_is_decided_the_same(engine):
    found = {}
    for number, (name, facts, _, _) in LEARNED_ROWS.items():
        edits = [fact for fact in facts if isinstance(fact, Edit)]
        for edit in edits:
            engine.send(EDITS, edit.edit_id, registry.write(revised(edit, 2 * number)))
        engine.settle()
        send(engine, [fact for fact in facts if fact not in edits], number)
        engine.settle()
        found |= decided(engine, {number: LEARNED_ROWS[number]})
        for edit in edits:  # it is in force for all claims: out of the way of the next row
            retired = revised(edit, 2 * number + 1).model_copy(update={"status": "RETIRED"})
            engine.send(EDITS, edit.edit_id, registry.write(retired))
        assert name in found

    assert expected(LEARNED_ROWS) == found


def revised(edit, later):
    return edit.model_copy(update={"revision": edit.revision + later})


def send(engine, facts, number):
    """Produce the facts of a row, as those of an encounter of its own."""
    for fact in facts:
        if fact is UNREADABLE:
            engine.send(DOCUMENTATION, f"{claim_of(facts).encounter_id}-{number}", UNREADABLE + b" %d" % number)
        else:
            moved = apart(fact, number)
            engine.send(TOPICS[type(fact)], moved.encounter_id, registry.write(moved))


def apart(fact, number):
    """The fact under ids of its own."""
    names = [
        name for name in ("encounter_id", "claim_id", "document_id", "review_id") if name in type(fact).model_fields
    ]
    return fact.model_copy(update={name: f"{getattr(fact, name)}-{number}" for name in names})


def claim_of(facts):
    """The claim that a row speaks of."""
    return [fact for fact in facts if isinstance(fact, Claim)][-1]


def expected(rows):
    return {name: (route, findings) for name, _, route, findings in rows.values()}


def decided(engine, rows):
    """Route and findings of the last decision of each row's claim, by the name of the row."""
    names = {f"{claim_of(facts).claim_id}-{number}": name for number, (name, facts, _, _) in rows.items()}
    last = {}
    for topic in (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD):
        for logged in engine.records(topic):
            decision = logged.record
            if decision.sequence >= last.get(decision.claim_id, decision).sequence:
                last[decision.claim_id] = decision
    return {
        name: (last[claim_id].route, [(each.edit_id, each.line_number) for each in last[claim_id].findings])
        for claim_id, name in names.items()
        if claim_id in last
    }
