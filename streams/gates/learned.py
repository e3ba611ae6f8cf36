"""Learned: does the claim look like what this payer has denied before?

The edits are records of edits.v1, not functions: a person or the learning processor wrote each one's scope and match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.decision import Finding
from streams.edit_match import Feature, Place, in_scope, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.edit import Edit
    from streams.case import Case, CaseLine


def findings(case: Case, edits: tuple[Edit, ...]) -> Iterator[Finding]:
    """A finding for each line that an edit in force matches; `edits` are ACTIVE and in edit_id order."""
    claim = case.claim
    site = case.encounter.site_id if case.encounter else None
    place = Place(claim.payer_id, site, claim.claim_type, claim.place_of_service)
    edits = tuple([edit for edit in edits if in_scope(edit.scope, place)])
    if not edits:
        return
    features = [(line, _feature(case, line)) for line in case.lines]
    for edit in edits:
        for line, feature in features:
            if _in_force(edit, line) and matches(edit.match, feature):
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


def _feature(case: Case, line: CaseLine) -> Feature:
    return Feature(
        procedure_code=line.code,
        others=frozenset([other.code for other in case.lines if other is not line]),
        modifiers=line.modifiers,
        families=frozenset([diagnosis[:3] for diagnosis in case.diagnoses_of(line)]),
        units=line.line.units,
    )


def _in_force(edit: Edit, line: CaseLine) -> bool:
    """Whether the line's date of service lies within the edit's dates, both ends included."""
    on = line.line.service_date
    return (edit.effective_from is None or edit.effective_from <= on) and (
        edit.effective_to is None or on <= edit.effective_to
    )
