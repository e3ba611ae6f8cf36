"""What must hold of everything that was ever committed.

A processor is checked by what it read: its inputs, as they stand on the topics, go through the embedded engine with
that processor alone, and what comes of them must be what the workers wrote, as far as order does not decide it. To
check another one, let `Expected` run it, and add a function to `CHECKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.decisions import dead_letters, holds, judged_again, last_decisions, sequences
from tests.chaos.loop import alerts, edits, evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.chaos.expected import Complaint, Expected
    from tests.chaos.observed import Observed

CHECKS: tuple[Callable[[Expected, Observed], Iterator[Complaint]], ...] = (
    sequences,
    last_decisions,
    judged_again,
    dead_letters,
    holds,
    evidence,
    edits,
    alerts,
)
