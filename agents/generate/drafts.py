"""The five input records while they are still being written.

Same names and fields as the records of schemas/ (a test holds them equal), but mutable, because a defect is planted by
changing one field, and ten times cheaper to make, because a benchmark wants a million. Times and dates are text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class OwnershipDraft:
    """Who furnished each component; None while nobody has recorded it."""

    technical: str | None
    supervision: str | None
    interpretation: str | None
    one_locality: bool


@dataclass(slots=True)
class EncounterDraft:
    """A visit as registration knows it."""

    event_id: str
    encounter_id: str
    revision: int
    status: str
    site_id: str
    encounter_class: str
    place_of_service: str
    off_campus: str
    patient_id: str
    payer_id: str
    service_date: str
    ownership: OwnershipDraft
    supervision_mode: str | None
    occurred_at: str


@dataclass(slots=True)
class VitalSignsDraft:
    """One reading."""

    at: str
    heart_rate: int | None
    systolic: int | None
    diastolic: int | None


@dataclass(slots=True)
class TracingDraft:
    """What the technician's note proves."""

    modality: str | None
    protocol: str | None
    ecg_leads: int
    ecg_continuous: bool
    ecg_retained: bool
    target_heart_rate: int | None
    peak_heart_rate: int | None
    vital_signs: list[VitalSignsDraft]
    started_at: str | None
    stopped_at: str | None
    stop_reason: str | None
    monitoring_noted: bool
    contains_interpretation: bool


@dataclass(slots=True)
class SupervisionNoteDraft:
    """What the supervising physician's note proves."""

    separate_from_tracing: bool


@dataclass(slots=True)
class InterpretationReportDraft:
    """What the report proves."""

    separate_from_tracing: bool


@dataclass(slots=True)
class DocumentationDraft:
    """A note of one role."""

    event_id: str
    document_id: str
    encounter_id: str
    revision: int
    role: str
    status: str
    author_id: str
    entity_id: str
    signed_at: str | None
    occurred_at: str
    tracing: TracingDraft | None = None
    supervision: SupervisionNoteDraft | None = None
    interpretation: InterpretationReportDraft | None = None


@dataclass(slots=True)
class LineDraft:
    """One service line."""

    line_number: int
    procedure_code: str
    modifiers: list[str]
    units: int
    diagnosis_pointers: list[int]
    charge_cents: int
    service_date: str
    revenue_code: str | None
    rendering_npi: str | None


@dataclass(slots=True)
class ClaimDraft:
    """A claim as built."""

    event_id: str
    claim_id: str
    encounter_id: str
    revision: int
    status: str
    claim_type: str
    billing_entity_id: str
    billing_npi: str | None
    payer_id: str
    place_of_service: str | None
    type_of_bill: str | None
    frequency_code: str
    payer_claim_control_number: str | None
    ordering_npi: str | None
    diagnoses: list[str]
    lines: list[LineDraft]
    built_at: str
    occurred_at: str


@dataclass(slots=True)
class ReviewDraft:
    """A person's answer to a hold."""

    event_id: str
    review_id: str
    encounter_id: str
    revision: int
    claim_id: str
    claim_revision: int
    edit_id: str
    line_number: int | None
    answer: str
    decided_by: str
    reason_code: str
    occurred_at: str


@dataclass(slots=True)
class AdjustmentDraft:
    """Why an amount was not paid."""

    group_code: str
    reason_code: str
    amount_cents: int
    quantity: int | None = None


@dataclass(slots=True)
class RemittanceLineDraft:
    """One line as the payer priced it."""

    line_number: int | None
    procedure_code: str
    modifiers: list[str]
    units: int
    charge_cents: int
    paid_cents: int
    service_date: str
    adjustments: list[AdjustmentDraft]
    remark_codes: list[str]


@dataclass(slots=True)
class RemittanceDraft:
    """A payer's answer to one claim."""

    event_id: str
    claim_id: str
    payer_id: str
    payer_claim_control_number: str | None
    claim_status_code: str
    received_at: str
    adjustments: list[AdjustmentDraft]
    remark_codes: list[str]
    lines: list[RemittanceLineDraft]


Draft = EncounterDraft | DocumentationDraft | ClaimDraft | ReviewDraft | RemittanceDraft
