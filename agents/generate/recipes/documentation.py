"""Defects of documents: missing, unfinished, unsigned, incomplete, mixed up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.generate.catalogue import ROLES, Role
from agents.generate.clock import DAY, HOUR, iso
from agents.generate.cures import amended_document, amended_encounter, ask, late_document
from agents.generate.recipe import Layer, recipe
from agents.generate.scenes import anywhere, billed_with_tracing
from agents.generate.services import Scene, Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.generate.case import Case
    from agents.generate.cures import Cure
    from agents.generate.drafts import DocumentationDraft, EncounterDraft, TracingDraft


def _some_role(case: Case, roles: tuple[Role, ...] = ROLES) -> Role | None:
    """One of `roles` whose document some claim waits for."""
    asked = [role for role in roles if any(role in bill.documented for bill in case.bills)]
    return case.pick(asked) if asked else None


def _find_for(case: Case, role: Role, edit_id: str) -> None:
    """Expect the finding on every claim that needs this role's document, on the line that bills the role."""
    for bill in case.bills:
        if role in bill.documented:
            case.find(bill, edit_id, bill.documented[role])


def _find_once_for(case: Case, role: Role, edit_id: str) -> None:
    """Expect the finding once on every claim that needs this role's document."""
    for bill in case.bills:
        if role in bill.documented:
            case.find(bill, edit_id)


@recipe("document-missing", 14, anywhere, layer=Layer.DOCUMENTS)
def missing(case: Case) -> list[Cure]:
    """One role's document was never written, or comes weeks late. Now and then a person tries to wave it through."""
    role = _some_role(case)
    if role is None:
        return []
    document = case.documents.pop(role)
    _find_for(case, role, "documentation-missing")
    if case.chance(0.06):
        bill, finding = case.planted[-1]
        case.extras.append(lambda: ask(case, bill, finding, "NO_NOTE_NEEDED"))
    return [late_document(case, role, document)]


@recipe("document-retracted", 3, anywhere, layer=Layer.DOCUMENTS)
def retracted(case: Case) -> list[Cure]:
    """The only document of a role was retracted, as when it was charted on the wrong patient."""
    role = _some_role(case)
    if role is None:
        return []
    wrong = case.documents[role]
    right = replace(wrong, document_id=f"{wrong.document_id}2", revision=1)
    wrong.status = "RETRACTED"
    _find_for(case, role, "documentation-retracted")
    return [late_document(case, role, right)]


@recipe("document-preliminary", 12, anywhere, layer=Layer.DOCUMENTS)
def not_final(case: Case) -> list[Cure]:
    """A document, most often the reading, never gets past its preliminary form."""
    role = _some_role(case, ("interpretation",)) if case.chance(0.7) else _some_role(case)
    if role is None:
        return []
    document = case.documents[role]
    signed = document.signed_at
    document.status = "PRELIMINARY"
    document.signed_at = None
    _find_for(case, role, "documentation-not-final")

    def change(document: DocumentationDraft) -> None:
        document.status = "FINAL"
        document.signed_at = signed

    return [amended_document(case, role, change)]


@recipe("document-unsigned", 8, anywhere, layer=Layer.DOCUMENTS)
def unsigned(case: Case) -> list[Cure]:
    """A physician's document is final but carries no signature."""
    role = _some_role(case, ROLES[1:])
    if role is None:
        return []
    document = case.documents[role]
    signed = document.signed_at
    document.signed_at = None
    _find_for(case, role, "documentation-unsigned")

    def change(document: DocumentationDraft) -> None:
        document.signed_at = signed

    return [amended_document(case, role, change)]


@recipe("document-not-separate", 6, anywhere, layer=Layer.DOCUMENTS)
def not_separate(case: Case) -> list[Cure]:
    """A physician's note is a line under the tracing and not a note of its own; or nothing says that it is."""
    role = _some_role(case, ROLES[1:])
    if role is None:
        return []
    document = case.documents[role]
    whole = replace(document)
    if case.chance(0.3):
        document.supervision = document.interpretation = None
    elif document.supervision:
        document.supervision = replace(document.supervision, separate_from_tracing=False)
    elif document.interpretation:
        document.interpretation = replace(document.interpretation, separate_from_tracing=False)
    _find_for(case, role, "documentation-not-separate")

    def change(document: DocumentationDraft) -> None:
        document.supervision, document.interpretation = whole.supervision, whole.interpretation

    return [amended_document(case, role, change)]


@recipe("read-by-the-technician", 2, anywhere, layer=Layer.DOCUMENTS)
def same_author(case: Case) -> list[Cure]:
    """The technician signed the report: a technician's reading never counts."""
    if _some_role(case, ("interpretation",)) is None:
        return []
    physician = case.documents["interpretation"].author_id
    case.documents["interpretation"].author_id = case.documents["technical"].author_id
    _find_once_for(case, "interpretation", "documentation-same-author")

    def change(document: DocumentationDraft) -> None:
        document.author_id = physician

    return [amended_document(case, "interpretation", change)]


