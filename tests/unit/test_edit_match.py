"""One way to match: what the gate says of a claim line, learning says of the pattern of its answer."""

from __future__ import annotations

import pytest

from schemas.edit import EditMatch, EditScope
from streams.edit_match import Feature, Place, in_scope, matches

PLACE = Place("P01", "S01", "PROFESSIONAL", "11")
LINE = Feature("93018", frozenset({"93016"}), frozenset({"26", "KX"}), frozenset({"I25", "R07"}), 1)

SCOPES = {
    "any": ({}, True),
    "its payer": ({"payer_ids": ("P00", "P01")}, True),
    "another payer": ({"payer_ids": ("P02",)}, False),
    "no payer": ({"payer_ids": ()}, False),
    "its site": ({"site_ids": ("S01",)}, True),
    "another site": ({"site_ids": ("S02",)}, False),
    "its type": ({"claim_types": ("PROFESSIONAL",)}, True),
    "another type": ({"claim_types": ("INSTITUTIONAL",)}, False),
    "its place": ({"places_of_service": ("11",)}, True),
    "another place": ({"places_of_service": ("22",)}, False),
}

MATCHES = {
    "any": ({}, True),
    "its code": ({"procedure_codes": ("93018",)}, True),
    "another code": ({"procedure_codes": ("93016",)}, False),
    "the code beside it": ({"with_procedure_codes": ("93016",)}, True),
    "one of two beside it": ({"with_procedure_codes": ("93016", "93017")}, False),
    "nothing beside it": ({"with_procedure_codes": ()}, True),
    "a modifier": ({"modifiers": ("KX",)}, True),
    "one of two modifiers": ({"modifiers": ("KX", "GA")}, False),
    "a family": ({"diagnosis_families": ("R07", "Z00")}, True),
    "no family": ({"diagnosis_families": ()}, False),
    "more units": ({"units_over": 0}, True),
    "as many units": ({"units_over": 1}, False),
}


@pytest.mark.parametrize(("scope", "fits"), SCOPES.values(), ids=SCOPES.keys())
def test_the_scope_of_an_edit(scope, fits):
    assert fits == in_scope(EditScope(**scope), PLACE)


@pytest.mark.parametrize(("match", "fits"), MATCHES.values(), ids=MATCHES.keys())
def test_the_match_of_an_edit(match, fits):
    assert fits == matches(EditMatch(**match), LINE)


def test_what_is_not_known_is_matched_by_nothing_that_asks_for_it():
    unknown = Place("P01", None, "PROFESSIONAL", None)

    assert not in_scope(EditScope(site_ids=("S01",)), unknown)
    assert not in_scope(EditScope(places_of_service=("11",)), unknown)
    assert not matches(EditMatch(units_over=0), LINE._replace(units=None))
