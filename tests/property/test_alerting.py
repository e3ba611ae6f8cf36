"""What holds of alerting whatever the holds are."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.record import moment
from streams.alerting import Alerting
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


@given(bursts)
@settings(max_examples=60)
def test_how_often_an_engine_wakes_a_key_does_not_show(bursts):
    class Sleepy(Room):
        """An engine that wakes nobody before the next record comes."""

        def advance(self, to):
            self.time = max(self.time, to)

    sleepy = play(Sleepy(begun().state, START), bursts)
    sleepy.send(hold("z", sleepy.time, state="CLOSED"), sleepy.time)
    awake = play(begun(), bursts)
    awake.send(hold("z", awake.time, state="CLOSED"), awake.time)

    assert awake.alerts == sleepy.alerts
    assert awake.state == sleepy.state


@given(bursts)
@settings(max_examples=60)
def test_every_spike_is_over_once_holds_stay_away(bursts):
    alerts = [alert for alert in play(begun(), bursts).alerts if alert.kind == "HOLD_SPIKE"]

    assert Counter(a.alert_id for a in alerts if a.status == "FIRING") == Counter(
        a.alert_id for a in alerts if a.status == "RESOLVED"
    )


@given(bursts)
@settings(max_examples=30)
def test_a_key_without_open_alert_and_due_day_is_not_woken(bursts):
    room = play(begun(), [(*burst[:4], None, burst[5]) for burst in bursts])

    assert room.wake_at is None
