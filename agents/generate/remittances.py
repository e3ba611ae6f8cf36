"""What payers answer to claims that get out: paid, reduced, denied line by line, taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from agents.generate.case import copied
from agents.generate.catalogue import FAMILY
from agents.generate.clock import DAY, HOUR
from agents.generate.cures import control_number
from agents.generate.drafts import AdjustmentDraft, RemittanceDraft, RemittanceLineDraft
from agents.generate.operation import Weighted
from agents.generate.truth import route

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.drafts import LineDraft


class Reason(NamedTuple):
    """Why a line is denied: group, reason code and remark codes."""

    group_code: str
    reason_code: str
    remark_codes: tuple[str, ...] = ()


COMPONENT = Reason("CO", "97", ("N390",))
PLACE = Reason("CO", "5", ("M77",))
NOT_NECESSARY = Reason("CO", "50", ("N115",))
RECORDS = Reason("CO", "252", ("N706",))
UNITS = Reason("CO", "151", ("N362",))
DUPLICATE = Reason("OA", "18")
LACKS_DATA = Reason("CO", "16", ("N290",))
AUTHORIZATION = Reason("CO", "197")
COVERAGE = Reason("PR", "27")
OTHER_PAYER = Reason("CO", "22", ("N418",))
LATE = Reason("CO", "29")

ANY_REASON = Weighted(
    (
        (16, NOT_NECESSARY),
        (14, RECORDS),
        (12, COMPONENT),
        (8, PLACE),
        (6, UNITS),
        (8, DUPLICATE),
        (10, LACKS_DATA),
        (10, AUTHORIZATION),
        (8, COVERAGE),
        (5, OTHER_PAYER),
        (3, LATE),
    )
)
"""Reasons without a pattern, by share."""


class Habit(NamedTuple):
    """What one payer denies again and again, though every rule book allows it."""

    payer_id: str
    procedure_code: str
    places_of_service: tuple[str, ...]
    families: tuple[str, ...] | None
    share: float
    reason: Reason


HABITS = (
    Habit("commercial-2", "93018", ("22", "19"), None, 0.85, COMPONENT),
    Habit("advantage-1", "93015", ("11",), ("R07", "R06"), 0.8, NOT_NECESSARY),
    Habit("medicaid", "93016", ("23", "22"), None, 0.75, PLACE),
    Habit("commercial-3", "93017", ("11",), None, 0.7, RECORDS),
    Habit("advantage-2", "93015", ("49",), None, 0.8, PLACE),
)
"""Patterns that a payer's denials show and no published edit does."""

CONTRACT = "45"
SEQUESTRATION = "253"
SECOND_TEST = "59"


def answer(case: Case) -> None:
    """Send what payers answer to the claims of this visit that get out in the end."""
    for bill in case.bills:
        claim = bill.claim
        if claim.status == "BUILT" and claim.frequency_code != "8" and route(bill.findings) == "RELEASE":
            _answer(case, bill)


def _answer(case: Case, bill: Bill) -> None:
    if case.chance(0.12):  # not answered within the time that is simulated
        return
    claim = bill.claim
    known = claim.payer_claim_control_number or control_number(case)
    time = case.quiet_after + case.between(4 * DAY, 10 * DAY)
    first = _remittance(case, bill, known)
    _send(case, first, time)
    if case.chance(0.012):
        _send(case, _reversal(first), time + case.between(DAY, 9 * DAY))
        _send(case, _remittance(case, bill, known), time + case.between(9 * DAY, 10 * DAY))
        return
    denied = any(not line.paid_cents for line in first.lines)
    if denied and not bill.findings and case.chance(0.3):
        _replace(case, bill, known)


def _send(case: Case, remittance: RemittanceDraft, time: int) -> None:
    case.send(remittance, time, case.between(1, 4 * HOUR))


