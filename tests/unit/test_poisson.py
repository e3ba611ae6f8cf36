"""The Poisson tail, against sums written out and known values."""

from __future__ import annotations

import math

import pytest

from streams.poisson import upper_tail


def written_out(count: int, expected: float) -> float:
    return 1.0 - sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(count))


@pytest.mark.parametrize("expected", [0.1, 1.0, 3.5, 10.0, 40.0])
@pytest.mark.parametrize("count", [1, 2, 5, 10, 20, 35, 60])
def test_the_tail_is_one_less_the_chances_of_fewer(count, expected):
    assert written_out(count, expected) == pytest.approx(upper_tail(count, expected), rel=1e-9, abs=1e-14)


def test_no_event_or_more_is_certain():
    assert (1.0, 1.0, 1.0) == (upper_tail(0, 5.0), upper_tail(-1, 5.0), upper_tail(0, 0.0))


def test_any_event_is_impossible_where_none_is_expected():
    assert (0.0, 0.0) == (upper_tail(1, 0.0), upper_tail(1, -1.0))


def test_far_tails_keep_their_size():
    by_hand = math.exp(-0.2) * 0.2**20 / math.factorial(20)

    assert by_hand == pytest.approx(upper_tail(20, 0.2), rel=0.02)


@pytest.mark.parametrize("expected", [1e3, 1e5, 1e6])
def test_large_counts_stay_within_zero_and_one_and_near_a_half_at_the_mean(expected):
    assert 0.5 == pytest.approx(upper_tail(int(expected), expected), abs=0.02)
    assert 0.16 == pytest.approx(upper_tail(int(expected + math.sqrt(expected)), expected), abs=0.01)
    assert 1.0 == pytest.approx(upper_tail(int(expected - 9 * math.sqrt(expected)), expected))


def test_the_tail_falls_with_the_count_and_rises_with_what_is_expected():
    by_count = [upper_tail(count, 7.3) for count in range(40)]
    by_expected = [upper_tail(9, tenth / 10) for tenth in range(200)]

    assert sorted(by_count, reverse=True) == by_count
    assert sorted(by_expected) == by_expected
