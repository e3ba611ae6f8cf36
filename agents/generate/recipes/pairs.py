"""Defects of pairs: a stress test beside a service that NCCI bundles with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.cures import confirmed, corrected, rebuilt
from agents.generate.recipe import recipe
from agents.generate.scenes import hospital_bills, owned_office, plain, stress_ecg

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft, LineDraft
    from agents.generate.services import Scene


def _add(bill: Bill, code: str) -> LineDraft:
    line = bill.maker.line(bill.next_number, code)
    bill.claim.lines.append(line)
    return line


@recipe("oximetry-beside-test", 6, plain)
def bundled(case: Case) -> list[Cure]:
    """Oximetry is part of the supervision and of the reading, whatever the modifier."""
    bill = case.biller_of("supervision")
    bill.propose(bill.claim.lines, case.place)
    line = _add(bill, "94760")
    if case.chance(0.4):
        line.modifiers = ["59"]
    case.find(bill, "coding-ptp-bundled", line.line_number)
    return [rebuilt(case, bill)]


@recipe("test-inside-a-larger-one", 3, owned_office)
def stress_bundled(case: Case) -> list[Cure]:
    """The larger test that the same visit bills includes the stress ECG."""
    bill = case.bills[0]
    _add(bill, case.pick(("94621", "93025")))
    case.find(bill, "coding-ptp-stress-bundled", 1)

    def change(claim: ClaimDraft) -> None:
        claim.lines.pop()

    return [corrected(case, bill, change)]


@recipe("contrast-echo-with-tracing", 2, hospital_bills)
def contrast_echo(case: Case) -> list[Cure]:
    """The hospital's contrast stress echo includes the tracing that it bills besides."""
    bill = case.institutional
    _add(bill, "C8930")
    case.find(bill, "coding-ptp-stress-bundled", 1)

    def change(claim: ClaimDraft) -> None:
        claim.lines.pop()

    return [corrected(case, bill, change)]


@recipe("baseline-ecg-beside-test", 9, stress_ecg)
def pair(case: Case) -> list[Cure]:
    """The baseline ECG, or giving the drug, is billed besides and nothing says that it was a separate service."""
    bill = case.some_stress
    code = "93005" if not bill.professional else "93010" if case.scene.kind.facility else case.pick(("93000", "96374"))
    if bill.coded(code):
        return []
    line = _add(bill, code)
    case.find(bill, "coding-ptp-pair", line.line_number)

    def change(claim: ClaimDraft) -> None:
        claim.lines.pop()

    return [corrected(case, bill, change) if case.chance(0.7) else confirmed(case, bill, reason_code="SEPARATE")]


def _practice_visit(scene: Scene) -> bool:
    return plain(scene) and not scene.kind.facility


@recipe("visit-without-25", 12, _practice_visit)
def evaluation_without_25(case: Case) -> list[Cure]:
    """A visit of the same day is billed and nothing says that it was more than the test."""
    bill = case.biller_of("supervision")
    line = _add(bill, case.pick(("99213", "99214")))
    case.find(bill, "coding-evaluation-without-25", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.modifiers = ["25"]

    return [corrected(case, bill, change, chance=0.75)]


@recipe("clinic-visit-without-25", 3, hospital_bills)
def clinic_visit_without_25(case: Case) -> list[Cure]:
    """The hospital's clinic visit of the same day, likewise."""
    bill = case.institutional
    line = _add(bill, "G0463")
    case.find(bill, "coding-evaluation-without-25", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.modifiers = ["25", *line.modifiers]

    return [corrected(case, bill, change, chance=0.75)]
