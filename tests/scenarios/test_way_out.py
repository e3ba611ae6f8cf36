"""Every claim of the tables that waits has a way out: changed facts that release it, found by asking the gates."""

from __future__ import annotations

import pytest

from streams.counterfactual import what_would_change
from streams.judge import judge
from tests.scenarios.table import standing
from tests.scenarios.test_catalogue import TABLES

ROWS = {name: (facts, route) for table in TABLES for name, (facts, route, _) in table.SCENARIOS.items()}

NO_WAY_OUT = {
    # Which code was meant nobody but the coder can say, and all else depends on it.
    "a code of six digits",
    "a code with a space behind it",
    "a code with a line feed behind it",
    "an empty code",
    # Nor what was done.
    "a claim without lines",
    "a claim without lines has no date to check a header by",
}
"""Claims to be built again; none of them is a mere hold."""


@pytest.mark.parametrize("name", [name for name, (_, route) in ROWS.items() if route != "RELEASE"])
def test_the_changes_found_release_the_claim(name, rules):
    facts, claim_id, learned = standing(ROWS[name][0])
    judgement = judge(facts, rules, learned)[claim_id]
    changes = what_would_change(facts, claim_id, rules, learned)
    if name in NO_WAY_OUT or (judgement.rebuild is not None and judgement.rebuild.void):
        assert changes is None
        return
    assert changes
    for change in changes:
        facts = change.apply(facts)

    assert "RELEASE" == judge(facts, rules, learned)[claim_id].route


def test_every_hold_has_a_way_out():
    assert set() == {name for name in NO_WAY_OUT if ROWS[name][1] == "HOLD"}
