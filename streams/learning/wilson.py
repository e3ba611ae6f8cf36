"""How sure a share is that was seen in few trials: the Wilson score interval, at 95 %.

Source: Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
"""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054  # normal quantile at 97.5 %
_Z2 = _Z * _Z


def wilson_lower(hits: int, misses: int) -> float:
    """Lower end of the interval for hits/(hits + misses); 0.0 when nothing was seen. 4 of 4 gives 0.51."""
    if not hits:
        return 0.0
    n = hits + misses
    share = hits / n
    return (share + _Z2 / (2 * n) - _Z * sqrt((share * (1 - share) + _Z2 / (4 * n)) / n)) / (1 + _Z2 / n)


def wilson_upper(hits: int, misses: int) -> float:
    """Upper end of the interval for hits/(hits + misses); 1.0 when nothing was seen. 0 of 6 gives 0.39."""
    return 1.0 - wilson_lower(misses, hits)
