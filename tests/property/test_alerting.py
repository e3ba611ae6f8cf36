"""What holds of alerting whatever the holds are."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.record import moment
from streams.alerting import Alerting
from streams.alerting import state as bounds
from tests.alert_room import DAY, HOUR, MONDAY, WINDOW, Room, hold, usual

SITES = ["a", "b", "c", None]
START = MONDAY + 9 * DAY + 10 * HOUR

bursts = st.lists(
    st.tuples(
        st.sampled_from([0, 1, WINDOW // 2, WINDOW, 5 * WINDOW, HOUR, 7 * HOUR, DAY, 4 * DAY]),  # pause before
        st.sampled_from(SITES),
        st.sampled_from([1, 2, 6, 40]),  # holds
        st.sampled_from([0, WINDOW, HOUR, 3 * HOUR, -HOUR]),  # how late they are
        st.sampled_from([None, -3, 0, 1, 5]),  # days until they are due
        st.booleans(),  # opened, or closed
    ),
    max_size=25,
)


def play(room, bursts, *, after=8 * DAY):
    """Let a room see bursts of holds, one record at a time, then some days of silence."""
    at = room.time
    for pause, site, number, late, due, opened in bursts:
        at += pause
        changes = {
            "state": "OPENED" if opened else "CLOSED",
            "due_at": None if due is None else moment(at + due * DAY),
            "occurred_at": moment(at - late),
        }
        for _ in range(number):
            room.send(hold(site, at, **changes), at)
    room.advance(at + after)
    return room


def begun():
    """A room that knows what is usual."""
    return Room(usual(("a", 1), ("b", 1)), START)


class Forgetful(Alerting):
    """Reads its state anew before each step, as after a restart."""

    def _take(self, key, state):
        self._parsed.clear()
        return super()._take(key, state)


@given(bursts)
@settings(max_examples=60)
def test_an_alert_fires_once_and_is_over_once_and_never_the_other_way_round(bursts):
    alerts = play(begun(), bursts).alerts

    assert set() == {each for each, number in Counter((a.alert_id, a.status) for a in alerts).items() if number > 1}
    open_alerts = {}
    for alert in alerts:
        place = alert.kind, alert.site_id, alert.message.partition(" sites")[1]
        if alert.status == "FIRING":
            open_alerts[alert.alert_id] = place
        else:
            del open_alerts[alert.alert_id]


@given(bursts)
@settings(max_examples=60)
def test_a_restart_at_any_moment_changes_neither_alerts_nor_state(bursts):
    forgetful = begun()
    forgetful.processor = Forgetful()
    steady = begun()

    assert play(steady, bursts).alerts == play(forgetful, bursts).alerts
    assert steady.state == forgetful.state


class Sleepy(Room):
    """An engine that wakes nobody before the next record comes."""

    def advance(self, to):
        self.time = max(self.time, to)


@given(bursts)
@settings(max_examples=60)
def test_how_often_an_engine_wakes_a_key_does_not_show(bursts):
    sleepy = play(Sleepy(begun().state, START), bursts)
    sleepy.send(hold("z", sleepy.time, state="CLOSED"), sleepy.time)
    awake = play(begun(), bursts)
    awake.send(hold("z", awake.time, state="CLOSED"), awake.time)

    assert awake.alerts == sleepy.alerts
    assert awake.state == sleepy.state


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, HOUR, DAY, 3 * DAY, 5 * DAY]),
            st.sampled_from([*SITES, "d"]),
            st.sampled_from([1, 9]),
            st.just(0),
            st.sampled_from([None, 1, 9]),
            st.booleans(),
        ),
        max_size=15,
    )
)
@settings(max_examples=40)
def test_what_is_forgotten_does_not_depend_on_when_an_engine_looks_or_restarts(bursts):
    with patch.multiple(bounds, MOST_SITES=3, SITE_DAYS=2, EDIT_DAYS=6):
        rooms = [Room(begun().state, START), Sleepy(begun().state, START), begun()]
        rooms[-1].processor = Forgetful()
        for room in rooms:
            play(room, bursts)
            room.send(hold("z", room.time, state="CLOSED"), room.time)

    assert rooms[0].alerts == rooms[1].alerts == rooms[2].alerts
    assert rooms[0].state == rooms[1].state == rooms[2].state


@given(bursts)
@settings(max_examples=60)
def test_every_spike_is_over_once_holds_stay_away(bursts):
    alerts = [alert for alert in play(begun(), bursts).alerts if alert.kind == "HOLD_SPIKE"]

    assert Counter(a.alert_id for a in alerts if a.status == "FIRING") == Counter(
        a.alert_id for a in alerts if a.status == "RESOLVED"
    )


@given(bursts)
@settings(max_examples=30)
def test_a_key_without_open_alert_and_due_day_is_not_woken_but_to_be_forgotten(bursts):
    room = play(begun(), [(*burst[:4], None, burst[5]) for burst in bursts])

    assert room.is_asleep
