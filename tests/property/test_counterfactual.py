"""What would change the outcome, over random encounters: the answer is true, and no part of it would do."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, event, given, settings

from streams.alternatives import alternatives
from streams.alternatives.bill import as_rebuilt
from streams.counterfactual import what_would_change
from streams.judge import judge
from tests.conftest import facts_of
from tests.property.encounters import Drawn, encounters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.alternatives import Change
    from streams.facts import Facts
    from streams.rules import Rules

random_encounters = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
AS_REBUILT = "as the rebuild proposes"


def route(facts: Facts, claim_id: str, rules: Rules) -> str:
    return judge(facts, rules)[claim_id].route


def after(facts: Facts, claim_id: str, changes: Iterable[Change], rules: Rules) -> Facts:
    """The facts after these changes; a rebuild is the one that is proposed by then, if one is."""
    for change in changes:
        if change.then != AS_REBUILT:
            facts = change.apply(facts)
        elif rebuild := judge(facts, rules)[claim_id].rebuild:
            claim = next(each for each in facts.claims if each.claim_id == claim_id)
            facts = as_rebuilt(claim, rebuild).apply(facts)
    return facts


@random_encounters
@given(drawn=encounters())
def test_the_changes_release_the_claim_and_no_part_of_them_does(drawn: Drawn, rules) -> None:
    records, claims = drawn
    facts = facts_of([*records, *claims])
    for claim in claims:
        claim_id = claim.claim_id
        found = what_would_change(facts, claim_id, rules)
        if found is None:
            event("no answer")
            continue
        event(f"{len(found)} changes")
        released = facts
        for change in found:
            released = change.apply(released)

        assert "RELEASE" == route(released, claim_id, rules)
        for number in range(len(found)):
            for part in combinations(found, number):
                assert "RELEASE" != route(after(facts, claim_id, part, rules), claim_id, rules)


@random_encounters
@given(drawn=encounters())
def test_where_several_changes_are_needed_no_single_one_would_do(drawn: Drawn, rules) -> None:
    records, claims = drawn
    facts = facts_of([*records, *claims])
    for claim in claims:
        judgement = judge(facts, rules)[claim.claim_id]
        if what_would_change(facts, claim.claim_id, rules, most=1) is None:
            for finding in judgement.findings:
                for change in alternatives(facts, claim.claim_id, finding, judgement.rebuild):
                    assert "RELEASE" != route(change.apply(facts), claim.claim_id, rules)
