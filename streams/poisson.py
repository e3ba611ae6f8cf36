"""How surprising a count is: the exact upper tail of the Poisson distribution, and of its mixture where the mean is
itself known only so well.

Sound for means from far below one to beyond 100,000: no factorial, no normal approximation, no difference of nearly
equal numbers in the tail that is asked for. Only + - * / and log and exp in a fixed order, so that every machine that
decides agrees.
"""

from __future__ import annotations

from math import exp, inf, log, pi

_SETTLED = 1e-17
"""A term this small beside the sum changes no bit of it."""

_AS_GOOD_AS_CERTAIN = 1e9
"""A shape from which on the mixture is Poisson to all digits that count: at a mean of 100,000 its variance is 0.01 %
larger. Beyond, the logarithms of its factorials would cancel."""


def tail(count: int, mean: float, shape: float = inf) -> float:
    """The probability of `count` or more events where `mean` are expected, from 0.0 to 1.0.

    `shape` says how well the mean is known: the mean is gamma distributed with this shape, so that the variance of the
    count is mean + mean * mean / shape (the negative binomial distribution); without it the count is Poisson. A mean
    estimated from n events has shape n. `mean` and `shape` are above 0.
    """
    if count <= 0:
        return 1.0
    if shape > _AS_GOOD_AS_CERTAIN:
        shape = inf
    if count > mean:
        return min(1.0, _from(count, mean, shape))
    return max(0.0, 1.0 - _up_to(count - 1, mean, shape))


def _from(count: int, mean: float, shape: float) -> float:
    """P(X >= count): the terms fall from the first on, since count is above the mean."""
    term = total = _probability(count, mean, shape)
    share = mean if shape == inf else mean / (mean + shape)
    while term > _SETTLED * total:
        term *= share / (count + 1) if shape == inf else share * (count + shape) / (count + 1)
        count += 1
        total += term
    return total


def _up_to(count: int, mean: float, shape: float) -> float:
    """P(X <= count): the terms fall downwards, since count is below the mean."""
    term = total = _probability(count, mean, shape)
    share = mean if shape == inf else mean / (mean + shape)
    while count and term > _SETTLED * total:
        term *= count / share if shape == inf else count / (share * (count - 1 + shape))
        count -= 1
        total += term
    return total


def _probability(count: int, mean: float, shape: float) -> float:
    """P(X = count)."""
    if shape == inf:
        return exp(count * log(mean) - mean - log_gamma(count + 1.0))
    return exp(
        log_gamma(count + shape)
        - log_gamma(shape)
        - log_gamma(count + 1.0)
        + shape * log(shape / (mean + shape))
        + count * log(mean / (mean + shape))
    )


def log_gamma(x: float) -> float:
    """The logarithm of the gamma function at x > 0; of (n - 1)! for a whole n.

    Stirling's series, whose first term left out is below 1e-16 from 16 on; smaller x are led there by x! = x (x - 1)!.
    Source: NIST Digital Library of Mathematical Functions, 5.11.1.
    """
    below = 1.0
    while x < 16.0:  # noqa: PLR2004 - see above
        below *= x
        x += 1.0
    y = 1.0 / (x * x)
    series = 1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * 691.0 / 360360))))
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * pi) + series / x - log(below)
