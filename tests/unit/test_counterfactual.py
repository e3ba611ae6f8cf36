"""What would change the outcome: a claim in trouble, and what is said to whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.documentation import SupervisionNote
from streams.counterfactual import what_would_change
from streams.judge import judge
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
    shift,
    supervision_note,
    technical_note,
    tracing,
)
from tests.scenarios.table import UNREADABLE, earlier, hospital, office, physician_claim, standing

GLOBAL = claim(line("93015"))
NEXT_DAY = SERVICE_DATE.replace(day=SERVICE_DATE.day + 1)
CHECKLIST = (
    "modality, protocol, leads, continuous, retained, target_heart_rate, vital_signs, start_stop, stop_reason and "
    "monitoring"
)
AS_REBUILT = ("claim", "as built", "as the rebuild proposes")
NOTE, SUPERVISION, REPORT = (
    f"documentation[{role}]" for role in ("TECHNICIAN", "SUPERVISING_PHYSICIAN", "INTERPRETING_PHYSICIAN")
)


def charted(note: Any = None, supervision: Any = None, reading: Any = None) -> list[Any]:
    """A global in an office, with one document or another as given."""
    return [encounter(), note or technical_note(), supervision or supervision_note(), reading or report(), GLOBAL]


TROUBLES: dict[str, tuple[list[Any], list[tuple[str, str, str]]]] = {
    "nothing is wrong": ([*office(), GLOBAL], []),
    # encounter
    "no visit yet": ([*chart(), GLOBAL], [("encounter", "missing", "completed, as the claim says")]),
    "no visit yet, and a claim that names no place": (
        [*chart(), claim(line("93015"), place_of_service=None)],
        [("encounter", "missing", "completed, as the claim says"), AS_REBUILT],
    ),
    "no visit yet, and an outpatient bill": (
        [technical_note("H"), hospital_claim(line("93017"))],
        [("encounter", "missing", "completed, as the claim says")],
    ),
    "no visit yet, and a bill of a stay": (
        [technical_note("H"), hospital_claim(line("93017"), type_of_bill="0111")],
        [
            ("encounter", "missing", "completed, as the claim says"),
            ("review of site-inpatient-technical", "none", "confirmed"),
        ],
    ),
    "no visit yet, and neither a place nor a line": (
        [shift(GLOBAL, lines=(), place_of_service="81"), *chart()],
        None,
    ),
    "a visit that goes on": (
        [*office(status="IN_PROGRESS"), GLOBAL],
        [("encounter.status", "IN_PROGRESS", "COMPLETED")],
    ),
    "no word of supervision": (
        [*office(supervision_mode=None), GLOBAL],
        [("encounter.supervision_mode", "nothing", "ON_SITE")],
    ),
    "another payer": ([*office(payer_id="P02"), GLOBAL], [("encounter.payer_id", "P02", "P01")]),
    "a place that does not fit the class": (
        [*office(place_of_service="22"), GLOBAL],
        [("encounter.place_of_service", "22", "11")],
    ),
    "an owner nobody recorded": (
        [*office("P/?/P"), GLOBAL],
        [("encounter.ownership.supervision", "nothing", "P")],
    ),
    "a document of another entity than the owner": (
        charted(supervision=supervision_note("X")),
        [(f"{SUPERVISION}.entity_id", "X", "P")],
    ),
    # documents
    "no document": (
        [encounter(), *chart()[:2], GLOBAL],
        [(REPORT, "none in force", "final, complete and signed")],
    ),
    "a draft without a signature": (
        charted(reading=report(status="PRELIMINARY", signed_at=None)),
        [(f"{REPORT}.status", "PRELIMINARY", "FINAL"), (f"{REPORT}.signed_at", "nothing", "signed")],
    ),
    "a note that is part of the tracing": (
        charted(supervision=supervision_note(supervision=SupervisionNote(separate_from_tracing=False))),
        [(f"{SUPERVISION}.supervision", "not separate from the tracing", "separate from the tracing")],
    ),
    "a report that does not say": (
        charted(reading=report(interpretation=None)),
        [(f"{REPORT}.interpretation", "not told", "separate from the tracing")],
    ),
    "one author": (
        charted(technical_note(author_id="A"), reading=report(author_id="A")),
        [(f"{REPORT}.author_id", "A", "another author")],
    ),
    "a tracing with gaps": (
        charted(technical_note(tracing=tracing(protocol=" ", stopped_at=None))),
        [(f"{NOTE}.tracing", "without protocol and start_stop", "with protocol and start_stop")],
    ),
    "no tracing": (
        charted(technical_note(tracing=None)),
        [(f"{NOTE}.tracing", "nothing", f"the whole checklist: {CHECKLIST}")],
    ),
    "a tracing of another day": (
        charted(technical_note(tracing=tracing(started_at=at(-7200), stopped_at=at(-7190)))),
        [(f"{NOTE}.tracing.started_at", "2026-03-05 12:00 UTC", "on 2026-03-10")],
    ),
    "a reading in the technical note": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(contains_interpretation=True)),
            claim(line("93017")),
        ],
        [(f"{NOTE}.tracing.contains_interpretation", "True", "False")],
    ),
    # claim
    "a global in a hospital": ([*hospital(), physician_claim(line("93015"))], [AS_REBUILT]),
    "a global across localities": ([*office(one_locality=False), GLOBAL], [AS_REBUILT]),
    "what only a person can say, and a rebuild after it": (
        [*office(), claim(line("93015"), line("93016"), billing_npi=None)],
        [("claim.billing_npi", "nothing", "a valid NPI"), AS_REBUILT],
    ),
    "a replacement that names no claim": (
        [*office(), claim(line("93015"), frequency_code="7")],
        [("claim.payer_claim_control_number", "nothing", "the payer's claim number")],
    ),
    "a replacement that names its claim, without a biller": (
        [*office(), claim(line("93015"), frequency_code="7", payer_claim_control_number="ICN-1", billing_npi=None)],
        [("claim.billing_npi", "nothing", "a valid NPI")],
    ),
    "an original that names a claim": (
        [*office(), claim(line("93015"), payer_claim_control_number="ICN-1")],
        [("claim.payer_claim_control_number", "ICN-1", "nothing")],
    ),
    "no diagnosis that supports the test": (
        [*office(), claim(line("93015"), diagnoses=("I10",))],
        [("claim.diagnoses", "I10", "billable codes that support the test, if the chart does")],
    ),
    "a pointer to the wrong diagnosis": (
        [*office(), claim(line("93015", diagnosis_pointers=(1,)), diagnoses=("I10", "I25.118"))],
        [("claim.lines[1].diagnosis_pointers", "1", "2")],
    ),
    "a bill type of a stay for an outpatient": (
        [*hospital("H/H/H"), hospital_claim(line("93017"), type_of_bill="0111")],
        [("claim.type_of_bill", "0111", "0131")],
    ),
    "line numbers that repeat": (
        [*office("P/P/P"), claim(line("93015", line_number=2), line("78452", line_number=2))],
        [("claim.lines[].line_number", "2, 2", "each used once and from 1")],
    ),
    "a charge of nothing": (
        [*office(), claim(line("93015", charge=0))],
        [("claim.lines[1].charge_cents", "0", "a positive charge")],
    ),
    "a line of the day after": (
        [*office(), claim(line("93015", service_date=NEXT_DAY))],
        [("claim.lines[1].service_date", "2026-03-11", "2026-03-10")],
    ),
    "a visit without 25": (
        [*office(), claim(line("93015"), line("99213"))],
        [("claim.lines[2].modifiers", "nothing", "with 25, if true")],
    ),
    "an ECG beside the test": (
        [*office(), claim(line("93015"), line("93000"))],
        [("claim.lines[2].modifiers", "nothing", "with 59, if true")],
    ),
    "a code that is none": (
        [*office(), claim(line("93015"), line("9300"))],
        [("claim.lines[2]", "9300", "not billed")],
    ),
    "a modifier too short": (
        [*office(), claim(line("93015", " "))],
        [("claim.lines[1].modifiers", " ", "without the blank one, if true")],
    ),
    # other claims and records
    "a stress echo that an earlier claim excludes": (
        [*office(), earlier(GLOBAL), claim(line("93350"))],
        [("claim[C0].status", "BUILT", "WITHDRAWN")],
    ),
    "a record that nobody can read": ([*office(), UNREADABLE, GLOBAL], [("dead letter", "unreadable", "replayed")]),
    "two contents of one revision": (
        [*office(), encounter(site_id="S02"), GLOBAL],
        [("revision of E1", "two contents", "a higher one from the sender")],
    ),
    # people
    "a test that was filed too late": (
        [*office(), shift(GLOBAL, built_at=at(60 * 24 * 4000))],
        [("review of administrative-filing-limit-passed", "none", "confirmed")],
    ),
    "an answer that was taken back": (
        [
            *office(place_of_service="72"),
            review("site-clinic-encounter-rate", answer="REVOKED"),
            claim(line("93015"), place_of_service="72"),
        ],
        [("review of site-clinic-encounter-rate", "revoked", "confirmed")],
    ),
    "a correction, which an answer to the revision before does not cover": (
        [
            *office(place_of_service="72"),
            review("site-clinic-encounter-rate"),
            claim(line("93015"), place_of_service="72", billing_npi=None),
        ],
        [
            ("claim.billing_npi", "nothing", "a valid NPI"),
            ("review of site-clinic-encounter-rate", "none", "confirmed"),
        ],
    ),
    # no way out
    "a claim whose rebuild is void": ([*office("H/H/H"), GLOBAL], None),
    "a claim without lines": ([*office(), claim()], None),
}


@pytest.mark.parametrize(("facts", "expected"), TROUBLES.values(), ids=TROUBLES.keys())
def test_the_changes_that_release_a_claim(facts, expected, rules):
    whole, claim_id, learned = standing(facts)
    found = what_would_change(whole, claim_id, rules, learned)

    assert expected == (None if found is None else [(change.path, change.now, change.then) for change in found])


def test_nothing_is_found_within_too_few_changes(rules):
    facts, claim_id, _ = standing([encounter(), GLOBAL])  # three documents are missing

    assert what_would_change(facts, claim_id, rules, most=2) is None
    assert 3 == len(what_would_change(facts, claim_id, rules, most=3))


def test_a_search_that_asked_too_often_finds_nothing(rules, monkeypatch):
    monkeypatch.setattr("streams.counterfactual.MOST_JUDGEMENTS", 3)
    facts, claim_id, _ = standing([encounter(), GLOBAL])

    assert what_would_change(facts, claim_id, rules) is None


def test_a_person_s_answer_follows_the_claim_through_later_corrections(rules):
    facts, claim_id, _ = standing(
        [*office(place_of_service="72"), claim(line("93015"), place_of_service="72", billing_npi=None)]
    )
    for change in reversed(what_would_change(facts, claim_id, rules)):
        facts = change.apply(facts)

    assert "RELEASE" == judge(facts, rules)[claim_id].route
