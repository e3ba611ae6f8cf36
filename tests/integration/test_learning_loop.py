"""The loop closed on the embedded engine: a payer's answers become an edit, and the next claim like those is held."""

from __future__ import annotations

import datetime as dt

import pytest

from agents.embedded import Embedded
from benchmarks.loop import Loop, remittance
from benchmarks.payers import Answer, Visit, facts_of, visits
from benchmarks.year import Year, rows
from schemas.edit_decision import EditDecision
from streams.adjudication import Adjudication
from streams.feedback import Feedback
from streams.learning import Learning, standing
from streams.topics import CLAIMS_HELD, CLAIMS_RELEASED, EDIT_DECISIONS, EDITS, REMITTANCES, edit_key
from tests.conftest import package_rules


def visit(number: int, day: int, *, place: str = "22", denied: bool = True) -> Visit:
    """A visit in a hospital, of which 93018 alone is billed."""
    return Visit(
        number=number,
        day=day,
        minute=600,
        payer_id="P07",
        place=place,
        codes=("93018",),
        diagnosis="I25.118",
        modifier="",
        answers=(Answer("97" if denied else None, None),),
        lag=dt.timedelta(days=14),
    )


@pytest.fixture
def engine():
    rules = package_rules()
    with Embedded([Adjudication(rules), Feedback(rules), Learning()]) as engine:
        yield engine


def bill(engine, each):
    for topic, fact in facts_of(each):
        engine.feed(topic, fact)


def answer(engine, each):
    engine.feed(REMITTANCES, remittance(each, each.at + each.lag))


def held(engine):
    return [logged.record.claim_id for logged in engine.records(CLAIMS_HELD)]


def test_four_denials_become_an_edit_and_the_next_claim_like_them_is_held(engine):
    denied = [visit(number, 1) for number in range(4)]
    paid = [visit(number, 1, place="19", denied=False) for number in range(10, 16)]
    for each in (*denied, *paid):
        bill(engine, each)
    for each in (*paid, *denied):
        answer(engine, each)
    bill(engine, visit(20, 16))
    bill(engine, visit(21, 16, place="19"))

    (decision,) = [logged.record for logged in engine.records(CLAIMS_HELD)]
    assert "C20" == decision.claim_id
    (finding,) = decision.findings
    assert ("LEARNED", "HOLD") == (finding.gate, finding.severity)
    assert "93018 at place of service 22: denied 4 of 4 since 2025-09-16 by payer P07, CARC 97." == finding.message


def test_a_change_of_an_edit_reconsiders_open_holds_and_recalls_no_release(engine):
    for number in range(4):
        bill(engine, visit(number, 1))
    for number in range(4):
        answer(engine, visit(number, 1))
    bill(engine, visit(20, 16))
    before = held(engine), [logged.record.claim_id for logged in engine.records(CLAIMS_RELEASED)]
    edit = list(engine.records(EDITS))[-1].record
    decision = EditDecision(
        event_id="d1",
        edit_id=edit.edit_id,
        action="SHADOW",
        decided_by="analyst-1",
        reason="the payer paid on appeal",
        occurred_at=edit.occurred_at,
    )
    engine.feed(EDIT_DECISIONS, decision, key=edit_key(edit))
    released = [logged.record.claim_id for logged in engine.records(CLAIMS_RELEASED)]

    assert (["C20"], ["C0", "C1", "C2", "C3"]) == before
    assert [*before[1], "C20"] == released
    assert standing(engine.state("learning", "P07|93018"))[0].by_person


def test_remittances_in_another_order_and_again_leave_the_same_evidence():
    courses = []
    for order in (1, -1):
        rules = package_rules()
        with Embedded([Adjudication(rules), Feedback(rules), Learning()]) as engine:
            all_ = [visit(number, 1, denied=number % 2 == 0) for number in range(8)]
            for each in all_:
                bill(engine, each)
            engine.advance(1_759_500_000_000)
            for each in (*all_[::order], *all_):
                answer(engine, each)
            courses.append([each[2:7] for each in standing(engine.state("learning", "P07|93018"))])

    assert courses[0] == courses[1]
    assert [(4, 4)] == [each[:2] for each in courses[0]]


@pytest.mark.slow
def test_in_a_simulated_year_learning_saves_denials_and_holds_few_clean_claims():
    year = visits(6_000, seed=5)
    result = Year(year, Loop(year, learns=True).run())

    assert result.saved(later=True) >= 0.7
    assert result.held_wrongly() < 0.02
    assert max(rule.left for rule in result.rules if rule.left is not None) <= 60
    assert all(rule.days is not None for rule in result.rules)
    assert len(result.rules) + 2 == len(list(rows(result)))
    assert result.denial_rate(loop=True) < result.denial_rate(loop=False)
