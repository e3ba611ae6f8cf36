"""Defects of the reason for the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.cures import confirmed, corrected
from agents.generate.recipe import Layer, recipe
from agents.generate.scenes import anywhere, plain

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft

CODES_FROM = "2025-10-01"
"""First date of service that the diagnosis table speaks for."""


def _with_diagnoses(case: Case, bill: Bill, codes: list[str], chance: float = 0.6) -> list[Cure]:
    """Put `codes` on the claim; a coder puts the right ones back."""
    right = bill.claim.diagnoses
    bill.claim.diagnoses = codes

    def change(claim: ClaimDraft) -> None:
        claim.diagnoses = right

    return [corrected(case, bill, change, chance)]


@recipe("diagnosis-malformed", 3, anywhere, layer=Layer.HEADER)
def malformed(case: Case) -> list[Cure]:
    """The first diagnosis is mistyped."""
    bill = case.some_stress
    wrong = case.pick(("125.10", "I25.118XA", "R0", "I25..10", "r07.9"))
    case.find(bill, "diagnosis-malformed")
    return _with_diagnoses(case, bill, [wrong, *bill.claim.diagnoses[1:]])


@recipe("diagnosis-header", 7, anywhere, layer=Layer.HEADER)
def header(case: Case) -> list[Cure]:
    """A heading of the code book instead of the billable code below it."""
    if case.encounter.service_date < CODES_FROM:
        return []
    bill = case.some_stress
    wrong = case.pick(("I25.1", "I20", "I25", "R06.0", "I48", "R07", "I20.8"))
    case.find(bill, "diagnosis-not-billable")
    return _with_diagnoses(case, bill, [wrong, *bill.claim.diagnoses[1:]])


@recipe("diagnoses-none", 2, plain)
def none(case: Case) -> list[Cure]:
    """No diagnosis at all, so that every pointer points at nothing."""
    bill = case.some_professional
    case.find(bill, "diagnosis-count")
    for line in bill.claim.lines:
        case.find(bill, "diagnosis-pointer-invalid", line.line_number)
    return _with_diagnoses(case, bill, [])


@recipe("diagnoses-too-many", 1, anywhere, layer=Layer.HEADER)
def too_many(case: Case) -> list[Cure]:
    """The whole problem list: more than a claim holds."""
    bill = case.some_stress
    extra = [
        "I10",
        "E78.5",
        "E11.9",
        "Z79.82",
        "F17.210",
        "J44.9",
        "N18.30",
        "E66.9",
        "Z82.49",
        "K21.9",
        "M54.50",
        "Z79.4",
    ]
    case.find(bill, "diagnosis-count")
    return _with_diagnoses(case, bill, [*bill.claim.diagnoses, *extra][:13])


@recipe("diagnosis-pointer-wrong", 4, plain)
def pointer(case: Case) -> list[Cure]:
    """A line points at a diagnosis that is not there, at one twice, at too many or at none."""
    bill = case.some_professional
    line = case.pick(bill.claim.lines)
    right = line.diagnosis_pointers
    line.diagnosis_pointers = case.pick(([9], [0], [1, 1], [], [1, 2, 3, 4, 5]))
    case.find(bill, "diagnosis-pointer-invalid", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.diagnosis_pointers = right

    return [corrected(case, bill, change)]


@recipe("diagnosis-no-reason", 14, plain)
def not_supporting(case: Case) -> list[Cure]:
    """A screening or a risk factor alone: no payer takes it as a reason for the test."""
    bill = case.some_stress
    codes = [case.pick(("Z13.6", "I10", "E78.5", "Z00.00", "Z01.810"))]
    for line in bill.claim.lines:
        line.diagnosis_pointers = [1]
    for line in bill.family_lines:
        case.find(bill, "diagnosis-not-supporting", line.line_number)
    cures = _with_diagnoses(case, bill, codes)
    return cures if case.chance(0.8) else [confirmed(case, bill, chance=0.4, reason_code="POLICY_EXCEPTION")]


@recipe("diagnosis-acute", 4, anywhere, layer=Layer.HEADER)
def acute(case: Case) -> list[Cure]:
    """A fresh infarction or acute ischemia: a supporting reason, and a question for a clinician."""
    bill = case.some_stress
    bill.claim.diagnoses[0] = case.pick(("I21.4", "I24.81", "I24.89", "I21.9", "I22.2"))
    case.find(bill, "diagnosis-acute-review")
    return []
