"""Documentation: does the chart prove what the claim bills?

The roles asked about are those that stand on the claim (and those inside a standing 93351), so that no document is
chased for a line that will be dropped. Together the edits on the technical note are the three-point test of a 93017:
was there a technical service, is its data complete, is the reading kept out of it?
"""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING

from streams.case import Case, known
from streams.codes import DOCUMENT_ROLE, Role
from streams.edits import BuiltInEdit, Hit, declare, listed
from streams.standing import role_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.documentation import Documentation

edit = declare("DOCUMENTATION", confirmable=False)

_GUIDE = "Component documentation of 93015 to 93018: one note for each part"
_SUPERVISION = "Medicare fee schedule: supervision level 02 (direct); 42 CFR 410.32"
_STATUS = "documentation.status"

MINIMUM_LEADS = 12
MINIMUM_VITAL_SIGNS = 2
VIRTUAL_DIRECT_SUPERVISION_FROM = dt.date(2026, 1, 1)
"""From this date of service on live audio and video is direct supervision (2026 fee schedule rule)."""

_ONE_DAY = dt.timedelta(days=1)
_AUTHOR = {
    "technical": "technician",
    "supervision": "supervising physician",
    "interpretation": "interpreting physician",
}


def _documented(case: Case) -> tuple[Role, ...]:
    return case.standing.documented if case.standing else ()


def _technical(case: Case) -> Documentation | None:
    """The current technical note, when the claim needs one."""
    return case.visit.current["technical"] if "technical" in _documented(case) else None


@edit(
    "documentation-missing",
    "HOLD",
    basis=True,
    remedy="Obtain the document.",
    source=_GUIDE,
    reads=("documentation.role",),
)
def missing(case: Case) -> Iterator[Hit]:
    """There is no document of a billed role."""
    for role in _documented(case):
        if case.visit.current[role] is None and not _any_document(case, role):
            yield role_line(case, role), f"There is no document of the {_AUTHOR[role]}."


@edit(
    "documentation-retracted",
    "HOLD",
    basis=True,
    remedy="Obtain a new document.",
    source=_GUIDE,
    reads=("documentation.role", _STATUS),
)
def retracted(case: Case) -> Iterator[Hit]:
    """Every document of a billed role was retracted."""
    for role in _documented(case):
        if case.visit.current[role] is None and _any_document(case, role):
            yield role_line(case, role), f"Every document of the {_AUTHOR[role]} was retracted."


@edit(
    "documentation-not-final",
    "HOLD",
    basis=True,
    remedy="Wait for the final document, or ask for it.",
    source=_GUIDE,
    reads=(_STATUS,),
)
def not_final(case: Case) -> Iterator[Hit]:
    """The current document of a billed role is preliminary."""
    for role in _documented(case):
        document = case.visit.current[role]
        if document is not None and document.status == "PRELIMINARY":
            yield role_line(case, role), f"The document of the {_AUTHOR[role]} is PRELIMINARY."


@edit(
    "documentation-unsigned",
    "HOLD",
    basis=True,
    remedy="Obtain the signature.",
    source=_GUIDE,
    reads=(_STATUS, "documentation.signed_at"),
)
def unsigned(case: Case) -> Iterator[Hit]:
    """The final supervision note or report is not signed."""
    for role in _documented(case):
        if role != "technical":
            document = case.visit.final(role)
            if document is not None and document.signed_at is None:
                yield role_line(case, role), f"The final document of the {_AUTHOR[role]} has no signature."


@edit(
    "documentation-not-separate",
    "HOLD",
    basis=True,
    remedy="Obtain a note of its own for this part.",
    source=_GUIDE,
    reads=(_STATUS, "documentation.supervision", "documentation.interpretation"),
)
def not_separate(case: Case) -> Iterator[Hit]:
    """The final supervision note or report is not separate from the tracing."""
    for role in _documented(case):
        if role != "technical":
            document = case.visit.final(role)
            if document is not None:
                block = document.supervision if role == "supervision" else document.interpretation
                if block is None or not block.separate_from_tracing:
                    yield (
                        role_line(case, role),
                        f"The document of the {_AUTHOR[role]} is not separate from the tracing.",
                    )


@edit(
    "documentation-same-author",
    "HOLD",
    basis=True,
    remedy="Obtain a physician's report: a technician's reading never counts.",
    source=_GUIDE,
    reads=(_STATUS, "documentation.author_id"),
)
def same_author(case: Case) -> Iterator[Hit]:
    """The final technical note and the final report have one author."""
    if "interpretation" in _documented(case):
        note, report = case.visit.final("technical"), case.visit.final("interpretation")
        if note is not None and report is not None and note.author_id == report.author_id:
            yield None, "The technician's note and the report have the same author."


@edit(
    "documentation-tracing-incomplete",
    "HOLD",
    basis=True,
    remedy="Obtain an addendum with the missing items.",
    source=_GUIDE,
    reads=(_STATUS, "documentation.tracing"),
)
def tracing_incomplete(case: Case) -> Iterator[Hit]:
    """The final technical note lacks an item of the tracing checklist."""
    document = _technical(case)
    if document is not None and document.status == "FINAL":
        items = missing_items(document)
        if items:
            yield None, f"The technical note lacks {listed(items)}."


@edit(
    "documentation-tracing-contains-interpretation",
    "HOLD",
    basis=True,
    remedy="Take the reading out of the technical note.",
    source=_GUIDE,
    reads=(_STATUS, "documentation.tracing.contains_interpretation"),
)
def tracing_contains_interpretation(case: Case) -> Iterator[Hit]:
    """The technical part is billed by itself and its final note holds a reading."""
    standing, document = case.standing, case.visit.final("technical")
    if standing is None or document is None or document.tracing is None:
        return
    if "technical" in standing.roles and not standing.is_global and document.tracing.contains_interpretation:
        yield None, "The technical note contains a reading, and 93017 is billed without it."


