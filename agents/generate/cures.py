"""What ends a defect: the next revision of a fact, a document at last, a person's confirmation.

Each cure sends its events and says what then remains to be found. Whether a visit sees its cure is a matter of chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.clock import DAY, HOUR, MINUTE, iso
from agents.generate.drafts import ReviewDraft
from agents.generate.truth import VOID, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.generate.case import Bill, Case
    from agents.generate.catalogue import Role
    from agents.generate.drafts import ClaimDraft, DocumentationDraft, EncounterDraft
    from agents.generate.truth import Finding

    Planted = list[tuple[Bill, Finding]]


@dataclass(frozen=True, slots=True)
class Cure:
    """`apply` at some time within `after` (seconds since the claims were built and the notes signed).

    `last`: only when all else has arrived, since what it answers must be there to be answered.
    """

    apply: Callable[[int, Planted], None]
    chance: float
    after: tuple[int, int]
    last: bool = False


def _clear(planted: Planted) -> None:
    for bill, finding in planted:
        bill.findings.remove(finding)


def _clear_bill(planted: Planted, bill: Bill) -> None:
    """Also the proposal: the next revision of a claim is what it asked for."""
    _clear([each for each in planted if each[0] is bill])
    bill.proposal = None


def corrected(case: Case, bill: Bill, change: Callable[[ClaimDraft], None], chance: float = 0.6) -> Cure:
    """A person puts the claim right and the builder sends its next revision."""

    def apply(time: int, planted: Planted) -> None:
        _clear_bill(planted, bill)
        change(bill.claim)
        bill.claim.revision += 1
        case.send(bill.claim, time)

    return Cure(apply, chance, (2 * HOUR, 6 * DAY))


def rebuilt(case: Case, bill: Bill, chance: float = 0.7) -> Cure:
    """The builder answers a rebuild with the next revision, as proposed: new lines, or the claim taken back.

    Where nothing stands, a claim that never left is withdrawn, and one that the payer has goes out as a void.
    """

    def apply(time: int, planted: Planted) -> None:
        proposal = bill.proposal
        if proposal is None:
            return
        _clear_bill(planted, bill)
        claim = bill.claim
        if proposal.void and case.chance(0.8):
            _withdraw(bill)
        else:
            claim.revision += 1
            if proposal.void:
                claim.frequency_code = "8"
                claim.payer_claim_control_number = control_number(case)
            else:
                claim.lines = [copied(line) for line in proposal.lines]
                claim.place_of_service = proposal.place_of_service
        case.send(bill.claim, time)

    return Cure(apply, chance, (10 * MINUTE, 2 * DAY))


def amended_document(
    case: Case, role: Role, change: Callable[[DocumentationDraft], None], chance: float = 0.65
) -> Cure:
    """The author puts the document right."""

    def apply(time: int, planted: Planted) -> None:
        _clear(planted)
        document = case.documents[role]
        change(document)
        document.revision += 1
        case.send(document, time)

    return Cure(apply, chance, (3 * HOUR, 8 * DAY))


def late_document(case: Case, role: Role, document: DocumentationDraft, chance: float = 0.7) -> Cure:
    """The document is written at last, up to weeks later."""

    def apply(time: int, planted: Planted) -> None:
        _clear(planted)
        document.signed_at = iso(time)
        case.documents[role] = document
        case.send(document, time)

    return Cure(apply, chance, (6 * HOUR, 16 * DAY))


def amended_encounter(case: Case, change: Callable[[EncounterDraft], None], chance: float = 0.65) -> Cure:
    """Registration puts the encounter right."""

    def apply(time: int, planted: Planted) -> None:
        _clear(planted)
        change(case.encounter)
        case.encounter.revision += 1
        case.send(case.encounter, time)

    return Cure(apply, chance, (2 * HOUR, 6 * DAY))


def late_encounter(case: Case, chance: float) -> Cure:
    """Registration sends the visit after all."""

    def apply(time: int, planted: Planted) -> None:
        _clear(planted)
        case.send(case.encounter, time)

    return Cure(apply, chance, (6 * HOUR, 10 * DAY))


def withdrawn(case: Case, bill: Bill) -> Cure:
    """The builder takes the claim back, whatever was found in it."""
    bill.defects.append("claim-withdrawn")

    def apply(time: int, planted: Planted) -> None:
        _clear_bill(planted, bill)
        _withdraw(bill)
        case.send(bill.claim, time)

    return Cure(apply, 1.0, (10 * MINUTE, 2 * DAY))


def _withdraw(bill: Bill) -> None:
    bill.claim.status = "WITHDRAWN"
    bill.claim.revision += 1
    bill.findings = [found("administrative-claim-withdrawn")]
    bill.proposal = VOID
    bill.stands = bill.documented = {}


def confirmed(case: Case, bill: Bill, chance: float = 0.6, reason_code: str = "DOCUMENTED") -> Cure:
    """A person confirms every finding planted on `bill`: they stay as warnings. One time in 15 it is revoked again."""

    def apply(time: int, planted: Planted) -> None:
        findings = [finding for each, finding in planted if each is bill]
        revoked = case.chance(1 / 15)
        for finding in findings:
            review = ask(case, bill, finding, reason_code)
            case.send(review, time)
            if revoked:
                case.send(
                    replace(review, revision=2, answer="REVOKED", reason_code="SECOND_LOOK"),
                    time + case.between(HOUR, 2 * DAY),
                )
            else:
                bill.findings.remove(finding)
                bill.findings.append(finding._replace(severity="WARN"))

    return Cure(apply, chance, (2 * HOUR, 4 * DAY), last=True)


def ask(case: Case, bill: Bill, finding: Finding, reason_code: str) -> ReviewDraft:
    """The review that confirms `finding` on the claim as it stands."""
    return ReviewDraft(
        event_id="",
        review_id=f"rev-{case.key}-{len(case.sent) + 1}",
        encounter_id=case.encounter.encounter_id,
        revision=1,
        claim_id=bill.claim.claim_id,
        claim_revision=bill.claim.revision,
        edit_id=finding.edit_id,
        line_number=finding.line_number,
        answer="CONFIRMED",
        decided_by=f"reviewer-{case.between(1, 9)}",
        reason_code=reason_code,
        occurred_at="",
    )


def control_number(case: Case) -> str:
    """A claim number as a payer gives it."""
    return f"{case.between(2_000_000_000, 9_999_999_999)}{case.between(100, 999)}"
