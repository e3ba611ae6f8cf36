"""Facts for tests, right unless told otherwise: say only what a scenario is about.

    encounter(place_of_service="22", encounter_class="HOSPITAL_OUTPATIENT", owners="H/P/P")
    claim(line("93015", charge=300_00), place_of_service="11")

Owners are written technical/supervision/interpretation; P is the practice that bills, H a hospital, R a reading group,
and ? an owner that nobody has recorded.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from schemas.claim import Claim, Line
from schemas.documentation import Documentation, InterpretationReport, SupervisionNote, Tracing, VitalSigns
from schemas.encounter import Encounter, Ownership
from schemas.review import Review

if TYPE_CHECKING:
    from schemas.record import Record

SERVICE_DATE = dt.date(2026, 3, 10)
NPI = "1234567893"
OTHER_NPI = "1679576722"
_NOON = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)


def at(minutes: float = 0) -> dt.datetime:
    """A moment, in minutes after noon of the day of service."""
    return _NOON + dt.timedelta(minutes=minutes)


def _owners(text: str) -> dict[str, str | None]:
    names = [None if name == "?" else name for name in text.split("/")]
    return dict(zip(("technical", "supervision", "interpretation"), names, strict=True))


def encounter(*, owners: str = "P/P/P", one_locality: bool = True, **changes: Any) -> Encounter:
    """A completed office visit at place of service 11."""
    values: dict[str, Any] = {
        "encounter_id": "E1",
        "revision": 1,
        "status": "COMPLETED",
        "site_id": "S01",
        "encounter_class": "AMBULATORY",
        "place_of_service": "11",
        "off_campus": "NONE",
        "patient_id": "token-1",
        "payer_id": "P01",
        "service_date": SERVICE_DATE,
        "ownership": Ownership(**_owners(owners), one_locality=one_locality),
        "supervision_mode": "ON_SITE",
        "occurred_at": at(),
    } | changes
    return Encounter(**{"event_id": _event("encounter", values), **values})


OFFICE: dict[str, Any] = {}
HOSPITAL: dict[str, Any] = {"encounter_class": "HOSPITAL_OUTPATIENT", "place_of_service": "22"}
OFF_CAMPUS: dict[str, Any] = {
    "encounter_class": "HOSPITAL_OUTPATIENT",
    "place_of_service": "19",
    "off_campus": "NON_EXCEPTED",
}


def tracing(**changes: Any) -> Tracing:
    """A complete treadmill tracing."""
    values: dict[str, Any] = {
        "modality": "TREADMILL",
        "protocol": "Bruce",
        "ecg_leads": 12,
        "ecg_continuous": True,
        "ecg_retained": True,
        "target_heart_rate": 140,
        "peak_heart_rate": 150,
        "vital_signs": (
            VitalSigns(at=at(-30), heart_rate=70, systolic=130, diastolic=80),
            VitalSigns(at=at(-22), heart_rate=150, systolic=180, diastolic=85),
        ),
        "started_at": at(-30),
        "stopped_at": at(-20),
        "stop_reason": "target reached",
        "monitoring_noted": True,
        "contains_interpretation": False,
    }
    return Tracing(**(values | changes))


def _document(role: str, entity_id: str, **changes: Any) -> Documentation:
    values: dict[str, Any] = {
        "document_id": f"D-{role}",
        "encounter_id": "E1",
        "revision": 1,
        "role": role,
        "status": "FINAL",
        "author_id": f"author-{role}",
        "entity_id": entity_id,
        "signed_at": at(30),
        "occurred_at": at(30),
    } | changes
    return Documentation(**{"event_id": _event("document", values), **values})


def technical_note(entity_id: str = "P", **changes: Any) -> Documentation:
    """A final, complete technician's note."""
    return _document("TECHNICIAN", entity_id, **({"tracing": tracing()} | changes))


def supervision_note(entity_id: str = "P", **changes: Any) -> Documentation:
    """A final, signed, separate supervision note."""
    return _document(
        "SUPERVISING_PHYSICIAN",
        entity_id,
        **({"supervision": SupervisionNote(separate_from_tracing=True)} | changes),
    )


def report(entity_id: str = "P", **changes: Any) -> Documentation:
    """A final, signed, separate interpretation and report."""
    return _document(
        "INTERPRETING_PHYSICIAN",
        entity_id,
        **({"interpretation": InterpretationReport(separate_from_tracing=True)} | changes),
    )


def chart(owners: str = "P/P/P") -> list[Documentation]:
    """All three documents, right, each by the owner of its role (by P where the owner is not recorded)."""
    technical, supervision, interpretation = (name or "P" for name in _owners(owners).values())
    return [technical_note(technical), supervision_note(supervision), report(interpretation)]


def line(code: str, *modifiers: str, charge: int = 100_00, **changes: Any) -> dict[str, Any]:
    """A claim line; `claim` numbers it by its position unless it has a line_number."""
    return {
        "procedure_code": code,
        "modifiers": modifiers,
        "units": 1,
        "diagnosis_pointers": (1,),
        "charge_cents": charge,
        "service_date": SERVICE_DATE,
        "revenue_code": None,
        "rendering_npi": NPI,
    } | changes


def claim(*lines: dict[str, Any], **changes: Any) -> Claim:
    """A professional claim of the practice P for an office visit."""
    values: dict[str, Any] = {
        "claim_id": "C1",
        "encounter_id": "E1",
        "revision": 1,
        "status": "BUILT",
        "claim_type": "PROFESSIONAL",
        "billing_entity_id": "P",
        "billing_npi": NPI,
        "payer_id": "P01",
        "place_of_service": "11",
        "type_of_bill": None,
        "frequency_code": "1",
        "payer_claim_control_number": None,
        "ordering_npi": NPI,
        "diagnoses": ("I25.118",),
        "built_at": at(60),
        "occurred_at": at(60),
    } | changes
    numbered = tuple(Line(**({"line_number": number} | values)) for number, values in enumerate(lines, 1))
    return Claim(**{"event_id": _event("claim", values), "lines": numbered, **values})


def hospital_claim(*lines: dict[str, Any], **changes: Any) -> Claim:
    """An institutional claim of the hospital H; its lines get revenue code 0482 unless they say another."""
    values = {
        "claim_type": "INSTITUTIONAL",
        "billing_entity_id": "H",
        "place_of_service": None,
        "type_of_bill": "0131",
    } | changes
    return claim(*({**each, "revenue_code": each["revenue_code"] or "0482"} for each in lines), **values)


def review(edit_id: str, **changes: Any) -> Review:
    """A person confirms the hold `edit_id` of claim C1, revision 1."""
    values: dict[str, Any] = {
        "review_id": "R1",
        "encounter_id": "E1",
        "revision": 1,
        "claim_id": "C1",
        "claim_revision": 1,
        "edit_id": edit_id,
        "line_number": None,
        "answer": "CONFIRMED",
        "decided_by": "analyst-1",
        "reason_code": "CHECKED",
        "occurred_at": at(120),
    } | changes
    return Review(**{"event_id": _event("review", values), **values})


def _event(kind: str, values: dict[str, Any]) -> str:
    """An event id that differs per fact and revision."""
    own = next(values[name] for name in ("document_id", "claim_id", "review_id", "encounter_id") if name in values)
    return f"{kind}-{own}-{values['revision']}"


def shift(record: Record, **changes: Any) -> Record:
    """A copy of a fact with some fields changed."""
    return record.model_copy(update=changes)
