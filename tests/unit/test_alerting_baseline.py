"""What is usual, as it is learned: one robust number first, then hours and days of the week."""

from __future__ import annotations

import pytest

from streams.alerting.baseline import Baseline

PER_HOUR = 12
WEEK = 168
MONDAY = 24 * 20_458  # hours


def learned(level_of, hours, first=MONDAY):
    """A baseline after so many hours; `level_of(day, hour)` gives the holds of each window."""
    baseline = Baseline(first)
    for each in range(first, first + hours):
        day, hour = (each // 24 - 4) % 7, each % 24
        baseline.learn([level_of(day, hour)] * PER_HOUR, PER_HOUR)
    return baseline


def mean(baseline, number=1, window=None):
    """What is expected of the `number` windows up to `window`, by default of the middle of the hour to be learned."""
    window = baseline.upto * PER_HOUR + 6 if window is None else window
    return baseline.expected(window, number, PER_HOUR).mean


def office(day, hour):
    return 20 if day < 5 and 8 <= hour < 18 else 2


def at(day, hour, minute=30):
    """A window of the fourth week."""
    return ((MONDAY + 3 * WEEK + 24 * day + hour) * 60 + minute) * PER_HOUR // 60


def test_nothing_learned_is_hardly_anything_expected():
    assert 0 < mean(Baseline(MONDAY)) < 0.1


@pytest.mark.parametrize("hours", [1, 30, WEEK, 3 * WEEK])
def test_what_is_the_same_at_all_times_is_expected_at_all_times(hours):
    baseline = learned(lambda *_: 10, hours)

    assert (10, 20, 120, 2880) == pytest.approx(tuple(mean(baseline, number) for number in (1, 2, 12, 288)), rel=0.02)


def test_in_the_first_week_every_hour_may_be_the_busiest_of_a_working_day():
    baseline = learned(office, 30)

    assert 20 == mean(baseline, window=at(1, 3))


def test_one_odd_day_in_the_first_week_does_not_set_the_measure():
    odd = learned(lambda day, hour: 200 if (day, hour) == (0, 9) else office(day, hour), 4 * 24)

    assert 20 == mean(odd)
    assert 40 >= max(odd.hours)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "expected"),
    [(0, 9, 30, 20), (2, 3, 0, 2), (4, 17, 30, 20), (5, 12, 0, 2), (6, 23, 0, 2), (0, 8, 0, 20)],
    ids=["Monday at nine", "in the night", "Friday before closing", "Saturday", "Sunday night", "as it opens"],
)
def test_after_a_week_each_hour_is_expected_as_it_was(day, hour, minute, expected):
    assert expected == pytest.approx(mean(learned(office, 3 * WEEK), window=at(day, hour, minute)), rel=0.1)


def test_a_day_of_the_week_has_its_own_level():
    baseline = learned(lambda day, _: 30 if day == 0 else 10, 3 * WEEK)

    assert (30, 10) == pytest.approx((mean(baseline, window=at(0, 12)), mean(baseline, window=at(1, 12))), rel=0.05)


def test_weekends_have_hours_of_their_own():
    baseline = learned(lambda day, hour: 10 if (day < 5) == (hour < 12) else 1, 3 * WEEK)

    assert (10, 1) == pytest.approx((mean(baseline, window=at(2, 6)), mean(baseline, window=at(5, 6))), rel=0.1)


def test_between_two_hours_traffic_may_follow_either():
    baseline = learned(lambda _, hour: 10 * hour, 3 * WEEK)

    assert mean(baseline, window=at(2, 9, 0)) == pytest.approx(90, rel=0.02)
    assert mean(baseline, window=at(2, 9, 55)) == pytest.approx(95, rel=0.02)


def test_a_holiday_does_not_make_the_same_day_of_next_week_a_spike():
    baseline = learned(office, 2 * WEEK)
    for _ in range(24):
        baseline.learn([], PER_HOUR)

    assert mean(baseline, window=at(0, 9)) > 20 / 1.5


def test_the_day_of_a_slow_rise_is_measured_by_what_was_known_before():
    baseline = learned(lambda *_: 0, 2 * WEEK)
    before = mean(baseline, 288)
    for _ in range(12):
        baseline.learn([1], PER_HOUR)

    assert before >= mean(baseline, 288)


def test_months_without_a_hold_bring_the_level_down():
    baseline = learned(lambda *_: 10, 2 * WEEK)
    for _ in range(13 * WEEK):
        baseline.learn([], PER_HOUR)

    assert mean(baseline) < 1


def test_an_hour_that_is_skipped_teaches_nothing():
    baseline = learned(lambda *_: 10, 2 * WEEK)
    levels = [*baseline.hours], [*baseline.days]
    baseline.skip(baseline.upto + 30)
    baseline.skip(baseline.upto - 5)

    assert levels == (baseline.hours, baseline.days)
    assert MONDAY + 2 * WEEK + 30 == baseline.upto


def test_a_first_week_with_days_missing_still_knows_the_rest():
    baseline = learned(lambda *_: 10, 30)
    baseline.skip(MONDAY + 8 * 24)

    assert baseline.in_season
    assert 10 == pytest.approx(mean(baseline, window=at(3, 12)), rel=0.3)
    assert 10 == pytest.approx(mean(baseline, window=at(6, 12)), rel=1)


def test_counts_more_ragged_than_chance_are_known_less_well():
    steady, ragged = Baseline(MONDAY), Baseline(MONDAY)
    for _ in range(2 * WEEK):
        steady.learn([10] * 12, PER_HOUR)
        ragged.learn([120], PER_HOUR)
    window = at(0, 9)

    assert mean(steady, window=window) == pytest.approx(mean(ragged, window=window))
    assert ragged.expected(window, 1, PER_HOUR).shape < 1
    assert steady.expected(window, 1, PER_HOUR).shape > 100


def test_the_more_was_seen_the_better_it_is_known():
    shapes = [
        learned(lambda *_: 1, hours).expected(at(0, 9), 1, PER_HOUR).shape for hours in (WEEK, 2 * WEEK, 5 * WEEK)
    ]

    assert sorted(shapes) == shapes


@pytest.mark.parametrize("hours", [0, 5, 50, 3 * WEEK])
def test_a_baseline_goes_on_from_its_bytes_with_the_same_numbers(hours):
    baseline = learned(office, hours)
    again = Baseline.load(baseline.dump())
    for each in (baseline, again):
        each.learn([1, 2, 3], PER_HOUR)

    assert baseline.dump() == again.dump()
    assert mean(baseline) == mean(again)
