"""Patterns and what edits say of them, from the specific to the general.

A pattern is a set of traits: its place of service, each code beside it, each diagnosis family, each modifier, its claim
type. An edit for a payer and code asks for some of them; the fewer it asks for, the more general it is, and asking for
none it speaks of every line of that payer and code.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from schemas.edit import EditMatch, EditScope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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

_SCOPE = frozenset({"places_of_service", "claim_types"})
_ONE_OF = frozenset({"places_of_service", "claim_types", "diagnosis_families"})

MOST_TRAITS = 8
"""Of a pattern that are tried, the first in the order of the fields: few lines have more."""

MOST_TOGETHER = 4
"""Traits that an edit asks for: at most 163 edits to try for a pattern. No payer's rule is known to need more."""


class Trait(NamedTuple):
    """One thing that an edit can ask for: a field of its scope or match, and a value."""

    field: Field
    value: str


Traits = frozenset[Trait]


class Pattern(NamedTuple):
    """A denial's pattern below its payer and code, each list in order."""

    claim_type: str
    place_of_service: str | None
    others: tuple[str, ...]
    modifiers: tuple[str, ...]
    families: tuple[str, ...]

    def traits(self) -> Traits:
        """All that an edit could ask for."""
        found = [Trait("claim_types", self.claim_type)]
        if self.place_of_service is not None:
            found.append(Trait("places_of_service", self.place_of_service))
        found += [Trait("with_procedure_codes", code) for code in self.others]
        found += [Trait("modifiers", modifier) for modifier in self.modifiers]
        found += [Trait("diagnosis_families", family) for family in self.families]
        return frozenset(found)


def in_order(traits: Collection[Trait]) -> list[Trait]:
    """Traits by field, then value."""
    return sorted(traits, key=lambda trait: (_FIELDS.index(trait.field), trait.value))


def generalizations(traits: Traits) -> Iterator[Traits]:
    """What an edit may ask for that speaks of a pattern with these traits, the most general first.

    At most one diagnosis family: an edit that lists several speaks of any of them.
    """
    tried = in_order(traits)[:MOST_TRAITS]
    for number in range(min(len(tried), MOST_TOGETHER) + 1):
        for chosen in combinations(tried, number):
            if sum([trait.field == "diagnosis_families" for trait in chosen]) <= 1:
                yield frozenset(chosen)


def scope_and_match(payer_id: str, procedure_code: str, traits: Traits) -> tuple[EditScope, EditMatch]:
    """The scope and match of the edit that asks for `traits` of the lines of a payer and code."""
    asked: dict[str, tuple[str, ...]] = {}
    for trait in in_order(traits):
        asked[trait.field] = (*asked.get(trait.field, ()), trait.value)
    scope = {field: values for field, values in asked.items() if field in _SCOPE}
    match = {field: values for field, values in asked.items() if field not in _SCOPE}
    return (
        EditScope.model_validate({"payer_ids": (payer_id,), **scope}),
        EditMatch.model_validate({"procedure_codes": (procedure_code,), **match}),
    )


def traits_of(edit: Edit) -> Traits | None:
    """The inverse of `scope_and_match`; None for an edit that asks for something else, as a person's may."""
    scope, match = edit.scope, edit.match
    if scope.site_ids is not None or match.units_over is not None:
        return None
    traits = []
    for field in _FIELDS:
        values: tuple[str, ...] = getattr(scope if field in _SCOPE else match, field) or ()
        if field in _ONE_OF and len(values) > 1:
            return None
        traits += [Trait(field, value) for value in values]
    return frozenset(traits)
