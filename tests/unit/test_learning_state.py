"""The state of learning: bytes that say all, within bounds."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from schemas.errors import Misuse
from streams.learning import evidence, learner, processor, standing
from streams.learning import state as states
from streams.learning.rows import CATEGORY
from streams.learning.state import LearningState
from tests.answers import START, AnswerDesk, answer


def test_a_state_read_from_bytes_is_written_as_the_same_bytes():
    desk = AnswerDesk()
    for place in ("11", "22", None):
        desk.denied(3, place=place, others=("93016",), modifiers=("KX",))
        desk.paid(2, place=place)
    desk.denied(1, category="OTHER", avoidable=False)

    anew = LearningState.load(desk.state).dump()
    assert anew == LearningState.load(anew).dump()


def test_a_line_that_only_counts_costs_a_few_bytes_until_all_is_written_anew():
    desk = AnswerDesk()
    desk.denied(3)
    sizes = []
    for _ in range(300):
        desk.paid(every=0.01)
        sizes.append(len(desk.state))

    assert 13 >= max(after - before for before, after in itertools.pairwise(sizes))
    assert 1 == sum(after < before for before, after in itertools.pairwise(sizes))
    assert 300 == sum(row.paid for row in LearningState.load(desk.state).evidence.rows.values())


def test_days_too_old_for_a_surge_are_gone_from_the_bytes_though_nothing_was_counted_since():
    one, other = AnswerDesk(), AnswerDesk(forgetful=True)
    for desk in (one, other):
        desk.paid(every=100.0)
        desk.answered("WITHDRAWN", 1, 0.0, {"place": "22"})  # of a line that never came
        desk.denied()

    assert one.step == other.step


def test_a_state_read_without_its_evidence_counts_what_was_noted_for_edits_all_the_same():
    desk = AnswerDesk()
    desk.denied(3)
    desk.paid(5)
    desk.denied()
    part, whole = LearningState.load(desk.state, whole=False), LearningState.load(desk.state)

    assert [kept.counts for kept in part.edits.values()] == [kept.counts for kept in whole.edits.values()]
    assert {} == part.evidence.rows


def test_a_denial_that_changes_only_counts_costs_a_note_with_its_reasons():
    desk = AnswerDesk()
    desk.denied(3)
    before = len(desk.state)
    desk.denied(1, category="OTHER", avoidable=False, reason_codes=("a reason with blanks", ""))
    after, (row,) = len(desk.state), LearningState.load(desk.state).evidence.rows.values()

    assert 0 < after - before < 120
    assert {"a reason with blanks": 1, "": 1} == row.reasons[CATEGORY["OTHER"]]


def test_a_state_of_a_later_version_is_refused():
    desk = AnswerDesk()
    desk.denied()

    with pytest.raises(Misuse, match="expected format 2, got 9"):
        standing(b"\x09" + desk.state[1:])


def test_a_payer_whose_name_has_a_bar_keeps_its_code():
    state = LearningState("P|07|93018")

    assert ("P|07", "93018") == (state.payer_id, state.procedure_code)


def test_days_that_come_late_stand_in_order():
    late, early = AnswerDesk(), AnswerDesk()
    lines = [answer("PAID", n, on=START + dt.timedelta(days=n)) for n in (0, 5, 3, 4, 1)]
    late.wait(5)
    early.wait(5)
    late.send(*lines)
    early.send(*sorted(lines, key=lambda line: line.occurred_at))

    assert len(early.state) == len(late.state)
    assert rows(early) == rows(late)


def test_a_payment_in_full_is_taken_back_as_one_though_a_line_was_denied_that_day():
    desk, without = AnswerDesk(), AnswerDesk()
    paid = answer("PAID", 1, reason_codes=())
    denied = answer("DENIED", 2, category="OTHER", avoidable=False, reason_codes=("197",))
    without.send(denied)
    desk.send(paid, denied, paid.model_copy(update={"outcome": "WITHDRAWN"}))

    assert rows(without) == rows(desk)


def rows(desk: AnswerDesk) -> bytes:
    return LearningState.load(desk.state).evidence.dump()


@pytest.mark.parametrize("forgetful", [False, True])
def test_beyond_so_many_patterns_the_one_that_tells_least_is_dropped(monkeypatch, forgetful):
    monkeypatch.setattr(evidence, "MOST_PATTERNS", 3)
    desk = AnswerDesk(forgetful=forgetful)
    desk.denied(place="11")
    for place in ("22", "19", "49", "22"):
        desk.paid(place=place)
    places = [row.pattern.place_of_service for row in LearningState.load(desk.state).evidence.rows.values()]

    assert ["11", "49", "22"] == places


@pytest.mark.parametrize("forgetful", [False, True])
def test_beyond_so_many_pattern_days_the_oldest_are_forgotten(monkeypatch, forgetful):
    monkeypatch.setattr(evidence, "MOST_CELLS", 16)
    desk = AnswerDesk(forgetful=forgetful)
    desk.paid(1, place="11")
    desk.paid(17, place="22")
    (row,) = LearningState.load(desk.state).evidence.rows.values()

    assert 15 == len(row.days)
    before = rows(desk)
    desk.send(answer("PAID", on=START))
    assert before == rows(desk)


@pytest.mark.parametrize("forgetful", [False, True])
def test_days_that_are_too_old_take_no_room_from_others(monkeypatch, forgetful):
    monkeypatch.setattr(evidence, "MOST_CELLS", 4)
    desk = AnswerDesk(forgetful=forgetful)
    desk.paid(4)
    desk.now += dt.timedelta(days=178)
    desk.paid(1)
    (row,) = LearningState.load(desk.state).evidence.rows.values()

    assert 3 == len(row.days)


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_pattern_that_was_gone_comes_back_as_a_new_one(forgetful):
    desk = AnswerDesk(forgetful=forgetful)
    for place in ("11", "22", "11"):
        desk.paid(place=place)
        desk.now += dt.timedelta(days=100)
    places = [row.pattern.place_of_service for row in LearningState.load(desk.state).evidence.rows.values()]

    assert ["22", "11"] == places


def test_of_two_reasons_on_a_day_each_is_taken_back_by_itself():
    desk = AnswerDesk()
    overlap = answer("DENIED", 1, category="COMPONENT_OVERLAP", avoidable=True)
    desk.send(overlap, answer("DENIED", 2, category="DIAGNOSIS", avoidable=True, reason_codes=("50",)))
    desk.send(overlap.model_copy(update={"outcome": "WITHDRAWN"}))
    (row,) = LearningState.load(desk.state).evidence.rows.values()
    ((denied,),) = (on_that_day.values() for on_that_day in row.denied.values())

    assert (1, {"50": 1}) == (denied.lines, {code: n for codes in row.reasons.values() for code, n in codes.items()})


def test_which_edits_speak_of_patterns_long_gone_is_forgotten(monkeypatch):
    monkeypatch.setattr(states, "MOST_PATTERNS", 1)
    desk, free = AnswerDesk(), AnswerDesk(forgetful=True)
    for each in (desk, free):
        each.denied(1)
        for place in ("11", "19", "22", "49", "11"):
            each.paid(place=place)

    assert free.state == desk.state


def test_reason_codes_of_a_pattern_are_bounded():
    desk = AnswerDesk()
    for code in range(20):
        desk.denied(1, every=0.1, reason_codes=(f"{code}",))
    (edit,) = standing(desk.state)
    desk.denied(1, every=0.1, reason_codes=("0",))

    assert 4 == edit.denied - 16
    assert len(LearningState.load(desk.state).evidence.rows) == 1
    assert all(
        len(codes) <= 8
        for row in LearningState.load(desk.state).evidence.rows.values()
        for codes in row.reasons.values()
    )


def crowded(monkeypatch, *, room: int) -> AnswerDesk:
    """A payer that denies half of several kinds of lines among many that it pays."""
    monkeypatch.setattr(learner, "MOST_STANDING", room)
    desk = AnswerDesk()
    for family in ("A01", "B02", "C03"):
        for _ in range(8):
            desk.paid(16, every=0.01, families=("Z00",))
            desk.paid(1, every=0.05, families=(family,))
            desk.denied(1, every=0.05, families=(family,))
    return desk


def test_no_more_than_so_many_edits_stand(monkeypatch):
    free, narrow = crowded(monkeypatch, room=9), crowded(monkeypatch, room=2)

    assert 3 == sum(asked != {} for asked in free.standing["SHADOW"])
    assert 2 == sum(asked != {} for asked in narrow.standing["SHADOW"])


def test_an_edit_whose_bound_holds_takes_the_place_of_one_that_waits(monkeypatch):
    desk = crowded(monkeypatch, room=2)
    for _ in range(6):
        desk.paid(3, every=0.05, families=("Z00",))
        desk.denied(1, every=0.05, families=("D04",))

    assert [{"diagnosis_families": ["D04"]}] == desk.standing["ACTIVE"]
    assert "more than 2 edits stand" in {edit.provenance.reason for edit in desk.edits.values()}


def test_where_all_that_stand_are_active_there_is_no_room(monkeypatch):
    monkeypatch.setattr(learner, "MOST_STANDING", 1)
    desk = AnswerDesk()
    desk.paid(80, every=0.05, families=("Z00",))
    desk.denied(6, every=0.05, families=("D04",))
    before = desk.standing["ACTIVE"]
    desk.paid(9, every=0.05, families=("Z00",))
    desk.denied(6, every=0.05, families=("E05",))

    assert [{"diagnosis_families": ["D04"]}] == before == desk.standing["ACTIVE"]


def test_patterns_that_are_long_gone_are_not_remembered(monkeypatch):
    monkeypatch.setattr(states, "MOST_PATTERNS", 1)
    desk = AnswerDesk()
    for family in ("A01", "B02", "C03"):
        desk.denied(1, families=(family,))
    desk.denied(3)

    assert "ACTIVE" == desk.statuses[-1]


def test_parsed_states_are_bounded_and_change_nothing(monkeypatch):
    monkeypatch.setattr(processor, "_PARSED", 1)
    desk, other = AnswerDesk(), AnswerDesk("P08|93018")
    other.processor = desk.processor
    for _ in range(4):
        desk.denied()
        other.send(answer(payer_id="P08", on=other.now))

    assert ["PROPOSED", "SHADOW", "ACTIVE"] == desk.statuses == other.statuses