def _gap(**blank: object) -> Callable[[TracingDraft], TracingDraft]:
    return lambda trace: replace(trace, **blank)  # type: ignore[arg-type]  # field names and types of the table below


GAPS: tuple[Callable[[TracingDraft], TracingDraft], ...] = (
    _gap(modality=None, protocol=None),
    _gap(protocol=None),
    _gap(ecg_leads=3),
    _gap(ecg_continuous=False),
    _gap(ecg_retained=False),
    _gap(monitoring_noted=False),
    _gap(stop_reason=None),
    _gap(started_at=None),
    _gap(stopped_at=None),
    _gap(vital_signs=[]),
    lambda trace: replace(trace, stopped_at=trace.started_at),
    lambda trace: replace(trace, vital_signs=[replace(each, diastolic=None) for each in trace.vital_signs]),
    lambda trace: replace(trace, vital_signs=trace.vital_signs[:1]),
    lambda trace: replace(trace, modality="TREADMILL", target_heart_rate=None),
)
"""Ways in which a tracing falls short of its checklist; each leaves the other edits silent."""


@recipe("tracing-incomplete", 14, anywhere, layer=Layer.DOCUMENTS)
def incomplete(case: Case) -> list[Cure]:
    """The technician's note lacks one to three things that it must prove."""
    if _some_role(case, ("technical",)) is None:
        return []
    document = case.documents["technical"]
    whole = document.tracing
    for _ in range(case.between(1, 4)):
        if document.tracing:
            document.tracing = case.pick(GAPS)(document.tracing)
    if case.chance(0.05):
        document.tracing = None
    _find_once_for(case, "technical", "documentation-tracing-incomplete")

    def change(document: DocumentationDraft) -> None:
        document.tracing = whole

    return [amended_document(case, "technical", change)]


@recipe("reading-inside-tracing", 6, billed_with_tracing, layer=Layer.DOCUMENTS)
def reading_inside(case: Case) -> list[Cure]:
    """The technician's note holds the reading, and the tracing is billed by its own code."""
    trace = case.documents["technical"].tracing
    if trace is None:
        return []
    trace.contains_interpretation = True
    case.find(case.biller_of("technical"), "documentation-tracing-contains-interpretation")

    def change(document: DocumentationDraft) -> None:
        if document.tracing:
            document.tracing.contains_interpretation = False

    return [amended_document(case, "technical", change)]


@recipe("tracing-of-another-day", 3, anywhere, layer=Layer.DOCUMENTS)
def date_mismatch(case: Case) -> list[Cure]:
    """The note that came is that of an earlier test."""
    trace = case.documents["technical"].tracing
    if trace is None or _some_role(case, ("technical",)) is None:
        return []
    whole = replace(trace)
    earlier = case.visit - case.between(2, 30) * DAY
    trace.started_at = iso(earlier)
    trace.stopped_at = iso(earlier + HOUR // 4)
    _find_once_for(case, "technical", "documentation-date-mismatch")

    def change(document: DocumentationDraft) -> None:
        document.tracing = whole

    return [amended_document(case, "technical", change)]


@recipe("target-heart-rate-not-reached", 9, anywhere, layer=Layer.DOCUMENTS)
def target_not_reached(case: Case) -> list[Cure]:
    """The patient stopped before the target: told in the note, so the claim goes out with a warning."""
    trace = case.documents["technical"].tracing
    if trace is None or trace.modality == "PHARMACOLOGIC" or _some_role(case, ("technical",)) is None:
        return []
    trace.peak_heart_rate = (trace.target_heart_rate or 0) - case.between(1, 30)
    trace.stop_reason = case.pick(("FATIGUE", "DYSPNEA", "CHEST_PAIN", "CLAUDICATION"))
    _find_once_for(case, "technical", "documentation-target-not-reached")
    return []


def _office_with_components(scene: Scene) -> bool:
    return not scene.kind.facility and not scene.encounter_rate and scene.service in (Service.ECG, Service.NUCLEAR)


@recipe("supervision-mode-unknown", 5, _office_with_components)
def supervision_unknown(case: Case) -> list[Cure]:
    """Nobody recorded how the test in the office was supervised."""
    case.encounter.supervision_mode = None
    for bill in case.bills:
        if "technical" in bill.stands or "supervision" in bill.stands:
            case.find(bill, "documentation-supervision-unknown")
    return [amended_encounter(case, _on_site)]


@recipe("supervision-insufficient", 5, anywhere)
def supervision_insufficient(case: Case) -> list[Cure]:
    """Nobody was there, or only on the telephone."""
    case.encounter.supervision_mode = case.pick(("NONE", "AUDIO_ONLY"))
    for bill in case.bills:
        if "technical" in bill.documented or "supervision" in bill.documented:
            case.find(bill, "documentation-supervision-insufficient")
    return [amended_encounter(case, _on_site, chance=0.3)]


def _on_site(encounter: EncounterDraft) -> None:
    encounter.supervision_mode = "ON_SITE"
