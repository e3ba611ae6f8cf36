"""Documentation: one role's note on a stress test, as flags that the sender computes."""

from __future__ import annotations

from typing import Literal

from schemas.record import Id, Int, Record, Revision, Timestamp

DocumentRole = Literal["TECHNICIAN", "SUPERVISING_PHYSICIAN", "INTERPRETING_PHYSICIAN"]
DocumentStatus = Literal["PRELIMINARY", "FINAL", "RETRACTED"]
Modality = Literal["TREADMILL", "BICYCLE", "PHARMACOLOGIC"]


class VitalSigns(Record):
    """One reading: heart rate in beats per minute, pressures in mm Hg."""

    at: Timestamp
    heart_rate: Int | None = None
    systolic: Int | None = None
    diastolic: Int | None = None


class Tracing(Record):
    """What the technician's note proves about the tracing (93017)."""

    modality: Modality | None = None
    protocol: str | None = None
    ecg_leads: Int
    ecg_continuous: bool
    ecg_retained: bool
    target_heart_rate: Int | None = None  # beats per minute
    peak_heart_rate: Int | None = None  # beats per minute
    vital_signs: tuple[VitalSigns, ...]
    started_at: Timestamp | None = None
    stopped_at: Timestamp | None = None
    stop_reason: str | None = None
    monitoring_noted: bool
    contains_interpretation: bool


class SupervisionNote(Record):
    """What the supervising physician's note proves (93016)."""

    separate_from_tracing: bool


class InterpretationReport(Record):
    """What the report proves (93018)."""

    separate_from_tracing: bool


class Documentation(Record):
    """A note of one role; keyed by `encounter_id`. At most the block of its role is filled."""

    event_id: Id
    document_id: Id
    encounter_id: Id
    revision: Revision
    role: DocumentRole
    status: DocumentStatus
    author_id: str
    entity_id: str
    signed_at: Timestamp | None = None
    occurred_at: Timestamp
    tracing: Tracing | None = None
    supervision: SupervisionNote | None = None
    interpretation: InterpretationReport | None = None
