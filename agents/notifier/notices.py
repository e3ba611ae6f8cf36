"""Counts what the notifier posted, for /metrics."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any

from agents.metrics.catalogue import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.metrics.figures import Figures
    from agents.notifier.posting import Answer, Post

ALERTMANAGER, WEBHOOK = "alertmanager", "webhook"

_METRIC = BY_NAME["cleanclaim_notices_total"].name
_OUTCOMES = ("taken", "refused", "failed")


class Notices:
    """By receiver and outcome: taken; refused for good; failed, to be posted again."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._receivers: list[str] = []

    def counting(self, receiver: str, post: Post) -> Post:
        """`post`, counted under `receiver`."""
        self._receivers.append(receiver)

        async def counted(url: str, body: Any, headers: Mapping[str, str]) -> Answer:
            answer = await post(url, body, headers)
            outcome = "taken" if answer.taken else "refused" if answer.final else "failed"
            self._counts[receiver, outcome] += 1
            return answer

        return counted

    def show(self, figures: Figures) -> None:
        """A source of a scrape. Zeros too: what was never there before has no increase."""
        for labels in product(self._receivers, _OUTCOMES):
            figures.add(_METRIC, labels, self._counts[labels])
