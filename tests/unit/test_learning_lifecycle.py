"""The life of a learned edit: what evidence makes of it, and what time does."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.record import millis
from streams.learning import standing
from streams.learning.state import LearningState
from streams.learning.wilson import wilson_lower, wilson_upper
from tests.answers import DAY, START, AnswerDesk, answer, pattern


@pytest.fixture(params=[False, True], ids=["parsed state", "state from bytes"])
def desk(request):
    return AnswerDesk(forgetful=request.param)


@pytest.mark.parametrize(
    ("denied", "paid", "bound"), [(4, 0, 0.51), (3, 0, 0.44), (7, 1, 0.53), (9, 2, 0.52), (0, 9, 0)]
)
def test_the_lower_bound_is_that_of_wilson(denied, paid, bound):
    assert bound == pytest.approx(wilson_lower(denied, paid), abs=0.005)


def test_nothing_seen_says_nothing():
    assert (0.0, 1.0) == (wilson_lower(0, 0), wilson_upper(0, 0))


def test_the_first_denial_proposes_the_second_shadows_the_fourth_activates(desk):
    desk.denied(4)

    assert ["PROPOSED", "SHADOW", "ACTIVE"] == desk.statuses
    assert [1, 2, 3] == [edit.revision for edit in desk.revisions]
    assert {"HOLD"} == {edit.severity for edit in desk.revisions}


def test_evidence_stands_in_the_revision_as_it_was_then(desk):
    desk.denied(4)
    shadow, active = desk.revisions[1:]

    assert (2, 0, 4, 0) == (
        shadow.provenance.denied,
        shadow.provenance.paid,
        active.provenance.denied,
        active.provenance.paid,
    )
    assert ("DENIALS", ("COMPONENT_OVERLAP",), ("97",)) == (
        active.provenance.source,
        active.provenance.categories,
        active.provenance.reason_codes,
    )
    assert (START, START + dt.timedelta(days=3)) == (active.provenance.first_seen, active.provenance.last_seen)
    assert START + dt.timedelta(days=3) == active.occurred_at


def test_the_message_names_the_evidence(desk):
    desk.denied(4)

    assert "93018: denied 4 of 4 since 2026-03-02 by payer P07, CARC 97." == desk.revisions[-1].message
    assert desk.revisions[-1].remedy


def test_denials_that_no_look_before_release_could_have_avoided_propose_nothing(desk):
    desk.denied(9, category="TIMELY_FILING", avoidable=False)

    assert [] == desk.revisions
    assert desk.state is not None


def test_paid_lines_of_the_same_days_keep_an_edit_in_shadow(desk):
    for _ in range(4):
        desk.paid(1, every=0.1)
        desk.denied(1, every=0.9)

    assert ["PROPOSED", "SHADOW"] == desk.statuses


def test_what_was_paid_before_the_payer_changed_its_mind_does_not_count(desk):
    desk.paid(60)
    desk.denied(4)

    assert "ACTIVE" == desk.statuses[-1]
    assert (4, 0) == (desk.revisions[-1].provenance.denied, desk.revisions[-1].provenance.paid)


def test_an_active_edit_falls_to_shadow_when_too_many_lines_are_paid(desk):
    desk.denied(4)
    desk.paid(1)
    before = list(desk.statuses)
    desk.paid(2)

    assert "ACTIVE" == before[-1]
    assert ["PROPOSED", "SHADOW", "ACTIVE", "SHADOW"] == desk.statuses
    assert "lower bound of denied of all below 0.3" == desk.revisions[-1].provenance.reason


def test_an_active_edit_falls_silent_after_45_days_without_a_denial(desk):
    desk.denied(4)
    last = desk.now - dt.timedelta(days=1)
    desk.wait(43.9)
    before = list(desk.statuses)
    desk.wait(0.2)

    assert "ACTIVE" == before[-1]
    assert "SHADOW" == desk.statuses[-1]
    assert last + dt.timedelta(days=45) == desk.revisions[-1].occurred_at
    assert "45 days without a new denial" == desk.revisions[-1].provenance.reason


def test_a_denial_puts_silence_off(desk):
    desk.denied(4)
    desk.wait(30)
    desk.denied()
    desk.wait(43)

    assert "ACTIVE" == desk.statuses[-1]


def test_the_next_denial_judges_a_silent_edit_again(desk):
    desk.denied(4)
    desk.wait(50)
    desk.denied()

    assert ["SHADOW", "ACTIVE"] == desk.statuses[-2:]
    assert 5 == desk.revisions[-1].provenance.denied
    assert 1 == len(desk.edits)


def test_evidence_ages_out_after_180_days(desk):
    desk.denied(2)
    desk.wait(177)
    before = list(desk.statuses)
    desk.wait(4)

    assert ["PROPOSED", "SHADOW"] == before
    assert "RETIRED" == desk.statuses[-1]
    assert "no denial left within 180 days" == desk.revisions[-1].provenance.reason


def test_an_edit_that_comes_back_after_ageing_out_has_the_next_revision(desk):
    desk.denied(2)
    desk.wait(200)
    desk.denied()

    assert [("PROPOSED", 1), ("SHADOW", 2), ("RETIRED", 3), ("PROPOSED", 4)] == [
        (edit.status, edit.revision) for edit in desk.revisions
    ]


def test_old_denials_age_out_under_an_active_edit(desk):
    desk.denied(4, every=0.1)
    desk.wait(140)
    desk.denied()
    active = list(desk.statuses)
    desk.wait(41)

    assert "ACTIVE" == active[-1]
    assert "SHADOW" == desk.statuses[-1]
    assert "lower bound of denied of all below 0.3" == desk.revisions[-1].provenance.reason


def test_what_is_older_than_180_days_when_it_comes_does_not_count(desk):
    desk.wait(400)
    desk.paid()
    desk.send(answer("DENIED", on=START))

    assert [] == desk.revisions


def test_denials_that_come_long_after_they_were_said_make_no_active_edit(desk):
    desk.wait(60)
    for number in range(8):
        desk.send(answer("DENIED", number, on=START + dt.timedelta(days=number)))

    assert ["PROPOSED", "SHADOW"] == desk.statuses


def test_a_key_without_evidence_and_edits_is_forgotten(desk):
    desk.paid(3)
    desk.wait(182)

    assert desk.state is None
    assert [] == desk.sent


def test_a_denial_taken_back_takes_its_evidence_back():
    desk = AnswerDesk()
    denied = [answer(number=n, on=START + dt.timedelta(days=n)) for n in range(3)]
    desk.send(*denied)
    kept = desk.state
    extra = answer(number=9, on=START + dt.timedelta(days=1))
    desk.send(extra, extra.model_copy(update={"outcome": "WITHDRAWN"}))

    assert ["PROPOSED", "SHADOW", "ACTIVE"] == desk.statuses
    assert kept is not None
    desk.send(*(each.model_copy(update={"outcome": "WITHDRAWN"}) for each in denied))
    assert "RETIRED" == desk.statuses[-1]


def test_an_active_edit_falls_when_the_denials_that_speak_for_it_are_taken_back(desk):
    desk.denied(4, every=0.1)
    extra = [answer(number=n, on=desk.now) for n in range(3)]
    desk.send(*extra)
    desk.paid(4)
    before = desk.statuses[-1]
    desk.send(*(each.model_copy(update={"outcome": "WITHDRAWN"}) for each in extra))

    assert ("ACTIVE", "SHADOW") == (before, desk.statuses[-1])


def test_taking_back_leaves_alone_what_a_person_decided(desk):
    line = answer()
    desk.send(line)
    desk.decide("APPROVE", desk.revisions[-1])
    desk.send(line.model_copy(update={"outcome": "WITHDRAWN"}))

    assert ["PROPOSED", "ACTIVE"] == desk.statuses


def test_age_changes_only_the_edits_that_it_concerns(desk):
    for _ in range(4):
        desk.denied(1, every=0.1, place="22")
        desk.paid(3, every=0.1, place="11")
    desk.wait(20)
    desk.denied(1, place="11")
    desk.wait(30)

    assert {"places_of_service": ["22"]} in desk.standing["SHADOW"]
    assert {} in desk.standing["SHADOW"]
    assert "45 days without a new denial" == desk.revisions[-1].provenance.reason


@pytest.mark.parametrize("paid", [0, 2])
@pytest.mark.parametrize("unavoidable", [0, 2])
def test_a_record_taken_back_is_taken_from_what_it_was(paid, unavoidable):
    lines = [answer("PAID", n, reason_codes=("45",)) for n in range(paid)]
    lines += [
        answer("DENIED", 10 + n, category="OTHER", avoidable=False, reason_codes=("197",)) for n in range(unavoidable)
    ]
    desk = AnswerDesk()
    for each in lines:
        before = desk.state
        desk.send(each, each.model_copy(update={"outcome": "WITHDRAWN"}))
        assert before is None or anew(before) == anew(desk.state)
        desk.send(each)
    desk.send(*(each.model_copy(update={"outcome": "WITHDRAWN"}) for each in lines))

    assert desk.state is None


def test_taking_back_what_never_came_changes_nothing(desk):
    taken = answer().model_copy(update={"outcome": "WITHDRAWN"})
    desk.send(taken)
    nothing = desk.state
    desk.paid(1, every=0.1)
    before = desk.state
    desk.send(taken, answer("PAID", on=START - dt.timedelta(days=1)).model_copy(update={"outcome": "WITHDRAWN"}))

    assert nothing is None
    assert before == desk.state


def test_lines_that_a_shadow_edit_speaks_of_are_counted_by_what_the_payer_said(desk):
    desk.denied(2)
    desk.paid(1, every=0.1)
    desk.denied(1, every=0.1, category="DUPLICATE", avoidable=False)
    desk.denied(1, every=0.1)
    (edit,) = standing(desk.state)

    assert (1, 1, 0.5) == (edit.hits_denied, edit.hits_paid, edit.precision)
    assert (3, 1, 300_00, False) == (edit.denied, edit.paid, edit.at_stake_cents, edit.by_person)
    assert edit.bound == pytest.approx(wilson_lower(3, 1))


def test_precision_is_unknown_before_the_first_hit(desk):
    desk.denied(2)

    assert standing(desk.state)[0].precision is None


def test_a_hit_is_taken_back_with_its_line(desk):
    desk.denied(2)
    paid = answer("PAID", 9, on=desk.now)
    desk.send(paid, paid.model_copy(update={"outcome": "WITHDRAWN"}))
    (edit,) = standing(desk.state)

    assert (0, 0) == (edit.hits_denied, edit.hits_paid)


def test_two_categories_of_one_cause_speak_for_one_edit(desk):
    for _ in range(4):
        desk.denied(1, every=0.5, category="DOCUMENTATION", reason_codes=("252",))
        desk.denied(1, every=0.5)

    assert 1 == len(desk.edits)
    assert "ACTIVE" == desk.statuses[-1]
    assert ("COMPONENT_OVERLAP", "DOCUMENTATION") == desk.revisions[-1].provenance.categories
    assert 7 == desk.revisions[-1].provenance.denied


def test_a_wake_is_asked_for_only_when_age_changes_something(desk):
    desk.denied(4)

    assert millis(desk.now) + 44 * DAY == desk.step.wake_at


def test_diagnoses_are_not_in_a_message(desk):
    for _ in range(8):
        desk.denied(1, every=0.2, families=("Z99",))
        desk.paid(2, every=0.2, families=("I25",))

    active = [edit for edit in desk.edits.values() if edit.status == "ACTIVE"]
    assert [("Z99",)] == [edit.match.diagnosis_families for edit in active]
    assert all("Z99" not in edit.message + edit.remedy for edit in desk.revisions)
    assert pattern().diagnosis_families == ("I25",)


def anew(state: bytes) -> bytes:
    """A state without what is noted behind it."""
    return LearningState.load(state).dump()
