"""Diagnosis: codes that are well written, billable, and support the test that points to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.builders import claim, encounter, hospital_claim, line, report
from tests.scenarios.table import Scenarios, hospital, office

MALFORMED = [("diagnosis-malformed", None)]
NOT_BILLABLE = [("diagnosis-not-billable", None)]
UNVERIFIED = ("diagnosis-billability-unverified", None)
COUNT = ("diagnosis-count", None)
POINTER = [("diagnosis-pointer-invalid", 1)]
NOT_SUPPORTING = [("diagnosis-not-supporting", 1)]
ACUTE = [("diagnosis-acute-review", None)]

BEFORE_RELEASE = dt.date(2025, 9, 30)  # the loaded ICD-10-CM release is in force from the day after
RELEASE_DAY = dt.date(2025, 10, 1)


def billed(*diagnoses: str, pointers: tuple[int, ...] | None = None) -> list[Any]:
    """A global that points to all of its diagnoses, up to four, unless told otherwise."""
    pointed = tuple(range(1, len(diagnoses) + 1))[:4] if pointers is None else pointers
    return [*office(), claim(line("93015", diagnosis_pointers=pointed), diagnoses=diagnoses)]


def read_on(date: dt.date, *diagnoses: str) -> list[Any]:
    """A reading of a test of that day."""
    return [
        encounter(owners="R/R/P", service_date=date),
        report(),
        claim(line("93018", service_date=date), diagnoses=diagnoses),
    ]


def hospital_billed(*diagnoses: str, pointers: tuple[int, ...] = ()) -> list[Any]:
    """A hospital's tracing; its lines need no pointers."""
    return [*hospital(), hospital_claim(line("93017", diagnosis_pointers=pointers), diagnoses=diagnoses)]


