"""Defects of the claim's own data: numbers, dates, payer, charges, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.catalogue import FAMILY
from agents.generate.clock import DAY, date
from agents.generate.cures import confirmed, control_number, corrected, withdrawn
from agents.generate.operation import PAYERS
from agents.generate.recipe import Layer, recipe
from agents.generate.scenes import anywhere, facility, plain

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft


@recipe("claim-withdrawn", 5, anywhere)
def claim_withdrawn(case: Case) -> list[Cure]:
    """The builder takes a claim back for reasons of its own."""
    return [withdrawn(case, case.pick(case.bills))]


@recipe("no-lines", 1, anywhere)
def no_lines(case: Case) -> list[Cure]:
    """A claim without lines: a builder's defect."""
    bill = case.some_stress
    right = bill.claim.lines
    bill.claim.lines = []
    roles = bill.stands, bill.documented
    bill.stands = bill.documented = {}
    case.find(bill, "coding-outside-scope")
    case.find(bill, "administrative-no-lines")

    def change(claim: ClaimDraft) -> None:
        claim.lines = right
        bill.stands, bill.documented = roles

    return [corrected(case, bill, change)]


@recipe("line-number-twice", 1, facility)
def line_number_twice(case: Case) -> list[Cure]:
    """Two lines of one number, so that no answer could tell them apart."""
    bill = case.biller_of("supervision")
    bill.claim.lines.append(bill.maker.line(bill.claim.lines[-1].line_number, "93306", "26"))
    case.find(bill, "administrative-no-lines")

    def change(claim: ClaimDraft) -> None:
        claim.lines[-1].line_number = bill.next_number

    return [corrected(case, bill, change)]


