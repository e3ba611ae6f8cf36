"""What else the documents could have said, or that one had come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from schemas.documentation import Documentation, InterpretationReport, SupervisionNote, Tracing, VitalSigns
from streams.alternatives.change import IMAGINED, Change, reads, shown, with_document
from streams.case import current_document, known
from streams.codes import DOCUMENT_ROLE, ROLES, Role
from streams.edits import listed
from streams.gates.documentation import CHECKLIST, missing_items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schemas.claim import Claim
    from schemas.decision import Finding
    from streams.facts import Facts

SEPARATE_NOTE = SupervisionNote(separate_from_tracing=True)
SEPARATE_REPORT = InterpretationReport(separate_from_tracing=True)

_FIELDS_OF = {
    "leads": ("ecg_leads",),
    "continuous": ("ecg_continuous",),
    "retained": ("ecg_retained",),
    "start_stop": ("started_at", "stopped_at"),
    "monitoring": ("monitoring_noted",),
}
"""Checklist item -> the fields of the tracing that tell it, unless the one that bears its name does."""


def of_chart(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """Single changes to the current document of each role; a new document where none is in force."""
    for role in ROLES:
        document = current_document(facts.documents, DOCUMENT_ROLE[role])
        path = f"documentation[{DOCUMENT_ROLE[role]}]"
        owner = known(getattr(facts.encounter.ownership, role)) if facts.encounter else None
        entity = owner or claim.billing_entity_id
        day = facts.encounter.service_date if facts.encounter else claim.built_at.date()
        if document is None:
            if reads(finding, "documentation.role"):
                come = _imagined(claim, role, entity, day)
                yield Change(path, "none in force", "final, complete and signed", partial(_with_new, document=come))
            continue
        for field, words, update in _updates(document, role, entity):
            if getattr(document, field) != update and reads(finding, f"documentation.{field}"):
                now = _separate(document) if field in {"supervision", "interpretation"} else getattr(document, field)
                yield _change(document, f"{path}.{field}", shown(now), words, **{field: update})
        if role == "technical":
            yield from _of_tracing(document, finding, f"{path}.tracing", day)


def _change(document: Documentation, path: str, now: str, then: str, **update: Any) -> Change:
    return Change(path, now, then, partial(with_document, document_id=document.document_id, **update))


def _with_new(facts: Facts, document: Documentation) -> Facts:
    return replace(facts, documents=(*facts.documents, document))


def _updates(document: Documentation, role: Role, entity: str) -> Iterator[tuple[str, str, Any]]:
    """(field, words for the value, the value) of a document of `role` by `entity` that is right."""
    yield "status", "FINAL", "FINAL"
    yield "signed_at", "signed", document.signed_at or document.occurred_at
    yield "entity_id", entity, entity
    if role == "supervision":
        yield "supervision", "separate from the tracing", SEPARATE_NOTE
    elif role == "interpretation":
        yield "interpretation", "separate from the tracing", SEPARATE_REPORT
        yield "author_id", "another author", f"{IMAGINED} physician"


def _separate(document: Documentation) -> str:
    told = document.supervision or document.interpretation
    return "not separate from the tracing" if told else "not told"


def _of_tracing(document: Documentation, finding: Finding, path: str, day: date) -> Iterator[Change]:
    tracing, complete = document.tracing, _complete(day)
    if tracing is None:
        if reads(finding, "documentation.tracing"):
            yield _change(document, path, "nothing", f"the whole checklist: {listed(CHECKLIST)}", tracing=complete)
        return

    def update(*fields: str) -> Tracing:
        return tracing.model_copy(update={field: getattr(complete, field) for field in fields})

    lacking = missing_items(document)
    if lacking and reads(finding, "documentation.tracing"):
        fields = [field for item in lacking for field in _FIELDS_OF.get(item, (item,))]
        # One addendum tells all that is lacking, so it is one change.
        yield _change(document, path, f"without {listed(lacking)}", f"with {listed(lacking)}", tracing=update(*fields))
    if tracing.contains_interpretation and reads(finding, "documentation.tracing.contains_interpretation"):
        yield _change(
            document, f"{path}.contains_interpretation", "True", "False", tracing=update("contains_interpretation")
        )
    if tracing.started_at is not None and reads(finding, "documentation.tracing.started_at"):
        moved = update("started_at", "stopped_at")
        yield _change(document, f"{path}.started_at", shown(tracing.started_at), f"on {day}", tracing=moved)


def _complete(day: date) -> Tracing:
    """A tracing of `day` that lacks nothing."""
    start = datetime.combine(day, time(12), UTC)
    return Tracing(
        modality="TREADMILL",
        protocol="Bruce",
        ecg_leads=12,
        ecg_continuous=True,
        ecg_retained=True,
        target_heart_rate=140,
        peak_heart_rate=150,
        vital_signs=(VitalSigns(at=start, heart_rate=70, systolic=120, diastolic=80),) * 2,
        started_at=start,
        stopped_at=start + timedelta(minutes=10),
        stop_reason="target reached",
        monitoring_noted=True,
        contains_interpretation=False,
    )


def _imagined(claim: Claim, role: Role, entity: str, day: date) -> Documentation:
    return Documentation(
        event_id=IMAGINED,
        document_id=f"{IMAGINED} {role}",
        encounter_id=claim.encounter_id,
        revision=1,
        role=DOCUMENT_ROLE[role],  # type: ignore[arg-type]  # the map's values are the record's symbols
        status="FINAL",
        author_id=f"{IMAGINED} {role}",
        entity_id=entity,
        signed_at=claim.occurred_at,
        occurred_at=claim.occurred_at,
        tracing=_complete(day) if role == "technical" else None,
        supervision=SEPARATE_NOTE if role == "supervision" else None,
        interpretation=SEPARATE_REPORT if role == "interpretation" else None,
    )
