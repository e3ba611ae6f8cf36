"""Whether a learned edit speaks of a line. The learned gate and learning both ask here.

The gate asks about a line of a claim, learning about a pattern of answered lines; both are told the same way. In the
lists of an edit null is any and empty is none; where all of a list must be there, an empty one asks for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Container

    from schemas.edit import EditMatch, EditScope

T = TypeVar("T")


class Place(NamedTuple):
    """What the scope of an edit asks about a claim. None: not known, or a kind of claim that has none."""

    payer_id: str
    site_id: str | None
    claim_type: str
    place_of_service: str | None


class Feature(NamedTuple):
    """What the match of an edit asks about a line.

    others    procedure codes of the other lines of its claim
    families  first three characters of the diagnoses that speak for it
    units     None: not known
    """

    procedure_code: str
    others: frozenset[str]
    modifiers: frozenset[str]
    families: frozenset[str]
    units: int | None


def in_scope(scope: EditScope, place: Place) -> bool:
    """Whether an edit looks at claims there."""
    return (
        _any_of(scope.payer_ids, place.payer_id)
        and _any_of(scope.claim_types, place.claim_type)
        and _any_of(scope.places_of_service, place.place_of_service)
        and _any_of(scope.site_ids, place.site_id)
    )


def matches(match: EditMatch, line: Feature) -> bool:
    """Whether an edit speaks of such a line."""
    return (
        _any_of(match.procedure_codes, line.procedure_code)
        and (match.units_over is None or (line.units is not None and line.units > match.units_over))
        and line.modifiers.issuperset(match.modifiers or ())
        and line.others.issuperset(match.with_procedure_codes or ())
        and (match.diagnosis_families is None or not line.families.isdisjoint(match.diagnosis_families))
    )


def _any_of(wanted: Container[T] | None, value: T | None) -> bool:
    return wanted is None or value in wanted
