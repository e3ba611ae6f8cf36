"""Defects of place: the wrong form, code or modifier for where the patient was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.catalogue import GLOBAL
from agents.generate.cures import confirmed, corrected, rebuilt
from agents.generate.recipe import Layer, recipe
from agents.generate.scenes import (
    anywhere,
    critical_access,
    facility,
    hospital_bills,
    inpatient,
    off_campus,
    on_campus_claim,
)
from agents.generate.services import LineMaker, Part, Scene, Service
from agents.generate.splitting import split_global
from agents.generate.truth import VOID

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft


@recipe("place-of-service-of-the-biller", 9, anywhere, layer=Layer.HEADER)
def wrong_place(case: Case) -> list[Cure]:
    """The claim has the place where the biller sits, or none."""
    bill = case.some_professional
    wrong = "11" if case.scene.kind.facility else "22"
    bill.claim.place_of_service = None if case.chance(0.2) else wrong
    case.find(bill, "site-place-of-service-mismatch")
    bill.propose(bill.claim.lines, case.place)
    return [rebuilt(case, bill)]


@recipe("global-in-facility", 9, facility)
def global_in_facility(case: Case) -> list[Cure]:
    """An office habit: the practice bills the global code for a test in the hospital, often as done in the office."""
    bill = case.biller_of("supervision")
    line = bill.maker.line(1, GLOBAL)
    bill.replace_family(line)
    bill.stands = bill.documented = dict.fromkeys(bill.part.roles, 1)
    if case.chance(0.6):
        bill.claim.place_of_service = "11"
        case.find(bill, "site-place-of-service-mismatch")
    case.find(bill, "site-global-in-facility", 1)
    bill.propose(split_global(bill, line, bill.part.roles), case.place)
    return [rebuilt(case, bill)]


@recipe("technical-part-in-facility", 7, facility)
def technical_in_facility(case: Case) -> list[Cure]:
    """The practice adds the tracing, which is the hospital's."""
    bill = case.biller_of("supervision")
    line = bill.maker.line(bill.next_number, "93017")
    bill.propose(bill.claim.lines, case.place)
    bill.claim.lines.append(line)
    case.find(bill, "site-technical-in-facility", line.line_number)
    return [rebuilt(case, bill)]


@recipe("tracing-alone-in-facility", 3, facility)
def tracing_alone(case: Case) -> list[Cure]:
    """The practice bills nothing but the hospital's tracing, so that nothing of the claim stands."""
    bill = case.biller_of("supervision")
    bill.claim.lines = [bill.maker.line(1, "93017")]
    bill.stands = bill.documented = {}
    case.find(bill, "site-technical-in-facility", 1)
    bill.proposal = VOID
    return [rebuilt(case, bill)]


def _echo_in_facility(scene: Scene) -> bool:
    return scene.kind.facility and scene.service in (Service.ECHO, Service.ECHO_PARTS)


def _echo_parts_in_facility(scene: Scene) -> bool:
    return scene.kind.facility and scene.service is Service.ECHO_PARTS


def _reader_of_images(case: Case) -> Bill:
    return next(bill for bill in case.bills if bill.professional and (bill.coded("93350") or bill.coded("93351")))


@recipe("stress-echo-without-26", 10, _echo_in_facility)
def echo_without_26(case: Case) -> list[Cure]:
    """The reader bills the whole stress echo in a facility."""
    bill = _reader_of_images(case)
    line = bill.claim.lines[0]
    bill.propose(bill.claim.lines, case.place)
    line.modifiers = []
    case.find(bill, "site-stress-echo-needs-26", line.line_number)
    return [rebuilt(case, bill)]


@recipe("stress-echo-technical-in-facility", 10, _echo_parts_in_facility)
def echo_technical(case: Case) -> list[Cure]:
    """The reader bills the images' technical part, which is the hospital's."""
    bill = _reader_of_images(case)
    line = bill.claim.lines[0]
    line.modifiers = ["TC"]
    case.find(bill, "site-technical-in-facility", line.line_number)
    bill.propose(bill.claim.lines[1:], case.place)
    return [rebuilt(case, bill)]


@recipe("physician-part-on-hospital-claim", 4, hospital_bills)
def physician_part(case: Case) -> list[Cure]:
    """The hospital's claim carries a physician's component as well."""
    bill = case.institutional
    line = bill.maker.line(bill.next_number, case.pick(("93016", "93018")))
    bill.propose(bill.claim.lines, None)
    bill.claim.lines.append(line)
    case.find(bill, "site-professional-on-institutional", line.line_number)
    return [rebuilt(case, bill)]


@recipe("global-on-hospital-claim", 4, hospital_bills)
def global_on_hospital_claim(case: Case) -> list[Cure]:
    """The hospital bills the global code: only its tracing stands."""
    bill = case.institutional
    line = bill.maker.line(1, GLOBAL)
    bill.claim.lines = [line]
    case.find(bill, "site-professional-on-institutional", 1)
    bill.propose(split_global(bill, line, ("technical",)), None)
    return [rebuilt(case, bill)]