@recipe("no-charge", 2, plain)
def no_charge(case: Case) -> list[Cure]:
    """A line without a charge."""
    bill = case.some_stress
    line = case.pick(bill.claim.lines)
    right = line.charge_cents
    line.charge_cents = 0
    case.find(bill, "administrative-charge-not-positive", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.charge_cents = right

    return [corrected(case, bill, change)]


@recipe("billing-npi-missing", 3, anywhere, layer=Layer.HEADER)
def billing_npi_missing(case: Case) -> list[Cure]:
    """The provider master lacks the biller's number."""
    bill = case.some_stress
    right = bill.claim.billing_npi
    bill.claim.billing_npi = None
    case.find(bill, "administrative-billing-npi-missing")

    def change(claim: ClaimDraft) -> None:
        claim.billing_npi = right

    return [corrected(case, bill, change)]


@recipe("npi-invalid", 5, anywhere, layer=Layer.HEADER)
def npi_invalid(case: Case) -> list[Cure]:
    """Digits swapped, a digit lost, or another kind of number in an NPI field."""
    bill = case.some_stress
    claim = bill.claim
    right = claim.billing_npi or "", claim.ordering_npi or ""
    wrong = case.pick(("1234567890", "123456789", "3234567893", "G12345", "12345678931"))
    if case.chance(0.4):
        claim.billing_npi = wrong
    else:
        claim.ordering_npi = wrong
    case.find(bill, "administrative-npi-invalid")

    def change(claim: ClaimDraft) -> None:
        claim.billing_npi, claim.ordering_npi = right

    return [corrected(case, bill, change)]


@recipe("rendering-npi-invalid", 2, plain)
def rendering_npi_invalid(case: Case) -> list[Cure]:
    """A physician's number with a wrong check digit."""
    bill = case.some_professional
    line = case.pick(bill.claim.lines)
    right = line.rendering_npi or ""
    line.rendering_npi = right[:-1] + str((int(right[-1]) + 1) % 10)
    case.find(bill, "administrative-npi-invalid")

    def change(_: ClaimDraft) -> None:
        line.rendering_npi = right

    return [corrected(case, bill, change)]


@recipe("ordering-npi-missing", 7, anywhere, layer=Layer.HEADER)
def ordering_npi_missing(case: Case) -> list[Cure]:
    """Nobody entered who ordered the test."""
    bill = case.some_stress
    right = bill.claim.ordering_npi
    bill.claim.ordering_npi = None
    case.find(bill, "administrative-ordering-npi-missing")

    def change(claim: ClaimDraft) -> None:
        claim.ordering_npi = right

    return [corrected(case, bill, change, chance=0.75)]


@recipe("rendering-npi-missing", 4, plain)
def rendering_npi_missing(case: Case) -> list[Cure]:
    """The biller is the physician, and says so once: it goes out with a warning."""
    bill = case.some_professional
    for line in bill.claim.lines:
        line.rendering_npi = None
        if line.procedure_code in FAMILY:
            case.find(bill, "administrative-rendering-npi-missing", line.line_number)
    return []


@recipe("other-payer", 7, anywhere, layer=Layer.HEADER)
def payer_mismatch(case: Case) -> list[Cure]:
    """The claim goes to another payer than the one registered: coverage changed."""
    bill = case.pick(case.bills)
    right = bill.claim.payer_id
    bill.claim.payer_id = case.pick([payer.payer_id for payer in PAYERS if payer.payer_id != right])
    case.find(bill, "administrative-payer-mismatch")

    def change(claim: ClaimDraft) -> None:
        claim.payer_id = right

    if case.chance(0.6):
        return [corrected(case, bill, change, chance=0.75)]
    return [confirmed(case, bill, reason_code="COVERAGE_CHANGED")]


def _date_lines(case: Case, bill: Bill, wrong: str) -> Cure:
    """Date every line of `bill` `wrong`, until somebody puts the right date back."""
    right = case.encounter.service_date
    for line in bill.claim.lines:
        line.service_date = wrong
        case.find(bill, "administrative-service-date-mismatch", line.line_number)

    def change(claim: ClaimDraft) -> None:
        for line in claim.lines:
            line.service_date = right

    return corrected(case, bill, change)


@recipe("date-of-another-day", 4, plain)
def date_mismatch(case: Case) -> list[Cure]:
    """The lines carry an earlier day, such as that of the order."""
    bill = case.some_stress
    return [_date_lines(case, bill, date(case.visit - case.between(1, 6) * DAY))]


@recipe("date-to-come", 1, plain)
def date_future(case: Case) -> list[Cure]:
    """The year is mistyped: the test would be still to come."""
    bill = case.some_stress
    cure = _date_lines(case, bill, date(case.visit + 365 * DAY))
    for line in bill.claim.lines:
        case.find(bill, "administrative-service-date-future", line.line_number)
    return [cure]


@recipe("read-on-a-later-day", 8, facility)
def read_later(case: Case) -> list[Cure]:
    """The reading is dated when it was signed, which is right as well."""
    bill = case.biller_of("interpretation")
    line = bill.coded("93018")
    signed = case.signed["interpretation"]
    if line is not None and signed <= bill.built:
        line.service_date = date(signed)
    return []


@recipe("replacement-without-control-number", 4, anywhere, layer=Layer.HEADER)
def control_number_missing(case: Case) -> list[Cure]:
    """A replacement or void that does not say which of the payer's claims it means."""
    bill = case.some_stress
    claim = bill.claim
    _set_frequency(claim, "7")
    case.find(bill, "administrative-control-number-missing")
    number = control_number(case)

    def change(claim: ClaimDraft) -> None:
        claim.payer_claim_control_number = number

    return [corrected(case, bill, change, chance=0.7)]


@recipe("void-without-control-number", 1, plain)
def void_without_number(case: Case) -> list[Cure]:
    """A void is judged by nothing else, however wrong the claim is."""
    bill = case.some_professional
    claim = bill.claim
    claim.frequency_code = "8"
    claim.place_of_service = "99"
    claim.lines = [copied(line, units=5) for line in claim.lines]
    bill.stands = bill.documented = {}
    case.find(bill, "administrative-control-number-missing")
    number = control_number(case)

    def change(claim: ClaimDraft) -> None:
        claim.payer_claim_control_number = number

    return [corrected(case, bill, change, chance=0.7)]


@recipe("original-with-control-number", 3, anywhere, layer=Layer.HEADER)
def control_number_unexpected(case: Case) -> list[Cure]:
    """An original claim that names a claim of the payer: a replacement was meant, or the number is left over."""
    bill = case.some_stress
    bill.claim.payer_claim_control_number = control_number(case)
    case.find(bill, "administrative-control-number-unexpected")
    replacement = case.chance(0.5)

    def change(claim: ClaimDraft) -> None:
        if replacement:
            _set_frequency(claim, "7")
        else:
            claim.payer_claim_control_number = None

    return [corrected(case, bill, change, chance=0.7)]


def _set_frequency(claim: ClaimDraft, code: str) -> None:
    claim.frequency_code = code
    if claim.type_of_bill:
        claim.type_of_bill = claim.type_of_bill[:-1] + code


@recipe("billed-near-the-limit", 4, anywhere, age_days=(296, 358))
def limit_near(case: Case) -> list[Cure]:
    """The claims were found late, shortly before the payer's filing limit."""
    case.find_in_all("administrative-filing-limit-near")
    return []


@recipe("billed-after-the-limit", 3, anywhere, age_days=(368, 400))
def limit_passed(case: Case) -> list[Cure]:
    """The claims were found too late."""
    case.find_in_all("administrative-filing-limit-passed")
    return [confirmed(case, bill, chance=0.4, reason_code="PROOF_OF_FILING") for bill in case.bills]


def _replaces_old_claims(case: Case) -> None:
    for bill in case.bills:
        _set_frequency(bill.claim, "7")
        bill.claim.payer_claim_control_number = control_number(case)


@recipe("old-test-supervised-by-video", 3, anywhere, age_days=(380, 430))
def supervised_by_video(case: Case) -> list[Cure]:
    """A replacement for a test before 2026, when supervision by video rested on a temporary rule."""
    _replaces_old_claims(case)
    case.encounter.supervision_mode = "LIVE_AUDIO_VIDEO"
    for bill in case.bills:
        if "technical" in bill.documented or "supervision" in bill.documented:
            case.find(bill, "documentation-supervision-virtual")
    return []


@recipe("old-diagnosis-header", 2, plain, age_days=(380, 430))
def old_header(case: Case) -> list[Cure]:
    """A replacement with a heading of the code book beside a good code, from before the table's dates."""
    _replaces_old_claims(case)
    bill = case.some_stress
    bill.claim.diagnoses.append("I25.1")
    case.find(bill, "diagnosis-billability-unverified")
    return []
