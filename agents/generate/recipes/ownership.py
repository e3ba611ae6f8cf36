"""Defects of ownership: billing for what somebody else furnished, or for what nobody is known to have furnished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.catalogue import CODE_OF, GLOBAL, ROLES
from agents.generate.cures import amended_document, amended_encounter, corrected, rebuilt
from agents.generate.recipe import recipe
from agents.generate.scenes import hospital_bills, owned_office, plain, read_outside, split_office, stress_ecg
from agents.generate.services import Scene, Service
from agents.generate.splitting import split_global
from agents.generate.truth import VOID

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft, DocumentationDraft, EncounterDraft, LineDraft

OUTSIDE_COMPANY = "testing-90"
"""Owns equipment that it brings along; bills elsewhere."""


def _bill_globally(bill: Bill) -> LineDraft:
    """Put one global line in place of the components of `bill`; its own roles still stand, on that line."""
    line = bill.maker.line(1, GLOBAL)
    bill.replace_family(line)
    bill.stands = bill.documented = dict.fromkeys(bill.part.roles, 1)
    return line


@recipe("owner-unknown", 8, stress_ecg)
def owner_unknown(case: Case) -> list[Cure]:
    """Nobody recorded who furnished a role that is billed."""
    bill = case.some_stress
    role = case.pick(tuple(bill.stands))
    setattr(case.encounter.ownership, role, None)
    case.find(bill, "ownership-unknown")

    def change(encounter: EncounterDraft) -> None:
        setattr(encounter.ownership, role, case.entity(role).entity_id)

    return [amended_encounter(case, change)]


@recipe("global-with-unknown-supervision", 6, read_outside)
def global_with_unknown(case: Case) -> list[Cure]:
    """The practice bills the global code though others read, and nobody recorded who supervised.

    The claim can never be right, but how to build it shows only when that is known: by the practice's two components.
    """
    bill = case.biller_of("technical")
    line = _bill_globally(bill)
    case.encounter.ownership.supervision = None
    case.find(bill, "ownership-unknown")
    case.find(bill, "ownership-global-split", 1)

    def change(encounter: EncounterDraft) -> None:
        encounter.ownership.supervision = case.entity("supervision").entity_id
        case.find(bill, "ownership-global-split", 1)
        bill.propose([*split_global(bill, line, bill.part.roles), *bill.claim.lines[1:]], case.place)

    return [amended_encounter(case, change)]


@recipe("documented-by-another-entity", 4, stress_ecg)
def documented_by_other(case: Case) -> list[Cure]:
    """The note of a billed role names another entity than the encounter does."""
    bill = case.some_stress
    role = case.pick(tuple(bill.stands))
    case.documents[role].entity_id = "readers-9" if role == "interpretation" else OUTSIDE_COMPANY
    case.find(bill, "ownership-documented-by-other-entity", bill.stands[role])

    def change(document: DocumentationDraft) -> None:
        document.entity_id = case.entity(role).entity_id

    return [amended_document(case, role, change)]


def _several_physicians(scene: Scene) -> bool:
    return split_office(scene) or (plain(scene) and scene.kind.facility and not scene.one_reader)


@recipe("component-of-another-owner", 12, _several_physicians)
def not_owner(case: Case) -> list[Cure]:
    """A party bills a component that another one furnished."""
    bill = case.pick([each for each in case.bills if each.professional])
    candidates = ROLES[1:] if case.scene.kind.facility else ROLES
    role = case.pick([role for role in candidates if role not in bill.part.roles])
    bill.propose(bill.claim.lines, case.place)
    line = bill.maker.line(bill.next_number, CODE_OF[role])
    bill.claim.lines.append(line)
    case.find(bill, "ownership-not-owner", line.line_number)
    return [rebuilt(case, bill)]


@recipe("tracing-by-outside-company", 2, hospital_bills)
def tracing_by_outside_company(case: Case) -> list[Cure]:
    """The hospital bills a tracing that a company made with equipment of its own."""
    bill = case.institutional
    case.encounter.ownership.technical = OUTSIDE_COMPANY
    case.documents["technical"].entity_id = OUTSIDE_COMPANY
    bill.stands = bill.documented = {}
    case.find(bill, "ownership-not-owner", 1)
    bill.proposal = VOID
    return [rebuilt(case, bill)]


@recipe("global-for-split-ownership", 14, split_office)
def global_split(case: Case) -> list[Cure]:
    """A party bills the global code though it furnished only some of the roles."""
    bill = case.some_stress
    line = _bill_globally(bill)
    case.find(bill, "ownership-global-split", 1)
    bill.propose([*split_global(bill, line, bill.part.roles), *bill.claim.lines[1:]], case.place)
    return [rebuilt(case, bill)]


@recipe("global-over-two-localities", 2, owned_office)
def two_localities(case: Case) -> list[Cure]:
    """One practice did it all, but in two payment localities: components, not the global code."""
    bill = case.biller_of("technical")
    line = bill.claim.lines[0]
    case.encounter.ownership.one_locality = False
    case.find(bill, "ownership-global-split", 1)
    bill.propose([*split_global(bill, line, ROLES), *bill.claim.lines[1:]], case.place)
    return [rebuilt(case, bill)]


@recipe(
    "stress-echo-of-several-owners",
    20,
    lambda scene: scene.service is Service.ECHO_PARTS and scene.split_office,
)
def stress_echo_split(case: Case) -> list[Cure]:
    """A party bills the one stress echo code though others furnished parts of it."""
    bill = case.biller_of("technical")
    right = bill.claim.lines
    bill.claim.lines = [bill.maker.line(1, "93351")]
    bill.stands = {}
    bill.documented = dict.fromkeys(ROLES, 1)
    case.find(bill, "ownership-stress-echo-split", 1)

    def change(claim: ClaimDraft) -> None:
        claim.lines = right

    return [corrected(case, bill, change)]
