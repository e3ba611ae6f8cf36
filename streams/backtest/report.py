"""A back-test as a whole: every passage within a window, in total and by payer and site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from streams.backtest.tally import Tally, attributed, net

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from schemas.denial import Denial
    from streams.backtest.passages import Passage
    from streams.backtest.trial import Scope


class Window(NamedTuple):
    """Days (UTC), both included, None where it is open, in which a claim would have gone out without the edits."""

    since: dt.date | None = None
    until: dt.date | None = None

    def has(self, at: dt.datetime) -> bool:
        """Whether a moment lies within."""
        day = at.date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


ALWAYS = Window()


class Place(NamedTuple):
    """By what a report is divided. `site_id` is None where no encounter told it."""

    payer_id: str
    site_id: str | None


@dataclass(slots=True)
class Report:
    """Sums that grow with what is added, in memory that grows with payers and sites alone."""

    scope: Scope
    window: Window = ALWAYS
    total: Tally = field(default_factory=Tally)
    places: dict[Place, Tally] = field(default_factory=dict)

    def add(self, passages: Sequence[Passage], denials: Iterable[Denial]) -> None:
        """Count the passages of one claim, which are its revisions in order, with all evidence about the claim."""
        for passage, answers in zip(passages, attributed(passages, net(denials)), strict=True):
            at = passage.sent_without or passage.changed_at
            if at is not None and self.window.has(at):
                place = Place(passage.claim.payer_id, passage.site_id)
                for tally in (self.total, self.places.setdefault(place, Tally())):
                    tally.add(passage, answers, self.scope)
