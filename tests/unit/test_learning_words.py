"""What a learned edit says in words."""

from __future__ import annotations

import pytest

from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from streams.learning.counts import Count
from streams.learning.words import message, remedy, scope_in_words
from tests.answers import START


def edit(scope: EditScope, match: EditMatch) -> Edit:
    return Edit(
        edit_id="L1",
        revision=1,
        status="ACTIVE",
        scope=scope,
        match=match,
        severity="HOLD",
        message="",
        remedy="",
        provenance=EditProvenance(source="DENIALS", denied=0, paid=0, categories=(), reason_codes=()),
        occurred_at=START,
    )


WORDS = {
    "93018 of payer P07": ({"payer_ids": ("P07",)}, {"procedure_codes": ("93018",)}),
    "any code of any payer": ({}, {}),
    "none of payer none": ({"payer_ids": ()}, {"procedure_codes": ()}),
    "93015 or 93018 beside 93016 and 93017 with modifier KX of payer P1, P2 or P3": (
        {"payer_ids": ("P1", "P2", "P3")},
        {
            "procedure_codes": ("93015", "93018"),
            "with_procedure_codes": ("93016", "93017"),
            "modifiers": ("KX",),
        },
    ),
    "any code with more than 1 units for I25 or R07 on institutional claims of any payer": (
        {"claim_types": ("INSTITUTIONAL",)},
        {"units_over": 1, "diagnosis_families": ("I25", "R07")},
    ),
    "any code at place of service 22 from site S1 of any payer": (
        {"places_of_service": ("22",), "site_ids": ("S1",)},
        {},
    ),
}


@pytest.mark.parametrize(("words", "asked"), WORDS.items())
def test_what_an_edit_speaks_of_in_words(words, asked):
    scope, match = asked

    assert words == scope_in_words(edit(EditScope(**scope), EditMatch(**match)))


def test_a_message_names_how_many_of_how_many_since_when_by_whom_and_why_but_no_diagnosis():
    spoken = edit(EditScope(payer_ids=("P07",)), EditMatch(procedure_codes=("93018",), diagnosis_families=("I25",)))
    count = Count(14, 2, 0, 1_785_628_800_000, 1_786_000_000_000)

    assert "93018 for certain diagnoses: denied 14 of 16 since 2026-08-02 by payer P07, CARC 97 and 234." == message(
        spoken, count, "P07", ("97", "234")
    )
    assert message(spoken, count, "P07", ()).endswith("by payer P07.")


def test_the_remedy_follows_from_the_category():
    assert "units" in remedy(["UNITS"])
    assert remedy(["DOCUMENTATION", "UNITS"]) == f"{remedy(['UNITS'])} {remedy(['DOCUMENTATION'])}"
    assert remedy(["OTHER"])
