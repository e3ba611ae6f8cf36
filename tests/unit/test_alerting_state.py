"""How much is kept of an edit: which sites are forgotten, how many are kept, when the edit itself is."""

from __future__ import annotations

import pytest

from schemas.errors import Misuse
from schemas.record import moment
from streams.alerting import state as bounds
from streams.alerting.state import EDIT_DAYS, OTHERS, SITE_DAYS, EditState
from tests.alert_room import DAY, MONDAY, WINDOW, Room, at_work, hold

NOON = DAY // 2
AGES_AGO = MONDAY + NOON


def sites(room):
    """The names of the sites that are kept."""
    return list(EditState.load(room.state).sites)


def silent(days, **changes):
    """A room where site a, without a due day, and site b held something on one day, and b again so much later."""
    room = Room(time=AGES_AGO)
    room.open("a", **{"due_at": None} | changes)
    room.open("b", due_at=None)
    room.open("b", AGES_AGO + days * DAY, due_at=None)
    return room


@pytest.fixture
def few(monkeypatch):
    """Two sites have a series of their own."""
    monkeypatch.setattr(bounds, "MOST_SITES", 2)


class TestSites:
    def test_one_is_forgotten_after_so_many_whole_days_without_a_hold(self):
        assert ["a", "b"] == sites(silent(SITE_DAYS))
        assert ["b"] == sites(silent(SITE_DAYS + 1))

    def test_one_with_an_open_hold_that_is_due_is_kept(self):
        room = silent(100, due_at=moment(AGES_AGO + 5 * DAY))

        assert ["a", "b"] == sites(room)
        assert [("HOLD_OVERDUE", "FIRING", "a")] == room.told

    def test_one_is_forgotten_once_its_last_hold_is_closed_for_as_long(self):
        due = moment(AGES_AGO + 5 * DAY)
        room = silent(100, due_at=due)
        room.send(hold("a", room.time, state="CLOSED", due_at=due), room.time)
        room.open("b", room.time + (SITE_DAYS + 1) * DAY, due_at=None)

        assert ["b"] == sites(room)

    def test_one_whose_alert_goes_on_is_kept(self, monkeypatch):
        room = at_work(a=10)
        monkeypatch.setattr(bounds, "SITE_DAYS", -1)
        room.windows({"a": 40}, 2)
        room.advance(room.time - room.time % DAY + DAY - 2 * WINDOW)
        before = sites(room)
        room.windows({"a": 40}, 3)

        assert ["a"] == before
        assert ["a"] == sites(room)
        assert [] != room.told

    def test_one_that_comes_back_is_new_and_five_holds_are_news(self):
        room = at_work(a=1, b=1)
        room.open("b", room.time + 100 * DAY, due_at=None)
        room.open("a", number=5, due_at=None)

        assert [("HOLD_SPIKE", "FIRING", "a")] == room.told

    def test_those_that_stay_are_the_same_when_others_are_forgotten(self):
        room = Room(time=AGES_AGO)
        for site in ("a", "b", "c"):
            room.open(site, due_at=None if site == "b" else moment(AGES_AGO + 99 * DAY))
        before = EditState.load(room.state)
        room.open("d", AGES_AGO + 40 * DAY, due_at=None)
        after = EditState.load(room.state)

        assert ["a", "c", "d"] == list(after.sites)
        assert [before.sites[site].due.dump() for site in "ac"] == [after.sites[site].due.dump() for site in "ac"]
        assert room.state == after.dump()


class TestManySites:
    @pytest.mark.usefixtures("few")
    def test_what_comes_from_more_is_counted_together(self):
        room = Room(time=AGES_AGO)
        for site in ("a", "b", "c", "d", None):
            room.open(site, due_at=moment(AGES_AGO))
        room.advance(AGES_AGO + DAY)

        assert ["a", "b", OTHERS] == sites(room)
        assert [("HOLD_OVERDUE", "FIRING", site) for site in ("a", "b", OTHERS)] == room.told
        assert 3 == room.alerts[-1].count

    @pytest.mark.usefixtures("few")
    def test_a_hold_is_closed_where_it_was_opened_though_there_is_room_again(self):
        room = Room(time=AGES_AGO)
        due = moment(AGES_AGO + 90 * DAY)
        room.open("a", due_at=None)
        room.open("b", due_at=None)
        room.open("c", due_at=due)
        later = AGES_AGO + 40 * DAY
        room.open("d", later, due_at=None)
        room.send(hold("c", later, state="CLOSED", due_at=due), later)

        assert [OTHERS] == sites(room)
        assert EditState.load(room.state).sites[OTHERS].due.is_empty

    @pytest.mark.usefixtures("few")
    def test_once_the_others_are_forgotten_each_is_a_site_of_its_own_again(self):
        room = Room(time=AGES_AGO)
        for site in ("a", "b", "c"):
            room.open(site, due_at=None)
        room.open("c", AGES_AGO + 40 * DAY, due_at=None)

        assert ["c"] == sites(room)

    def test_a_state_does_not_grow_with_names_that_are_made_up(self, monkeypatch):
        monkeypatch.setattr(bounds, "MOST_SITES", 20)
        room = Room(time=AGES_AGO)
        for number in range(200):
            room.open(f"made-up-{number}", due_at=None)

        assert 21 == len(sites(room))
        assert len(room.state) < 25 * 1_100


class TestEdits:
    def test_one_that_was_silent_for_as_long_as_an_edit_is_kept_is_forgotten(self):
        room = Room(time=AGES_AGO)
        room.open("a", due_at=None)
        room.advance(MONDAY + (EDIT_DAYS + 1) * DAY - 1)
        before = room.state
        room.advance(room.time + 1)

        assert before is not None
        assert (None, None, []) == (room.state, room.wake_at, room.alerts)

    def test_one_with_an_open_hold_is_kept_and_not_woken_for_it(self):
        room = Room(time=AGES_AGO)
        room.open("a", due_at=moment(AGES_AGO))
        room.advance(MONDAY + 2 * EDIT_DAYS * DAY)

        assert ["a"] == sites(room)
        assert room.wake_at is None

    def test_whether_it_was_woken_to_be_forgotten_does_not_show(self):
        woken, slept = Room(time=AGES_AGO), Room(time=AGES_AGO)
        woken.open("a", due_at=None)
        slept.open("a", due_at=None)
        slept.wake_at = None
        for room in (woken, slept):
            room.open("b", AGES_AGO + 500 * DAY, number=9, due_at=None)

        assert woken.state == slept.state
        assert [] == woken.alerts == slept.alerts


def test_a_state_of_another_version_is_refused():
    room = Room()
    room.open("a")

    with pytest.raises(Misuse, match="alerting state: expected format 2, got 1; run the version that wrote it"):
        EditState.load(b"\x01" + room.state[1:])
