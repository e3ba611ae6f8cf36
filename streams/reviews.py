"""Reviews: a person's answer turns a hold of one claim revision into a warning that names the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.gates import EDITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.claim import Claim
    from schemas.decision import Finding
    from schemas.review import Review

_NOT_CONFIRMABLE = frozenset(edit.edit_id for edit in EDITS if not edit.confirmable)


def confirm(findings: tuple[Finding, ...], claim: Claim, reviews: Sequence[Review]) -> tuple[Finding, ...]:
    """The findings with every confirmed hold turned into a warning; of several reviews of a hold the latest counts."""
    if not reviews:
        return findings
    mine = [
        review for review in reviews if review.claim_id == claim.claim_id and review.claim_revision == claim.revision
    ]
    return tuple([_confirmed(finding, mine) for finding in findings]) if mine else findings


def is_confirmable(finding: Finding) -> bool:
    """Whether a person may confirm this hold; learned edits always may be."""
    return finding.severity == "HOLD" and finding.edit_id not in _NOT_CONFIRMABLE


def _confirmed(finding: Finding, reviews: Sequence[Review]) -> Finding:
    if not is_confirmable(finding):
        return finding
    answers = [
        review
        for review in reviews
        if review.edit_id == finding.edit_id and review.line_number in (None, finding.line_number)
    ]
    if not answers:
        return finding
    latest = max(answers, key=lambda review: (review.occurred_at, review.review_id))
    if latest.answer != "CONFIRMED":
        return finding
    message = f"{finding.message} Confirmed by review {latest.review_id} ({latest.reason_code})."
    return finding.model_copy(update={"severity": "WARN", "message": message})
