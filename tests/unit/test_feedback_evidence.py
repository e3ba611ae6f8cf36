"""What stands of several answers and several revisions, and what is said when that changes."""

from __future__ import annotations

import pytest

from streams.processor import Outcome
from tests.builders import at, line
from tests.mailroom import A_DAY, Mailroom, answer, released, remittance

RELEASED = released(line("93015"), line("93010"))


def replied(*reasons, day=7, status="1", paid=0, code="93015", **changes):
    """The answer to one line, on that day after the test."""
    return remittance(answer(code, *reasons, paid=paid, **changes), status=status, received_at=at(day * A_DAY))


DENIED = replied(("CO-97", 100_00))
PAID = replied(paid=80_00, day=20)
REVERSED = replied(paid=-80_00, charge=-100_00, status="22", day=10)


@pytest.fixture
def room():
    room = Mailroom()
    room.send(RELEASED)
    return room


class TestChanges:
    def test_an_answer_becomes_one_record_for_each_line(self, room):
        room.send(remittance(answer("93015", paid=80_00), answer("93010", ("CO-97", 100_00))))

        assert [("PAID", 80_00), ("DENIED", 100_00)] == room.said()

    def test_a_changed_result_takes_the_earlier_one_back_first(self, room):
        room.send(DENIED)
        room.send(PAID)

        assert [("WITHDRAWN", 100_00), ("PAID", 80_00)] == room.said()

    def test_what_is_taken_back_is_the_record_as_it_was(self, room):
        room.send(DENIED)
        first = room.denials[0]
        room.send(PAID)

        assert first.model_copy(update={"outcome": "WITHDRAWN"}) == room.denials[1]

    def test_the_same_result_again_says_nothing(self, room):
        room.send(DENIED)
        room.send(replied(("CO-97", 100_00), day=14))

        assert [] == room.said()
        assert Outcome.APPLIED == room.step.outcome

    def test_an_older_answer_that_comes_late_changes_nothing(self, room):
        room.send(PAID)
        room.send(DENIED)

        assert [] == room.said()

    def test_the_same_result_is_dated_by_the_first_that_said_so(self, room):
        room.send(replied(("CO-97", 100_00), day=14))
        room.send(DENIED)

        assert [("WITHDRAWN", 100_00), ("DENIED", 100_00)] == room.said()
        assert DENIED.received_at == room.denials[-1].occurred_at

    def test_a_reversal_takes_back_what_it_names(self, room):
        room.send(remittance(answer("93015", paid=80_00), answer("93010", paid=9_00)))
        room.send(REVERSED)

        assert [("WITHDRAWN", 80_00)] == room.said()

    def test_a_reversal_without_lines_takes_back_all_lines(self, room):
        room.send(remittance(answer("93015", paid=80_00), answer("93010", paid=9_00)))
        room.send(remittance(status="22", received_at=at(10 * A_DAY)))

        assert [("WITHDRAWN", 80_00), ("WITHDRAWN", 9_00)] == room.said()

    def test_an_answer_without_lines_says_nothing(self, room):
        room.send(PAID)
        room.send(remittance(received_at=at(30 * A_DAY)))

        assert [] == room.said()

    def test_a_reversal_of_what_was_never_said_says_nothing(self, room):
        room.send(REVERSED)

        assert [] == room.said()

    def test_after_a_reversal_the_same_result_is_said_anew(self, room):
        first, again = replied(paid=80_00), PAID
        room.send(first, REVERSED, again)

        assert ["PAID", "WITHDRAWN", "PAID"] == [denial.outcome for denial in room.denials]
        assert [again.received_at] == [denial.occurred_at for denial in room.evidence.values()]

    def test_of_one_moment_the_reversal_goes_before_what_corrects_it(self, room):
        corrected = replied(paid=70_00, day=10)
        room.send(replied(paid=80_00), corrected, REVERSED)

        assert [("PAID", 70_00)] == [(each.outcome, each.amount_cents) for each in room.evidence.values()]

    def test_an_answer_that_says_neither_takes_back_what_stood(self, room):
        room.send(DENIED)
        room.send(replied(day=14))

        assert [("WITHDRAWN", 100_00)] == room.said()

    @pytest.mark.parametrize("status", ["23", "25"])
    def test_what_is_no_answer_to_this_claim_leaves_what_stood(self, room, status):
        room.send(DENIED)
        room.send(replied(day=14, status=status, paid=80_00))

        assert [] == room.said()

    def test_another_code_for_a_line_takes_back_what_was_said_of_it(self, room):
        room.send(replied(("CO-97", 100_00), line_number=1))
        room.send(replied(day=14, code="93018", paid=30_00, line_number=1))

        assert [("WITHDRAWN", 100_00), ("PAID", 30_00)] == room.said()
        assert ["93015", "93018"] == [denial.pattern.procedure_code for denial in room.denials[1:]]


class TestRevisions:
    FIRST = released(line("93015"), minutes=60)
    SECOND = released(line("93015", "59"), revision=2, minutes=10 * A_DAY)

    def answered(self, *records):
        room = Mailroom()
        room.send(*records)
        return [denial.pattern.modifiers for denial in room.evidence.values()]

    def test_an_answer_is_to_the_latest_revision_released_by_then(self):
        assert [()] == self.answered(self.FIRST, self.SECOND, DENIED)
        assert [("59",)] == self.answered(self.FIRST, self.SECOND, PAID)

    def test_a_release_of_that_very_moment_counts(self):
        assert [("59",)] == self.answered(self.FIRST, self.SECOND, replied(paid=1, day=10))

    def test_an_answer_before_any_release_is_to_the_earliest(self):
        assert [()] == self.answered(self.FIRST, self.SECOND, replied(paid=1, day=-1))

    def test_each_revision_keeps_its_own_evidence(self):
        assert [(), ("59",)] == self.answered(self.FIRST, DENIED, self.SECOND, PAID)

    def test_a_release_that_comes_late_moves_the_answer_to_its_revision(self):
        room = Mailroom()
        room.send(self.SECOND, DENIED)
        room.send(self.FIRST)

        assert [("WITHDRAWN", 100_00), ("DENIED", 100_00)] == room.said()
        assert [()] == [denial.pattern.modifiers for denial in room.evidence.values()]

    def test_a_release_that_no_answer_is_about_says_nothing(self):
        room = Mailroom()
        room.send(self.FIRST, DENIED)
        room.send(self.SECOND)

        assert [] == room.said()

    def test_of_one_moment_the_higher_revision_is_answered(self):
        at_once = released(line("93015", "59"), revision=2, minutes=60)

        assert [("59",)] == self.answered(at_once, self.FIRST, DENIED)
