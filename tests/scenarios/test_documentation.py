"""Documentation: the chart proves what stands on the claim, and nothing more is asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from schemas.documentation import InterpretationReport, SupervisionNote, VitalSigns
from tests.builders import (
    at,
    chart,
    claim,
    encounter,
    hospital_claim,
    line,
    report,
    supervision_note,
    technical_note,
    tracing,
)
from tests.scenarios.table import Scenarios, hospital, office, physician_claim

DAY = 24 * 60  # minutes
LAST_YEAR = dt.date(2025, 12, 31)
NEW_YEAR = dt.date(2026, 1, 1)
INCOMPLETE = [("documentation-tracing-incomplete", None)]
CONTAINS_INTERPRETATION = [("documentation-tracing-contains-interpretation", None)]
DATE_MISMATCH = [("documentation-date-mismatch", None)]
TARGET_NOT_REACHED = [("documentation-target-not-reached", None)]
SAME_AUTHOR = [("documentation-same-author", None)]
SUPERVISION_UNKNOWN = [("documentation-supervision-unknown", None)]
INSUFFICIENT = [("documentation-supervision-insufficient", None)]
VIRTUAL = [("documentation-supervision-virtual", None)]


def tracing_alone(**changes: Any) -> list[Any]:
    """A practice bills the tracing of its own office; another group supervised and read."""
    note = technical_note(tracing=tracing(**changes))
    return [encounter(owners="P/R/R"), note, claim(line("93017"))]


def visit_on(date: dt.date, mode: str) -> list[Any]:
    """A global of another day, with the tracing made on that day, and how it was supervised."""
    noon = dt.datetime.combine(date, dt.time(12), dt.UTC)
    note = technical_note(tracing=tracing(started_at=noon, stopped_at=noon + dt.timedelta(minutes=10)))
    return [
        encounter(service_date=date, supervision_mode=mode),
        note,
        *chart()[1:],
        claim(line("93015", service_date=date)),
    ]


def signs(**missing: None) -> VitalSigns:
    """A complete reading, less what is named."""
    return VitalSigns(**({"at": at(-25), "heart_rate": 120, "systolic": 150, "diastolic": 80} | missing))


SCENARIOS: Scenarios = {
    # documentation-missing
    "a global without any document": (
        [encounter(), claim(line("93015"))],
        "HOLD",
        [("documentation-missing", 1), ("documentation-missing", 1), ("documentation-missing", 1)],
    ),
    "each missing document is told at the line of its role, by role": (
        [encounter(owners="R/P/P"), claim(line("93018"), line("93016"))],
        "HOLD",
        [("documentation-missing", 2), ("documentation-missing", 1)],
    ),
    "the document of a component that is billed twice is told at the component's own line": (
        [*hospital()[:3], physician_claim(line("93015"), line("93018"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("documentation-missing", 2), ("coding-component-overlap", 2)],
    ),
    "the tracing of a complete stress echo in parts is told at the technical part": (
        [encounter(), *chart()[1:], claim(line("93351", "26"), line("93351", "TC"))],
        "HOLD",
        [("documentation-missing", 2)],
    ),
    "no document is asked for a role that is not billed": (
        [encounter(owners="P/R/R"), technical_note(), claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "no document is asked for a role that will be dropped": (
        [encounter(owners="P/R/R"), technical_note(), claim(line("93015"))],
        "REBUILD",
        [("ownership-global-split", 1)],
    ),
    "no tracing is asked of a physician in a hospital": (
        [*hospital()[:1], *hospital()[2:], physician_claim(line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    "the document of a role whose owner is unknown": (
        [encounter(owners="P/?/P"), *chart()[::2], claim(line("93015"))],
        "HOLD",
        [("ownership-unknown", None), ("documentation-missing", 1)],
    ),
    "a complete stress echo without any document": (
        [encounter(), claim(line("93306"), line("93351"))],
        "HOLD",
        [
            ("documentation-missing", 2),
            ("documentation-missing", 2),
            ("documentation-missing", 2),
            ("coding-ptp-pair", 1),
        ],
    ),
    "93351-26 needs no tracing": (
        [encounter(owners="R/P/P"), *chart()[1:], claim(line("93351", "26"))],
        "RELEASE",
        [],
    ),
    "93351-TC needs the tracing alone": (
        [encounter(owners="P/R/R"), *chart("P/R/R")[1:], claim(line("93351", "TC"))],
        "HOLD",
        [("documentation-missing", 1)],
    ),
    "the complete stress echo of a hospital needs the tracing alone": (
        [*hospital()[:1], hospital_claim(line("93351"))],
        "HOLD",
        [("documentation-missing", 1)],
    ),
    "93351 of a physician in a hospital needs supervision and report": (
        [*hospital()[:1], physician_claim(line("93351"))],
        "REBUILD",
        [("site-stress-echo-needs-26", 1), ("documentation-missing", 1), ("documentation-missing", 1)],
    ),
    "93350 needs none of these documents": (
        [encounter(), claim(line("93350"))],
        "RELEASE",
        [],
    ),
    "an echo and a global that are one 93351 need every document": (
        [encounter(), *chart()[1:], claim(line("93350"), line("93015"))],
        "REBUILD",
        [("documentation-missing", 2), ("coding-stress-echo-with-global", 2)],
    ),
    # documentation-retracted
    "the only report was retracted": (
        [encounter(), *chart()[:2], report(status="RETRACTED"), claim(line("93015"))],
        "HOLD",
        [("documentation-retracted", 1)],
    ),
    "every document was retracted": (
        [
            encounter(),
            technical_note(status="RETRACTED"),
            supervision_note(status="RETRACTED"),
            report(status="RETRACTED"),
            report(status="RETRACTED", document_id="D-second"),
            claim(line("93015")),
        ],
        "HOLD",
        [("documentation-retracted", 1), ("documentation-retracted", 1), ("documentation-retracted", 1)],
    ),
    "one report was retracted and another stands": (
        [*office(), report(status="RETRACTED", document_id="D-second", occurred_at=at(90)), claim(line("93015"))],
        "RELEASE",
        [],
    ),
    "one report was retracted and another is preliminary": (
        [
            *office()[:3],
            report(status="RETRACTED"),
            report(status="PRELIMINARY", document_id="D-second"),
            claim(line("93015")),
        ],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    # documentation-not-final
    "every document is preliminary": (
        [
            encounter(),
            technical_note(status="PRELIMINARY"),
            supervision_note(status="PRELIMINARY"),
            report(status="PRELIMINARY"),
            claim(line("93015")),
        ],
        "HOLD",
        [("documentation-not-final", 1), ("documentation-not-final", 1), ("documentation-not-final", 1)],
    ),
    "a preliminary report that came after the final one": (
        [*office(), report(status="PRELIMINARY", document_id="D-second", occurred_at=at(90)), claim(line("93015"))],
        "RELEASE",
        [],
    ),
    "a preliminary report of a role that is not billed": (
        [encounter(owners="P/R/R"), technical_note(), report("R", status="PRELIMINARY"), claim(line("93017"))],
        "RELEASE",
        [],
    ),
    # documentation-unsigned
    "supervision note and report are not signed": (
        [
            encounter(),
            technical_note(signed_at=None),
            supervision_note(signed_at=None),
            report(signed_at=None),
            claim(line("93015")),
        ],
        "HOLD",
        [("documentation-unsigned", 1), ("documentation-unsigned", 1)],
    ),
    "the technician need not sign": (
        [encounter(), technical_note(signed_at=None), *chart()[1:], claim(line("93015"))],
        "RELEASE",
        [],
    ),
    "a preliminary report is not asked for its signature": (
        [*office()[:3], report(status="PRELIMINARY", signed_at=None), claim(line("93015"))],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    "of two final reports the later counts": (
        [*office(), report(document_id="D-second", signed_at=None, occurred_at=at(31)), claim(line("93015"))],
        "HOLD",
        [("documentation-unsigned", 1)],
    ),
    "of two final reports the earlier does not count": (
        [*office(), report(document_id="D-second", signed_at=None, occurred_at=at(29)), claim(line("93015"))],
        "RELEASE",
        [],
    ),
    "of two final reports of one moment the higher id counts": (
        [
            *office()[:3],
            report(document_id="D-1", signed_at=None),
            report(document_id="D-2"),
            claim(line("93015")),
        ],
        "RELEASE",
        [],
    ),
    # documentation-not-separate
    "supervision note and report are part of the tracing": (
        [
            encounter(),
            technical_note(),
            supervision_note(supervision=SupervisionNote(separate_from_tracing=False)),
            report(interpretation=InterpretationReport(separate_from_tracing=False)),
            claim(line("93016"), line("93018")),
        ],
        "HOLD",
        [("documentation-not-separate", 1), ("documentation-not-separate", 2)],
    ),
    "supervision note and report say nothing of themselves": (
        [
            encounter(),
            technical_note(),
            supervision_note(supervision=None),
            report(interpretation=None),
            claim(line("93015")),
        ],
        "HOLD",
        [("documentation-not-separate", 1), ("documentation-not-separate", 1)],
    ),
    "a preliminary report may still become separate": (
        [*office()[:3], report(status="PRELIMINARY", interpretation=None), claim(line("93015"))],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    # documentation-same-author
    "a technician wrote the report": (
        [encounter(), *chart()[:2], report(author_id="author-TECHNICIAN"), claim(line("93015"))],
        "HOLD",
        SAME_AUTHOR,
    ),
    "a technician wrote the report, and only the report is billed": (
        [encounter(owners="R/R/P"), *chart()[:2], report(author_id="author-TECHNICIAN"), claim(line("93018"))],
        "HOLD",
        SAME_AUTHOR,
    ),
    "a technician wrote the report, and only the tracing is billed": (
        [
            encounter(owners="P/R/R"),
            technical_note(),
            report("R", author_id="author-TECHNICIAN"),
            claim(line("93017")),
        ],
        "RELEASE",
        [],
    ),
    "the technician's own note is not final": (
        [
            encounter(owners="R/R/P"),
            technical_note("R", status="PRELIMINARY"),
            report(author_id="author-TECHNICIAN"),
            claim(line("93018")),
        ],
        "RELEASE",
        [],
    ),
    "the technician's report is not final": (
        [
            encounter(owners="R/R/P"),
            technical_note("R"),
            report(author_id="author-TECHNICIAN", status="PRELIMINARY"),
            claim(line("93018")),
        ],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    # documentation-tracing-incomplete: the checklist, item by item
    "the note tells no modality": (tracing_alone(modality=None), "HOLD", INCOMPLETE),
    "the note tells no protocol": (tracing_alone(protocol=None), "HOLD", INCOMPLETE),
    "the protocol is blank": (tracing_alone(protocol=" "), "HOLD", INCOMPLETE),
    "eleven leads": (tracing_alone(ecg_leads=11), "HOLD", INCOMPLETE),
    "thirteen leads": (tracing_alone(ecg_leads=13), "RELEASE", []),
    "the tracing was not continuous": (tracing_alone(ecg_continuous=False), "HOLD", INCOMPLETE),
    "the tracing was not kept": (tracing_alone(ecg_retained=False), "HOLD", INCOMPLETE),
    "the note tells no target heart rate": (tracing_alone(target_heart_rate=None), "HOLD", INCOMPLETE),
    "a pharmacologic test has no target heart rate": (
        tracing_alone(modality="PHARMACOLOGIC", target_heart_rate=None),
        "RELEASE",
        [],
    ),
    "no vital signs": (tracing_alone(vital_signs=()), "HOLD", INCOMPLETE),
    "vital signs once": (tracing_alone(vital_signs=(signs(),)), "HOLD", INCOMPLETE),
    "vital signs once without heart rate": (
        tracing_alone(vital_signs=(signs(), signs(heart_rate=None))),
        "HOLD",
        INCOMPLETE,
    ),
    "vital signs once without systolic pressure": (
        tracing_alone(vital_signs=(signs(systolic=None), signs())),
        "HOLD",
        INCOMPLETE,
    ),
    "vital signs once without diastolic pressure": (
        tracing_alone(vital_signs=(signs(), signs(diastolic=None))),
        "HOLD",
        INCOMPLETE,
    ),
    "vital signs twice, and an incomplete reading between": (
        tracing_alone(vital_signs=(signs(), signs(systolic=None), signs())),
        "RELEASE",
        [],
    ),
    "the note tells no start": (tracing_alone(started_at=None), "HOLD", INCOMPLETE),
    "the note tells no stop": (tracing_alone(stopped_at=None), "HOLD", INCOMPLETE),
    "the test stopped when it started": (tracing_alone(stopped_at=at(-30)), "HOLD", INCOMPLETE),
    "the test stopped before it started": (tracing_alone(stopped_at=at(-31)), "HOLD", INCOMPLETE),
    "the test lasted a moment": (tracing_alone(stopped_at=at(-29.99)), "RELEASE", []),
    "the note tells no reason to stop": (tracing_alone(stop_reason=None), "HOLD", INCOMPLETE),
    "the reason to stop is blank": (tracing_alone(stop_reason="\t"), "HOLD", INCOMPLETE),
    "the note tells no monitoring": (tracing_alone(monitoring_noted=False), "HOLD", INCOMPLETE),
    "the note has no tracing at all": (
        [encounter(owners="P/R/R"), technical_note(tracing=None), claim(line("93017"))],
        "HOLD",
        INCOMPLETE,
    ),
    "a preliminary note is not held against the checklist": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(protocol=None), status="PRELIMINARY"),
            claim(line("93017")),
        ],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    "an incomplete tracing that the claim does not bill": (
        [*hospital()[:1], technical_note("H", tracing=None), *hospital()[2:], physician_claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "an incomplete tracing behind a complete stress echo": (
        [encounter(), technical_note(tracing=tracing(ecg_leads=3)), *chart()[1:], claim(line("93351"))],
        "HOLD",
        INCOMPLETE,
    ),
    # documentation-tracing-contains-interpretation
    "a reading in the note of a tracing that is billed alone": (
        tracing_alone(contains_interpretation=True),
        "HOLD",
        CONTAINS_INTERPRETATION,
    ),
    "a reading in the hospital's note": (
        [
            *hospital()[:1],
            technical_note("H", tracing=tracing(contains_interpretation=True)),
            hospital_claim(line("93017")),
        ],
        "HOLD",
        CONTAINS_INTERPRETATION,
    ),
    "a reading in the note of a global": (
        [
            encounter(),
            technical_note(tracing=tracing(contains_interpretation=True)),
            *chart()[1:],
            claim(line("93015")),
        ],
        "RELEASE",
        [],
    ),
    "a reading in the note of components that make a global": (
        [
            encounter(),
            technical_note(tracing=tracing(contains_interpretation=True)),
            *chart()[1:],
            claim(line("93016"), line("93017"), line("93018")),
        ],
        "REBUILD",
        [("coding-components-make-global", None)],
    ),
    "a reading in the note of a complete stress echo": (
        [
            encounter(),
            technical_note(tracing=tracing(contains_interpretation=True)),
            *chart()[1:],
            claim(line("93351")),
        ],
        "RELEASE",
        [],
    ),
    "a reading in a preliminary note": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(contains_interpretation=True), status="PRELIMINARY"),
            claim(line("93017")),
        ],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    # documentation-date-mismatch
    "the tracing is from two days later": (
        tracing_alone(started_at=at(2 * DAY), stopped_at=at(2 * DAY + 9)),
        "HOLD",
        DATE_MISMATCH,
    ),
    "the tracing is from two days before": (tracing_alone(started_at=at(-2 * DAY)), "HOLD", DATE_MISMATCH),
    "the tracing is from the last minute of the day after": (
        tracing_alone(started_at=at(DAY + 719), stopped_at=at(DAY + 729)),
        "RELEASE",
        [],
    ),
    "the tracing is from the first minute of the day before": (tracing_alone(started_at=at(-DAY - 720)), "RELEASE", []),
    "a preliminary note of another day": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(started_at=at(-5 * DAY)), status="PRELIMINARY"),
            claim(line("93017")),
        ],
        "HOLD",
        [("documentation-not-final", 1), *DATE_MISMATCH],
    ),
    "a note of another day that the claim does not need": (
        [
            encounter(owners="R/R/P"),
            technical_note("R", tracing=tracing(started_at=at(-5 * DAY))),
            *chart("R/R/P")[1:],
            claim(line("93018")),
        ],
        "RELEASE",
        [],
    ),
    # documentation-target-not-reached
    "a treadmill test ended below its target": (tracing_alone(peak_heart_rate=139), "RELEASE", TARGET_NOT_REACHED),
    "a bicycle test ended below its target": (
        tracing_alone(modality="BICYCLE", peak_heart_rate=100),
        "RELEASE",
        TARGET_NOT_REACHED,
    ),
    "a treadmill test ended at its target": (tracing_alone(peak_heart_rate=140), "RELEASE", []),
    "a pharmacologic test below its target": (
        tracing_alone(modality="PHARMACOLOGIC", peak_heart_rate=90),
        "RELEASE",
        [],
    ),
    "a peak that nobody noted": (tracing_alone(peak_heart_rate=None), "RELEASE", []),
    "a peak without a target": (tracing_alone(target_heart_rate=None, peak_heart_rate=1), "HOLD", INCOMPLETE),
    "a peak below target without a modality": (tracing_alone(modality=None, peak_heart_rate=1), "HOLD", INCOMPLETE),
    "a preliminary note below target": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(peak_heart_rate=1), status="PRELIMINARY"),
            claim(line("93017")),
        ],
        "HOLD",
        [("documentation-not-final", 1), *TARGET_NOT_REACHED],
    ),
    # documentation-supervision-unknown
    "nobody recorded how a global was supervised": (
        [*office(supervision_mode=None), claim(line("93015"))],
        "HOLD",
        SUPERVISION_UNKNOWN,
    ),
    "nobody recorded how a tracing was supervised": (
        [*office("P/R/R", supervision_mode=None), claim(line("93017"))],
        "HOLD",
        SUPERVISION_UNKNOWN,
    ),
    "nobody recorded the mode of a supervision": (
        [*office("R/P/R", supervision_mode=None), claim(line("93016"))],
        "HOLD",
        SUPERVISION_UNKNOWN,
    ),
    "a reading needs no mode of supervision": (
        [*office("R/R/P", supervision_mode=None), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "in a hospital nobody records the mode": (
        [*hospital(supervision_mode=None), physician_claim(line("93016"))],
        "RELEASE",
        [],
    ),
    "a hospital's tracing needs no recorded mode": (
        [*hospital(supervision_mode=None), hospital_claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "a complete stress echo without a recorded mode": (
        [*office(supervision_mode=None), claim(line("93351"))],
        "RELEASE",
        [],
    ),
    # documentation-supervision-insufficient
    "a global that nobody supervised": (
        [*office(supervision_mode="NONE"), claim(line("93015"))],
        "HOLD",
        INSUFFICIENT,
    ),
    "a tracing supervised by telephone": (
        [*office("P/R/R", supervision_mode="AUDIO_ONLY"), claim(line("93017"))],
        "HOLD",
        INSUFFICIENT,
    ),
    "a supervision by telephone in a hospital": (
        [*hospital(supervision_mode="AUDIO_ONLY"), physician_claim(line("93016"))],
        "HOLD",
        INSUFFICIENT,
    ),
    "a hospital's tracing that nobody supervised": (
        [*hospital(supervision_mode="NONE"), hospital_claim(line("93017"))],
        "HOLD",
        INSUFFICIENT,
    ),
    "a complete stress echo that nobody supervised": (
        [*office(supervision_mode="NONE"), claim(line("93351"))],
        "HOLD",
        INSUFFICIENT,
    ),
    "the reading of a test that nobody supervised": (
        [*office("R/R/P", supervision_mode="NONE"), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    # documentation-supervision-virtual
    "live audio and video on the last day before it became permanent": (
        visit_on(LAST_YEAR, "LIVE_AUDIO_VIDEO"),
        "RELEASE",
        VIRTUAL,
    ),
    "live audio and video on the first day of the permanent rule": (
        visit_on(NEW_YEAR, "LIVE_AUDIO_VIDEO"),
        "RELEASE",
        [],
    ),
    "supervision on site before the rule": (visit_on(LAST_YEAR, "ON_SITE"), "RELEASE", []),
    "the reading of a test supervised by live audio and video": (
        [
            encounter(owners="R/R/P", service_date=LAST_YEAR, supervision_mode="LIVE_AUDIO_VIDEO"),
            report(),
            claim(line("93018", service_date=LAST_YEAR)),
        ],
        "RELEASE",
        [],
    ),
    # the three-point test of a tracing
    "no point of the three-point test is told without the visit": (
        [technical_note(tracing=None), claim(line("93017"))],
        "HOLD",
        [("administrative-encounter-missing", None)],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_documentation(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


@pytest.mark.parametrize(
    ("item", "changes"),
    [
        ("modality", {"modality": None}),
        ("protocol", {"protocol": None}),
        ("leads", {"ecg_leads": 0}),
        ("continuous", {"ecg_continuous": False}),
        ("retained", {"ecg_retained": False}),
        ("target_heart_rate", {"target_heart_rate": None}),
        ("vital_signs", {"vital_signs": ()}),
        ("start_stop", {"started_at": None}),
        ("stop_reason", {"stop_reason": None}),
        ("monitoring", {"monitoring_noted": False}),
    ],
)
def test_the_item_that_a_tracing_lacks_is_named(item, changes, verdict):
    (finding,) = verdict(tracing_alone(**changes)).findings

    assert f"The technical note lacks {item}." == finding.message


def test_a_note_without_a_tracing_lacks_the_whole_checklist_in_order(verdict):
    facts = [encounter(owners="P/R/R"), technical_note(tracing=None), claim(line("93017"))]
    (finding,) = verdict(facts).findings

    expected = (
        "modality, protocol, leads, continuous, retained, target_heart_rate, vital_signs, start_stop, stop_reason "
        "and monitoring"
    )
    assert f"The technical note lacks {expected}." == finding.message


def test_the_author_of_a_missing_document_is_named(verdict):
    found = verdict([encounter(), claim(line("93015"))]).findings

    assert [
        "There is no document of the technician.",
        "There is no document of the supervising physician.",
        "There is no document of the interpreting physician.",
    ] == [finding.message for finding in found]
