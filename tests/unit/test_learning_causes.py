"""Causes: a planted reason is found with the scope it was planted with, by one edit."""

from __future__ import annotations

import random

import pytest

from streams.edit_id import edit_id_of
from streams.learning import causes
from streams.learning.patterns import Pattern, by_field, generalizations, scope_and_match, trait, traits_of
from tests.answers import AnswerDesk

PLACES = ("11", "22", "19")
OTHERS = ((), ("93016",), ("93016", "78452"))
MODIFIERS = ((), ("KX",), ("GA", "KX"))
FAMILIES = (("I25",), ("R07",), ("I20", "R06"), ("I25", "R94"))
TYPES = ("PROFESSIONAL", "PROFESSIONAL", "INSTITUTIONAL")

CAUSES = {
    "place of service": {"places_of_service": ["22"]},
    "modifier": {"modifiers": ["KX"]},
    "code beside it": {"with_procedure_codes": ["93016"]},
    "diagnosis family": {"diagnosis_families": ["R07"]},
    "claim type": {"claim_types": ["INSTITUTIONAL"]},
    "payer and code alone": {},
    "place of service and diagnosis family": {"places_of_service": ["11"], "diagnosis_families": ["I25"]},
    "place of service and code beside it": {"places_of_service": ["22"], "with_procedure_codes": ["93016"]},
    "modifier and diagnosis family": {"modifiers": ["KX"], "diagnosis_families": ["I25"]},
}


def line(rnd: random.Random) -> dict[str, object]:
    institutional = rnd.choice(TYPES) == "INSTITUTIONAL"
    return {
        "claim_type": "INSTITUTIONAL" if institutional else "PROFESSIONAL",
        "place": None if institutional else rnd.choice(PLACES),
        "others": rnd.choice(OTHERS),
        "modifiers": rnd.choice(MODIFIERS),
        "families": rnd.choice(FAMILIES),
    }


def fits(cause: dict[str, list[str]], seen: dict[str, object]) -> bool:
    traits = Pattern(*seen.values()).traits()
    return {trait(field, value) for field, values in cause.items() for value in values} <= traits


def answered(desk: AnswerDesk, cause: dict[str, list[str]], rnd: random.Random, lines: int, share: float) -> None:
    """Lines of all kinds, of which the payer denies a share of those that the cause fits."""
    for _ in range(lines):
        seen = line(rnd)
        if fits(cause, seen) and rnd.random() < share:
            desk.denied(1, every=0.25, **seen)
        else:
            desk.paid(1, every=0.25, **seen)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES.keys())
def test_a_planted_cause_is_found_with_its_scope_by_one_edit(cause, seed):
    rnd = random.Random(seed)
    desk = AnswerDesk()
    answered(desk, {"modifiers": ["none has it"]}, rnd, 200, 1.0)
    answered(desk, cause, rnd, 240, 0.95)

    assert [cause] == desk.standing["ACTIVE"]


def test_with_nothing_to_tell_them_apart_the_most_general_edit_is_it():
    desk = AnswerDesk()
    desk.denied(4)

    assert [{}] == desk.standing["ACTIVE"]


def test_many_denials_at_one_place_do_not_carry_an_edit_over_the_paid_lines_of_another():
    desk = AnswerDesk()
    for number in range(30):
        desk.denied(1, every=0.2, place="22")
        if number % 4 == 0:
            desk.paid(1, every=0.2, place="11")

    assert [{"places_of_service": ["22"]}] == desk.standing["ACTIVE"]


def test_a_wider_edit_takes_the_place_of_narrower_ones_when_its_own_evidence_holds():
    desk = AnswerDesk()
    for _ in range(6):
        desk.denied(1, every=0.2, place="22")
        desk.paid(2, every=0.2, place="11")
    narrow = desk.standing["ACTIVE"]
    for _ in range(8):
        desk.denied(2, every=0.2, place="11")

    assert [{"places_of_service": ["22"]}] == narrow
    assert [{}] == desk.standing["ACTIVE"]
    assert {"places_of_service": ["22"]} in desk.standing["RETIRED"]
    assert "a wider edit stands for it" in {edit.provenance.reason for edit in desk.edits.values()}


def test_an_edit_gives_way_to_a_part_of_it_when_the_payer_goes_on_denying_only_that():
    desk = AnswerDesk()
    for _ in range(20):
        desk.denied(1, every=0.2, place="22", families=("R07",))
        desk.denied(1, every=0.2, place="22", families=("I25",))
    before = desk.standing["ACTIVE"]
    desk.wait(30)
    for _ in range(4):
        desk.denied(1, every=0.2, place="22", families=("R07",))
        desk.paid(2, every=0.2, place="22", families=("I25",))

    assert [{}] == before
    assert [{"diagnosis_families": ["R07"]}] == desk.standing["ACTIVE"]
    assert [{}] == desk.standing["RETIRED"]


