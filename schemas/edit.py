"""Edit: a rule learned from denials or added by a person."""

from __future__ import annotations

from typing import Literal

from schemas.claim import ClaimType
from schemas.denial import DenialCategory
from schemas.record import Date, Id, Int, Record, Revision, Timestamp


class EditScope(Record):
    """Which claims an edit looks at. In lists: null is any, empty is none."""

    payer_ids: tuple[str, ...] | None = None
    site_ids: tuple[str, ...] | None = None
    claim_types: tuple[ClaimType, ...] | None = None
    places_of_service: tuple[str, ...] | None = None


class EditMatch(Record):
    """What a claim must show for an edit to speak. In lists: null is any, empty is none."""

    procedure_codes: tuple[str, ...] | None = None  # any of
    with_procedure_codes: tuple[str, ...] | None = None  # all of
    modifiers: tuple[str, ...] | None = None  # all of
    diagnosis_families: tuple[str, ...] | None = None  # any of those pointed to; institutional: of all
    units_over: Int | None = None


class EditProvenance(Record):
    """Where an edit comes from, frozen at its revision: the counts and codes that spoke for it, or the person."""

    source: Literal["DENIALS", "PERSON"]
    denied: Int
    paid: Int
    categories: tuple[DenialCategory, ...]
    reason_codes: tuple[str, ...]
    first_seen: Timestamp | None = None
    last_seen: Timestamp | None = None
    decided_by: str | None = None
    reason: str | None = None


class Edit(Record):
    """A learned edit; keyed by `edit_id`, the digest of scope and match, so a wider edit is another edit."""

    edit_id: Id
    revision: Revision
    status: Literal["PROPOSED", "SHADOW", "ACTIVE", "RETIRED"]
    scope: EditScope
    match: EditMatch
    severity: Literal["HOLD", "WARN"]
    message: str
    remedy: str
    provenance: EditProvenance
    effective_from: Date | None = None  # dates of service
    effective_to: Date | None = None
    occurred_at: Timestamp
