"""Holds by due day: what is past due, since when, and what is left when holds are closed."""

from __future__ import annotations

import pytest

from schemas.record import moment
from streams.alerting.overdue import OLDEST, DueDays, Overdue
from tests.alert_room import DAY, HOUR, MONDAY, Room, hold

TODAY = 20_000
OPEN, DONE = ("HOLD_OVERDUE", "FIRING"), ("HOLD_OVERDUE", "RESOLVED")


@pytest.fixture
def days():
    return DueDays()


def test_a_hold_is_past_due_when_its_due_day_is_over(days):
    days.add(TODAY, 100, TODAY)

    assert days.overdue(TODAY) is None
    assert Overdue(1, 100, TODAY) == days.overdue(TODAY + 1)


def test_what_is_closed_is_no_longer_past_due(days):
    days.add(TODAY - 2, 100, TODAY)
    days.add(TODAY - 1, 50, TODAY)
    days.take(TODAY - 2, 100, TODAY)

    assert Overdue(1, 50, TODAY - 1) == days.overdue(TODAY)


def test_a_hold_whose_opening_was_never_seen_takes_nothing_away_where_no_other_is_due_that_day(days):
    days.add(TODAY, 100, TODAY)
    days.take(TODAY + 1, 100, TODAY)

    assert [TODAY] == days.days_from(TODAY)


def test_where_another_is_due_that_day_it_takes_that_one_since_no_hold_is_known_by_itself(days):
    days.add(TODAY, 100, TODAY)
    days.add(TODAY, 50, TODAY)
    days.take(TODAY, 70, TODAY)

    assert Overdue(1, 80, TODAY) == days.overdue(TODAY + 1)


def test_what_is_past_due_for_more_than_a_month_is_counted_together(days):
    days.add(TODAY - 40, 100, TODAY - 40)
    days.add(TODAY - OLDEST, 10, TODAY - 40)
    days.add(TODAY, 1, TODAY)

    assert Overdue(2, 110, TODAY - OLDEST) == days.overdue(TODAY)
    days.take(TODAY - 40, 100, TODAY)
    assert Overdue(1, 10, TODAY - OLDEST) == days.overdue(TODAY)


def test_due_days_are_the_same_when_read_again(days):
    days.add(TODAY, 100, TODAY)
    days.add(TODAY + 3, 2**40, TODAY)
    days.opened = 7

    assert days.dump() == DueDays.load(days.dump()).dump()


def test_sites_are_told_of_once_a_day_has_ended_and_again_when_nothing_is_past_due():
    room = Room()
    room.open("a", number=2)
    room.open("b")
    room.open(None)
    room.advance(MONDAY + 6 * DAY - 1)

    assert [] == room.told
    room.advance(MONDAY + 7 * DAY)
    assert [(*OPEN, "a"), (*OPEN, "b"), (*OPEN, None)] == room.told
    for _ in range(2):
        room.send(hold("a", MONDAY, state="CLOSED"), room.time + HOUR)
    assert [(*DONE, "a")] == room.told[3:]


def test_the_alert_says_how_many_for_how_long_and_how_much():
    room = Room()
    room.open("a", number=2, due_at=moment(MONDAY - 3 * DAY))
    room.open("a", due_at=moment(MONDAY))
    room.advance(MONDAY + DAY)

    (alert,) = room.alerts
    assert (3, 3.0, 30_000, 0.0) == (alert.count, alert.observed, alert.charge_cents, alert.expected)
    assert "Past due: 3 holds by coding-units ($300) at a, the oldest for 4 days. " in alert.message
    assert (MONDAY - 3 * DAY, MONDAY + DAY) == (
        alert.window_start.timestamp() * 1000,
        alert.window_end.timestamp() * 1000,
    )


def test_one_hold_a_day_past_due_reads_well():
    room = Room()
    room.open(None, due_at=moment(MONDAY))
    room.advance(MONDAY + DAY)

    assert room.alerts[0].message.startswith(
        "Past due: 1 hold by coding-units ($100) at claims without a known site, the oldest for 1 day. "
    )


def test_an_age_of_a_month_may_be_more():
    room = Room()
    room.open("a", due_at=moment(MONDAY - 50 * DAY))
    room.advance(MONDAY + DAY)

    assert "the oldest for 31 days or more" in room.alerts[0].message


def test_holds_that_become_past_due_later_do_not_fire_again():
    room = Room()
    room.open("a", due_at=moment(MONDAY))
    room.open("a", due_at=moment(MONDAY + 2 * DAY))
    room.advance(MONDAY + 5 * DAY)

    assert [(*OPEN, "a")] == room.told


def test_a_hold_without_a_due_day_is_never_past_due():
    room = Room()
    room.open("a", due_at=None)

    assert room.is_asleep
