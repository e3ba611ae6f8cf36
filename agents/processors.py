"""Which processors there are, in the order in which a record goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.adjudication import Adjudication
from streams.alerting import Alerting
from streams.feedback import Feedback
from streams.learning import Learning

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.processor import Processor
    from streams.rules import Rules

PROCESSORS: dict[str, Callable[[Rules], Processor]] = {
    Adjudication.name: Adjudication,
    Feedback.name: Feedback,
    Learning.name: lambda _: Learning(),
    Alerting.name: lambda _: Alerting(),
}
"""By name, as `cleanclaim worker --agents` takes them."""