def test_a_change_of_mind_does_not_narrow_an_edit_before_it_has_settled():
    desk = AnswerDesk()
    for _ in range(20):
        desk.denied(1, every=0.2, place="22", families=("R07",))
        desk.denied(1, every=0.2, place="22", families=("I25",))
    for _ in range(4):
        desk.denied(1, every=0.2, place="22", families=("R07",))
        desk.paid(2, every=0.2, place="22", families=("I25",))

    assert [{}] == desk.standing["ACTIVE"]


def test_what_a_person_holds_is_no_reason_to_narrow_another_edit():
    desk = AnswerDesk()
    desk.denied(20, every=0.2)
    desk.wait(32)
    wide = desk.revisions[-1]
    scope, match = scope_and_match("P07", "93018", frozenset({trait("places_of_service", "22")}))
    update = {"edit_id": edit_id_of(scope, match), "scope": scope, "match": match, "status": "ACTIVE"}
    desk.decide("ADD", wide.model_copy(update=update))
    desk.paid(8, every=0.2, place="11")

    assert [{}, {"places_of_service": ["22"]}] == desk.standing["ACTIVE"]


def test_an_edit_whose_lines_are_all_alike_has_no_part_to_give_way_to():
    desk = AnswerDesk()
    desk.denied(16, every=0.2)
    desk.wait(32)
    desk.paid(8, every=0.2)

    assert "ACTIVE" == desk.statuses[-1]


def test_what_stands_out_is_watched_before_its_bound_holds():
    desk = AnswerDesk()
    desk.paid(60, every=0.2, place="11")
    for _ in range(6):
        desk.paid(1, every=0.2, place="22")
        desk.denied(1, every=0.2, place="22")

    assert {"places_of_service": ["22"]} in desk.standing["SHADOW"]
    assert [] == desk.standing["ACTIVE"]


def test_one_denial_does_not_revive_the_edit_of_a_rule_that_ended():
    desk = AnswerDesk()
    desk.denied(16)
    desk.wait(50)
    desk.paid(9, every=0.5)
    desk.denied()

    assert "SHADOW" == desk.statuses[-1]


def test_scattered_denials_make_one_edit_to_watch_not_forty():
    rnd = random.Random(7)
    desk = AnswerDesk()
    for number in range(400):
        seen = line(rnd)
        if number % 25 == 0:
            desk.denied(1, every=0.2, **seen)
        else:
            desk.paid(1, every=0.2, **seen)

    assert [] == desk.standing["ACTIVE"]
    assert 3 >= len(desk.edits)


def test_the_same_order_gives_the_same_statuses():
    def course(*, forgetful: bool) -> AnswerDesk:
        desk = AnswerDesk(forgetful=forgetful)
        answered(desk, CAUSES["place of service"], random.Random(5), 60, 0.9)
        return desk

    one, other = course(forgetful=True), course(forgetful=False)

    assert (one.sent, one.state) == (other.sent, other.state)


def test_of_many_days_with_denials_a_search_counts_from_the_last_ones(monkeypatch):
    monkeypatch.setattr(causes, "_MOST_STARTS", 5)
    desk = AnswerDesk()
    for _ in range(8):
        desk.paid(4, every=0.2, families=("Z00",))
        desk.denied(1, every=0.2, families=("Z00",), category="DOCUMENTATION")
    desk.denied(5, families=("I25",), category="DOCUMENTATION")

    assert [{}] == desk.standing["ACTIVE"]


def test_a_pattern_is_generalized_to_at_most_four_traits_and_one_family():
    traits = Pattern("PROFESSIONAL", "22", ("93016", "93017"), ("26", "GA", "KX"), ("I20", "I25")).traits()
    found = list(generalizations(traits))

    assert frozenset() == found[0]
    assert max(len(each) for each in found) == 4
    assert all(len(by_field(each).get("diagnosis_families", ())) <= 1 for each in found)
    assert len(set(found)) == len(found)


def test_what_an_edit_asks_for_can_be_read_from_it(edit_with):
    traits = Pattern("PROFESSIONAL", "22", ("93016",), ("26",), ("I20",)).traits()
    scope, match = scope_and_match("P07", "93018", traits)

    assert traits == traits_of(edit_with(scope, match))
    assert None is traits_of(edit_with(scope.model_copy(update={"site_ids": ("S1",)}), match))
    assert None is traits_of(edit_with(scope, match.model_copy(update={"units_over": 1})))
    assert None is traits_of(edit_with(scope, match.model_copy(update={"diagnosis_families": ("I20", "I25")})))


@pytest.fixture
def edit_with():
    desk = AnswerDesk()
    desk.denied()
    (edit,) = desk.revisions
    return lambda scope, match: edit.model_copy(update={"scope": scope, "match": match})
