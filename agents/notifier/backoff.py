"""How long to wait before asking again: up to twice as long each time, and never less than was asked for."""

from __future__ import annotations

import datetime as dt
import random
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, LONGEST = 1.0, 60.0
"""Seconds: the bounds of a pause that the receiver did not ask for."""

ATTEMPTS = 10
"""In all: about four minutes and a half at most, long enough for a receiver to be restarted."""

LONGEST_ASKED = 300.0
"""Seconds that a receiver may ask for; who wants more is asked after these."""


class Pauses:
    """The pauses between the attempts at one thing.

    Each is chosen at random up to a bound that doubles ("full jitter"), so that many senders do not come back together.
    """

    def __init__(self, attempts: int = ATTEMPTS, chance: Callable[[float, float], float] = random.uniform) -> None:
        self._left = attempts - 1
        self._bound = FIRST
        self._chance = chance

    def after(self, retry_after: str | None, now: float) -> float | None:
        """Seconds to wait now, None when that was the last attempt. `retry_after` is the header of that name."""
        if self._left <= 0:
            return None
        self._left -= 1
        pause = self._chance(0.0, self._bound)
        self._bound = min(2 * self._bound, LONGEST)
        return max(pause, min(_asked(retry_after, now), LONGEST_ASKED))


def pauses() -> Pauses:
    """Those of an ordinary delivery."""
    return Pauses()


def _asked(retry_after: str | None, now: float) -> float:
    """What a Retry-After says, in seconds from `now`: a number or a date (RFC 9110, 10.2.3); 0 for neither."""
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        asked = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, asked.replace(tzinfo=asked.tzinfo or dt.UTC).timestamp() - now)
