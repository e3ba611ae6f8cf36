"""A change: one thing that a fact would have to say instead, and how to have the facts say it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.decision import Finding
    from streams.facts import Facts

IMAGINED = "imagined"
"""Id of a fact that no sender has sent."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where, what it says now, what it would say (in words where only an example can be tried), and the facts after.

    `apply` may be given any facts of the encounter, so changes can be made one after the other.
    """

    path: str
    now: str
    then: str
    apply: Callable[[Facts], Facts] = field(compare=False, repr=False)


def reads(finding: Finding, path: str) -> bool:
    """Whether the finding's evidence names `path`, or a part or the whole of it."""
    return any(path == read or path.startswith(f"{read}.") or read.startswith(f"{path}.") for read in finding.evidence)


def shown(value: Any) -> str:
    """A field's value as a person reads it."""
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def with_encounter(facts: Facts, **update: Any) -> Facts:
    """The facts after a correction of the encounter, if there is one."""
    return replace(facts, encounter=facts.encounter and facts.encounter.model_copy(update=update))


def with_document(facts: Facts, document_id: str, **update: Any) -> Facts:
    """The facts after a correction of one document."""
    documents = tuple(
        each.model_copy(update=update) if each.document_id == document_id else each for each in facts.documents
    )
    return replace(facts, documents=documents)


def with_claim(facts: Facts, claim_id: str, **update: Any) -> Facts:
    """The facts after a correction of one claim: a new revision, which a person's earlier answers do not cover.

    Imagined answers are about the claim as it will be in the end, so they follow it.
    """
    claims, revision = [], 0
    for claim in facts.claims:
        if claim.claim_id == claim_id:
            revision = claim.revision + 1
            claims.append(claim.model_copy(update={"revision": revision, **update}))
        else:
            claims.append(claim)
    reviews = tuple(
        review.model_copy(update={"claim_revision": revision})
        if (review.event_id, review.claim_id) == (IMAGINED, claim_id)
        else review
        for review in facts.reviews
    )
    return replace(facts, claims=tuple(claims), reviews=reviews)
