"""A person's word on an edit overrides the evidence, and stays."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from streams.edit_id import edit_id_of
from streams.learning import Learning, decisions, evidence, standing
from streams.learning import state as states
from streams.processor import Outcome
from tests.answers import CODE, PAYER, START, AnswerDesk, answer


def written(status: str = "ACTIVE", **changes) -> Edit:
    """An edit as a person writes it."""
    scope = changes.pop("scope", None) or EditScope(payer_ids=(PAYER,), places_of_service=("22",))
    match = changes.pop("match", None) or EditMatch(procedure_codes=(CODE,))
    values = {
        "edit_id": edit_id_of(scope, match),
        "revision": 1,
        "status": status,
        "scope": scope,
        "match": match,
        "severity": "HOLD",
        "message": "Their portal says so.",
        "remedy": "Call.",
        "provenance": EditProvenance(source="PERSON", denied=0, paid=0, categories=(), reason_codes=()),
        "occurred_at": START,
    } | changes
    return Edit(**values)


@pytest.fixture(params=[False, True], ids=["parsed state", "state from bytes"])
def desk(request):
    return AnswerDesk(forgetful=request.param)


@pytest.mark.parametrize(("action", "status"), [("APPROVE", "ACTIVE"), ("SHADOW", "SHADOW"), ("RETIRE", "RETIRED")])
def test_a_decision_sets_the_status_and_says_who_and_why(desk, action, status):
    desk.denied()
    desk.decide(action, desk.revisions[-1])
    edit = desk.revisions[-1]

    assert (status, 2, "analyst-1", "called the payer", "DENIALS") == (
        edit.status,
        edit.revision,
        edit.provenance.decided_by,
        edit.provenance.reason,
        edit.provenance.source,
    )
    assert (1, 0) == (edit.provenance.denied, edit.provenance.paid)
    assert standing(desk.state)[0].by_person


def test_what_a_person_approved_stays_active_through_silence_and_payments(desk):
    desk.denied()
    desk.decide("APPROVE", desk.revisions[-1])
    desk.paid(20)
    desk.wait(400)

    assert ["PROPOSED", "ACTIVE"] == desk.statuses


def test_what_a_person_retired_stays_retired_whatever_is_denied(desk):
    desk.denied()
    desk.decide("RETIRE", desk.revisions[-1])
    desk.denied(8)

    assert ["PROPOSED", "RETIRED"] == desk.statuses


def test_a_wider_edit_does_not_retire_what_a_person_decided(desk):
    desk.decide("ADD", written("SHADOW"))
    desk.denied(4, place="22")
    desk.denied(4, place="11")

    assert [{"places_of_service": ["22"]}] == desk.standing["SHADOW"]
    assert [{}] == desk.standing["ACTIVE"]


def test_an_edit_that_a_person_added_goes_out_with_their_name(desk):
    desk.decide("ADD", written())
    (edit,) = desk.revisions

    assert ("PERSON", "analyst-1", "called the payer", "Their portal says so.", 1, desk.now) == (
        edit.provenance.source,
        edit.provenance.decided_by,
        edit.provenance.reason,
        edit.message,
        edit.revision,
        edit.occurred_at,
    )


def test_what_an_active_edit_of_a_person_holds_makes_no_other_edit(desk):
    desk.decide("ADD", written())
    desk.denied(6, place="22")

    assert 1 == len(desk.revisions)
    assert 6 == standing(desk.state)[0].hits_denied


def test_an_edit_added_again_is_a_new_revision_only_if_status_severity_or_dates_change(desk):
    desk.decide("ADD", written())
    desk.decide("ADD", written(message="Said otherwise."))
    desk.decide("ADD", written(severity="WARN"))
    desk.decide("ADD", written(severity="WARN", effective_from=START.date()))

    assert [1, 2, 3] == [edit.revision for edit in desk.revisions]


def test_a_decision_that_changes_nothing_shown_still_stays(desk):
    desk.denied(4)
    desk.decide("APPROVE", desk.revisions[-1])
    desk.wait(100)

    assert ["PROPOSED", "SHADOW", "ACTIVE"] == desk.statuses


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"status": "SHADOW"}, True),
        ({"severity": "WARN"}, True),
        ({"effective_from": dt.date(2026, 8, 1)}, True),
        ({"effective_to": dt.date(2026, 8, 1)}, True),
        ({"message": "Their new portal says so.", "remedy": "Write."}, False),
        ({"revision": 7, "occurred_at": START + dt.timedelta(days=1)}, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_status_severity_and_dates_are_what_may_change_about_an_edit(changes, differs):
    edit = written()

    assert differs == (decisions.terms_of(edit) != decisions.terms_of(edit.model_copy(update=changes)))


def test_a_decision_that_comes_again_is_a_duplicate(desk):
    desk.denied()
    edit = desk.revisions[-1]
    desk.decide("APPROVE", edit, event_id="once")
    before = desk.state
    step = desk.decide("APPROVE", edit, event_id="once")

    assert (Outcome.DUPLICATE, before) == (step.outcome, desk.state)


def test_an_earlier_decision_that_comes_again_takes_no_later_one_back(desk):
    desk.denied()
    edit = desk.revisions[-1]
    approved = desk.now
    desk.decide("APPROVE", edit, event_id="first", occurred_at=approved)
    desk.wait(1)
    desk.decide("RETIRE", edit, event_id="second")
    before = desk.state
    step = desk.decide("APPROVE", edit, event_id="first", occurred_at=approved)

    assert (Outcome.SUPERSEDED, before) == (step.outcome, desk.state)
    assert ["PROPOSED", "ACTIVE", "RETIRED"] == desk.statuses


def test_a_late_denial_for_which_there_is_no_room_beside_what_a_person_holds_makes_no_edit(desk, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_CELLS", 8)
    desk.decide("ADD", written())
    desk.wait(100)
    desk.denied(8, place="22")
    step = desk.send(answer("DENIED", 99, START, place="11", category="DIAGNOSIS"))

    assert Outcome.APPLIED == step.outcome
    assert ["ACTIVE"] == desk.statuses


def test_a_decision_on_an_edit_of_any_payer_lies_under_any():
    desk = AnswerDesk(key=f"*|{CODE}")
    edit = written(scope=EditScope(site_ids=("S1",)))
    desk.decide("ADD", edit)
    desk.decide("RETIRE", edit)
    desk.wait(1_000)

    assert ["ACTIVE", "RETIRED"] == desk.statuses
    assert None is desk.step.wake_at


@pytest.mark.parametrize(
    ("action", "edit", "changes", "reason"),
    [
        ("APPROVE", written(), {}, decisions.UNKNOWN),
        ("ADD", written(), {"edit": None}, decisions.NO_EDIT),
        ("ADD", written(edit_id="mine"), {}, decisions.WRONG_ID),
        ("ADD", written(), {"edit_id": "another"}, decisions.WRONG_ID),
        ("ADD", written(scope=EditScope(payer_ids=("P99",))), {}, decisions.WRONG_KEY),
    ],
)
def test_a_decision_that_cannot_be_followed_is_a_dead_letter_and_changes_nothing(desk, action, edit, changes, reason):
    desk.denied()
    before = desk.state
    step = desk.decide(action, edit, **changes)

    assert (Outcome.DEAD_LETTER, reason, ()) == (step.outcome, step.reason, step.emits)
    assert before == desk.state


def test_beyond_so_many_edits_of_people_there_is_no_room(desk, monkeypatch):
    monkeypatch.setattr(states, "MOST_EDITS", 2)
    for place in ("11", "22"):
        desk.decide("ADD", written(scope=EditScope(payer_ids=(PAYER,), places_of_service=(place,))))
    step = desk.decide("ADD", written(scope=EditScope(payer_ids=(PAYER,), places_of_service=("19",))))
    desk.denied(4, place="31")

    assert (Outcome.DEAD_LETTER, decisions.NO_ROOM) == (step.outcome, step.reason)
    assert 2 == len(desk.revisions)


def test_of_too_many_edits_the_one_retired_longest_is_forgotten(desk, monkeypatch):
    monkeypatch.setattr(states, "MOST_EDITS", 2)
    desk.denied(2)
    desk.wait(200)
    desk.decide("ADD", written())
    desk.decide("ADD", written(scope=EditScope(payer_ids=(PAYER,), places_of_service=("19",))))

    assert 2 == len(standing(desk.state))
    assert "RETIRED" not in {each.edit.status for each in standing(desk.state)}


def test_learning_waits_for_no_table():
    desk = AnswerDesk()
    desk.denied()
    processor = Learning()

    assert desk.step._replace(emits=()) == processor.reconsider(desk.key, desk.state, {})
    assert () == processor.touched(*[None] * 3)
