"""Learned: does the claim look like what this payer has denied before?

The edits are records of edits.v1, not functions: a person or the learning processor wrote each one's scope and match.
In their lists null is any and empty is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from schemas.decision import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.edit import Edit
    from streams.case import Case, CaseLine

T = TypeVar("T")


def findings(case: Case, edits: tuple[Edit, ...]) -> Iterator[Finding]:
    """A finding for each line that an edit in force matches; `edits` are ACTIVE and in edit_id order."""
    for edit in edits:
        if _in_scope(case, edit):
            for line in case.lines:
                if _in_force(edit, line) and _matches(case, line, edit):
                    yield Finding(
                        edit_id=edit.edit_id,
                        gate="LEARNED",
                        severity=edit.severity,
                        line_number=line.number,
                        message=edit.message,
                        remedy=edit.remedy,
                        evidence=("claim.payer_id", f"claim.lines[{line.number}].procedure_code"),
                        citation=f"Learned edit, revision {edit.revision}",
                    )


def _any_of(wanted: tuple[T, ...] | None, value: T | None) -> bool:
    return wanted is None or value in wanted


def _in_scope(case: Case, edit: Edit) -> bool:
    scope = edit.scope
    site = case.encounter.site_id if case.encounter else None
    return (
        _any_of(scope.payer_ids, case.claim.payer_id)
        and _any_of(scope.site_ids, site)
        and _any_of(scope.claim_types, case.claim.claim_type)
        and _any_of(scope.places_of_service, case.claim.place_of_service)
    )


def _in_force(edit: Edit, line: CaseLine) -> bool:
    """Whether the line's date of service lies within the edit's dates, both ends included."""
    on = line.line.service_date
    return (edit.effective_from is None or edit.effective_from <= on) and (
        edit.effective_to is None or on <= edit.effective_to
    )


def _matches(case: Case, line: CaseLine, edit: Edit) -> bool:
    match = edit.match
    if not _any_of(match.procedure_codes, line.code):
        return False
    if match.units_over is not None and line.line.units <= match.units_over:
        return False
    if not line.modifiers.issuperset(match.modifiers or ()):
        return False
    others = {other.code for other in case.lines if other is not line}
    if not others.issuperset(match.with_procedure_codes or ()):
        return False
    if match.diagnosis_families is None:
        return True
    return any(diagnosis[:3] in match.diagnosis_families for diagnosis in case.diagnoses_of(line))
