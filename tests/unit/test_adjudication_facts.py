"""Facts come in any order, again, late, revised, torn and replayed; each record ends as one outcome."""

from __future__ import annotations

import io
from itertools import permutations

import fastavro
import pytest

from schemas import codec, registry
from schemas.encounter import Encounter
from streams.encounter_state import ENCOUNTER, EncounterState, make_fact
from streams.folding import unreadable_digest
from streams.processor import Inbound, Outcome
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS, REVIEWS
from tests.builders import at, chart, claim, encounter, line, review, technical_note
from tests.desk import Desk, found

CLAIM = claim(line("93015"))
GARBAGE = unreadable_digest(b"garbage")


def test_every_kind_of_fact_reaches_the_judge():
    desk = Desk()
    desk.send(review("x"), CLAIM, *chart(), encounter())

    assert encounter() == desk.judge.facts.encounter
    assert tuple(sorted(chart(), key=lambda d: d.document_id)) == desk.judge.facts.documents
    assert (CLAIM,) == desk.judge.facts.claims
    assert (review("x"),) == desk.judge.facts.reviews


def test_nothing_is_judged_without_a_claim():
    desk = Desk()
    desk.send(encounter(), *chart(), review("x"))

    assert desk.judge.times_asked == 0


def test_a_fact_is_judged_the_same_from_the_stored_bytes_as_when_it_came():
    desk, other = Desk(), Desk()
    desk.send(encounter(), *chart(), CLAIM)
    other.state = desk.state
    other.send(review("x"))
    desk.send(review("x"))

    assert desk.judge.facts == other.judge.facts


def test_the_higher_revision_stands():
    desk = Desk()
    desk.send(CLAIM, encounter(revision=1), encounter(revision=2, place_of_service="22"))

    assert desk.step.outcome == Outcome.APPLIED
    assert desk.judge.facts.encounter.place_of_service == "22"


def test_a_lower_revision_that_comes_late_is_superseded():
    desk = Desk()
    desk.send(CLAIM, encounter(revision=2))
    before = desk.state
    desk.send(encounter(revision=1))

    assert desk.step.outcome == Outcome.SUPERSEDED
    assert before == desk.state


def test_the_same_content_under_another_event_id_is_a_duplicate():
    desk = Desk()
    desk.send(CLAIM, encounter(event_id="one"))
    before = desk.state
    desk.send(encounter(event_id="another"))

    assert desk.step.outcome == Outcome.DUPLICATE
    assert before == desk.state
    assert desk.step.emits == ()


def test_the_same_content_in_other_avro_blocks_is_a_duplicate():
    desk = Desk()
    desk.send(encounter(), CLAIM)
    body = codec.encode(CLAIM)
    # Avro may write a list as blocks with a negative count and a size: here the one diagnosis, I25.118.
    diagnosis = b"\x02\x0eI25.118\x00"
    blocked = body.replace(diagnosis, b"\x01\x10\x0eI25.118\x00")
    step = desk.processor.process(Inbound(CLAIMS_BUILT, "E1", CLAIM, blocked, 9_000), desk.state, {"edits.v1": {}})

    assert body != blocked
    assert codec.decode(type(CLAIM), blocked) == CLAIM
    assert step.outcome == Outcome.DUPLICATE


class TestConflicts:
    ONE, OTHER, THIRD = (encounter(place_of_service=code) for code in ("11", "22", "19"))

    def test_another_content_of_the_same_revision_is_a_dead_letter_and_marks_the_fact(self):
        desk = Desk()
        desk.send(CLAIM, self.ONE, self.OTHER)

        assert desk.step.outcome == Outcome.DEAD_LETTER
        assert {("encounters.v1", "E1")} == desk.judge.facts.conflicts

    def test_the_reason_names_topic_and_revision_and_no_id(self):
        desk = Desk()
        desk.send(self.ONE, self.OTHER)

        assert desk.step.reason.startswith("conflicting revision: encounters.v1: revision 1 ")
        assert "E1" not in desk.step.reason

    @pytest.mark.parametrize("order", [*permutations([ONE, OTHER, THIRD])])
    def test_which_content_stands_does_not_depend_on_the_order(self, order):
        desk = Desk()
        desk.send(CLAIM, *order)

        assert desk.judge.facts.encounter.place_of_service == "11"

    def test_a_third_content_is_a_dead_letter_too(self):
        desk = Desk()
        desk.send(self.ONE, self.OTHER, self.THIRD)

        assert desk.step.outcome == Outcome.DEAD_LETTER

    @pytest.mark.parametrize("again", [ONE, OTHER, THIRD])
    def test_each_content_that_came_before_is_a_duplicate(self, again):
        desk = Desk()
        desk.send(CLAIM, self.THIRD, self.OTHER, self.ONE)
        before = desk.state
        desk.send(again.model_copy(update={"event_id": "again"}))

        assert desk.step.outcome == Outcome.DUPLICATE
        assert desk.step.reason.startswith("conflicting revision: encounters.v1: revision 1 ")
        assert before == desk.state

    def test_a_higher_revision_ends_the_conflict(self):
        desk = Desk()
        desk.send(CLAIM, self.ONE, self.OTHER, encounter(revision=2))

        assert frozenset() == desk.judge.facts.conflicts

    def test_a_lower_revision_does_not_end_the_conflict(self):
        desk = Desk()
        desk.send(CLAIM, encounter(revision=2), encounter(revision=2, place_of_service="22"), encounter(revision=1))

        assert desk.step.outcome == Outcome.SUPERSEDED
        assert {("encounters.v1", "E1")} == desk.judge.facts.conflicts

    def test_facts_of_every_topic_can_be_in_conflict(self):
        note = technical_note()
        desk = Desk()
        desk.send(CLAIM, CLAIM.model_copy(update={"payer_id": "P02"}))
        desk.send(note, note.model_copy(update={"entity_id": "R"}))
        desk.send(review("x"), review("y"))
        ids = {(CLAIMS_BUILT.name, "C1"), (DOCUMENTATION.name, note.document_id), (REVIEWS.name, "R1")}

        assert ids == desk.judge.facts.conflicts

    def test_a_conflict_survives_the_stored_bytes(self):
        desk, other = Desk(), Desk()
        desk.send(CLAIM, self.ONE, self.OTHER)
        other.state = desk.state
        other.send(self.OTHER)
        again = other.step.outcome
        other.send(review("x"))

        assert again == Outcome.DUPLICATE
        assert {("encounters.v1", "E1")} == other.judge.facts.conflicts

    def test_a_conflict_makes_a_new_decision(self):
        desk = Desk()
        desk.send(self.ONE, CLAIM)
        desk.judge.says("HOLD", found("administrative-fact-conflict"))
        desk.send(self.OTHER)

        assert ["RELEASE", "HOLD"] == [decision.route for decision in desk.decisions]


