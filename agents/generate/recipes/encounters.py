"""Defects of the encounter and of the log: registered wrong, not over, cancelled, missing, contradictory, garbled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.generate.catalogue import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS
from agents.generate.cures import amended_document, amended_encounter, confirmed, corrected, late_encounter, rebuilt
from agents.generate.recipe import recipe
from agents.generate.scenes import anywhere
from agents.generate.truth import VOID

if TYPE_CHECKING:
    from agents.generate.case import Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft, DocumentationDraft, EncounterDraft

UNASSIGNED = ("00", "29", "36", "64", "88", "2A")
"""Places that the code set leaves open, and one that is no place at all."""


@recipe("place-unassigned", 2, anywhere)
def unassigned(case: Case) -> list[Cure]:
    """Registration gave a place that does not exist: nothing that depends on the setting can be judged."""
    right = case.place
    case.encounter.place_of_service = case.pick(UNASSIGNED)
    case.find_in_all("site-place-of-service-unassigned")

    def change(encounter: EncounterDraft) -> None:
        encounter.place_of_service = right

    return [amended_encounter(case, change)]


@recipe("registration-contradicts-itself", 4, anywhere)
def conflict(case: Case) -> list[Cure]:
    """Class, place and campus do not fit."""
    encounter = case.encounter
    right = replace(encounter)
    if encounter.encounter_class == "AMBULATORY":
        encounter.place_of_service = case.pick(("22", "19", "21"))
    elif encounter.encounter_class == "HOSPITAL_OUTPATIENT":
        on_campus = encounter.off_campus == "NONE"
        encounter.off_campus = "EXCEPTED" if on_campus else "NONE"
    else:
        encounter.place_of_service = "11"
    case.find_in_all("site-registration-conflict")

    def change(encounter: EncounterDraft) -> None:
        encounter.place_of_service, encounter.off_campus = right.place_of_service, right.off_campus

    return [amended_encounter(case, change)]


@recipe("encounter-missing", 6, anywhere)
def missing(case: Case) -> list[Cure]:
    """Registration's feed lost the visit, or sends it days after the claims."""
    case.encounter_withheld = True
    case.find_in_all("administrative-encounter-missing")
    return [late_encounter(case, chance=0.75)]


@recipe("encounter-not-completed", 4, anywhere)
def not_completed(case: Case) -> list[Cure]:
    """Nobody closed the visit."""
    case.encounter.status = case.pick(("IN_PROGRESS", "IN_PROGRESS", "SCHEDULED"))
    case.find_in_all("administrative-encounter-not-completed")

    def change(encounter: EncounterDraft) -> None:
        encounter.status = "COMPLETED"

    return [amended_encounter(case, change)]


@recipe("encounter-cancelled", 4, anywhere)
def cancelled(case: Case) -> list[Cure]:
    """The test did not take place, but the claims were built all the same."""
    case.encounter.status = "CANCELLED"
    case.documents = {}
    for bill in case.bills:
        bill.stands = bill.documented = {}
        case.find(bill, "administrative-encounter-cancelled")
        bill.proposal = VOID
    return [rebuilt(case, bill) for bill in case.bills]


@recipe("cancelled-but-documented", 3, anywhere)
def cancelled_but_documented(case: Case) -> list[Cure]:
    """Cancelled in the register, done by the chart."""
    case.encounter.status = "CANCELLED"
    case.find_in_all("administrative-encounter-cancelled-but-documented")

    def change(encounter: EncounterDraft) -> None:
        encounter.status = "COMPLETED"

    return [amended_encounter(case, change)]


@recipe("encounter-conflict", 2, anywhere)
def conflicting_encounter(case: Case) -> list[Cure]:
    """Two contents of the encounter under one revision."""
    case.extras.append(lambda: replace(case.encounter, patient_id=f"{case.encounter.patient_id}x"))
    case.find_in_all("administrative-fact-conflict")
    return [amended_encounter(case, lambda _: None)]


@recipe("document-conflict", 1, anywhere)
def conflicting_document(case: Case) -> list[Cure]:
    """Two contents of a document under one revision: who wrote it?"""
    document = case.documents["supervision"]
    other = next(each for each in case.entity("supervision").physicians if each.author_id != document.author_id)
    case.extras.append(lambda: replace(document, author_id=other.author_id))
    case.find_in_all("administrative-fact-conflict")

    def unchanged(_: DocumentationDraft) -> None:
        """The next revision says again what the first content said."""

    return [amended_document(case, "supervision", unchanged)]


@recipe("claim-conflict", 1, anywhere)
def conflicting_claim(case: Case) -> list[Cure]:
    """Two contents of one claim revision, with different referrers: only that claim waits."""
    bill = case.some_stress
    other = case.entity("interpretation").physicians[0].npi
    case.extras.append(lambda: replace(bill.claim, ordering_npi=other))
    case.find(bill, "administrative-fact-conflict")

    def change(claim: ClaimDraft) -> None:
        claim.ordering_npi = other

    return [corrected(case, bill, change, chance=0.7)]


@recipe("fact-unreadable", 2, anywhere)
def unreadable(case: Case) -> list[Cure]:
    """A sender's defect: a record of the visit that no reader can read, so that what it says is unknown."""
    encounter_id = case.encounter.encounter_id
    topic, value = case.pick(
        (
            (DOCUMENTATION, f'"document_id": "doc-{case.key}-x", "encounter_id": "{encounter_id}", "revision": "two"'),
            (ENCOUNTERS, f'"encounter_id": "{encounter_id}", "revision": 9, "status": "ARRIVED"'),
            (CLAIMS_BUILT, f'"claim_id": "clm-{case.key}-x", "encounter_id": "{encounter_id}", "lines": "1.5"'),
        )
    )
    line = f'{{"topic": "{topic}", "value": {{{value}}}}}\n'.encode()
    case.extras.append(lambda: (topic, line))
    case.find_in_all("administrative-fact-unreadable")
    return [confirmed(case, bill, reason_code="NOTHING_LOST") for bill in case.bills]
