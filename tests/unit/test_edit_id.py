"""The name of an edit follows from what it asks for, and from nothing else."""

from __future__ import annotations

import pytest

from schemas.edit import EditMatch, EditScope
from streams.edit_id import edit_id_of

ANY = edit_id_of(EditScope(), EditMatch())
ONE = edit_id_of(EditScope(payer_ids=("P01",)), EditMatch(procedure_codes=("93015", "93018")))


def test_order_and_repetition_within_a_list_name_nothing():
    assert ONE == edit_id_of(EditScope(payer_ids=("P01", "P01")), EditMatch(procedure_codes=("93018", "93015")))


@pytest.mark.parametrize(
    ("scope", "match"),
    [
        ({"payer_ids": ("P01",)}, {"procedure_codes": ("93015",)}),
        ({"payer_ids": ("P01",)}, {"procedure_codes": ("93015", "93018"), "units_over": 0}),
        ({"payer_ids": ("P01",)}, {"procedure_codes": ("93015", "93018"), "modifiers": ()}),
        ({"payer_ids": ("P01",)}, {"with_procedure_codes": ("93015", "93018")}),
        ({"site_ids": ("P01",)}, {"procedure_codes": ("93015", "93018")}),
    ],
)
def test_whatever_else_it_asks_for_is_another_edit(scope, match):
    assert edit_id_of(EditScope(**scope), EditMatch(**match)) not in {ONE, ANY}


def test_none_is_not_any():
    assert ANY != edit_id_of(EditScope(payer_ids=()), EditMatch())
