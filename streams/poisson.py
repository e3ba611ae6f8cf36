"""How surprising a count is where counts come by chance at a known rate: the tail of the Poisson distribution."""

from __future__ import annotations

import math

_NEGLIGIBLE = 1e-17
"""A term this small beside the sum so far changes no digit of it, nor do the smaller ones after it."""


def upper_tail(count: int, expected: float) -> float:
    """The chance of `count` events or more where `expected` come on average.

    From 0.0 to 1.0; 1.0 for a count of 0 or less. Where nothing is expected (0.0 or less) any event is impossible: 0.0.
    """
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    if count > expected:
        return _sum_up(count, expected)
    return max(0.0, 1.0 - _sum_down(count - 1, expected))


def _chance(count: int, expected: float) -> float:
    """Of exactly `count` events; by logarithms, since neither power nor factorial fits a float."""
    return math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))


def _sum_up(count: int, expected: float) -> float:
    """Chances of `count` and more; each term is smaller than the one before, since `count` is above `expected`."""
    term = _chance(count, expected)
    total = term
    while term > total * _NEGLIGIBLE:
        count += 1
        term *= expected / count
        total += term
    return min(1.0, total)


def _sum_down(count: int, expected: float) -> float:
    """Chances of `count` and fewer; each term is smaller than the one before, since `count` is below `expected`."""
    term = _chance(count, expected)
    total = term
    while count and term > total * _NEGLIGIBLE:
        term *= count / expected
        count -= 1
        total += term
    return total
