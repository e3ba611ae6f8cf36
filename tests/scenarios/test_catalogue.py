"""The catalogue as a whole: which edits there are, and that the scenario tables speak of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import pytest

from schemas.claim import Claim
from schemas.documentation import Documentation
from schemas.encounter import Encounter
from schemas.record import Record
from streams.gates import EDITS
from streams.npi import is_valid_npi
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
from tests.scenarios.table import judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.decision import Finding

TABLES = (
    test_site_of_service,
    test_ownership,
    test_documentation,
    test_coding,
    test_diagnosis,
    test_administrative,
    test_learned,
    test_reviews,
)

# edit, severity, proposal (m mechanical, a authored, b blocking), e: silent without a completed visit in a setting
CATALOGUE = """
site-place-of-service-unassigned                  HOLD     b  -
site-registration-conflict                        HOLD     b  -
site-place-of-service-mismatch                    REBUILD  m  e
site-global-in-facility                           REBUILD  m  e
site-technical-in-facility                        REBUILD  m  e
site-stress-echo-needs-26                         REBUILD  m  e
site-professional-on-institutional                REBUILD  m  e
site-off-campus-modifier                          REBUILD  m  e
site-type-of-bill                                 HOLD     -  -
site-institutional-outside-hospital               HOLD     -  e
site-inpatient-technical                          HOLD     -  e
site-method-two                                   HOLD     b  -
site-clinic-encounter-rate                        HOLD     -  e
ownership-unknown                                 HOLD     b  e
ownership-documented-by-other-entity              HOLD     b  e
ownership-not-owner                               REBUILD  m  e
ownership-global-split                            REBUILD  m  e
ownership-stress-echo-split                       HOLD     -  e
documentation-missing                             HOLD     -  e
documentation-retracted                           HOLD     -  e
documentation-not-final                           HOLD     -  e
documentation-unsigned                            HOLD     -  e
documentation-not-separate                        HOLD     -  e
documentation-same-author                         HOLD     -  e
documentation-tracing-incomplete                  HOLD     -  e
documentation-tracing-contains-interpretation     HOLD     -  e
documentation-date-mismatch                       HOLD     -  e
documentation-target-not-reached                  WARN     -  e
documentation-supervision-unknown                 HOLD     -  e
documentation-supervision-insufficient            HOLD     -  e
documentation-supervision-virtual                 WARN     -  e
coding-malformed-code                             REBUILD  a  -
coding-outside-scope                              WARN     -  -
coding-component-overlap                          REBUILD  m  -
coding-overlap-across-claims                      REBUILD  m  e
coding-earlier-claim-conflict                     HOLD     -  e
coding-duplicate-line                             REBUILD  m  -
coding-repeat-service                             HOLD     b  -
coding-units                                      REBUILD  m  -
coding-units-invalid                              REBUILD  a  -
coding-units-over-mue                             HOLD     -  -
coding-component-modifier                         REBUILD  m  -
coding-modifier-contradicts-code                  HOLD     b  -
coding-unbundling-modifier                        REBUILD  m  -
coding-components-make-global                     REBUILD  m  e
coding-tracing-with-interpretation                HOLD     -  e
coding-global-in-parts                            HOLD     -  e
coding-stress-echo-bundle                         REBUILD  m  -
coding-stress-echo-with-global                    REBUILD  m  -
coding-stress-echo-components                     WARN     -  e
coding-ptp-bundled                                REBUILD  m  -
coding-ptp-stress-bundled                         HOLD     -  -
coding-ptp-pair                                   HOLD     -  -
coding-evaluation-without-25                      HOLD     -  -
coding-revenue-code                               HOLD     -  -
coding-abn-conflict                               REBUILD  a  -
coding-abn-denial-expected                        WARN     -  -
diagnosis-malformed                               REBUILD  a  -
diagnosis-not-billable                            REBUILD  a  -
diagnosis-billability-unverified                  WARN     -  -
diagnosis-count                                   REBUILD  a  -
diagnosis-pointer-invalid                         REBUILD  a  -
diagnosis-not-supporting                          HOLD     -  -
diagnosis-acute-review                            WARN     -  -
administrative-fact-conflict                      HOLD     b  -
administrative-fact-unreadable                    HOLD     b  -
administrative-encounter-missing                  HOLD     b  -
administrative-encounter-not-completed            HOLD     b  -
administrative-encounter-cancelled                REBUILD  m  -
administrative-encounter-cancelled-but-documented HOLD     b  -
administrative-claim-withdrawn                    REBUILD  m  -
administrative-no-lines                           REBUILD  a  -
administrative-charge-not-positive                HOLD     -  -
administrative-billing-npi-missing                REBUILD  a  -
administrative-npi-invalid                        REBUILD  a  -
administrative-ordering-npi-missing               HOLD     -  -
administrative-rendering-npi-missing              WARN     -  -
administrative-payer-mismatch                     HOLD     -  e
administrative-service-date-mismatch              HOLD     -  e
administrative-service-date-future                HOLD     -  -
administrative-control-number-missing             HOLD     -  -
administrative-control-number-unexpected          HOLD     -  -
administrative-duplicate-service                  REBUILD  m  e
administrative-filing-limit-near                  WARN     -  -
administrative-filing-limit-passed                HOLD     -  -
"""
MARK = {"mechanical": "m", "authored": "a", "blocking": "b", "none": "-"}

GATES = {
    "site": "SITE_OF_SERVICE",
    "ownership": "OWNERSHIP",
    "documentation": "DOCUMENTATION",
    "coding": "CODING",
    "diagnosis": "DIAGNOSIS",
    "administrative": "ADMINISTRATIVE",
}

NEVER_CONFIRMED = {
    "site-place-of-service-unassigned",
    "site-registration-conflict",
    "administrative-encounter-missing",
    "administrative-encounter-not-completed",
    "administrative-encounter-cancelled-but-documented",
    "administrative-fact-conflict",
    "administrative-control-number-missing",
    "administrative-control-number-unexpected",
}
"""Beside the gates OWNERSHIP and DOCUMENTATION, and all that is no HOLD."""

BY_ROLE = {edit.edit_id for edit in EDITS if edit.edit_id.startswith(("documentation-", "ownership-documented"))}
"""Listed by role, not by line."""

NOT_FIELDS = {"encounter", "earlier_claims", "dead_letters"}
"""Evidence that is whole records: the visit, other claims of the biller, what could not be read."""

RECORDS = {"encounter": Encounter, "documentation": Documentation, "claim": Claim}


@pytest.fixture(scope="module")
def found(rules) -> list[tuple[str, Claim, tuple[Finding, ...]]]:
    """Every row of every table: its name, the claim that it speaks of, its findings."""
    return [
        (name, [fact for fact in facts if isinstance(fact, Claim)][-1], judged(facts, rules).findings)
        for table in TABLES
        for name, (facts, _, _) in table.SCENARIOS.items()
    ]


def test_the_catalogue_has_these_edits_in_this_order():
    declared = [(edit.edit_id, edit.severity, MARK[edit.proposal], "e" if edit.basis else "-") for edit in EDITS]

    assert [tuple(row.split()) for row in CATALOGUE.strip().splitlines()] == declared


def test_every_edit_is_of_the_gate_that_its_name_begins_with():
    assert [GATES[edit.edit_id.split("-")[0]] for edit in EDITS] == [edit.gate for edit in EDITS]


def test_a_person_may_confirm_holds_but_not_those_that_only_a_fact_can_answer():
    expected = {
        edit.edit_id
        for edit in EDITS
        if edit.severity == "HOLD"
        and edit.gate not in {"OWNERSHIP", "DOCUMENTATION"}
        and edit.edit_id not in NEVER_CONFIRMED
    }

    assert expected == {edit.edit_id for edit in EDITS if edit.confirmable}


def test_every_edit_says_when_it_speaks_what_to_do_and_who_says_so():
    assert [] == [edit.edit_id for edit in EDITS if not (edit.condition and edit.remedy and edit.source and edit.reads)]


def test_every_edit_is_fired_by_a_scenario(found):
    fired = {finding.edit_id for _, _, findings in found for finding in findings}

    assert set() == {edit.edit_id for edit in EDITS} - fired


def test_no_two_scenarios_have_one_name():
    names = [name for table in TABLES for name in table.SCENARIOS]

    assert len(set(names)) == len(names)


def test_findings_come_in_catalogue_order_then_by_line(found):
    position = {edit.edit_id: number for number, edit in enumerate(EDITS)}

    def order(finding: Finding) -> tuple[Any, ...]:
        line = 0 if finding.edit_id in BY_ROLE else finding.line_number or 0
        return position.get(finding.edit_id, len(EDITS)), finding.edit_id, line

    assert [] == [name for name, _, findings in found if sorted(findings, key=order) != list(findings)]


def test_a_finding_has_the_severity_remedy_and_source_of_its_edit(found):
    said = {edit.edit_id: (edit.gate, edit.severity, edit.remedy, edit.source) for edit in EDITS}
    confirmed = " Confirmed by review "

    assert [] == [
        (name, finding.edit_id)
        for name, _, findings in found
        for finding in findings
        if finding.gate != "LEARNED"
        and confirmed not in finding.message
        and said[finding.edit_id] != (finding.gate, finding.severity, finding.remedy, finding.citation)
    ]


def test_every_message_is_a_sentence(found):
    assert [] == [
        (name, finding.message)
        for name, _, findings in found
        for finding in findings
        if not re.fullmatch(r"\S.*\.", finding.message)
    ]


def test_no_message_shows_an_npi(found):
    def numbers(claim: Claim) -> Iterator[str]:
        npis = (claim.billing_npi, claim.ordering_npi, *[line.rendering_npi for line in claim.lines])
        return (npi for npi in npis if npi and npi.strip())

    assert [] == [
        (name, finding.message)
        for name, claim, findings in found
        for finding in findings
        if any(npi in finding.message for npi in numbers(claim))
        or any(map(is_valid_npi, re.findall(r"\d{10}", finding.message)))
    ]


def test_evidence_names_fields_of_the_records_and_lines_of_the_claim(found):
    wrong = [
        (finding.edit_id, path)
        for _, claim, findings in found
        for finding in findings
        for path in finding.evidence
        if path not in NOT_FIELDS and not is_field(path, claim)
    ]

    assert [] == wrong


def is_field(path: str, claim: Claim) -> bool:
    """Whether `claim.lines[3].units` and the like are a field; a number in brackets is a line of the claim."""
    root, *names = path.split(".")
    record: type[Record] | None = RECORDS.get(root)
    for name in names:
        field, _, number = name.rstrip("]").partition("[")
        if record is None or field not in record.model_fields:
            return False
        if number and int(number) not in {line.line_number for line in claim.lines}:
            return False
        annotation = record.model_fields[field].annotation
        parts = [part for part in (annotation, *get_args(annotation)) if isinstance(part, type)]
        record = next((part for part in parts if issubclass(part, Record)), None)
    return bool(names)
