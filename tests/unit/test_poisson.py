"""How surprising a count is."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from itertools import accumulate

import pytest

from streams.poisson import log_gamma, tail


def poisson(count, mean):
    """P(X >= count) to 40 digits: the terms from `count` on, each exact, until they no longer count."""
    with localcontext(prec=40):
        term = total = Decimal(mean) ** count / math.factorial(count) * (-Decimal(mean)).exp()
        while term > total * Decimal("1e-30"):
            count += 1
            term *= Decimal(mean) / count
            total += term
        return float(total)


def mixture(count, mean, shape):
    """P(X >= count) of a negative binomial of whole shape: fewer than `shape` successes in count + shape - 1 trials."""
    success = Decimal(shape) / (Decimal(mean) + shape)
    trials = count + shape - 1
    terms = [math.comb(trials, k) * success**k * (1 - success) ** (trials - k) for k in range(shape)]
    return float(list(accumulate(terms))[-1])


@pytest.mark.parametrize("mean", ["0.001", "0.1", "1", "3.5", "20", "1000"])
@pytest.mark.parametrize("times", ["0.5", "1", "1.5", "3", "10"])
def test_the_tail_is_that_of_the_poisson_distribution(mean, times):
    count = math.ceil(Decimal(mean) * Decimal(times))

    assert poisson(count, mean) == pytest.approx(tail(count, float(mean)), rel=1e-11)


@pytest.mark.parametrize(("count", "mean"), [(100_000, "1e5"), (101_600, "1e5"), (103_000, "1e5"), (50, "0.1")])
def test_far_tails_and_large_means_keep_their_digits(count, mean):
    assert poisson(count, mean) == pytest.approx(tail(count, float(mean)), rel=1e-8)


@pytest.mark.parametrize("shape", [1, 5, 100])
@pytest.mark.parametrize("count", [1, 3, 12, 40])
def test_a_mean_known_only_so_well_makes_large_counts_less_surprising(count, shape):
    assert mixture(count, 5, shape) == pytest.approx(tail(count, 5.0, shape), rel=1e-10)
    assert tail(40, 5.0) < tail(40, 5.0, 100) < tail(40, 5.0, 5)


def test_a_mean_known_as_well_as_can_be_gives_the_poisson_distribution():
    assert tail(30, 10.0) == tail(30, 10.0, 1e12)


@pytest.mark.parametrize("count", [0, -1])
def test_no_event_or_more_is_certain(count):
    assert 1.0 == tail(count, 0.1)


def test_what_cannot_be_told_from_never_is_never():
    assert 0.0 == tail(10_000, 0.1)


@pytest.mark.parametrize("x", [1e-3, 0.5, 1.0, 2.5, 15.9, 16.0, 1e3, 1e6])
def test_the_logarithm_of_gamma_agrees_with_the_library(x):
    assert math.lgamma(x) == pytest.approx(log_gamma(x), rel=1e-14, abs=1e-13)
