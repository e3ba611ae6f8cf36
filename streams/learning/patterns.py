"""Patterns and what edits say of them, from the specific to the general.

A pattern is a set of traits: its place of service, each code beside it, each diagnosis family, each modifier, its claim
type. An edit for a payer and code asks for some of them; the fewer it asks for, the more general it is, and asking for
none it speaks of every line of that payer and code.
"""

from __future__ import annotations

from itertools import combinations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from schemas.edit import EditMatch, EditScope
from streams.edit_match import Feature, Place, in_scope, matches
from streams.encounter_state import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.denial import DenialPattern
    from schemas.edit import Edit

Field = Literal["places_of_service", "with_procedure_codes", "modifiers", "diagnosis_families", "claim_types"]

_FIELDS: tuple[Field, ...] = (
    "places_of_service",
    "with_procedure_codes",
    "modifiers",
    "diagnosis_families",
    "claim_types",
)
"""In the order in which they are kept where evidence cannot tell two of them apart."""

_PLACE, _BESIDE, _MODIFIER, _FAMILY, _CLAIM_TYPE = "01234"

_SCOPE = frozenset({"places_of_service", "claim_types"})
_ONE_OF = frozenset({"places_of_service", "claim_types", "diagnosis_families"})

MOST_TRAITS = 8
"""Of a pattern that are tried, the first in the order of the fields: few lines have more."""

MOST_TOGETHER = 4
"""Traits that an edit asks for: at most 163 edits to try for a pattern. No payer's rule is known to need more."""


Trait = str
"""One thing that an edit can ask for: the position in _FIELDS of a field of its scope or match, then the value. So
traits sort by field, then value; sets of them are asked about for each line, and texts know their hash."""

Traits = frozenset[Trait]


fields_of: Callable[[DenialPattern], tuple[Any, ...]] = attrgetter(
    "claim_type", "place_of_service", "with_procedure_codes", "modifiers", "diagnosis_families"
)
"""What a denial shows, in the order of `Pattern`, which equals it."""


def trait(field: Field, value: str) -> Trait:
    """The trait that asks for `value` in `field`."""
    return f"{_FIELDS.index(field)}{value}"


class Pattern(NamedTuple):
    """A denial's pattern below its payer and code, each list in order."""

    claim_type: str
    place_of_service: str | None
    others: tuple[str, ...]
    modifiers: tuple[str, ...]
    families: tuple[str, ...]

    def traits(self) -> Traits:
        """All that an edit could ask for."""
        found = [f"{_CLAIM_TYPE}{self.claim_type}"]
        if self.place_of_service is not None:
            found.append(f"{_PLACE}{self.place_of_service}")
        found += [f"{_BESIDE}{code}" for code in self.others]
        found += [f"{_MODIFIER}{modifier}" for modifier in self.modifiers]
        found += [f"{_FAMILY}{family}" for family in self.families]
        return frozenset(found)

    def dump(self) -> bytes:
        """As bytes."""
        claim_type, place, *lists = self
        packed = [pack([text.encode() for text in texts]) for texts in lists]
        return pack([claim_type.encode(), (place or "").encode(), *packed])

    @classmethod
    def load(cls, stored: bytes) -> Pattern:
        """The inverse of `dump`."""
        claim_type, place, *packed = unpack(stored)
        lists = [tuple([text.decode() for text in unpack(texts)]) for texts in packed]
        return cls(claim_type.decode(), place.decode() or None, *lists)


def generalizations(traits: Traits) -> Iterator[Traits]:
    """What an edit may ask for that speaks of a pattern with these traits, the most general first.

    At most one diagnosis family: an edit that lists several speaks of any of them.
    """
    tried = sorted(traits)[:MOST_TRAITS]
    for number in range(min(len(tried), MOST_TOGETHER) + 1):
        for chosen in combinations(tried, number):
            if sum([trait[0] == _FAMILY for trait in chosen]) <= 1:
                yield frozenset(chosen)


def speaks_of(edit: Edit, pattern: Pattern) -> bool:
    """Whether an edit of one payer and code speaks of their lines with a pattern, as far as a pattern can tell."""
    (payer_id, *_), (procedure_code, *_) = edit.scope.payer_ids or ("",), edit.match.procedure_codes or ("",)
    place = Place(payer_id, None, pattern.claim_type, pattern.place_of_service)
    others, modifiers, families = map(frozenset, (pattern.others, pattern.modifiers, pattern.families))
    return in_scope(edit.scope, place) and matches(
        edit.match, Feature(procedure_code, others, modifiers, families, None)
    )


def by_field(traits: Traits) -> dict[Field, list[str]]:
    """Field -> the values that traits ask for."""
    found: dict[Field, list[str]] = {}
    for each in sorted(traits):
        found.setdefault(_FIELDS[int(each[0])], []).append(each[1:])
    return found


def scope_and_match(payer_id: str, procedure_code: str, traits: Traits) -> tuple[EditScope, EditMatch]:
    """The scope and match of the edit that asks for `traits` of the lines of a payer and code."""
    asked = by_field(traits)
    scope = {field: tuple(values) for field, values in asked.items() if field in _SCOPE}
    match = {field: tuple(values) for field, values in asked.items() if field not in _SCOPE}
    return (
        EditScope.model_validate({"payer_ids": (payer_id,), **scope}),
        EditMatch.model_validate({"procedure_codes": (procedure_code,), **match}),
    )


def traits_of(edit: Edit) -> Traits | None:
    """What an edit of one payer and code asks for: the inverse of `scope_and_match`.

    None for an edit that traits cannot tell, as a person's may be: with one of several places, a site, units.
    """
    scope, match = edit.scope, edit.match
    if scope.site_ids is not None or match.units_over is not None:
        return None
    traits: list[Trait] = []
    for field in _FIELDS:
        values: tuple[str, ...] | None = getattr(scope if field in _SCOPE else match, field)
        if values is not None:
            if field in _ONE_OF and len(values) != 1:
                return None
            traits += [trait(field, value) for value in values]
    return frozenset(traits)
