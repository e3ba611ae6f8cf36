"""The alerting processor: what an alert says, when a key is woken, what a restart and another window change."""

from __future__ import annotations

import pytest

from schemas.record import moment
from streams.alerting import Alerting, Tuning
from streams.alerting.processor import _KEPT
from streams.topics import HOLDS
from tests.alert_room import DAY, EDIT, HOUR, MONDAY, NINE_DAYS, WINDOW, Room, at_work, hold, usual

MINUTE = 60_000


def test_an_alert_says_how_many_against_how_many_since_when_and_what_to_do():
    room = at_work(a=10)
    room.windows({"a": 30}, 2)

    (alert,) = room.alerts
    assert ("HOLD_SPIKE", "FIRING", "a", EDIT, "CODING") == (
        alert.kind,
        alert.status,
        alert.site_id,
        alert.edit_id,
        alert.gate,
    )
    assert moment(NINE_DAYS) == alert.window_start
    assert alert.window_start < alert.occurred_at < alert.window_end
    assert (alert.observed, alert.charge_cents) == (float(alert.count), alert.count * 10_000)
    assert (
        f"{alert.count} holds by coding-units (${alert.count * 100:,}) at a since 2026-01-14 10:00 UTC" in alert.message
    )
    assert alert.message.endswith(f"where {alert.expected:.0f} are usual. Bill 1 unit.")


def test_the_end_of_an_alert_counts_all_holds_of_its_time():
    room = at_work(a=10)
    room.windows({"a": 30}, 6)
    room.windows({"a": 10}, 3)

    fired, over = room.alerts
    assert fired.alert_id == over.alert_id
    assert (210, 90.0) == (over.count, pytest.approx(over.expected, rel=0.05))
    assert moment(NINE_DAYS + 9 * WINDOW) == over.window_end == over.occurred_at
    assert over.message.startswith("Over: 210 holds by coding-units ($21,000) at a from 2026-01-14 10:00 UTC to ")


def test_a_site_without_a_name_is_called_what_it_is():
    room = at_work(a=1)
    room.open(None, number=5, due_at=None)

    assert "5 holds by coding-units ($500) at claims without a known site since" in room.alerts[0].message
    assert "where hardly any is usual" in room.alerts[0].message


def test_an_alert_across_sites_says_so():
    room = at_work(a=4, b=4, c=4)
    room.windows({"a": 16, "b": 16, "c": 16})

    (alert,) = room.alerts
    assert alert.site_id is None
    assert "at 3 sites since" in alert.message
    assert "They rise at several sites at once: a payer or a rule may have changed." in alert.message


def test_the_remedy_of_a_learned_edit_is_to_look_at_its_evidence():
    room = Room()
    room.send(hold("a", edit_id="f00d", gate="LEARNED", due_at=moment(MONDAY)), MONDAY)
    room.advance(MONDAY + DAY)

    assert room.alerts[0].message.endswith("A learned edit; what it rests on: cleanclaim edits show f00d")


def test_an_edit_that_is_new_raises_no_spike_on_its_first_working_day():
    room = Room()
    room.windows({"a": 1}, 12)
    room.windows({"a": 500}, 2)

    assert [] == room.alerts


def test_without_a_warm_up_the_first_burst_is_a_spike():
    room = Room(tuning=Tuning(window_ms=10_000, warm_up_hours=0))
    room.open("a", number=5)

    assert [("HOLD_SPIKE", "FIRING", "a")] == room.told


def test_an_edit_keeps_the_window_that_it_was_first_seen_with():
    room = Room(usual(("a", 10)), NINE_DAYS, tuning=Tuning(window_ms=60_000))
    room.windows({"a": 30}, 2)

    assert [("HOLD_SPIKE", "FIRING", "a")] == room.told


def test_windows_close_by_themselves_while_an_alert_is_open_and_not_after():
    room = at_work(a=10)
    room.windows({"a": 40}, 3)
    wakes = room.wakes
    room.advance(room.time + 2 * DAY)

    assert [("HOLD_SPIKE", "FIRING", "a"), ("HOLD_SPIKE", "RESOLVED", "a")] == room.told
    assert 3 <= room.wakes - wakes <= 6
    assert room.is_asleep


