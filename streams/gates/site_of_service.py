"""Site of service: is each code payable, by this kind of claim, where the patient was tested?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.case import Case, known
from streams.codes import GLOBAL, OFF_CAMPUS_MODIFIERS
from streams.edits import BuiltInEdit, Hit, Proposal, declare, listed
from streams.standing import technical_echo_in_facility

if TYPE_CHECKING:
    from collections.abc import Iterator

edit = declare("SITE_OF_SERVICE")

_PLACES = "CMS place of service code set"
_FEE_SCHEDULE = "Medicare physician fee schedule, RVU24C (July 2024)"
_MANUAL = "Medicare Claims Processing Manual (100-04), chapter 13, section 150"
_OFF_CAMPUS = "CMS rules for modifiers PO and PN (off-campus hospital departments)"
_PRACTICE = "Trade practice; no public source"
_PLACE = "encounter.place_of_service"
_CODE = "claim.lines[n].procedure_code"
_MODIFIERS = "claim.lines[n].modifiers"

BILL_TYPES = {
    "HOSPITAL_OUTPATIENT": ("013", "085"),
    "EMERGENCY": ("013", "085"),
    "INPATIENT": ("011", "012"),
}
"""Encounter class -> the first three digits that a hospital's bill type may have."""

CLINIC_RATE_PLACES = frozenset({"50", "71", "72"})
"""Federally qualified, state and rural health clinics, which are paid a rate per visit."""


@edit(
    "site-place-of-service-unassigned",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="Correct the place of service in the registration.",
    source=_PLACES,
    reads=("encounter.status", _PLACE),
)
def place_of_service_unassigned(case: Case) -> Iterator[Hit]:
    """The encounter is completed and its place of service is no assigned code."""
    visit = case.visit
    if visit.completed and case.encounter and visit.place_class is None:
        yield None, f"Place of service {case.encounter.place_of_service!r} of the encounter is not an assigned code."


@edit(
    "site-registration-conflict",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="Ask registration to confirm the setting: class, place of service and off-campus status must agree.",
    source=_PLACES,
    reads=("encounter.status", "encounter.encounter_class", _PLACE, "encounter.off_campus"),
)
def registration_conflict(case: Case) -> Iterator[Hit]:
    """The encounter is completed and its class, place of service and off-campus status do not fit each other."""
    encounter = case.encounter
    if encounter and case.visit.completed and case.visit.registration_conflict:
        yield (
            None,
            (
                f"Class {encounter.encounter_class}, place of service {encounter.place_of_service} and "
                f"off-campus status {encounter.off_campus} do not fit each other."
            ),
        )


@edit(
    "site-place-of-service-mismatch",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("professional",),
    remedy="Bill the place where the patient had the test, also when it was read elsewhere.",
    source=_MANUAL,
    reads=("claim.place_of_service", _PLACE),
)
def place_of_service_mismatch(case: Case) -> Iterator[Hit]:
    """A professional claim has no place of service, or another than the encounter."""
    encounter, billed = case.encounter, known(case.claim.place_of_service)
    if encounter and case.professional and billed != encounter.place_of_service:
        yield (
            None,
            f"The claim says place of service {billed or 'none'}; the test was done at {encounter.place_of_service}.",
        )


@edit(
    "site-global-in-facility",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("hospital_physician",),
    remedy="Bill 93016 and/or 93018 for the roles that this entity furnished; the facility bills 93017.",
    source=f"{_FEE_SCHEDULE}: 93015 has no facility price; CPT Assistant, January 2010",
    reads=("claim.claim_type", _CODE, _PLACE),
)
def global_in_facility(case: Case) -> Iterator[Hit]:
    """A professional claim bills 93015 for a test in a facility."""
    if case.encounter and case.hospital_physician:
        for line in case.stress_lines:
            if line.code == GLOBAL:
                yield (
                    line.number,
                    (
                        f"Line {line.number} bills 93015 (global) at place of service "
                        f"{case.encounter.place_of_service}, a facility."
                    ),
                )


