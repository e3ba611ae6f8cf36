"""Administrative: facts that are there and agree, a claim that is complete, on time and not billed before."""

from __future__ import annotations

import datetime as dt

import pytest

from streams.configuration import Configuration
from streams.rules import Rules
from tests.builders import (
    SERVICE_DATE,
    at,
    chart,
    claim,
    encounter,
    hospital_claim,
    line,
    report,
    review,
    technical_note,
)
from tests.scenarios.table import UNREADABLE, Scenarios, earlier, hospital, judged, office, physician_claim, spoken

CONFLICT = ("administrative-fact-conflict", None)
UNREAD = ("administrative-fact-unreadable", None)
MISSING = ("administrative-encounter-missing", None)
NOT_COMPLETED = [("administrative-encounter-not-completed", None)]
CANCELLED = ("administrative-encounter-cancelled", None)
BUT_DOCUMENTED = ("administrative-encounter-cancelled-but-documented", None)
WITHDRAWN = [("administrative-claim-withdrawn", None)]
NO_LINES = [("administrative-no-lines", None)]
NPI_INVALID = [("administrative-npi-invalid", None)]
BILLING_NPI = [("administrative-billing-npi-missing", None)]
ORDERING_NPI = [("administrative-ordering-npi-missing", None)]
NUMBER_MISSING = ("administrative-control-number-missing", None)
NUMBER_UNEXPECTED = [("administrative-control-number-unexpected", None)]
NEAR = [("administrative-filing-limit-near", None)]
PASSED = [("administrative-filing-limit-passed", None)]
OUTSIDE = ("coding-outside-scope", None)

WRONG_NPI = "1234567890"
ONE_DAY = dt.timedelta(days=1)


def read_on(date, **changes):
    """93018 of a test on SERVICE_DATE, dated otherwise; the report was signed two days after the test."""
    signed = report(**({"signed_at": at(2 * 24 * 60)} | changes))
    billed = claim(line("93018", service_date=date), built_at=at(3 * 24 * 60))
    return [encounter(owners="R/R/P"), *chart("R/R/P")[:2], signed, billed]


def built(days, **changes):
    """A global built so many days after the test."""
    return [*office(), claim(line("93015"), built_at=at(days * 24 * 60), **changes)]


def void_of(*lines, **changes):
    """A void, frequency code 8, of a claim that the payer has."""
    return claim(*lines, **({"frequency_code": "8", "payer_claim_control_number": "ICN-1"} | changes))