def test_a_key_is_woken_when_its_next_due_day_ends():
    room = Room()
    room.open("a", due_at=moment(MONDAY + 3 * DAY + HOUR))
    room.open("a", due_at=moment(MONDAY + DAY))

    assert MONDAY + 2 * DAY == room.wake_at
    room.advance(MONDAY + 2 * DAY)
    assert MONDAY + 4 * DAY == room.wake_at


def test_a_window_is_closed_before_a_later_due_day():
    room = at_work(a=10)
    room.open("a", due_at=moment(NINE_DAYS))
    room.windows({"a": 40}, 2)

    assert room.time == room.wake_at - WINDOW


def test_a_site_that_may_not_be_alone_waits_for_the_end_of_the_window():
    room = at_work(a=10, b=10)
    start = room.time
    for offset in range(40):
        room.open("a", start + offset * 1_000, due_at=None)
        if offset % 5 == 0:
            room.open("b", start + offset * 1_000, due_at=None)

    assert [] == room.told
    room.advance(start + WINDOW)
    assert [("HOLD_SPIKE", "FIRING", "a")] == room.told
    assert moment(start + WINDOW) == room.alerts[0].occurred_at


def test_sites_that_waited_for_one_another_give_one_alert():
    room = at_work(a=10, b=10)
    start = room.time
    for offset in range(26):
        room.open("a", start + offset * 1_000, due_at=None)
        room.open("b", start + offset * 1_000 + 1, due_at=None)
    room.advance(start + 2 * WINDOW)

    assert [("HOLD_SPIKE", "FIRING", None)] == room.told


def test_holds_that_become_late_while_an_edit_is_silent_for_months_are_told_in_the_order_of_time():
    room = at_work(a=10)
    room.open("a", due_at=moment(NINE_DAYS + 2 * DAY))
    room.windows({"a": 40}, 2)
    state, time = room.state, room.time
    asleep = Room(state, time)
    asleep.send(hold("a", time + 90 * DAY, due_at=None), time + 90 * DAY)

    assert [("HOLD_SPIKE", "RESOLVED"), ("HOLD_OVERDUE", "FIRING")] == [told[:2] for told in asleep.told]


def test_months_of_silence_count_as_no_holds():
    room = at_work(a=10)
    room.open("a", NINE_DAYS + 90 * DAY, number=12, due_at=None)

    assert [("HOLD_SPIKE", "FIRING", "a")] == room.told


def test_there_is_no_table_to_reconsider_for():
    processor = Alerting()
    state = usual(("a", 10))

    assert () == processor.touched(HOLDS, None, hold())
    assert state == processor.reconsider(EDIT, state, {}).state


def test_only_so_many_edits_are_kept_parsed():
    processor = Alerting()
    for number in range(_KEPT + 1):
        processor.wake(f"edit-{number}", usual(("a", 10)), NINE_DAYS)

    assert 1 == len(processor._parsed)  # noqa: SLF001 - a memo shows nowhere else


def test_the_state_of_an_edit_is_small_and_names_no_claim():
    room = Room()
    for number in range(1_000):
        room.open(f"site-{number % 4}", MONDAY + number * MINUTE, claim_id=f"CLAIM-{number}")

    assert len(room.state) < 5 * 1_000
    assert b"CLAIM" not in room.state


@pytest.mark.parametrize("holds", range(28, 34))
def test_a_rise_of_the_others_that_shows_as_the_window_ends_makes_one_alert_of_it(holds):
    room = at_work(a=10, b=10)
    start = room.time
    room.open("b", start, number=21, due_at=None)
    room.open("a", start, number=holds, due_at=None)
    room.open("b", start, due_at=None)
    room.advance(start + WINDOW)

    assert [("HOLD_SPIKE", "FIRING", None)] == room.told


def test_a_site_that_is_new_while_all_rise_is_part_of_it():
    room = at_work(a=4, b=4, c=4)
    room.windows({"a": 16, "b": 16, "c": 16})
    room.open("d", number=20, due_at=None)

    assert [("HOLD_SPIKE", "FIRING", None)] == room.told


def test_a_site_whose_spike_was_told_does_not_make_one_of_all():
    room = at_work(a=4, b=4)
    room.windows({"a": 40, "b": 4}, 2)
    room.windows({"a": 4, "b": 4}, 8)
    room.windows({"a": 4, "b": 24}, 2)

    assert ["a", "a", "b"] == [site for _, _, site in room.told]