def _replace(case: Case, bill: Bill, known: str) -> None:
    """The builder answers a denial by a replacement that names the payer's claim; most often it is then paid."""
    claim = bill.claim
    claim.revision += 1
    claim.frequency_code = "7"
    claim.payer_claim_control_number = known
    if claim.type_of_bill:
        claim.type_of_bill = f"{claim.type_of_bill[:-1]}7"
    claim.lines = [copied(line) for line in claim.lines]
    case.send(bill.claim, case.quiet_after + case.between(6 * HOUR, 5 * DAY))
    if case.chance(0.8):
        second = _remittance(case, bill, control_number(case), denies=case.chance(0.25))
        _send(case, second, case.quiet_after + case.between(4 * DAY, 9 * DAY))


def _remittance(case: Case, bill: Bill, known: str, *, denies: bool = True) -> RemittanceDraft:
    claim = bill.claim
    deductible = case.chance(0.08)
    lines = []
    family_before = False
    for line in claim.lines:
        reason = _denial(case, bill, line) if denies else None
        second_test = family_before and case.chance(0.3)
        lines.append(_line(case, line, reason, deductible=deductible, second_test=second_test))
        family_before = family_before or line.procedure_code in FAMILY
    all_denied = all(not line.paid_cents for line in lines) and not deductible
    return RemittanceDraft(
        event_id="",
        claim_id=claim.claim_id,
        payer_id=claim.payer_id,
        payer_claim_control_number=known,
        claim_status_code="4" if all_denied and case.chance(0.6) else "2" if case.chance(0.04) else "1",
        received_at="",
        adjustments=[],
        remark_codes=["MA01"] if case.chance(0.3) else [],
        lines=lines,
    )


def _denial(case: Case, bill: Bill, line: LineDraft) -> Reason | None:
    claim = bill.claim
    for habit in HABITS:
        if (
            habit.payer_id == claim.payer_id
            and habit.procedure_code == line.procedure_code
            and bill.professional
            and case.place in habit.places_of_service
            and (habit.families is None or claim.diagnoses[0][:3] in habit.families)
        ):
            return habit.reason if case.chance(habit.share) else None
    return ANY_REASON.pick(case.random) if case.chance(case.payer.denies) else None


def _line(
    case: Case, line: LineDraft, reason: Reason | None, *, deductible: bool, second_test: bool
) -> RemittanceLineDraft:
    charge = line.charge_cents
    adjustments: list[AdjustmentDraft] = []
    remarks: list[str] = []
    paid = 0
    if reason:
        adjustments.append(AdjustmentDraft(reason.group_code, reason.reason_code, charge))
        remarks.extend(reason.remark_codes)
    else:
        allowed = int(charge * case.payer.allowed)
        adjustments.append(AdjustmentDraft("CO", CONTRACT, charge - allowed))
        paid = allowed
        if deductible:
            adjustments.append(AdjustmentDraft("PR", "1", paid))
            paid = 0
        else:
            reductions = []
            if second_test:
                reductions.append(("CO", SECOND_TEST, paid // 8))
            if case.payer.payer_id == "medicare-b":
                reductions += [("PR", "2", paid // 5), ("CO", SEQUESTRATION, paid // 63)]
            elif case.chance(0.4):
                reductions.append(("PR", "3", min(3500, paid // 2)))
            for group, code, amount in reductions:
                if amount:
                    adjustments.append(AdjustmentDraft(group, code, amount))
                    paid -= amount
    return RemittanceLineDraft(
        line_number=line.line_number if case.payer.echoes_lines else None,
        procedure_code=line.procedure_code,
        modifiers=line.modifiers.copy(),
        units=line.units if paid else 0,
        charge_cents=charge,
        paid_cents=paid,
        service_date=line.service_date,
        adjustments=adjustments,
        remark_codes=remarks,
    )


def _reversal(paid: RemittanceDraft) -> RemittanceDraft:
    """The payer takes its answer back: every amount with the other sign."""
    return replace(
        paid,
        claim_status_code="22",
        lines=[
            replace(
                line,
                charge_cents=-line.charge_cents,
                paid_cents=-line.paid_cents,
                adjustments=[replace(each, amount_cents=-each.amount_cents) for each in line.adjustments],
            )
            for line in paid.lines
        ],
    )