class TestUnreadable:
    def test_a_record_that_cannot_be_read_marks_its_encounter(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()

        assert desk.step.outcome == Outcome.DEAD_LETTER
        assert desk.step.reason.startswith("documentation.v1: ")
        assert desk.judge.facts.unreadable

    def test_it_may_come_before_everything_else(self):
        desk = Desk()
        desk.send_unreadable()
        desk.send(encounter(), CLAIM)

        assert desk.judge.facts.unreadable

    def test_the_same_bytes_again_are_a_duplicate(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send_unreadable()

        assert desk.step.outcome == Outcome.DUPLICATE

    def test_its_replay_is_processed_and_takes_the_mark_away(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send(technical_note(), replay_of=GARBAGE)

        assert desk.step.outcome == Outcome.APPLIED
        assert not desk.judge.facts.unreadable
        assert (technical_note(),) == desk.judge.facts.documents

    def test_a_replay_of_what_is_known_already_is_a_duplicate_and_takes_the_mark_away(self):
        desk = Desk()
        desk.send(CLAIM, technical_note())
        desk.send_unreadable()
        desk.send(technical_note(), replay_of=GARBAGE)

        assert desk.step.outcome == Outcome.DUPLICATE
        assert not desk.judge.facts.unreadable

    def test_each_unreadable_record_waits_for_its_own_replay(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable(b"garbage")
        desk.send_unreadable(b"other garbage")
        desk.send(technical_note(), replay_of=GARBAGE)

        assert desk.judge.facts.unreadable

    def test_bytes_that_were_replayed_mark_nothing_when_they_come_again(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send(technical_note(), replay_of=GARBAGE)
        desk.send_unreadable()

        assert desk.step.outcome == Outcome.DUPLICATE
        assert not desk.judge.facts.unreadable

    def test_a_replay_that_comes_twice_changes_nothing_the_second_time(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send(technical_note(), replay_of=GARBAGE)
        before = desk.state
        desk.send(technical_note(), replay_of=GARBAGE)

        assert before == desk.state

    def test_a_replay_that_still_cannot_be_read_leaves_the_mark(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send_unreadable(replay_of=GARBAGE)

        assert desk.step.outcome == Outcome.DUPLICATE
        assert desk.judge.facts.unreadable

    def test_a_replay_by_other_bytes_that_cannot_be_read_waits_for_their_replay(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.send_unreadable()
        desk.send_unreadable(b"other garbage", replay_of=GARBAGE)
        desk.send(technical_note(), replay_of=unreadable_digest(b"other garbage"))

        assert not desk.judge.facts.unreadable

    def test_the_marks_survive_the_stored_bytes(self):
        desk, other = Desk(), Desk()
        desk.send_unreadable(b"garbage")
        desk.send_unreadable(b"other garbage")
        desk.send(technical_note(), replay_of=GARBAGE)
        other.state = desk.state
        other.send(CLAIM)
        other.send_unreadable()

        assert other.step.outcome == Outcome.DUPLICATE
        assert other.judge.facts.unreadable


def test_a_record_under_another_key_than_its_encounter_is_a_dead_letter():
    desk = Desk()
    desk.send(encounter(encounter_id="E2"))

    assert desk.step.outcome == Outcome.DEAD_LETTER
    assert desk.step.reason.startswith("encounters.v1: encounter_id: expected the key of the record")
    assert "E2" not in desk.step.reason
    assert desk.state is None


def test_a_fact_stored_under_an_earlier_schema_is_judged_like_any_other(monkeypatch):
    today = codec.avsc(Encounter)
    earlier = {**today, "fields": [field for field in today["fields"] if field["name"] != "supervision_mode"]}
    monkeypatch.setitem(registry.history(), 1_999_999_999, earlier)
    body = io.BytesIO()
    fastavro.schemaless_writer(
        body, fastavro.parse_schema(earlier), encounter().model_dump(exclude={"supervision_mode"})
    )
    state = EncounterState()
    state.put(make_fact(ENCOUNTER, "E1", 1, codec.frame(1_999_999_999, body.getvalue())), None, replaces=None)
    state.records.clear()
    desk = Desk()
    desk.state = state.dump()
    desk.send(CLAIM)

    assert encounter(supervision_mode=None) == desk.judge.facts.encounter


def test_occurred_at_is_part_of_the_content():
    desk = Desk()
    desk.send(encounter(), encounter(occurred_at=at(1)))

    assert desk.step.outcome == Outcome.DEAD_LETTER
    assert ENCOUNTERS.name in desk.step.reason
