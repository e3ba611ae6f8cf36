"""Which edits are asked about a claim follows from its shape, and leaves out none that would speak."""

from __future__ import annotations

from hypothesis import given, settings

from streams.gates import EDITS
from tests.conftest import facts_of
from tests.property.encounters import cases, encounters


@given(encounters())
@settings(max_examples=150)
def test_an_edit_that_is_not_asked_would_have_said_nothing(rules, drawn):
    facts, claims = drawn
    found = cases(facts_of([*facts, *claims]), rules).values()
    unasked = [(case, edit) for case in found for edit in EDITS if not edit.may_speak_about(case.shape)]

    assert [] == [(edit.edit_id, hit) for case, edit in unasked for hit in edit.check(case)]
