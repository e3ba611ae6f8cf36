"""The promises of a rebuild, over random encounters.

Two corners are left out, because there a promise and a rule of the catalogue cannot both hold: dates of service on
both sides of the first day of the loaded ICD-10-CM release (dropping the earlier line makes a header checkable), and
negative charges (dropping a line of another service then raises the sum).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from schemas import codec
from streams.codes import CODE_OF, FAMILY, GLOBAL, ROLE_OF, ROLES, billed_roles
from streams.encounter_state import EncounterState
from streams.folding import fold
from streams.gates import EDITS
from streams.judge import judge
from streams.processor import Inbound
from streams.rebuild import charge_shares, propose
from streams.topics import FACT_TOPICS
from tests.conftest import facts_of
from tests.property.encounters import Drawn, cases, encounters

if TYPE_CHECKING:
    from schemas.claim import Claim, Line
    from schemas.decision import Rebuild
    from schemas.record import Record

BLOCKING = {edit.edit_id for edit in EDITS if edit.proposal == "blocking"}
TOPIC = {topic.record: topic for topic in FACT_TOPICS}
SHARES = {"93016": 62, "93017": 113, "93018": 41}
"""Relative values of the components, in hundredths."""

random_encounters = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def corrected(claim: Claim, rebuild: Rebuild) -> Claim:
    """The builder's answer to a proposal: the next revision, as proposed, everything else as it was."""
    return claim.model_copy(
        update={
            "revision": claim.revision + 1,
            "lines": rebuild.lines,
            "place_of_service": rebuild.place_of_service,
            "event_id": f"{claim.event_id}-corrected",
        }
    )


def roles_of(lines: tuple[Line, ...]) -> list[str]:
    """The roles that the stress-test lines bill, each as often as it is billed."""
    return [
        role for line in lines for role in billed_roles(line.procedure_code, frozenset(line.modifiers) & {"26", "TC"})
    ]


