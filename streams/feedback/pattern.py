"""Pattern: what a line has in common with others like it, as far as a payer's edit may depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.denial import DenialPattern
from streams.case import pointed_diagnoses
from streams.naming import digest

if TYPE_CHECKING:
    from streams.feedback.lines import Answered
    from streams.feedback.release import Release

_FAMILY = 3  # characters of a diagnosis without its dot


def pattern_of(release: Release, answered: Answered) -> DenialPattern:
    """The pattern of an answered line: of the line as released; where there is none, code and modifiers as answered."""
    at = answered.billed
    if at is None:
        code, modifiers = answered.lines[0].procedure_code, tuple(sorted(answered.lines[0].modifiers))
        pointers: tuple[int, ...] = ()
    else:
        _, code, modifiers, _, pointers = release.lines[at]
    institutional = release.claim_type == "INSTITUTIONAL"
    diagnoses = release.diagnoses if institutional else pointed_diagnoses(release.diagnoses, pointers)
    plain = [diagnosis.replace(".", "").strip() for diagnosis in diagnoses]
    return DenialPattern(
        payer_id=release.payer_id,
        claim_type=release.claim_type,
        place_of_service=release.place_of_service,
        procedure_code=code,
        with_procedure_codes=tuple(sorted({line.code for place, line in enumerate(release.lines) if place != at})),
        modifiers=modifiers,
        diagnosis_families=tuple(sorted({diagnosis[:_FAMILY] for diagnosis in plain if diagnosis})),
    )


def pattern_id(pattern: DenialPattern) -> str:
    """The digest of a pattern."""
    return digest(
        pattern.payer_id,
        pattern.claim_type,
        pattern.place_of_service or "",
        pattern.procedure_code,
        len(pattern.with_procedure_codes),
        *pattern.with_procedure_codes,
        len(pattern.modifiers),
        *pattern.modifiers,
        *pattern.diagnosis_families,
    )
