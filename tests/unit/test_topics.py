"""The topic catalogue: which key a record goes by where it is made of several fields."""

from __future__ import annotations

import pytest
from hypothesis import given

from schemas.denial import Denial, DenialPattern
from schemas.edit import Edit, EditMatch, EditScope
from streams.topics import BY_NAME, DENIALS, TOPICS, edit_key
from tests.strategies import records

PATTERN = DenialPattern(
    payer_id="P01",
    claim_type="PROFESSIONAL",
    procedure_code="93015",
    with_procedure_codes=(),
    modifiers=(),
    diagnosis_families=(),
)


@given(denial=records(Denial))
def test_a_denial_goes_to_its_payer_and_code(denial):
    assert "P01|93015" == DENIALS.key(denial.model_copy(update={"pattern": PATTERN}))


@pytest.mark.parametrize(
    ("payers", "codes", "key"),
    [
        (("P01",), ("93015",), "P01|93015"),
        (None, ("93015",), "*|93015"),
        (("P01",), None, "P01|*"),
        (("P01", "P02"), ("93015", "93018"), "*|*"),
        ((), (), "*|*"),
    ],
)
def test_an_edit_goes_by_its_one_payer_and_code_and_by_any_where_it_has_none_or_several(payers, codes, key):
    edit = Edit.model_construct(scope=EditScope(payer_ids=payers), match=EditMatch(procedure_codes=codes))

    assert key == edit_key(edit)


def test_no_two_topics_have_one_name():
    assert len(TOPICS) == len(BY_NAME)
