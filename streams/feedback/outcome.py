"""Outcome: did the payer deny the line, pay it, or say neither? By amounts and reason codes; total and exact.

Source: ASC X12 835 (005010X221A1), CLP02 claim status, SVC amounts, CAS groups and reasons; LQ remark codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.remittance import Adjustment, Remittance, RemittanceLine

Result = Literal["DENIED", "PAID"]

REVERSAL = "22"
NO_ANSWERS = frozenset({"23", "25"})
"""Forwarded, since it is not our claim; an estimate. Neither is the payer's answer to this claim."""

_DENIED_WHOLE = "4"
_SILENT = NO_ANSWERS | {REVERSAL}

_IGNORED_GROUP = "CR"  # corrections of an earlier answer; the answer itself is in the other groups
_PATIENT = "PR"
PATIENT_SHARE = frozenset({"1", "2", "3", "247", "248"})
"""Deductible, coinsurance, copayment: within group PR the patient's ordinary share of a payable line."""
_NEVER = frozenset(
    {"23", "24", "45", "94", "100", "101", "102", "104", "105", "130", "137", "144", "161", "209", "246", "253"}
)
"""Within any group: contract, other payer, capitation and the like reduce a payable line, they do not deny it."""


def clean(code: str) -> str:
    """A code as the tables hold it; senders differ in blanks and case."""
    return code.strip().upper()


class Reason(NamedTuple):
    """An adjustment with its codes cleaned; amounts are cents."""

    group: str
    code: str
    amount_cents: int

    @property
    def is_patient_share(self) -> bool:
        """Deductible, coinsurance or copayment."""
        return self.group == _PATIENT and self.code in PATIENT_SHARE

    @property
    def denies(self) -> bool:
        """Whether it does not go with a payable line. PR with any other reason does not: the patient bears it all."""
        return self.code not in _NEVER and not self.is_patient_share


class Answer(NamedTuple):
    """What one remittance says of one claim line. Amounts are cents.

    status   claim_status_code of the remittance, cleaned
    reasons  its adjustments; those of the whole claim where it has none; without group CR
    remarks  its remark codes and those of the whole claim, cleaned
    """

    status: str
    charge_cents: int
    paid_cents: int
    reasons: tuple[Reason, ...]
    remarks: tuple[str, ...]

    @property
    def denying(self) -> list[Reason]:
        """The reasons that deny."""
        return [reason for reason in self.reasons if reason.denies]


def answer_of(remittance: Remittance, lines: Sequence[RemittanceLine]) -> Answer:
    """What `remittance` says of the claim line that `lines` are about; a payer may have split it into several."""
    return Answer(
        clean(remittance.claim_status_code),
        sum([line.charge_cents for line in lines]),
        sum([line.paid_cents for line in lines]),
        tuple([reason for line in lines for reason in _reasons(line.adjustments or remittance.adjustments)]),
        tuple(
            [
                clean(code)
                for codes in (*(line.remark_codes for line in lines), remittance.remark_codes)
                for code in codes
            ]
        ),
    )


def _reasons(adjustments: Iterable[Adjustment]) -> list[Reason]:
    reasons = [Reason(clean(each.group_code), clean(each.reason_code), each.amount_cents) for each in adjustments]
    return [reason for reason in reasons if reason.group != _IGNORED_GROUP]


def result_of(answer: Answer) -> Result | None:
    """DENIED, PAID, or None for neither; the first rule that fits."""
    if answer.status in _SILENT or answer.paid_cents < 0 or answer.charge_cents <= 0:
        return None
    if answer.paid_cents > 0:
        return "PAID"
    if answer.status == _DENIED_WHOLE or answer.denying:  # many payers deny a line within a claim that they processed
        return "DENIED"
    return "PAID" if answer.reasons else None


def amount_of(answer: Answer, result: Result) -> int:
    """What the line is about, in cents: what was paid, or what the denying reasons took; the charge where none did."""
    if result == "PAID":
        return answer.paid_cents
    denying = answer.denying
    return sum([reason.amount_cents for reason in denying]) if denying else answer.charge_cents
