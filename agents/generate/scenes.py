"""Conditions that recipes share: where a defect can happen and its outcome is known."""

from __future__ import annotations

from agents.generate.operation import CRITICAL_ACCESS, INPATIENT, OFFICE_READ_OUTSIDE
from agents.generate.services import Scene, Service

STRESS_ECG = frozenset({Service.ECG, Service.NUCLEAR})


def anywhere(scene: Scene) -> bool:
    """Any stress test but at a clinic paid by the encounter, where a person looks at every claim anyway."""
    return scene.service is not Service.OTHER and not scene.encounter_rate


def stress_ecg(scene: Scene) -> bool:
    """A stress ECG, with imaging or without: every role is billed by a stress code."""
    return scene.service in STRESS_ECG and not scene.encounter_rate


def plain(scene: Scene) -> bool:
    """A stress ECG without imaging."""
    return scene.service is Service.ECG and not scene.encounter_rate


def owned_office(scene: Scene) -> bool:
    """A plain stress ECG, billed globally by the practice."""
    return plain(scene) and scene.owned_whole


def split_office(scene: Scene) -> bool:
    """A plain stress ECG in an office where several entities bill their components."""
    return plain(scene) and scene.split_office


def read_outside(scene: Scene) -> bool:
    """A plain stress ECG that the practice runs and supervises and readers read."""
    return plain(scene) and scene.kind is OFFICE_READ_OUTSIDE


def facility(scene: Scene) -> bool:
    """A plain stress ECG in a facility."""
    return plain(scene) and scene.kind.facility


def hospital_bills(scene: Scene) -> bool:
    """A plain stress ECG for which the hospital builds an institutional claim."""
    return plain(scene) and scene.hospital_bills


def off_campus(scene: Scene) -> bool:
    """Any stress test in an off-campus hospital department."""
    return anywhere(scene) and scene.kind.off_campus != "NONE"


def on_campus_claim(scene: Scene) -> bool:
    """A hospital claim from the campus itself."""
    return anywhere(scene) and scene.hospital_bills and scene.kind.off_campus == "NONE"


def inpatient(scene: Scene) -> bool:
    """A plain stress ECG during a stay."""
    return plain(scene) and scene.kind is INPATIENT


def critical_access(scene: Scene) -> bool:
    """A plain stress ECG at a critical access hospital."""
    return plain(scene) and scene.kind is CRITICAL_ACCESS


def billed_with_tracing(scene: Scene) -> bool:
    """The tracing is billed by 93017."""
    return scene.service in (STRESS_ECG | {Service.ECHO_PARTS}) and (
        scene.hospital_bills or scene.split_office or (scene.owned_whole and scene.service is Service.ECHO_PARTS)
    )
