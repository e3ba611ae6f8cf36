"""The life of a learned edit: proposed, shadow, active, and back, by evidence alone. A person's word goes before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from schemas.record import DAY
from streams.learning.wilson import wilson_lower

if TYPE_CHECKING:
    from streams.learning.counts import Count


Status = Literal["PROPOSED", "SHADOW", "ACTIVE", "RETIRED"]

SHADOW_DENIALS = 2
"""One denial may be a mistake of the payer's; the second makes it worth to count what the edit would hold."""

ACTIVE_DENIALS = 4
ACTIVE_BOUND = 0.5
"""More likely denied than paid, at 95 %: 4 of 4, 7 of 8, 9 of 11. Fewer than 4 denials never reach it."""

FALL_BOUND = 0.3
"""Below this an active edit holds too many clean claims. Well under ACTIVE_BOUND, so that an edit near it stays put."""

SILENCE_DAYS = 45
"""An active edit keeps the claims away that would be denied, so its evidence stops. After this long without a denial it
lets claims go again, to see whether the payer still denies them; the next denial judges it anew."""


def holds(denied: int, paid: int) -> bool:
    """Whether an edit with this evidence may be active on its own."""
    return denied >= ACTIVE_DENIALS and wilson_lower(denied, paid) >= ACTIVE_BOUND


def silent_at(last_denial: int) -> int:
    """Stream time (ms) at which an active edit with this last denial (ms) falls silent."""
    return last_denial + SILENCE_DAYS * DAY


def grown(denials: int) -> Status:
    """The status of an edit whose bound does not hold, by the denials that it has."""
    return "SHADOW" if denials >= SHADOW_DENIALS else "PROPOSED"


def fallen(evidence: Count, now: int) -> str | None:
    """Why an active edit falls back to shadow, None if it stays. `now` is stream time (ms)."""
    if now >= silent_at(evidence.last):
        return f"{SILENCE_DAYS} days without a new denial"
    if evidence.bound < FALL_BOUND:
        return f"lower bound of denied of all below {FALL_BOUND}"
    return None