SCENARIOS: Scenarios = {
    # administrative-fact-conflict
    "two visits under one revision": (
        [*office(), encounter(patient_id="token-2"), claim(line("93015"))],
        "HOLD",
        [CONFLICT],
    ),
    "two reports under one revision": (
        [*office(), report(author_id="author-2"), claim(line("93015"))],
        "HOLD",
        [CONFLICT],
    ),
    "two contents of this claim under one revision": (
        [*office(), claim(line("93015", charge=1)), claim(line("93015"))],
        "HOLD",
        [CONFLICT],
    ),
    "two contents of another claim": (
        [
            *office("P/P/R"),
            claim(line("93018"), claim_id="C2", billing_entity_id="R"),
            claim(line("93018", charge=1), claim_id="C2", billing_entity_id="R"),
            claim(line("93017")),
        ],
        "RELEASE",
        [],
    ),
    "two contents of a review": (
        [*office(), review("coding-units"), review("coding-repeat-service"), claim(line("93015"))],
        "RELEASE",
        [],
    ),
    # administrative-fact-unreadable
    "a record that could not be read": (
        [*office(), UNREADABLE, claim(line("93015"))],
        "HOLD",
        [UNREAD],
    ),
    "a conflict and a record that could not be read": (
        [*office(), report(author_id="author-2"), UNREADABLE, claim(line("93015"))],
        "HOLD",
        [CONFLICT, UNREAD],
    ),
    # administrative-encounter-missing
    "the visit has not come": (
        [*chart(), claim(line("93015"), payer_id="other")],
        "HOLD",
        [MISSING],
    ),
    # administrative-encounter-not-completed
    "the visit is still planned": (
        [*office(status="SCHEDULED"), claim(line("93015"), place_of_service="22", payer_id="other")],
        "HOLD",
        NOT_COMPLETED,
    ),
    "the visit goes on": ([*office(status="IN_PROGRESS"), claim(line("93015"))], "HOLD", NOT_COMPLETED),
    # administrative-encounter-cancelled
    "the visit was cancelled": (
        [encounter(status="CANCELLED"), claim(line("93015", units=0), diagnoses=())],
        "REBUILD",
        [CANCELLED],
    ),
    "the visit was cancelled and its notes are not final": (
        [
            encounter(status="CANCELLED"),
            technical_note(status="PRELIMINARY"),
            report(status="RETRACTED"),
            claim(line("93015")),
        ],
        "REBUILD",
        [CANCELLED],
    ),
    "the visit was cancelled and a fact is in doubt": (
        [
            encounter(status="CANCELLED"),
            technical_note(status="PRELIMINARY"),
            technical_note(status="PRELIMINARY", author_id="author-2"),
            UNREADABLE,
            claim(line("93015")),
        ],
        "REBUILD",
        [CONFLICT, UNREAD, CANCELLED],
    ),
    # administrative-encounter-cancelled-but-documented
    "the visit was cancelled, yet somebody signed a report": (
        [encounter(status="CANCELLED", place_of_service="28"), report("R"), claim(line("93017", units=0))],
        "HOLD",
        [BUT_DOCUMENTED],
    ),
    # administrative-claim-withdrawn
    "the builder withdrew the claim": (
        [claim(line("93015", units=0), status="WITHDRAWN", diagnoses=())],
        "REBUILD",
        WITHDRAWN,
    ),
    "nothing speaks beside a withdrawn claim": (
        [
            encounter(status="CANCELLED"),
            technical_note(),
            technical_note(author_id="author-2"),
            UNREADABLE,
            claim(line("93015"), status="WITHDRAWN", frequency_code="8"),
        ],
        "REBUILD",
        WITHDRAWN,
    ),
    # administrative-no-lines
    "a claim without lines": ([*office(), claim()], "REBUILD", [OUTSIDE, *NO_LINES]),
    "a line number twice": (
        [*office("R/P/P"), claim(line("93016", line_number=1), line("93018", line_number=1))],
        "REBUILD",
        NO_LINES,
    ),
    "a line number of zero": ([*office(), claim(line("93015", line_number=0))], "REBUILD", NO_LINES),
    "line numbers with gaps and in any order": (
        [*office("R/P/P"), claim(line("93016", line_number=9), line("93018", line_number=1))],
        "RELEASE",
        [],
    ),
    # administrative-charge-not-positive
    "a charge of nothing, and less": (
        [*office("R/P/P"), claim(line("93016", charge=0), line("93018", charge=-1), line("78452", charge=1))],
        "HOLD",
        [("administrative-charge-not-positive", 1), ("administrative-charge-not-positive", 2)],
    ),
    # administrative-billing-npi-missing
    "no billing NPI": ([*office(), claim(line("93015"), billing_npi=None)], "REBUILD", BILLING_NPI),
    "a blank billing NPI": ([*office(), claim(line("93015"), billing_npi="  ")], "REBUILD", BILLING_NPI),
    # administrative-npi-invalid
    "a billing NPI with a wrong check digit": (
        [*office(), claim(line("93015"), billing_npi=WRONG_NPI)],
        "REBUILD",
        NPI_INVALID,
    ),
    "an ordering NPI that starts with 3": (
        [*office(), claim(line("93015"), ordering_npi="3234567891")],
        "REBUILD",
        NPI_INVALID,
    ),
    "a rendering NPI of nine digits": (
        [*office(), claim(line("93015", rendering_npi="123456789"))],
        "REBUILD",
        NPI_INVALID,
    ),
    "a rendering NPI with a letter": (
        [*office(), claim(line("93015", rendering_npi="123456789X"))],
        "REBUILD",
        NPI_INVALID,
    ),
    "a rendering NPI in other digits than ours": (
        [*office(), claim(line("93015", rendering_npi="1\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0663"))],
        "REBUILD",
        NPI_INVALID,
    ),
    "every NPI of the claim is wrong, in one finding": (
        [
            *office(),
            claim(
                line("93015", rendering_npi=WRONG_NPI),
                line("78452", rendering_npi=WRONG_NPI),
                billing_npi=WRONG_NPI,
                ordering_npi=WRONG_NPI,
            ),
        ],
        "REBUILD",
        NPI_INVALID,
    ),
    "NPIs of people and of organisations": (
        [*office(), claim(line("93015", rendering_npi="2222222228"), billing_npi="1679576722")],
        "RELEASE",
        [],
    ),
    # administrative-ordering-npi-missing
    "no ordering NPI": ([*office(), claim(line("93015"), ordering_npi=None)], "HOLD", ORDERING_NPI),
    "a blank ordering NPI": ([*office(), claim(line("93350"), ordering_npi=" ")], "HOLD", ORDERING_NPI),
    "no ordering NPI where no test is billed": (
        [*office(), claim(line("78452"), ordering_npi=None)],
        "RELEASE",
        [OUTSIDE],
    ),
    # administrative-rendering-npi-missing
    "no rendering NPI": (
        [*office(), claim(line("93015", rendering_npi=None))],
        "RELEASE",
        [("administrative-rendering-npi-missing", 1)],
    ),
    "a blank rendering NPI on a test and on another service": (
        [*office(), claim(line("78452", rendering_npi=""), line("93015", rendering_npi=" "))],
        "RELEASE",
        [("administrative-rendering-npi-missing", 2)],
    ),
    "a hospital's line needs no rendering NPI": (
        [*hospital(), hospital_claim(line("93017", rendering_npi=None))],
        "RELEASE",
        [],
    ),
    # administrative-payer-mismatch
    "the claim goes to another payer": (
        [*office(), claim(line("93015"), payer_id="P02")],
        "HOLD",
        [("administrative-payer-mismatch", None)],
    ),
    # administrative-service-date-mismatch
    "a line of the day after": (
        [*office(), claim(line("93015"), line("78452", service_date=SERVICE_DATE + ONE_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 2)],
    ),
    "a global of the day before": (
        [*office(), claim(line("93015", service_date=SERVICE_DATE - ONE_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 1)],
    ),
    "a reading on the day of its signature": (read_on(SERVICE_DATE + 2 * ONE_DAY), "RELEASE", []),
    "a reading between test and signature": (read_on(SERVICE_DATE + ONE_DAY), "RELEASE", []),
    "a reading after its signature": (
        read_on(SERVICE_DATE + 2 * ONE_DAY, signed_at=at(719 + 24 * 60)),
        "HOLD",
        [("administrative-service-date-mismatch", 1)],
    ),
    "a reading before the test": (
        read_on(SERVICE_DATE - ONE_DAY),
        "HOLD",
        [("administrative-service-date-mismatch", 1)],
    ),
    "a later reading whose report is not signed": (
        read_on(SERVICE_DATE + ONE_DAY, signed_at=None),
        "HOLD",
        [("documentation-unsigned", 1), ("administrative-service-date-mismatch", 1)],
    ),
    "a later reading whose report is not final": (
        read_on(SERVICE_DATE + ONE_DAY, status="PRELIMINARY"),
        "HOLD",
        [("documentation-not-final", 1), ("administrative-service-date-mismatch", 1)],
    ),
    "a later tracing, whatever the report says": (
        [
            encounter(owners="P/R/P"),
            *chart("P/R/P")[:2],
            report(signed_at=at(2 * 24 * 60)),
            claim(line("93018"), line("93017", service_date=SERVICE_DATE + ONE_DAY)),
        ],
        "HOLD",
        [("administrative-service-date-mismatch", 2)],
    ),
    # administrative-service-date-future
    "a line of the day after the claim was built": (
        [
            encounter(service_date=SERVICE_DATE + ONE_DAY),
            *chart(),
            claim(line("93015", service_date=SERVICE_DATE + ONE_DAY)),
        ],
        "RELEASE",
        [],
    ),
    "a line of the second day after the claim was built": (
        [claim(line("93015"), line("78452", service_date=SERVICE_DATE + 2 * ONE_DAY))],
        "HOLD",
        [MISSING, ("administrative-service-date-future", 2)],
    ),
    # administrative-control-number-missing
    "a replacement without the payer's number": (
        [*office(), claim(line("93015"), frequency_code="7")],
        "HOLD",
        [NUMBER_MISSING],
    ),
    "a replacement with a blank number": (
        [*office(), claim(line("93015"), frequency_code="7", payer_claim_control_number=" ")],
        "HOLD",
        [NUMBER_MISSING],
    ),
    "a replacement with the payer's number": (
        [*office(), claim(line("93015"), frequency_code="7", payer_claim_control_number="ICN-1")],
        "RELEASE",
        [],
    ),
    "a void without the payer's number": (
        [*office(), void_of(line("93015"), payer_claim_control_number=None)],
        "HOLD",
        [NUMBER_MISSING],
    ),
    "a void of a wrong claim may leave": (
        [*hospital(), void_of(line("93015", units=0), line("93017"), diagnoses=(), billing_npi=None)],
        "RELEASE",
        [],
    ),
    "a void may leave after the visit was cancelled": (
        [encounter(status="CANCELLED"), void_of(line("93015"))],
        "RELEASE",
        [],
    ),
    "a void while a fact is in doubt": (
        [*office(), report(author_id="author-2"), UNREADABLE, void_of(line("93015"), payer_claim_control_number=None)],
        "HOLD",
        [CONFLICT, UNREAD, NUMBER_MISSING],
    ),
    # administrative-control-number-unexpected
    "an original claim with the payer's number": (
        [*office(), claim(line("93015"), payer_claim_control_number="ICN-1")],
        "HOLD",
        NUMBER_UNEXPECTED,
    ),
    "an original claim with a blank number": (
        [*office(), claim(line("93015"), payer_claim_control_number=" ")],
        "RELEASE",
        [],
    ),
    # administrative-duplicate-service
    "the global again": (
        [*office(), earlier(claim(line("93015"))), claim(line("93015"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "the global again, under a replacement with an id of its own": (
        [
            *office(),
            earlier(claim(line("93015"))),
            claim(line("93015"), frequency_code="7", payer_claim_control_number="ICN-1"),
        ],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "the global again, after its components made it": (
        [*office(), earlier(claim(line("93016"), line("93017"), line("93018"))), claim(line("93015"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "a component again": (
        [*office("P/P/R"), earlier(claim(line("93017"))), claim(line("93016"), line("93017"))],
        "REBUILD",
        [("administrative-duplicate-service", 2)],
    ),
    "a component again, after its share of a hospital's global": (
        [*hospital(), earlier(physician_claim(line("93015"))), physician_claim(line("93018"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "an echo again": (
        [*office(), earlier(claim(line("93350"))), claim(line("93350"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "an echo again, once its missing 26 is added": (
        [*hospital(), earlier(physician_claim(line("93350"))), physician_claim(line("93350", "26"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "the complete stress echo again, after an echo and a global made it": (
        [*office(), earlier(claim(line("93350"), line("93015"))), claim(line("93351"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "the complete stress echo again, after a hospital's physician's echo and global made it": (
        [*hospital(), earlier(physician_claim(line("93350"), line("93015"))), physician_claim(line("93351", "26"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "another service again": (
        [*office(), earlier(claim(line("93015"), line("78452"))), claim(line("78452"))],
        "RELEASE",
        [OUTSIDE],
    ),
    "the global again on the same claim, corrected": (
        [*office(), claim(line("93017")), claim(line("93015"), revision=2)],
        "RELEASE",
        [],
    ),
    # administrative-filing-limit-near, -passed
    "built on the last day before four fifths of the limit": (built(291), "RELEASE", []),
    "built when four fifths of the limit had passed": (built(292), "RELEASE", NEAR),
    "built on the last day of the limit": (built(365), "RELEASE", NEAR),
    "built on the day after the limit": (built(366), "HOLD", PASSED),
    "a replacement has no filing limit here": (
        built(366, frequency_code="7", payer_claim_control_number="ICN-1"),
        "RELEASE",
        [],
    ),
    "the earliest line counts": (
        [
            encounter(owners="R/R/P"),
            *chart("R/R/P")[:2],
            report(signed_at=at(24 * 60)),
            claim(
                line("93018", service_date=SERVICE_DATE + ONE_DAY),
                line("78452"),
                built_at=at(292 * 24 * 60),
            ),
        ],
        "RELEASE",
        NEAR,
    ),
    # reviews
    "a confirmed hold is a warning": (
        [*office(), review("administrative-payer-mismatch"), claim(line("93015"), payer_id="P02")],
        "RELEASE",
        [("administrative-payer-mismatch", None)],
    ),
    "a missing visit cannot be confirmed": (
        [review("administrative-encounter-missing"), claim(line("93015"))],
        "HOLD",
        [MISSING],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_administrative(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


@pytest.mark.parametrize(
    ("limit", "days", "expected"),
    [
        (90, 71, []),
        (90, 72, NEAR),
        (90, 90, NEAR),
        (90, 91, PASSED),
        (1, 0, []),
        (1, 1, NEAR),
        (1, 2, PASSED),
    ],
)
def test_a_payer_may_have_a_filing_limit_of_its_own(limit, days, expected, rules):
    configured = Rules(rules.reference, Configuration(filing_limit_days_by_payer={"P01": limit}))

    assert expected == spoken(judged(built(days), configured))


def test_a_payer_may_take_tests_without_an_ordering_provider(rules):
    configured = Rules(rules.reference, Configuration(ordering_npi_exempt_payers=frozenset({"P01"})))

    assert [] == spoken(judged([*office(), claim(line("93015"), ordering_npi=None)], configured))


def test_a_wrong_npi_is_named_by_its_field_never_by_its_number(verdict):
    facts = SCENARIOS["every NPI of the claim is wrong, in one finding"][0]
    (finding,) = verdict(facts).findings

    assert (
        "billing_npi, ordering_npi, rendering_npi of line 1 and rendering_npi of line 2 fails the NPI check."
        == finding.message
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            [*office(), encounter(patient_id="token-2"), report(author_id="2"), claim(line("93015"))],
            "the encounter and a document",
        ),
        ([*office(), claim(line("93015"), payer_id="P02")], "payer P02; the encounter names P01"),
        ([*office(), claim(line("93015", charge=-5))], "Line 1 (93015) charges -5 cents"),
        (built(292), "Built 292 days after the first date of service; the payer's limit is 365"),
    ],
)
def test_the_message_carries_the_values(facts, words, verdict):
    (finding,) = verdict(facts).findings

    assert words in finding.message
