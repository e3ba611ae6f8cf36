"""Claim: what the claim builder wants to send."""

from __future__ import annotations

from typing import Literal

from schemas.record import Cents, Date, Id, Int, Record, Revision, Timestamp

ClaimStatus = Literal["BUILT", "WITHDRAWN"]
ClaimType = Literal["PROFESSIONAL", "INSTITUTIONAL"]


class Line(Record):
    """One service line. `charge_cents` is for all `units`; pointers count from 1 into the claim's diagnoses.

    Source: ASC X12 837 (005010X222A1 and 005010X223A2), loop 2400.
    """

    line_number: Int
    procedure_code: str
    modifiers: tuple[str, ...]
    units: Int
    diagnosis_pointers: tuple[Int, ...]
    charge_cents: Cents
    service_date: Date
    revenue_code: str | None = None
    rendering_npi: str | None = None


class Claim(Record):
    """A claim as built; keyed by `encounter_id`, which it never changes.

    A correction keeps `claim_id` and `built_at`.
    """

    event_id: Id
    claim_id: Id
    encounter_id: Id
    revision: Revision
    status: ClaimStatus
    claim_type: ClaimType
    billing_entity_id: str
    billing_npi: str | None = None
    payer_id: str
    place_of_service: str | None = None
    type_of_bill: str | None = None
    frequency_code: Literal["1", "7", "8"]
    payer_claim_control_number: str | None = None
    ordering_npi: str | None = None
    diagnoses: tuple[str, ...]
    lines: tuple[Line, ...]
    built_at: Timestamp
    occurred_at: Timestamp
