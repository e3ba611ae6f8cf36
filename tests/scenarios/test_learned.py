"""Learned edits: scope, match and dates of an edit that a payer's denials, or a person, brought in."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from tests.builders import SERVICE_DATE, at, claim, hospital_claim, line, review
from tests.scenarios.table import UNREADABLE, Scenarios, hospital, office, physician_claim

ONE_DAY = dt.timedelta(days=1)
SCOPE = set(EditScope.model_fields)


def learned(**changes):
    """An active edit that matches every line; `changes` are fields of the edit, of its scope or of its match."""
    scope = {name: value for name, value in changes.items() if name in SCOPE}
    match = {name: value for name, value in changes.items() if name in EditMatch.model_fields}
    edit = {name: value for name, value in changes.items() if name not in scope and name not in match}
    values = {
        "edit_id": "learned-1",
        "revision": 3,
        "status": "ACTIVE",
        "severity": "HOLD",
        "message": "This payer denies it.",
        "remedy": "Call the payer.",
        "provenance": EditProvenance(
            source="PERSON", denied=0, paid=0, categories=(), reason_codes=(), decided_by="analyst-1", reason="call"
        ),
        "occurred_at": at(),
    } | edit
    return Edit(scope=EditScope(**scope), match=EditMatch(**match), **values)


def billed(edit, *lines, **changes):
    """A global (or other lines) in an office, and an edit in force."""
    return [*office(), edit, claim(*(lines or (line("93015"),)), **changes)]


FOUND = [("learned-1", 1)]
TWO_COMPONENTS = (line("93016"), line("93018"))

SCENARIOS: Scenarios = {
    # null is any
    "an edit without scope and match speaks of every line": (
        billed(learned(), line("93015"), line("78452")),
        "HOLD",
        [("learned-1", 1), ("learned-1", 2)],
    ),
    "an edit may only warn": (billed(learned(severity="WARN")), "RELEASE", FOUND),
    "an edit that is not active says nothing": (billed(learned(status="SHADOW")), "RELEASE", []),
    "edits speak in the order of their ids, after all others": (
        [*billed(learned(edit_id="b"))[:-1], learned(edit_id="a"), claim(line("93015", units=2))],
        "REBUILD",
        [("coding-units", 1), ("a", 1), ("b", 1)],
    ),
    # payer_ids
    "the payer": (billed(learned(payer_ids=("P00", "P01"))), "HOLD", FOUND),
    "another payer": (billed(learned(payer_ids=("P00",))), "RELEASE", []),
    "no payer": (billed(learned(payer_ids=())), "RELEASE", []),
    # site_ids
    "the site": (billed(learned(site_ids=("S01",))), "HOLD", FOUND),
    "another site": (billed(learned(site_ids=("S02",))), "RELEASE", []),
    "no site": (billed(learned(site_ids=())), "RELEASE", []),
    "the site of a visit that has not come": (
        [learned(site_ids=("S01",)), claim(line("93015"))],
        "HOLD",
        [("administrative-encounter-missing", None)],
    ),
    "any site of a visit that has not come": (
        [learned(), claim(line("93015"))],
        "HOLD",
        [("administrative-encounter-missing", None), *FOUND],
    ),
    # claim_types
    "the type of the claim": (billed(learned(claim_types=("PROFESSIONAL",))), "HOLD", FOUND),
    "another type of claim": (billed(learned(claim_types=("INSTITUTIONAL",))), "RELEASE", []),
    "no type of claim": (billed(learned(claim_types=())), "RELEASE", []),
    # places_of_service
    "the place of service": (billed(learned(places_of_service=("22", "11"))), "HOLD", FOUND),
    "another place of service": (billed(learned(places_of_service=("22",))), "RELEASE", []),
    "no place of service": (billed(learned(places_of_service=())), "RELEASE", []),
    "a hospital's claim has no place of service": (
        [*hospital(), learned(places_of_service=("22",)), hospital_claim(line("93017"))],
        "RELEASE",
        [],
    ),
    # procedure_codes: any of
    "one of the codes": (billed(learned(procedure_codes=("78452", "93015"))), "HOLD", FOUND),
    "only the lines of the codes": (
        billed(learned(procedure_codes=("78452",)), line("93015"), line("78452")),
        "HOLD",
        [("learned-1", 2)],
    ),
    "none of the codes": (billed(learned(procedure_codes=("93017",))), "RELEASE", []),
    "no code": (billed(learned(procedure_codes=())), "RELEASE", []),
    # with_procedure_codes: all of, on other lines
    "beside the other code": (
        [
            *hospital(),
            learned(procedure_codes=("93018",), with_procedure_codes=("93016",)),
            physician_claim(*TWO_COMPONENTS),
        ],
        "HOLD",
        [("learned-1", 2)],
    ),
    "beside one of two other codes": (
        [
            *hospital(),
            learned(procedure_codes=("93018",), with_procedure_codes=("93016", "93017")),
            physician_claim(*TWO_COMPONENTS),
        ],
        "RELEASE",
        [],
    ),
    "a line is not beside itself": (
        billed(learned(procedure_codes=("93015",), with_procedure_codes=("93015",))),
        "RELEASE",
        [],
    ),
    "a line is beside another of its code": (
        billed(
            learned(procedure_codes=("A9500",), with_procedure_codes=("A9500",)), line("93015"), *[line("A9500")] * 2
        ),
        "HOLD",
        [("learned-1", 2), ("learned-1", 3)],
    ),
    "no other code is asked for": (billed(learned(with_procedure_codes=())), "HOLD", FOUND),
    # modifiers: all of
    "both modifiers": (
        billed(learned(modifiers=("GA", "Q6")), line("93015", "Q6", "KX", "GA")),
        "HOLD",
        FOUND,
    ),
    "one of both modifiers": (billed(learned(modifiers=("GA", "Q6")), line("93015", "GA")), "RELEASE", []),
    "no modifier is asked for": (billed(learned(modifiers=())), "HOLD", FOUND),
    # diagnosis_families: any of those pointed to
    "a family that the line points to": (billed(learned(diagnosis_families=("R07", "I25"))), "HOLD", FOUND),
    "a family of the claim that the line does not point to": (
        billed(learned(diagnosis_families=("I10",)), diagnoses=("I25.118", "I10")),
        "RELEASE",
        [],
    ),
    "a family of a hospital's claim": (
        [
            *hospital(),
            learned(diagnosis_families=("I10",)),
            hospital_claim(line("93017"), diagnoses=("I25.118", "I10")),
        ],
        "HOLD",
        FOUND,
    ),
    "no family": (billed(learned(diagnosis_families=())), "RELEASE", []),
    "a pointer to nothing is no family": (
        billed(learned(diagnosis_families=("I25",)), line("93015", diagnosis_pointers=(2, 0))),
        "REBUILD",
        [("diagnosis-pointer-invalid", 1)],
    ),
    # units_over
    "more units": (
        billed(learned(units_over=1), line("93015"), line("A9500", units=2)),
        "HOLD",
        [("learned-1", 2)],
    ),
    "as many units": (billed(learned(units_over=2), line("93015"), line("A9500", units=2)), "RELEASE", []),
    # all at once, as learning writes them
    "every trait that learning can ask for": (
        billed(
            learned(
                payer_ids=("P01",),
                claim_types=("PROFESSIONAL",),
                places_of_service=("11",),
                procedure_codes=("93015",),
                with_procedure_codes=("78452",),
                modifiers=("KX",),
                diagnosis_families=("I25",),
            ),
            line("93015", "KX"),
            line("78452"),
        ),
        "HOLD",
        FOUND,
    ),
    "every trait but one": (
        billed(
            learned(
                payer_ids=("P01",),
                claim_types=("PROFESSIONAL",),
                places_of_service=("11",),
                procedure_codes=("93015",),
                with_procedure_codes=("78452",),
                modifiers=("KX",),
                diagnosis_families=("R07",),
            ),
            line("93015", "KX"),
            line("78452"),
        ),
        "RELEASE",
        [],
    ),
    "two edits may speak of one line": (
        [*billed(learned(edit_id="b", places_of_service=("11",)))[:-1], learned(edit_id="a"), claim(line("93015"))],
        "HOLD",
        [("a", 1), ("b", 1)],
    ),
    # dates of service, both ends included
    "the first day in force": (billed(learned(effective_from=SERVICE_DATE)), "HOLD", FOUND),
    "the day before the first": (billed(learned(effective_from=SERVICE_DATE + ONE_DAY)), "RELEASE", []),
    "the last day in force": (billed(learned(effective_to=SERVICE_DATE)), "HOLD", FOUND),
    "the day after the last": (billed(learned(effective_to=SERVICE_DATE - ONE_DAY)), "RELEASE", []),
    # what silences
    "a cancelled visit silences learned edits": (
        [*office(status="CANCELLED"), learned(), claim(line("93015"))],
        "HOLD",
        [("administrative-encounter-cancelled-but-documented", None)],
    ),
    "a withdrawn claim silences learned edits": (
        billed(learned(), status="WITHDRAWN"),
        "REBUILD",
        [("administrative-claim-withdrawn", None)],
    ),
    "a void silences learned edits": (
        billed(learned(), frequency_code="8", payer_claim_control_number="ICN-1"),
        "RELEASE",
        [],
    ),
    # reviews
    "a person confirms a learned hold": (
        [*billed(learned())[:-1], review("learned-1", line_number=1), claim(line("93015"))],
        "RELEASE",
        FOUND,
    ),
    "a learned edit beside a record that could not be read": (
        [UNREADABLE, *billed(learned())],
        "HOLD",
        [("administrative-fact-unreadable", None), *FOUND],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_learned(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


def test_a_learned_finding_speaks_in_the_words_of_its_edit(verdict):
    (finding,) = verdict(billed(learned())).findings

    assert ("LEARNED", "HOLD", "This payer denies it.", "Call the payer.", "Learned edit, revision 3") == (
        finding.gate,
        finding.severity,
        finding.message,
        finding.remedy,
        finding.citation,
    )
