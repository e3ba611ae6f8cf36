"""The feedback processor: what it waits for, how long, what it keeps, and what it takes no notice of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas import codec, registry
from schemas.errors import Misuse
from schemas.record import millis, moment
from streams.feedback import Feedback
from streams.feedback.processor import CONFLICT, FULL, MOST_BYTES, MOST_REMITTANCES, NO_CLAIM, WAITING_DAYS
from streams.feedback.release import pack_release, unpack_release
from streams.feedback.state import ClaimState
from streams.processor import Outcome, SetAside, Step
from streams.topics import CLAIMS_RELEASED, EDITS, FEEDBACK_STATE, REMITTANCES
from tests.builders import at, claim, line
from tests.conftest import package_rules
from tests.desk import edit
from tests.mailroom import DAY, RECEIVED, Mailroom, answer, decision, released, remittance

if TYPE_CHECKING:
    from streams.processor import Processor

RELEASED = released(line("93015"))
DENIED = remittance(answer("93015", ("CO-97", 100_00)))
PAID = remittance(answer("93015", paid=80_00), received_at=at(60 * 24 * 20))
RETENTION = package_rules().configuration.retention_days * DAY
START = millis(RECEIVED)


def test_feedback_is_a_processor_of_releases_and_remittances():
    processor: Processor = Feedback(package_rules())

    assert processor.name == "feedback"
    assert (CLAIMS_RELEASED, REMITTANCES) == processor.inputs
    assert () == processor.tables
    assert FEEDBACK_STATE == processor.changelog


def test_nothing_depends_on_a_table():
    room = Mailroom()
    step = room.send(RELEASED)

    assert () == room.processor.touched(EDITS, None, edit())
    assert step == room.processor.reconsider("C1", room.state, {})


class TestWaiting:
    def test_a_remittance_waits_for_its_claim(self):
        room = Mailroom()
        room.send(DENIED)
        before = room.denials
        room.send(RELEASED)

        assert [] == before
        assert [("DENIED", 100_00)] == room.said()

    def test_it_waits_thirty_days_of_stream_time_and_is_set_aside_as_it_came(self):
        room = Mailroom()
        step = room.send(DENIED)
        aside = room.wake(step.wake_at)

        assert START + 1_000 + WAITING_DAYS * DAY == step.wake_at
        assert Step(None, set_aside=(SetAside(REMITTANCES, "C1", registry.write(DENIED), NO_CLAIM),)) == aside

    def test_each_waits_for_itself(self):
        room = Mailroom()
        first = room.send(DENIED)
        second = room.send(PAID)
        early = room.wake(first.wake_at - 1)
        aside = room.wake(first.wake_at)
        rest = room.wake(aside.wake_at)

        assert first.wake_at == second.wake_at == early.wake_at
        assert () == early.set_aside
        assert [registry.write(DENIED)] == [each.value for each in aside.set_aside]
        assert first.wake_at + 1_000 == aside.wake_at
        assert [registry.write(PAID)] == [each.value for each in rest.set_aside]
        assert rest.state is None

    def test_one_that_was_set_aside_is_processed_like_any_other_when_it_is_replayed(self):
        room = Mailroom()
        room.wake(room.send(DENIED).wake_at)
        room.send(RELEASED, DENIED)

        assert [("DENIED", 100_00)] == room.said()

    def test_once_the_claim_is_released_nothing_waits(self):
        room = Mailroom()
        room.send(DENIED)
        step = room.send(RELEASED)

        assert room.time + RETENTION == step.wake_at
        assert () == room.wake(START + 40 * DAY).set_aside


class TestRetention:
    def test_a_claim_is_forgotten_when_it_has_not_changed_for_as_long_as_it_is_kept(self):
        room = Mailroom()
        step = room.send(RELEASED)
        early = room.wake(step.wake_at - 1)

        assert START + 1_000 + RETENTION == step.wake_at
        assert (step.state, step.wake_at) == (early.state, early.wake_at)
        assert Step(None) == room.wake(step.wake_at)

    def test_a_change_keeps_it_for_longer_and_a_duplicate_does_not(self):
        room = Mailroom()
        room.send(RELEASED)
        changed = room.send(DENIED)
        repeated = room.send(RELEASED, DENIED)

        assert START + 2_000 + RETENTION == changed.wake_at == repeated.wake_at


class TestReleases:
    def test_a_decision_that_takes_a_release_back_is_nothing_to_answer(self):
        recall = decision(claim(line("93015"), revision=2), "HOLD", sequence=2, minutes=120)
        room = Mailroom()
        before = room.send(RELEASED, DENIED)
        step = room.send(recall)

        assert (before.state, before.wake_at, ()) == (step.state, step.wake_at, step.emits)
        assert Step(None) == Mailroom().send(recall)

    def test_a_remittance_goes_on_waiting_beside_a_decision_that_holds(self):
        room = Mailroom()
        before = room.send(DENIED)
        step = room.send(decision(claim(line("93015")), "HOLD"))

        assert (before.state, before.wake_at) == (step.state, step.wake_at)

    def test_the_same_release_again_changes_nothing(self):
        room = Mailroom()
        before = room.send(RELEASED, DENIED)
        step = room.send(RELEASED)

        assert (before.state, (), Outcome.DUPLICATE) == (step.state, step.emits, step.outcome)

    def test_it_comes_back_as_it_was_packed(self):
        release = released(line("93015", "59", "26", diagnosis_pointers=(2, 1)), place_of_service=None, revision=7)
        early = release.model_copy(update={"decided_at": moment(-1)})

        assert [-1, 7, "P01", None] == [
            getattr(unpack_release(pack_release(early)), name)
            for name in ("decided_at", "revision", "payer_id", "place_of_service")
        ]
        assert unpack_release(pack_release(release)).lines[0][1:3] == ("93015", ("26", "59"))
        assert pack_release(early) < pack_release(release)

    def test_a_released_claim_costs_less_than_its_payload(self):
        room = Mailroom()
        room.send(RELEASED)

        assert len(room.state) < len(codec.encode(RELEASED.claim))


class TestRemittances:
    def test_the_same_event_again_changes_nothing(self):
        room = Mailroom()
        before = room.send(RELEASED, DENIED)
        step = room.send(DENIED)

        assert (before.state, (), Outcome.DUPLICATE) == (step.state, step.emits, step.outcome)

    def test_the_same_content_under_another_event_id_changes_nothing(self):
        room = Mailroom()
        before = room.send(RELEASED, DENIED)
        step = room.send(DENIED.model_copy(update={"event_id": "sent again"}))

        assert (before.state, (), Outcome.DUPLICATE) == (step.state, step.emits, step.outcome)

    def test_other_content_under_the_same_event_id_is_refused_and_the_order_never_shows(self):
        other = PAID.model_copy(update={"event_id": DENIED.event_id})
        rooms = [Mailroom(), Mailroom()]
        rooms[0].send(RELEASED, DENIED, other)
        rooms[1].send(RELEASED, other, DENIED)

        assert [(Outcome.DEAD_LETTER, CONFLICT)] * 2 == [(room.step.outcome, room.step.reason) for room in rooms]
        assert rooms[0].evidence == rooms[1].evidence
        assert [kept.value for kept in ClaimState.load(rooms[0].state).remittances] == [
            kept.value for kept in ClaimState.load(rooms[1].state).remittances
        ]


def many(number, size=0):
    """So many different answers to one claim, a minute apart, each with a remark of `size` bytes."""
    return [remittance(answer("93015", ("CO-97", 1)), received_at=at(n), remarks="N" * size) for n in range(number)]


class TestRoom:
    def test_of_a_claim_only_so_many_answers_are_kept_and_the_next_is_refused(self):
        room = Mailroom()
        room.send(RELEASED, *many(MOST_REMITTANCES))
        before = room.state
        step = room.send(PAID)

        assert (Outcome.DEAD_LETTER, FULL) == (step.outcome, step.reason)
        assert (before, ()) == (step.state, step.emits)
        assert MOST_REMITTANCES == len(ClaimState.load(room.state).remittances)

    def test_what_comes_again_is_a_duplicate_though_there_is_no_room(self):
        room = Mailroom()
        sent = many(MOST_REMITTANCES)
        room.send(RELEASED, *sent)

        assert Outcome.DUPLICATE == room.send(sent[0]).outcome

    def test_few_large_answers_leave_no_room_either(self):
        room = Mailroom()
        room.send(RELEASED, *many(3, size=MOST_BYTES // 3 - 1_000))

        assert FULL == room.send(*many(1, size=4_000)).reason
        assert Outcome.APPLIED == room.send(PAID).outcome

    def test_one_that_takes_the_place_of_another_must_find_room(self):
        room = Mailroom()
        first, second, third = many(3, size=MOST_BYTES // 3 - 1_000)
        small = PAID.model_copy(update={"received_at": moment(START + 99 * DAY)})
        room.send(RELEASED, first, second, third, small)
        before = room.state
        step = room.send(*[each.model_copy(update={"event_id": small.event_id}) for each in many(1, size=4_000)])

        assert (Outcome.DEAD_LETTER, CONFLICT, before) == (step.outcome, step.reason, step.state)

    def test_what_waited_too_long_makes_room(self):
        room = Mailroom()
        first = room.send(*many(MOST_REMITTANCES))
        refused = room.send(PAID)
        room.wake(first.wake_at)

        assert (FULL, Outcome.APPLIED) == (refused.reason, room.send(PAID).outcome)


class TestState:
    def test_it_comes_back_as_it_was(self):
        room = Mailroom()
        room.send(RELEASED, DENIED, PAID)

        assert room.state == ClaimState.load(room.state).dump()
        assert list(room.evidence.values()) == ClaimState.load(room.state).said()

    def test_one_of_a_later_version_is_refused(self):
        with pytest.raises(Misuse, match="feedback state: expected format 1, got 2; run the version that wrote it"):
            ClaimState.load(b"\x02" + Mailroom().send(RELEASED).state[1:])
