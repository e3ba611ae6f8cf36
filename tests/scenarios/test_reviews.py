"""Reviews: what a person's answer to a hold changes, and what no answer can."""

from __future__ import annotations

from typing import Any

import pytest

from streams.gates import EDITS
from streams.reviews import is_confirmable
from tests.builders import at, claim, hospital_claim, line, review
from tests.scenarios import (
    test_administrative,
    test_coding,
    test_diagnosis,
    test_documentation,
    test_ownership,
    test_site_of_service,
)
from tests.scenarios.table import Scenarios, hospital, judged, office

TABLES = (
    test_site_of_service,
    test_ownership,
    test_documentation,
    test_coding,
    test_diagnosis,
    test_administrative,
)
PAYER = ("administrative-payer-mismatch", None)
REPEATS = [("coding-repeat-service", 1), ("coding-repeat-service", 2)]


def mismatch(*reviews: Any, **changes: Any) -> list[Any]:
    """A global that goes to another payer than the visit names, and reviews."""
    return [*office(), *reviews, claim(line("93015"), payer_id="P02", **changes)]


def repeated(*reviews: Any) -> list[Any]:
    """Two lines that say the test was repeated, and reviews."""
    return [*office("R/P/P"), *reviews, claim(line("93016", "76"), line("93018", "77"))]


SCENARIOS: Scenarios = {
    "nobody has answered": (mismatch(), "HOLD", [PAYER]),
    "a person confirmed the hold": (mismatch(review(PAYER[0])), "RELEASE", [PAYER]),
    "a person took it back": (mismatch(review(PAYER[0], answer="REVOKED")), "HOLD", [PAYER]),
    "a person confirmed another edit": (mismatch(review("administrative-filing-limit-passed")), "HOLD", [PAYER]),
    "a person confirmed it for another claim": (mismatch(review(PAYER[0], claim_id="C2")), "HOLD", [PAYER]),
    "a person confirmed it for the revision before": (mismatch(review(PAYER[0]), revision=2), "HOLD", [PAYER]),
    "a person confirmed it for this revision": (
        mismatch(review(PAYER[0], claim_revision=2), revision=2),
        "RELEASE",
        [PAYER],
    ),
    "of two answers the later counts": (
        mismatch(
            review(PAYER[0], review_id="R1", occurred_at=at(130)),
            review(PAYER[0], review_id="R2", answer="REVOKED", occurred_at=at(129)),
        ),
        "RELEASE",
        [PAYER],
    ),
    "of two answers of one moment the higher id counts": (
        mismatch(review(PAYER[0], review_id="R2", answer="REVOKED"), review(PAYER[0], review_id="R1")),
        "HOLD",
        [PAYER],
    ),
    "a review of one line confirms that line": (
        repeated(review("coding-repeat-service", line_number=2)),
        "HOLD",
        REPEATS,
    ),
    "a review of each line confirms both": (
        repeated(
            review("coding-repeat-service", line_number=2),
            review("coding-repeat-service", line_number=1, review_id="R2"),
        ),
        "RELEASE",
        REPEATS,
    ),
    "a review without a line confirms every line": (repeated(review("coding-repeat-service")), "RELEASE", REPEATS),
    "a line may be taken back after all were confirmed": (
        repeated(
            review("coding-repeat-service"),
            review("coding-repeat-service", line_number=1, answer="REVOKED", review_id="R2", occurred_at=at(150)),
        ),
        "HOLD",
        REPEATS,
    ),
    "a review of a line does not confirm what is said of the whole claim": (
        mismatch(review(PAYER[0], line_number=1)),
        "HOLD",
        [PAYER],
    ),
    "a confirmed hold leaves the other holds": (
        [*office(), review(PAYER[0]), claim(line("93015", charge=0), payer_id="P02")],
        "HOLD",
        [("administrative-charge-not-positive", 1), PAYER],
    ),
    "a rebuild cannot be confirmed away": (
        [*office(), review("coding-units"), claim(line("93015", units=2))],
        "REBUILD",
        [("coding-units", 1)],
    ),
    "a person confirmed that the hospital bills under method two": (
        [
            *hospital(),
            review("site-method-two"),
            review("coding-revenue-code", review_id="R2"),
            hospital_claim(line("93018", revenue_code="0960"), type_of_bill="0851"),
        ],
        "RELEASE",
        [("site-method-two", None), ("coding-revenue-code", 1)],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_review(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


def test_a_confirmed_hold_is_a_warning_that_names_the_review(verdict):
    (finding,) = verdict(mismatch(review(PAYER[0], review_id="R7", reason_code="SECOND-PAYER"))).findings

    assert ("WARN", True) == (finding.severity, finding.message.endswith("Confirmed by review R7 (SECOND-PAYER)."))


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit.severity == "HOLD"], ids=lambda edit: edit.edit_id)
def test_a_confirmation_turns_exactly_the_holds_that_may_be_confirmed(edit, rules):
    facts = next(
        facts for table in TABLES for facts, _, findings in table.SCENARIOS.values() if edit.edit_id in dict(findings)
    )
    claim_of_row = [fact for fact in facts if hasattr(fact, "billing_entity_id")][-1]
    answer = review(edit.edit_id, claim_id=claim_of_row.claim_id, claim_revision=claim_of_row.revision)
    found = [finding for finding in judged([*facts, answer], rules).findings if finding.edit_id == edit.edit_id]

    assert {"WARN" if edit.confirmable else "HOLD"} == {finding.severity for finding in found}
    assert edit.confirmable == all(is_confirmable(finding.model_copy(update={"severity": "HOLD"})) for finding in found)