@recipe("off-campus-modifier-wrong", 12, off_campus)
def off_campus_modifier(case: Case) -> list[Cure]:
    """PO and PN are left out or mixed up on the hospital's lines."""
    bill = case.institutional
    bill.propose(bill.claim.lines, None)
    swapped = ["PO"] if case.scene.kind.line_modifiers == ("PN",) else ["PN"]
    wrong = case.pick(([], swapped))
    for line in bill.claim.lines:
        kept = [modifier for modifier in line.modifiers if modifier not in ("PO", "PN")]
        line.modifiers = [*kept, *wrong]
        case.find(bill, "site-off-campus-modifier", line.line_number)
    return [rebuilt(case, bill)]


@recipe("off-campus-modifier-on-professional", 5, off_campus)
def off_campus_on_professional(case: Case) -> list[Cure]:
    """The practice copies the hospital's modifier onto a line of its own."""
    bill = case.some_professional
    bill.propose(bill.claim.lines, case.place)
    line = case.pick(bill.claim.lines)
    line.modifiers = [*line.modifiers, *case.scene.kind.line_modifiers]
    case.find(bill, "site-off-campus-modifier", line.line_number)
    return [rebuilt(case, bill)]


@recipe("off-campus-modifier-on-campus", 2, on_campus_claim)
def off_campus_on_campus(case: Case) -> list[Cure]:
    """The hospital marks a line of its main campus as off-campus."""
    bill = case.institutional
    bill.propose(bill.claim.lines, None)
    line = case.pick(bill.claim.lines)
    line.modifiers = [*line.modifiers, case.pick(("PO", "PN"))]
    case.find(bill, "site-off-campus-modifier", line.line_number)
    return [rebuilt(case, bill)]


@recipe("type-of-bill-wrong", 4, hospital_bills)
def type_of_bill(case: Case) -> list[Cure]:
    """No bill type, one without its zero, one of another setting, or a replacement's on an original."""
    bill = case.institutional
    right = bill.claim.type_of_bill
    bill.claim.type_of_bill = case.pick((None, "131", "0831", "0111", "0137"))
    case.find(bill, "site-type-of-bill")

    def change(claim: ClaimDraft) -> None:
        claim.type_of_bill = right

    return [corrected(case, bill, change)]


@recipe("encounter-rate", 500, lambda scene: scene.encounter_rate)
def encounter_rate(case: Case) -> list[Cure]:
    """A clinic paid by the encounter bills the technical part besides: right, but a person looks at each."""
    bill = case.bills[0]
    case.find(bill, "site-clinic-encounter-rate")
    return [confirmed(case, bill, chance=0.85, reason_code="OUTSIDE_RATE")]


@recipe("institutional-claim-of-a-clinic", 60, lambda scene: scene.encounter_rate)
def clinic_institutional(case: Case) -> list[Cure]:
    """The clinic sends the technical part on the hospital form."""
    bill = case.bills[0]
    bill.part = bill.part._replace(roles=("supervision", "interpretation"))
    bill.claim.lines = bill.maker.components(bill.part.roles)
    bill.settle_roles(facility=False)
    part = Part(bill.part.entity, "INSTITUTIONAL", ("technical",))
    maker = LineMaker(part, case.scene.kind, case.encounter.service_date, "", [1])
    technical = case.add_bill(bill, [maker.line(1, "93017")])
    technical.part, technical.maker = part, maker
    claim = technical.claim
    claim.claim_type = "INSTITUTIONAL"
    claim.place_of_service = None
    claim.type_of_bill = "0771" if case.place == "50" else "0711"
    technical.settle_roles(facility=False)
    case.find(technical, "site-institutional-outside-hospital")
    return [confirmed(case, technical, reason_code="CLINIC_RULES")]


@recipe("outpatient-claim-during-stay", 10, inpatient)
def inpatient_technical(case: Case) -> list[Cure]:
    """The hospital bills the tracing of a patient who was admitted by itself."""
    hospital = case.entity("technical")
    physician = case.bills[0]
    part = Part(hospital, "INSTITUTIONAL", ("technical",))
    maker = LineMaker(part, case.scene.kind, case.encounter.service_date, "", [1])
    bill = case.add_bill(physician, [maker.line(1, "93017")])
    bill.part, bill.maker = part, maker
    claim = bill.claim
    claim.claim_type = "INSTITUTIONAL"
    claim.billing_entity_id = hospital.entity_id
    claim.billing_npi = hospital.npi
    claim.place_of_service = None
    claim.type_of_bill = case.pick(("0111", "0121"))
    bill.settle_roles(facility=True)
    case.find(bill, "site-inpatient-technical")
    return [confirmed(case, bill, chance=0.3, reason_code="PART_B_ONLY")]


@recipe("critical-access-method-two", 12, critical_access)
def method_two(case: Case) -> list[Cure]:
    """The critical access hospital bills for its physicians, under a professional revenue code."""
    bill = case.institutional
    line = bill.maker.line(bill.next_number, "93018")
    line.revenue_code = case.pick(("0960", "0982", "0985"))
    bill.claim.lines.append(line)
    case.find(bill, "site-method-two")
    case.find(bill, "coding-revenue-code", line.line_number)
    return [confirmed(case, bill, reason_code="METHOD_TWO_ELECTED")]
