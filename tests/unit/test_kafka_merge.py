"""Records of several inputs go on in the order of their append times, and wait no longer than they must."""

from __future__ import annotations

from agents.kafka.merge import FULL, Arrival, Merge

PATIENCE = 0.1


def arrival(time, number, offset=0):
    return Arrival(time, number, offset, None)


def test_records_of_all_inputs_are_taken_by_append_time():
    merge = Merge(2, PATIENCE)
    for time, number in ((1, 0), (4, 0), (2, 1), (3, 1)):
        merge.add(arrival(time, number), 0.0)
    merge.end(0)
    merge.end(1)

    assert [1, 2, 3, 4] == [each.time for each in merge.take(10, 0.0)]


def test_a_record_waits_for_an_input_that_may_hold_an_older_one():
    merge = Merge(2, PATIENCE)
    merge.add(arrival(5, 0), 0.0)
    too_early = merge.take(10, 0.05)
    merge.add(arrival(3, 1), 0.06)

    assert [] == too_early
    assert [3] == [each.time for each in merge.take(10, 0.07)]  # 5 waits again: input 1 may hold a 4


def test_the_wait_ends_after_a_while_in_which_nothing_came():
    merge = Merge(2, PATIENCE)
    merge.add(arrival(5, 0), 1.0)

    assert 0.05 > abs(merge.wait(1.0) - PATIENCE)
    assert [5] == [each.time for each in merge.take(10, 1.0 + PATIENCE)]


def test_an_input_at_its_end_is_not_waited_for_until_it_goes_on():
    merge = Merge(2, PATIENCE)
    merge.end(0)
    merge.end(1)
    merge.add(arrival(5, 0, 0), 0.0)
    at_end = merge.take(10, 0.0)
    merge.add(arrival(6, 0, 1), 0.0)
    merge.add(arrival(7, 1, 0), 0.0)
    merge.take(10, 0.0)

    assert [5] == [each.time for each in at_end]
    assert not merge.at_end


def test_no_more_is_taken_than_asked_for_and_all_can_be_given_back():
    merge = Merge(2, PATIENCE)
    for offset in range(5):
        merge.add(arrival(offset, offset % 2, offset), 0.0)
    merge.end(0)
    merge.end(1)
    taken = merge.take(3, 0.0)
    merge.give_back(taken)

    assert [0, 1, 2] == [each.offset for each in taken]
    assert [0, 1, 2, 3, 4] == [each.offset for each in merge.take(10, 0.0)]


def test_an_input_far_ahead_pauses_and_resumes_when_there_is_room():
    merge = Merge(1, PATIENCE)
    for offset in range(FULL):
        merge.add(arrival(offset, 0, offset), 0.0)
    full = merge.is_full(0), merge.has_room(0)
    merge.end(0)
    merge.take(FULL, 0.0)

    assert (True, False) == full
    assert merge.has_room(0)
