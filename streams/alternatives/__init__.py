"""What else each fact could have said: the single changes that the counterfactual search may try.

An alternative belongs to the paths that an edit's evidence names, so only what a finding rests on is ever changed.
Nothing here knows an edit; whether a change helps is asked of the gates.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from schemas.review import Review
from streams.alternatives.bill import as_rebuilt, of_bill, of_earlier_claims
from streams.alternatives.change import IMAGINED, Change, reads
from streams.alternatives.chart import of_chart
from streams.alternatives.visit import of_visit, of_visit_at_last
from streams.topics import CLAIMS_BUILT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.claim import Claim
    from schemas.decision import Finding, Rebuild
    from streams.facts import Facts

__all__ = ["Change", "alternatives"]


def alternatives(facts: Facts, claim_id: str, finding: Finding, rebuild: Rebuild | None) -> Iterator[Change]:
    """The single changes to what `finding` rests on, in the order in which a biller would rather make them.

    The claim's own rebuild first; then facts; then a person's answer; then what the registration should never say only
    so that a claim goes out.
    """
    claim = next(claim for claim in facts.claims if claim.claim_id == claim_id)
    if rebuild is not None and not rebuild.void:
        yield as_rebuilt(claim, rebuild)
    yield from of_visit(facts, claim, finding)
    yield from of_chart(facts, claim, finding)
    yield from of_bill(facts, claim, finding)
    yield from of_earlier_claims(facts, claim, finding)
    yield from _of_records(facts, claim, finding)
    yield _answer(facts, claim, finding)
    yield from of_visit_at_last(facts, claim, finding)


def _of_records(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """What only a sender, or whoever keeps the dead letters, can put right."""
    if facts.unreadable and reads(finding, "dead_letters"):
        yield Change("dead letter", "unreadable", "replayed", partial(replace, unreadable=False))
    if any(path.endswith(".revision") for path in finding.evidence):
        own = sorted(fact for topic, fact in facts.conflicts if topic != CLAIMS_BUILT.name or fact == claim.claim_id)
        path = f"revision of {', '.join(own)}"
        yield Change(path, "two contents", "a higher one from the sender", partial(replace, conflicts=frozenset()))


def _answer(facts: Facts, claim: Claim, finding: Finding) -> Change:
    """A person's confirmation, whether or not this hold takes one: that is asked of the gates."""
    given = [
        review
        for review in facts.reviews
        if (review.claim_id, review.claim_revision, review.edit_id) == (claim.claim_id, claim.revision, finding.edit_id)
    ]
    now = "revoked" if any(review.answer == "REVOKED" for review in given) else "none"

    def confirmed(facts: Facts) -> Facts:
        revision = next(each.revision for each in facts.claims if each.claim_id == claim.claim_id)
        latest = max((review.occurred_at for review in facts.reviews), default=claim.occurred_at)
        review = Review(
            event_id=IMAGINED,
            review_id=f"{IMAGINED} {finding.edit_id}",
            encounter_id=claim.encounter_id,
            revision=1,
            claim_id=claim.claim_id,
            claim_revision=revision,
            edit_id=finding.edit_id,
            line_number=finding.line_number,
            answer="CONFIRMED",
            decided_by="",
            reason_code=IMAGINED,
            occurred_at=latest + timedelta(milliseconds=1),
        )
        return replace(facts, reviews=(*facts.reviews, review))

    line = "" if finding.line_number is None else f", line {finding.line_number}"
    return Change(f"review of {finding.edit_id}{line}", now, "confirmed", confirmed)