@edit(
    "site-technical-in-facility",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("hospital_physician",),
    remedy="Drop the line; the facility bills the technical part.",
    source=f"{_FEE_SCHEDULE}: 93017 has no facility price",
    reads=("claim.claim_type", _CODE, _MODIFIERS, _PLACE),
)
def technical_in_facility(case: Case) -> Iterator[Hit]:
    """A professional claim bills 93017, or an echo with TC and without 26, for a test in a facility."""
    if case.encounter and case.hospital_physician:
        for line in case.family_lines:
            if line.code == "93017" or technical_echo_in_facility(case, line):
                yield (
                    line.number,
                    (
                        f"Line {line.number} bills the technical part ({line.code}) at place of service "
                        f"{case.encounter.place_of_service}, a facility."
                    ),
                )


@edit(
    "site-stress-echo-needs-26",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("hospital_physician", "echo"),
    remedy="Add modifier 26: the physician bills the professional part, the facility the technical part.",
    source=f"{_FEE_SCHEDULE}: 93350 and 93351 have PC/TC indicator 1",
    reads=("claim.claim_type", _CODE, _MODIFIERS, _PLACE),
)
def stress_echo_needs_26(case: Case) -> Iterator[Hit]:
    """A professional claim bills an echo with neither 26 nor TC for a test in a facility."""
    if case.encounter and case.hospital_physician:
        for line in case.family_lines:
            if line.echo and not line.component_modifiers:
                yield (
                    line.number,
                    (
                        f"Line {line.number} bills {line.code} whole at place of service "
                        f"{case.encounter.place_of_service}, a facility."
                    ),
                )


@edit(
    "site-professional-on-institutional",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("institutional",),
    remedy="The hospital bills 93017 if it owns the technical part; 93016 and 93018 go on a professional claim.",
    source=_PRACTICE,
    reads=("claim.claim_type", "claim.type_of_bill", _CODE),
)
def professional_on_institutional(case: Case) -> Iterator[Hit]:
    """An institutional claim that is not billed under method two has a line 93015, 93016 or 93018."""
    if case.institutional and not _is_method_two(case):
        for line in case.stress_lines:
            if line.code != "93017":
                yield line.number, f"Line {line.number} bills {line.code}, a physician's service, on a hospital claim."


@edit(
    "site-off-campus-modifier",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    remedy="Set the modifier that the registration asks for; never on a professional claim.",
    source=_OFF_CAMPUS,
    reads=("claim.claim_type", _MODIFIERS, "encounter.encounter_class", "encounter.off_campus"),
)
def off_campus_modifier(case: Case) -> Iterator[Hit]:
    """A line's PO or PN is not what its claim type and the off-campus status ask for."""
    required = required_off_campus(case)
    for line in case.lines:
        present = line.modifiers & OFF_CAMPUS_MODIFIERS
        if present != required:
            has = listed(sorted(present)) if present else "neither PO nor PN"
            needs = listed(sorted(required)) if required else "neither"
            yield line.number, f"Line {line.number} ({line.code}) has {has}; it must have {needs}."


@edit(
    "site-type-of-bill",
    "HOLD",
    needs=("institutional",),
    remedy="Correct the type of bill.",
    source=_PRACTICE,
    reads=("claim.type_of_bill", "claim.frequency_code", "encounter.encounter_class"),
)
def type_of_bill(case: Case) -> Iterator[Hit]:
    """A hospital claim's bill type is missing, malformed, or does not fit its frequency code or the encounter."""
    if not case.institutional:
        return
    bill = known(case.claim.type_of_bill)
    if bill is None:
        yield None, "The claim has no type of bill."
    elif len(bill) != 4 or bill[0] != "0" or not (bill.isascii() and bill.isdigit()):  # noqa: PLR2004 - four digits
        yield None, f"Type of bill {bill!r} is not 0 and three digits."
    elif bill[3] != case.claim.frequency_code:
        yield None, f"Type of bill {bill} ends in {bill[3]}; the frequency code is {case.claim.frequency_code}."
    elif case.basis and case.encounter:
        fitting = BILL_TYPES.get(case.encounter.encounter_class)
        if fitting and bill[:3] not in fitting:
            yield (
                None,
                (
                    f"Type of bill {bill} does not fit class {case.encounter.encounter_class}: "
                    f"expected {listed([f'{start}x' for start in fitting])}."
                ),
            )