@edit(
    "documentation-date-mismatch",
    "HOLD",
    basis=True,
    remedy="Find the right note for this test, or correct the date.",
    source=_GUIDE,
    reads=("documentation.tracing.started_at", "encounter.service_date"),
)
def date_mismatch(case: Case) -> Iterator[Hit]:
    """The tracing started more than one day from the date of service."""
    document, encounter = _technical(case), case.encounter
    if document is not None and document.tracing and document.tracing.started_at and encounter:
        started = document.tracing.started_at.date()
        if abs(started - encounter.service_date) > _ONE_DAY:
            yield None, f"The tracing started on {started}; the date of service is {encounter.service_date}."


@edit(
    "documentation-target-not-reached",
    "WARN",
    basis=True,
    remedy="Check that the note tells why the test was stopped.",
    source="Trade practice; no public source",
    reads=(
        "documentation.tracing.modality",
        "documentation.tracing.peak_heart_rate",
        "documentation.tracing.target_heart_rate",
    ),
)
def target_not_reached(case: Case) -> Iterator[Hit]:
    """An exercise test ended below its target heart rate."""
    document = _technical(case)
    tracing = document.tracing if document else None
    if tracing is None or tracing.modality not in {"TREADMILL", "BICYCLE"}:
        return
    peak, target = tracing.peak_heart_rate, tracing.target_heart_rate
    if peak is not None and target is not None and peak < target:
        yield None, f"The peak heart rate {peak} is below the target {target}."


@edit(
    "documentation-supervision-unknown",
    "HOLD",
    basis=True,
    needs=("office",),
    remedy="Record how the test was supervised.",
    source=_SUPERVISION,
    reads=("encounter.supervision_mode",),
)
def supervision_unknown(case: Case) -> Iterator[Hit]:
    """Tracing or supervision is billed outside a facility and nobody recorded how the test was supervised."""
    if case.office and case.encounter and case.encounter.supervision_mode is None and case.standing:
        supervised = case.standing.roles & {"technical", "supervision"}
        if supervised:
            yield None, "The encounter does not say how the test was supervised."


@edit(
    "documentation-supervision-insufficient",
    "HOLD",
    basis=True,
    remedy="Not billable without direct supervision; correct the mode if it was recorded wrongly.",
    source=_SUPERVISION,
    reads=("encounter.supervision_mode",),
)
def supervision_insufficient(case: Case) -> Iterator[Hit]:
    """Tracing or supervision is billed and the test was supervised by audio alone or not at all."""
    if case.encounter and case.encounter.supervision_mode in {"NONE", "AUDIO_ONLY"} and _needs_supervision(case):
        yield None, f"Supervision mode {case.encounter.supervision_mode} is not direct supervision."


@edit(
    "documentation-supervision-virtual",
    "WARN",
    basis=True,
    remedy="Check the payer's temporary rule; from 2026-01-01 live audio and video is direct supervision.",
    source=f"{_SUPERVISION}; 2026 fee schedule rule",
    reads=("encounter.supervision_mode", "encounter.service_date"),
)
def supervision_virtual(case: Case) -> Iterator[Hit]:
    """Tracing or supervision of a test before 2026 was supervised by live audio and video."""
    encounter = case.encounter
    if (
        encounter
        and encounter.supervision_mode == "LIVE_AUDIO_VIDEO"
        and encounter.service_date < VIRTUAL_DIRECT_SUPERVISION_FROM
        and _needs_supervision(case)
    ):
        yield None, f"Supervision by live audio and video on {encounter.service_date}, before it became permanent."


def missing_items(document: Documentation) -> list[str]:
    """The items of the tracing checklist that a technical note lacks, in checklist order; a null block lacks all."""
    tracing = document.tracing
    if tracing is None:
        return list(CHECKLIST)
    start, stop = tracing.started_at, tracing.stopped_at
    complete_signs = (
        signs
        for signs in tracing.vital_signs
        if signs.heart_rate is not None and signs.systolic is not None and signs.diastolic is not None
    )
    present = (
        tracing.modality is not None,
        known(tracing.protocol) is not None,
        tracing.ecg_leads >= MINIMUM_LEADS,
        tracing.ecg_continuous,
        tracing.ecg_retained,
        tracing.target_heart_rate is not None or tracing.modality == "PHARMACOLOGIC",
        len(list(islice(complete_signs, MINIMUM_VITAL_SIGNS))) == MINIMUM_VITAL_SIGNS,
        start is not None and stop is not None and stop > start,
        known(tracing.stop_reason) is not None,
        tracing.monitoring_noted,
    )
    if all(present):
        return []
    return [item for item, there in zip(CHECKLIST, present, strict=True) if not there]


CHECKLIST = (
    "modality",
    "protocol",
    "leads",
    "continuous",
    "retained",
    "target_heart_rate",
    "vital_signs",
    "start_stop",
    "stop_reason",
    "monitoring",
)
"""What a technical note must show, in the order in which a message lists what is missing."""


def _any_document(case: Case, role: Role) -> bool:
    wanted = DOCUMENT_ROLE[role]
    return any(document.role == wanted for document in case.visit.facts.documents)


def _needs_supervision(case: Case) -> bool:
    roles = _documented(case)
    return "technical" in roles or "supervision" in roles


EDITS: tuple[BuiltInEdit, ...] = (
    missing,
    retracted,
    not_final,
    unsigned,
    not_separate,
    same_author,
    tracing_incomplete,
    tracing_contains_interpretation,
    date_mismatch,
    target_not_reached,
    supervision_unknown,
    supervision_insufficient,
    supervision_virtual,
)