SCENARIOS: Scenarios = {
    # diagnosis-malformed
    "a diagnosis of two characters": (billed("I25.118", "I2"), "REBUILD", MALFORMED),
    "a diagnosis in small letters": (billed("I25.118", "i25.118"), "REBUILD", MALFORMED),
    "a diagnosis that starts with a digit": (billed("I25.118", "425.1"), "REBUILD", MALFORMED),
    "a diagnosis with a dot and nothing behind it": (billed("I25.118", "I25."), "REBUILD", MALFORMED),
    "a diagnosis with two dots": (billed("I25.118", "I25..1"), "REBUILD", MALFORMED),
    "a diagnosis with the dot in another place": (billed("I25.118", "I251.18"), "REBUILD", MALFORMED),
    "a diagnosis with a space behind it": (billed("I25.118", "I25.118 "), "REBUILD", MALFORMED),
    "a diagnosis of eight characters": (billed("I25.118", "S72.001AB"), "REBUILD", MALFORMED),
    "an empty diagnosis": (billed("I25.118", ""), "REBUILD", MALFORMED),
    "two malformed diagnoses are one finding": (billed("x", "y"), "REBUILD", MALFORMED),
    "a diagnosis of seven characters": (billed("I25.118", "S72.001A"), "RELEASE", []),
    "a diagnosis with letters in it": (billed("I25.118", "C4A.9"), "RELEASE", []),
    "a diagnosis without its dot": (billed("I25118"), "RELEASE", []),
    # diagnosis-not-billable
    "the header of a family": (billed("I25"), "REBUILD", NOT_BILLABLE),
    "a header within a family": (billed("I25.1"), "REBUILD", NOT_BILLABLE),
    "a header without its dot": (billed("I208"), "REBUILD", NOT_BILLABLE),
    "a code that does not exist": (billed("I25.118", "I25.999"), "REBUILD", NOT_BILLABLE),
    "a header that nothing points to": (billed("I25.118", "I20", pointers=(1,)), "REBUILD", NOT_BILLABLE),
    "a header on the first day of the release": (read_on(RELEASE_DAY, "I25.1"), "REBUILD", NOT_BILLABLE),
    "the family's code that has no children": (billed("I20.9"), "RELEASE", []),
    # diagnosis-billability-unverified
    "a header on the last day before the release": (
        read_on(BEFORE_RELEASE, "I25.118", "I25.1"),
        "RELEASE",
        [UNVERIFIED],
    ),
    "a code on the last day before the release": (read_on(BEFORE_RELEASE, "I25.118"), "RELEASE", []),
    "the earliest line decides which release counts": (
        [
            encounter(owners="R/P/P", service_date=RELEASE_DAY),
            report(signed_at=dt.datetime(2025, 10, 2, tzinfo=dt.UTC)),
            claim(
                line("93018", service_date=RELEASE_DAY),
                line("78452", service_date=BEFORE_RELEASE),
                diagnoses=("I25.118", "I25.1"),
            ),
        ],
        "HOLD",
        [UNVERIFIED, ("administrative-service-date-mismatch", 2)],
    ),
    "a claim without lines has no date to check a header by": (
        [*office(), claim(diagnoses=("I25.1",))],
        "REBUILD",
        [("coding-outside-scope", None), ("administrative-no-lines", None)],
    ),
    # diagnosis-count
    "no diagnosis on a professional claim": (
        [*office(), claim(line("93015"), diagnoses=())],
        "REBUILD",
        [COUNT, *POINTER],
    ),
    "no diagnosis on a hospital's claim": (hospital_billed(), "REBUILD", [COUNT, *NOT_SUPPORTING]),
    "twelve diagnoses": (billed("I25.118", *["I10"] * 11), "RELEASE", []),
    "thirteen diagnoses": (billed("I25.118", *["I10"] * 12), "REBUILD", [COUNT]),
    # diagnosis-pointer-invalid
    "a line without pointers": (billed("I25.118", pointers=()), "REBUILD", POINTER),
    "a pointer to nothing": (billed("I25.118", pointers=(1, 2)), "REBUILD", POINTER),
    "a pointer that counts from zero": (billed("I25.118", pointers=(0, 1)), "REBUILD", POINTER),
    "a negative pointer": (billed("I25.118", pointers=(-1,)), "REBUILD", POINTER),
    "a pointer twice": (billed("I25.118", "I10", pointers=(1, 2, 1)), "REBUILD", POINTER),
    "five pointers": (billed(*["I25.118"] * 5, pointers=(1, 2, 3, 4, 5)), "REBUILD", POINTER),
    "four pointers in any order": (billed(*["I25.118"] * 4, pointers=(4, 2, 1, 3)), "RELEASE", []),
    "a line of another service without pointers": (
        [*office(), claim(line("93015"), line("78452", diagnosis_pointers=()))],
        "REBUILD",
        [("diagnosis-pointer-invalid", 2)],
    ),
    "a hospital's line needs no pointers": (hospital_billed("I25.118"), "RELEASE", []),
    "a hospital's pointers are not read": (hospital_billed("I25.118", pointers=(7, 7)), "RELEASE", []),
    # diagnosis-not-supporting
    "a screening": (billed("Z13.6"), "HOLD", NOT_SUPPORTING),
    "a screening without its dot": (billed("Z136"), "HOLD", NOT_SUPPORTING),
    "hypertension alone": (billed("I10"), "HOLD", NOT_SUPPORTING),
    "a general examination, which never supports": (billed("Z00.00"), "HOLD", NOT_SUPPORTING),
    "an examination before a procedure": (billed("Z01.810"), "HOLD", NOT_SUPPORTING),
    "a chest pain that is not on the list": (billed("R07.1"), "HOLD", NOT_SUPPORTING),
    "a chest pain that is on the list": (billed("R07.2"), "RELEASE", []),
    "an abnormal ECG": (billed("R94.31"), "RELEASE", []),
    "a bypass graft": (billed("Z95.1"), "RELEASE", []),
    "another implant": (billed("Z95.0"), "HOLD", NOT_SUPPORTING),
    "atrial fibrillation, by its family": (billed("I48.91"), "RELEASE", []),
    "an unlisted heart disease": (billed("I51.9"), "HOLD", NOT_SUPPORTING),
    "hypertension and angina": (billed("I10", "I20.9"), "RELEASE", []),
    "angina that the line does not point to": (billed("I10", "I20.9", pointers=(1,)), "HOLD", NOT_SUPPORTING),
    "angina that the second pointer names": (billed("I10", "E78.5", "I20.9", pointers=(2, 3)), "RELEASE", []),
    "every stress-test line is asked": (
        [
            *office("P/P/R"),
            claim(
                line("93016", diagnosis_pointers=(1,)),
                line("93017", diagnosis_pointers=(2,)),
                line("78452", diagnosis_pointers=(2,)),
                diagnoses=("I25.118", "I10"),
            ),
        ],
        "HOLD",
        [("diagnosis-not-supporting", 2)],
    ),
    "a hospital's claim is asked as a whole": (hospital_billed("I10", "I20.9"), "RELEASE", []),
    "a hospital's claim of which no diagnosis supports": (hospital_billed("I10", "E78.5"), "HOLD", NOT_SUPPORTING),
    "a header that does not support is told once": (billed("R07"), "REBUILD", NOT_BILLABLE),
    "a malformed diagnosis that may have meant a supporting one": (billed("I10", "I25118X9"), "REBUILD", MALFORMED),
    "a malformed diagnosis that the line does not point to": (
        billed("I10", "x", pointers=(1,)),
        "REBUILD",
        [*MALFORMED, *NOT_SUPPORTING],
    ),
    "a header that the line does not point to": (
        billed("I10", "R07", pointers=(1,)),
        "REBUILD",
        [*NOT_BILLABLE, *NOT_SUPPORTING],
    ),
    "an invalid pointer is told once": (billed("I10", pointers=(1, 1)), "REBUILD", POINTER),
    "a header that no release can check supports nothing": (
        read_on(BEFORE_RELEASE, "I25.1"),
        "HOLD",
        [UNVERIFIED, *NOT_SUPPORTING],
    ),
    "another service needs no supporting diagnosis here": (
        [*office(), claim(line("78452"), diagnoses=("I10",))],
        "RELEASE",
        [("coding-outside-scope", None)],
    ),
    "a stress echo is asked too": (
        [*office(), claim(line("93350"), diagnoses=("I10",))],
        "HOLD",
        NOT_SUPPORTING,
    ),
    # diagnosis-acute-review
    "an acute heart attack": (billed("I21.9"), "RELEASE", ACUTE),
    "a subsequent heart attack without its dot": (billed("I229"), "RELEASE", ACUTE),
    "another acute state": (billed("I25.118", "I24.9"), "RELEASE", ACUTE),
    "an old heart attack": (billed("I25.2"), "RELEASE", []),
    "an acute state that the line does not point to": (billed("I25.118", "I21.9", pointers=(1,)), "RELEASE", []),
    "an acute state that another service points to": (
        [
            *office(),
            claim(line("93015"), line("78452", diagnosis_pointers=(2,)), diagnoses=("I25.118", "I21.9")),
        ],
        "RELEASE",
        [],
    ),
    "an acute state on a hospital's claim": (hospital_billed("I25.118", "I21.9"), "RELEASE", ACUTE),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_diagnosis(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (billed("x", "I25.118", "y"), ["'x' and 'y'"]),
        (billed("I25", "I25.118", "I25.1"), ["I25 and I25.1"]),
        (billed("I10", "E78.5"), ["I10 and E78.5", "line 1"]),
        (billed("I21.9", "I22.9"), ["I21.9 and I22.9"]),
        (billed("I25.118", pointers=(1, 7)), ["1, 7"]),
        (billed("I25.118", pointers=()), ["none"]),
        (billed("I25.118", *["I10"] * 12), ["13", "12"]),
    ],
)
def test_the_message_names_the_codes(facts, words, verdict):
    (message,) = [finding.message for finding in verdict(facts).findings]

    assert [] == [word for word in words if word not in message]
