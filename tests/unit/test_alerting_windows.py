"""Which window a hold belongs to, and how many are counted."""

from __future__ import annotations

import pytest

from schemas.errors import Misuse
from streams.alerting import Tuning
from streams.alerting.windows import Windows

NOW = 12 * 1_000_000


@pytest.fixture
def windows():
    return Windows(12, NOW)


@pytest.mark.parametrize(
    ("behind", "counted"),
    [(0, 0), (1, 1), (12, 12), (13, 0), (1_000, 0), (-1, 0)],
    ids=["on time", "late", "an hour late", "later than an hour", "much later", "from a clock ahead"],
)
def test_a_hold_belongs_to_the_window_of_its_time_if_that_is_at_most_an_hour_old(windows, behind, counted):
    windows.add(NOW - behind, 100)

    assert [counted] == [place for place, holds in enumerate(windows.counts) if holds]


def test_windows_that_pass_are_empty(windows):
    windows.add(NOW, 100)
    windows.advance(NOW + 2)
    windows.add(NOW + 2, 50)

    assert [1, 0, 1] == windows.counts[:3]
    assert (1, 2, 50, 150) == (windows.last(2), windows.last(3), windows.last_cents(2), windows.last_cents(3))


def test_an_hour_is_given_whole_or_as_far_as_it_is_known(windows):
    for each in range(24):
        windows.advance(NOW + each)
        for _ in range(each):
            windows.add(NOW + each, 1)

    assert [*range(11, -1, -1)] == windows.of_hour(NOW // 12)
    assert [*range(23, 11, -1)] == windows.of_hour(NOW // 12 + 1)
    assert [] == windows.of_hour(NOW // 12 + 2)
    windows.advance(NOW + 30)
    assert [11, 10, 9, 8, 7] == windows.of_hour(NOW // 12)


def test_what_an_episode_told_is_not_counted_again(windows):
    windows.add(NOW, 100)
    windows.restart(NOW + 1)
    windows.advance(NOW + 1)
    windows.add(NOW + 1, 50)

    assert (1, 50, 1) == (windows.last(12), windows.last_cents(12), windows.today)


def test_a_day_ends_at_midnight():
    day = 288
    windows = Windows(12, day - 1)
    windows.add(day - 1, 1)
    windows.advance(day)

    assert (0, 0, 1) == (windows.today, windows.today_cents, windows.counts[1])


def test_windows_are_the_same_when_read_again(windows):
    windows.add(NOW - 3, 2**40)
    windows.advance(NOW + 1)

    assert windows.dump() == Windows.load(12, windows.dump()).dump()


@pytest.mark.parametrize("length", [0, 5_000, 7_000_000, 250_001])
def test_a_window_divides_an_hour(length):
    with pytest.raises(Misuse, match="window_ms: expected a length from 10,000 that divides an hour"):
        Tuning(window_ms=length)
