"""Remittance: what the payer answered, line by line."""

from __future__ import annotations

from schemas.record import Cents, Date, Id, Int, Record, Timestamp


class Adjustment(Record):
    """Why an amount was not paid: group (CO, PR, OA, PI, CR), reason (CARC) and amount.

    Source: ASC X12 835 (005010X221A1), segment CAS.
    """

    group_code: str
    reason_code: str
    amount_cents: Cents
    quantity: Int | None = None


class RemittanceLine(Record):
    """One service line as the payer priced it. Amounts may be negative on a reversal.

    Source: ASC X12 835 (005010X221A1), loop 2110, segments SVC, DTM, CAS and LQ.
    """

    line_number: Int | None = None  # REF*6R, when the payer echoes it
    procedure_code: str
    modifiers: tuple[str, ...]
    units: Int
    charge_cents: Cents
    paid_cents: Cents
    service_date: Date
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]


class Remittance(Record):
    """A payer's answer to one claim; keyed by `claim_id`.

    Source: ASC X12 835 (005010X221A1), loop 2100 and below.
    """

    event_id: Id
    claim_id: Id
    payer_id: str
    payer_claim_control_number: str | None = None
    claim_status_code: str
    received_at: Timestamp
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]
    lines: tuple[RemittanceLine, ...]
