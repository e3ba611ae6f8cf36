"""Diagnosis: are the codes valid, billable, and do they support the test?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from streams.edits import BuiltInEdit, Hit, Proposal, declare, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.case import Case, CaseLine

edit = declare("DIAGNOSIS")

_ICD = "ICD-10-CM"
_FORM = "ASC X12 837 (005010X222A1, 005010X223A2)"
_COVERAGE = "Local coverage determinations L34324, L36889, L36209, L34598; default list"
_DIAGNOSES = "claim.diagnoses"
_POINTERS = "claim.lines[n].diagnosis_pointers"

MOST_DIAGNOSES = 12
MOST_POINTERS = 4
ACUTE_FAMILIES = frozenset({"I21", "I22", "I24"})

_pattern = re.compile(r"[A-Z][0-9A-Z][0-9A-Z](\.?[0-9A-Z]{1,4})?").fullmatch
"""Checked against every code of the April 2026 release; stricter patterns reject valid codes such as U07.1."""


@lru_cache(maxsize=16_384)  # of the 74,000 codes a stress test sees some hundreds, each several times to a claim
def _well_formed(diagnosis: str) -> bool:
    return _pattern(diagnosis) is not None


def plain(diagnosis: str) -> str:
    """The code without its dot, as the tables hold it."""
    return diagnosis.replace(".", "", 1)


@edit(
    "diagnosis-malformed",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Correct the code.",
    source=_ICD,
    reads=(_DIAGNOSES,),
)
def malformed(case: Case) -> Iterator[Hit]:
    """A diagnosis is not written as ICD-10-CM writes one."""
    bad = [diagnosis for diagnosis in case.claim.diagnoses if not _well_formed(diagnosis)]
    if bad:
        yield None, f"{listed([repr(diagnosis) for diagnosis in bad])} is not an ICD-10-CM code."


@edit(
    "diagnosis-not-billable",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Bill the specific code below it that the chart supports.",
    source=_ICD,
    reads=(_DIAGNOSES, "claim.lines[].service_date"),
)
def not_billable(case: Case) -> Iterator[Hit]:
    """A diagnosis is no billable code of the release in force on the first date of service."""
    codes = _not_billable(case)
    if codes:
        yield None, f"{listed(codes)} is not a billable ICD-10-CM code."


@edit(
    "diagnosis-billability-unverified",
    "WARN",
    remedy="Check against the codes of that year.",
    source=_ICD,
    reads=(_DIAGNOSES, "claim.lines[].service_date"),
)
def billability_unverified(case: Case) -> Iterator[Hit]:
    """A diagnosis is no billable code of the loaded release, which does not cover the first date of service."""
    if case.lines and not _release_covers(case):
        codes = _not_leaves(case)
        if codes:
            yield None, f"{listed(codes)} could not be checked: the loaded release does not cover the date of service."


@edit(
    "diagnosis-count",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Complete the claim, or split it.",
    source=_FORM,
    reads=(_DIAGNOSES,),
)
def count(case: Case) -> Iterator[Hit]:
    """The claim has no diagnosis, or more than twelve."""
    number = len(case.claim.diagnoses)
    if not 1 <= number <= MOST_DIAGNOSES:
        yield None, f"The claim has {number} diagnoses; it takes 1 to {MOST_DIAGNOSES}."


@edit(
    "diagnosis-pointer-invalid",
    "REBUILD",
    Proposal.AUTHORED,
    needs=("professional",),
    remedy="Correct the pointers.",
    source=_FORM,
    reads=(_POINTERS, _DIAGNOSES),
)
def pointer_invalid(case: Case) -> Iterator[Hit]:
    """A professional line has no diagnosis pointer, more than four, one twice, or one to no diagnosis."""
    if case.professional:
        for line in case.lines:
            if not _pointers_valid(case, line):
                pointers = ", ".join(map(str, line.line.diagnosis_pointers)) or "none"
                count = f"diagnoses on the claim: {len(case.claim.diagnoses)}"
                yield line.number, f"Line {line.number} ({line.code}): diagnosis pointers {pointers}; {count}."


@edit(
    "diagnosis-not-supporting",
    "HOLD",
    remedy="Ask the coder whether the chart supports another code; never guess.",
    source=_COVERAGE,
    reads=(_POINTERS, _DIAGNOSES),
)
def not_supporting(case: Case) -> Iterator[Hit]:
    """No diagnosis of a stress-test line (hospital: of the claim) is on the supporting list."""
    for line in case.family_lines:
        if case.professional and not _pointers_valid(case, line):
            continue
        diagnoses = case.diagnoses_of(line)
        supports, on = case.reference.supports, line.line.service_date
        if any(_well_formed(diagnosis) and supports(plain(diagnosis), line.code, on) for diagnosis in diagnoses):
            continue
        if all(map(_well_formed, diagnoses)) and not set(diagnoses).intersection(_not_billable(case)):
            given = listed(list(diagnoses)) if diagnoses else "No diagnosis"
            yield line.number, f"{given} does not support line {line.number} ({line.code})."


@edit(
    "diagnosis-acute-review",
    "WARN",
    remedy="Have a clinician review testing in an acute state.",
    source="Trade practice; no public source",
    reads=(_DIAGNOSES, "claim.lines[].diagnosis_pointers"),
)
def acute_review(case: Case) -> Iterator[Hit]:
    """A stress test is billed for an acute state (families I21, I22, I24)."""
    if not any(diagnosis[:3] in ACUTE_FAMILIES for diagnosis in case.claim.diagnoses):
        return
    if case.professional:
        pointed = {diagnosis for line in case.family_lines for diagnosis in case.diagnoses_of(line)}
    else:
        pointed = set(case.claim.diagnoses)
    acute = sorted(diagnosis for diagnosis in pointed if diagnosis[:3] in ACUTE_FAMILIES)
    if acute:
        yield None, f"{listed(acute)} is an acute state."


def _pointers_valid(case: Case, line: CaseLine) -> bool:
    pointers = line.line.diagnosis_pointers
    return (
        1 <= len(pointers) <= MOST_POINTERS
        and len(set(pointers)) == len(pointers)
        and min(pointers) >= 1
        and max(pointers) <= len(case.claim.diagnoses)
    )


def _release_covers(case: Case) -> bool:
    return case.reference.leaves_cover(min(line.line.service_date for line in case.lines))


def _not_leaves(case: Case) -> list[str]:
    is_leaf = case.reference.is_billable_leaf
    return [code for code in case.claim.diagnoses if _well_formed(code) and not is_leaf(plain(code))]


def _not_billable(case: Case) -> list[str]:
    """The diagnoses that the release in force knows as headers, or not at all; none where no release can tell."""
    codes = _not_leaves(case)
    return codes if codes and case.lines and _release_covers(case) else []


EDITS: tuple[BuiltInEdit, ...] = (
    malformed,
    not_billable,
    billability_unverified,
    count,
    pointer_invalid,
    not_supporting,
    acute_review,
)