@edit(
    "site-institutional-outside-hospital",
    "HOLD",
    basis=True,
    needs=("institutional",),
    remedy="Confirm who bills: an office bills on a professional claim, a rural clinic by its own rules.",
    source=_PRACTICE,
    reads=("claim.claim_type", "encounter.encounter_class"),
)
def institutional_outside_hospital(case: Case) -> Iterator[Hit]:
    """An institutional claim for an ambulatory encounter outside a hospital."""
    if case.encounter and case.institutional and case.encounter.encounter_class == "AMBULATORY":
        yield None, f"An institutional claim for an AMBULATORY visit at place {case.encounter.place_of_service}."


@edit(
    "site-inpatient-technical",
    "HOLD",
    basis=True,
    needs=("institutional",),
    remedy="Leave the technical part to the bill of the inpatient stay.",
    source=_PRACTICE,
    reads=("claim.claim_type", "encounter.encounter_class", "claim.lines[].procedure_code"),
)
def inpatient_technical(case: Case) -> Iterator[Hit]:
    """An institutional claim bills a stress test of an inpatient on its own."""
    if case.encounter and case.institutional and case.family_lines and case.encounter.encounter_class == "INPATIENT":
        codes = listed(sorted({line.code for line in case.family_lines}))
        yield None, f"{codes} of an INPATIENT encounter on a hospital claim of its own."


@edit(
    "site-method-two",
    "HOLD",
    Proposal.BLOCKING,
    needs=("institutional",),
    remedy="Review: a critical access hospital may bill for its physicians (method two).",
    source=_PRACTICE,
    reads=("claim.type_of_bill", "claim.lines[].revenue_code"),
)
def method_two(case: Case) -> Iterator[Hit]:
    """An institutional claim of a critical access hospital has a stress-test line under a professional revenue code."""
    if _is_method_two(case):
        yield None, f"Type of bill {case.claim.type_of_bill} with a stress test under a professional revenue code."


@edit(
    "site-clinic-encounter-rate",
    "HOLD",
    basis=True,
    needs=("professional",),
    remedy="Review: such a clinic bills the technical part outside its rate per visit.",
    source=_PRACTICE,
    reads=("claim.claim_type", _PLACE, "claim.lines[].procedure_code"),
)
def clinic_encounter_rate(case: Case) -> Iterator[Hit]:
    """A professional claim bills the technical part of a test in a clinic that is paid by the visit."""
    encounter = case.encounter
    if (
        encounter
        and case.professional
        and encounter.place_of_service in CLINIC_RATE_PLACES
        and "technical" in case.billed
    ):
        yield None, f"The technical part is billed at place of service {encounter.place_of_service}, paid by the visit."


def required_off_campus(case: Case) -> frozenset[str]:
    """PO for an excepted, PN for a non-excepted off-campus department on a hospital claim; else neither."""
    encounter = case.encounter
    if encounter is None or case.professional or encounter.encounter_class in {"EMERGENCY", "INPATIENT"}:
        return frozenset()
    return {"EXCEPTED": frozenset({"PO"}), "NON_EXCEPTED": frozenset({"PN"})}.get(encounter.off_campus, frozenset())


def _is_method_two(case: Case) -> bool:
    """A critical access hospital's bill (085x) with a stress test under revenue code 0960 to 0989."""
    if not case.institutional or not (case.claim.type_of_bill or "").startswith("085"):
        return False
    return any(_is_professional_fee(line.line.revenue_code) for line in case.family_lines)


def _is_professional_fee(revenue_code: str | None) -> bool:
    return revenue_code is not None and len(revenue_code) == 4 and "0960" <= revenue_code <= "0989"  # noqa: PLR2004


EDITS: tuple[BuiltInEdit, ...] = (
    place_of_service_unassigned,
    registration_conflict,
    place_of_service_mismatch,
    global_in_facility,
    technical_in_facility,
    stress_echo_needs_26,
    professional_on_institutional,
    off_campus_modifier,
    type_of_bill,
    institutional_outside_hospital,
    inpatient_technical,
    method_two,
    clinic_encounter_rate,
)
