"""Encounter: one stress test visit as registration knows it."""

from __future__ import annotations

from typing import Literal

from schemas.record import Date, Id, Record, Revision, Timestamp

EncounterStatus = Literal["SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELLED"]
EncounterClass = Literal["AMBULATORY", "HOSPITAL_OUTPATIENT", "EMERGENCY", "INPATIENT"]
OffCampus = Literal["NONE", "EXCEPTED", "NON_EXCEPTED"]
SupervisionMode = Literal["ON_SITE", "LIVE_AUDIO_VIDEO", "AUDIO_ONLY", "NONE"]


class Ownership(Record):
    """The one entity that furnished each component; null while nobody has recorded it."""

    technical: str | None = None
    supervision: str | None = None
    interpretation: str | None = None
    one_locality: bool  # all components within one Medicare payment locality


class Encounter(Record):
    """A visit for a stress test; keyed by `encounter_id`."""

    event_id: Id
    encounter_id: Id
    revision: Revision
    status: EncounterStatus
    site_id: str
    encounter_class: EncounterClass
    place_of_service: str  # two digits, CMS place of service code set
    off_campus: OffCampus
    patient_id: str  # an opaque token
    payer_id: str
    service_date: Date
    ownership: Ownership
    supervision_mode: SupervisionMode | None = None
    occurred_at: Timestamp