@random_encounters
@given(drawn=encounters())
def test_a_rebuild_settles_in_one_step(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    for claim in claims:
        rebuild = judge(facts_of([*facts, *claims]), rules)[claim.claim_id].rebuild
        if rebuild is not None and not rebuild.void:
            event("a rebuild was proposed")
            others = [other for other in claims if other is not claim]
            again = judge(facts_of([*facts, *others, corrected(claim, rebuild)]), rules)[claim.claim_id]

            assert [] == [finding for finding in again.findings if finding.severity == "REBUILD"]


@random_encounters
@given(drawn=encounters())
def test_a_claim_without_a_finding_that_says_rebuild_is_left_alone(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    whole = facts_of([*facts, *claims])
    judged = judge(whole, rules)
    for claim_id, case in cases(whole, rules).items():
        findings = judged[claim_id].findings
        speaks = any(finding.severity == "REBUILD" or finding.edit_id in BLOCKING for finding in findings)
        if not speaks and case.claim.frequency_code != "8":
            event("a claim has nothing to rebuild")
            claim, rebuild = case.claim, propose(case)

            assert (
                False,
                claim.place_of_service,
                tuple(sorted(claim.lines, key=lambda line: line.line_number)),
                (),
            ) == (
                rebuild.void,
                rebuild.place_of_service,
                rebuild.lines,
                rebuild.notes,
            )


@random_encounters
@given(drawn=encounters())
def test_a_rebuild_never_bills_more(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    owners = facts[0].ownership.model_dump()
    for claim in claims:
        rebuild = judge(facts_of([*facts, *claims]), rules)[claim.claim_id].rebuild
        if rebuild is None:
            continue
        billed, proposed = roles_of(claim.lines), roles_of(rebuild.lines)
        codes = {line.procedure_code for line in claim.lines}
        derived = {CODE_OF[role] for role in billed} | ({GLOBAL} if set(billed) == set(ROLES) else set())
        if {"93350", "93015"} <= codes:
            derived.add("93351")
        charges = sum(line.charge_cents for line in claim.lines)
        kept = sum(line.charge_cents for line in rebuild.lines)

        assert set(proposed) <= set(billed)
        assert {owners[role] for role in proposed} <= {claim.billing_entity_id}
        assert {line.procedure_code for line in rebuild.lines} <= codes | derived
        assert kept <= charges

        whole = sorted(proposed) == sorted(billed) and not any("dropped" in note for note in rebuild.notes)
        if whole and all(line.units == 1 for line in claim.lines):
            event("nothing was dropped")

            assert charges == kept


@random_encounters
@given(drawn=encounters())
def test_a_rebuild_changes_no_diagnosis_and_adds_no_bypass_modifier(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    for claim in claims:
        rebuild = judge(facts_of([*facts, *claims]), rules)[claim.claim_id].rebuild
        if rebuild is not None:
            had = {modifier for line in claim.lines for modifier in line.modifiers}
            has = {modifier for line in rebuild.lines for modifier in line.modifiers}

            assert has - had <= {"26", "PO", "PN"}
            assert {p for line in rebuild.lines for p in line.diagnosis_pointers} <= {
                p for line in claim.lines for p in line.diagnosis_pointers
            }


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Record], list[Record]]:
    """The facts of an encounter with revisions between, in two orders and with repeats in the second."""
    facts, claims = draw(encounters())
    records: list[Any] = [*facts, *claims]
    later = [
        record.model_copy(update={"revision": 2, "event_id": f"{record.event_id}-2", "payer_id": "P02"})
        for record in claims
        if draw(st.booleans())
    ]
    every = records + later
    return every, draw(st.permutations([*every, *draw(st.lists(st.sampled_from(every), max_size=3))]))


@settings(random_encounters, max_examples=100)
@given(both=arrivals())
def test_facts_give_the_same_judgement_in_any_order_and_however_often_they_come(both, rules) -> None:
    in_order, as_they_came = both

    assert judged_as_it_comes(in_order, rules) == judged_as_it_comes(as_they_came, rules)


def judged_as_it_comes(records: list[Record], rules) -> Any:
    """What is judged once these records have come, one by one."""
    state = EncounterState()
    for record in records:
        fold(state, Inbound(TOPIC[type(record)], "E1", record, codec.encode(record), 0))
    return judge(state.decoded(), rules)


@given(
    charge=st.integers(0, 10**9),
    roles=st.sets(st.sampled_from(ROLES), min_size=1),
)
def test_the_shares_of_a_charge_are_its_sum_and_within_a_cent_of_their_weight(charge, roles, rules) -> None:
    shares = charge_shares(charge, roles, rules.reference.charge_weights)
    total = sum(SHARES[CODE_OF[role]] for role in roles)

    assert set(roles) == set(shares)
    assert charge == sum(shares.values())
    assert all(abs(shares[role] - Fraction(charge * SHARES[CODE_OF[role]], total)) < 1 for role in roles)


@random_encounters
@given(drawn=encounters())
def test_nothing_stands_twice_among_the_claims_of_one_biller(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    found = [case for case in cases(facts_of([*facts, *claims]), rules).values() if case.standing]
    found = [case for case in found if case.claim.frequency_code != "8"]
    for one, other in combinations(found, 2):
        if (one.biller, one.professional) == (other.biller, other.professional):
            event("a biller has two claims")

            assert not one.standing.roles & other.standing.roles
            assert not one.standing.services & other.standing.services


@random_encounters
@given(drawn=encounters())
def test_no_pair_of_the_family_stands_on_one_claim(drawn: Drawn, rules) -> None:
    facts, claims = drawn
    for case in cases(facts_of([*facts, *claims]), rules).values():
        if case.standing:
            standing = case.standing.codes()
            pairs = [
                (one, other)
                for one in standing
                for other in standing
                if "0" in rules.reference.ptp_indicators(case.claim.claim_type, one, other, facts[0].service_date)
            ]

            assert [] == pairs
            assert set(standing) <= FAMILY
            assert not (GLOBAL in standing and set(standing) & set(ROLE_OF))


@pytest.mark.slow
@settings(random_encounters, max_examples=1_000)
@given(drawn=encounters())
def test_a_rebuild_settles_in_one_step_over_many_encounters(drawn: Drawn, rules) -> None:
    test_a_rebuild_settles_in_one_step.hypothesis.inner_test(drawn, rules)
