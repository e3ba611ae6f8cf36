"""What the chart holds: the diagnoses, and one complete, signed document for each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.clock import HOUR, MINUTE, iso
from agents.generate.drafts import (
    DocumentationDraft,
    InterpretationReportDraft,
    SupervisionNoteDraft,
    TracingDraft,
    VitalSignsDraft,
)
from agents.generate.operation import Weighted
from agents.generate.services import Service

if TYPE_CHECKING:
    from random import Random

    from agents.generate.catalogue import Role
    from agents.generate.operation import Clinician, Entity

SUPPORTING = Weighted(
    (
        (22, "I25.10"),
        (7, "I25.118"),
        (5, "I25.119"),
        (4, "I25.2"),
        (6, "I20.89"),
        (5, "I20.9"),
        (3, "I20.0"),
        (14, "R07.9"),
        (7, "R07.89"),
        (3, "R07.2"),
        (9, "R06.02"),
        (5, "R06.09"),
        (3, "R06.00"),
        (3, "R55"),
        (3, "R00.2"),
        (5, "R94.31"),
        (4, "R94.39"),
        (3, "Z95.5"),
        (2, "Z95.1"),
        (3, "I48.91"),
        (2, "I48.0"),
        (2, "I49.3"),
        (2, "I50.22"),
        (1, "I47.10"),
    )
)
"""Why tests are ordered: billable codes that payers take as a reason, each by its share of orders."""

BESIDE = ("I10", "E78.5", "E11.9", "Z79.82", "F17.210", "J44.9", "N18.30", "E66.9", "Z82.49")
"""What a patient has besides: true, and no reason for the test."""

TREADMILL = Weighted(((70, "BRUCE"), (18, "MODIFIED_BRUCE"), (5, "NAUGHTON"), (4, "BALKE"), (3, "CORNELL")))
BICYCLE = Weighted(((1, "RAMP_25W"),))
DRUGS = Weighted(((70, "REGADENOSON"), (15, "ADENOSINE"), (5, "DIPYRIDAMOLE"), (10, "DOBUTAMINE")))
PROTOCOLS = {"TREADMILL": TREADMILL, "BICYCLE": BICYCLE, "PHARMACOLOGIC": DRUGS}

MODALITIES = {
    Service.ECG: Weighted(((92, "TREADMILL"), (4, "BICYCLE"), (4, "PHARMACOLOGIC"))),
    Service.NUCLEAR: Weighted(((45, "TREADMILL"), (55, "PHARMACOLOGIC"))),
    Service.ECHO: Weighted(((80, "TREADMILL"), (8, "BICYCLE"), (12, "PHARMACOLOGIC"))),
    Service.ECHO_PARTS: Weighted(((80, "TREADMILL"), (8, "BICYCLE"), (12, "PHARMACOLOGIC"))),
}

STOPPED_FOR = Weighted(
    ((50, "TARGET_REACHED"), (28, "FATIGUE"), (10, "DYSPNEA"), (6, "CHEST_PAIN"), (4, "ST_CHANGE"), (2, "HYPERTENSION"))
)


def diagnoses(random: Random) -> list[str]:
    """One to four billable codes, the first of them a reason for the test."""
    first = SUPPORTING.pick(random)
    codes = [first]
    for _ in range(int(random.random() * 3.6)):
        code = BESIDE[int(random.random() * len(BESIDE))]
        if code not in codes:
            codes.append(code)
    return codes


def tracing(random: Random, service: Service, begins: int) -> TracingDraft:
    """A complete tracing; an exercise test in it reaches its target."""
    modality = MODALITIES[service].pick(random)
    protocol = PROTOCOLS[modality].pick(random)
    drug = modality == "PHARMACOLOGIC"
    age = 38 + int(random.random() * 46)
    target = int((220 - age) * 0.85)
    peak = target - 25 + int(random.random() * 20) if drug else target + int(random.random() * 18)
    readings = 3 + int(random.random() * 4)
    step = (90 + int(random.random() * 90)) * (1 if drug else 2)
    rest = 58 + int(random.random() * 24)
    systolic = 112 + int(random.random() * 30)
    diastolic = 66 + int(random.random() * 18)
    rise = (peak - rest) / (readings - 1)
    vital_signs = [
        VitalSignsDraft(iso(begins + n * step), int(rest + rise * n), systolic + 9 * n, diastolic + n)
        for n in range(readings)
    ]
    if random.random() < 0.1:  # a reading that failed; two whole ones remain
        vital_signs[1].systolic = vital_signs[1].diastolic = None
    return TracingDraft(
        modality=modality,
        protocol=protocol,
        ecg_leads=12,
        ecg_continuous=True,
        ecg_retained=True,
        target_heart_rate=None if drug and random.random() < 0.5 else target,
        peak_heart_rate=peak,
        vital_signs=vital_signs,
        started_at=iso(begins),
        stopped_at=iso(begins + (readings - 1) * step + int(random.random() * 60)),
        stop_reason="PROTOCOL_COMPLETE" if drug else STOPPED_FOR.pick(random),
        monitoring_noted=True,
        contains_interpretation=False,
    )


def technician_note(
    encounter_id: str, stem: str, entity: Entity, author_id: str, signed: int, trace: TracingDraft
) -> DocumentationDraft:
    """The technician's note on the tracing, closed at `signed`."""
    text = iso(signed)
    return DocumentationDraft(
        event_id="",
        document_id=f"{stem}-t",
        encounter_id=encounter_id,
        revision=1,
        role="TECHNICIAN",
        status="FINAL",
        author_id=author_id,
        entity_id=entity.entity_id,
        signed_at=text,
        occurred_at=text,
        tracing=trace,
    )


def supervision_note(
    encounter_id: str, stem: str, entity: Entity, physician: Clinician, signed: int
) -> DocumentationDraft:
    """The supervising physician's note of its own."""
    text = iso(signed)
    return DocumentationDraft(
        event_id="",
        document_id=f"{stem}-s",
        encounter_id=encounter_id,
        revision=1,
        role="SUPERVISING_PHYSICIAN",
        status="FINAL",
        author_id=physician.author_id,
        entity_id=entity.entity_id,
        signed_at=text,
        occurred_at=text,
        supervision=SupervisionNoteDraft(separate_from_tracing=True),
    )


def interpretation_report(
    encounter_id: str, stem: str, entity: Entity, physician: Clinician, signed: int
) -> DocumentationDraft:
    """The interpreting physician's report."""
    text = iso(signed)
    return DocumentationDraft(
        event_id="",
        document_id=f"{stem}-i",
        encounter_id=encounter_id,
        revision=1,
        role="INTERPRETING_PHYSICIAN",
        status="FINAL",
        author_id=physician.author_id,
        entity_id=entity.entity_id,
        signed_at=text,
        occurred_at=text,
        interpretation=InterpretationReportDraft(separate_from_tracing=True),
    )


def turnaround(random: Random) -> dict[Role, int]:
    """Seconds from the end of the test until each note is signed."""
    slow = random.random() < 0.08
    return {
        "technical": int((5 + random.random() * 50) * MINUTE),
        "supervision": int((10 + random.random() * 230) * MINUTE),
        "interpretation": int((1 + random.random() * (70 if slow else 26)) * HOUR),
    }
