"""Denial: one line that a payer denied or paid, as evidence about a pattern."""

from __future__ import annotations

from typing import Literal

from schemas.claim import ClaimType
from schemas.record import Id, Record, Timestamp, TotalCents

DenialCategory = Literal[
    "COMPONENT_OVERLAP",
    "PLACE_OF_SERVICE",
    "DOCUMENTATION",
    "DIAGNOSIS",
    "UNITS",
    "MODIFIER",
    "DUPLICATE",
    "TIMELY_FILING",
    "OTHER",
]


class DenialPattern(Record):
    """What such lines have in common; families are the first three characters of a diagnosis."""

    payer_id: str
    claim_type: ClaimType
    place_of_service: str | None = None
    procedure_code: str
    with_procedure_codes: tuple[str, ...]
    modifiers: tuple[str, ...]
    diagnosis_families: tuple[str, ...]


class Denial(Record):
    """Evidence from one released line; keyed by payer and procedure code. PAID lines are evidence too."""

    denial_id: Id
    claim_id: Id
    pattern_id: Id
    pattern: DenialPattern
    category: DenialCategory
    avoidable: bool
    outcome: Literal["DENIED", "PAID", "WITHDRAWN"]
    reason_codes: tuple[str, ...]
    remark_codes: tuple[str, ...]
    amount_cents: TotalCents
    occurred_at: Timestamp
