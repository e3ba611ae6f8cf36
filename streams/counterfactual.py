"""What would change the outcome: the smallest set of changed facts that turns a claim into a release.

Found by asking the gates. The first finding that any single change can move must be moved, so the search tries each
alternative to what that finding rests on, judges again, and goes on from there; one more change is allowed only when
fewer do not do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from streams.alternatives import Change, alternatives
from streams.alternatives.bill import AS_PROPOSED, as_rebuilt
from streams.judge import judge, stops_proposal

if TYPE_CHECKING:
    from schemas.decision import Finding
    from schemas.edit import Edit
    from streams.facts import Facts
    from streams.judge import Judgement
    from streams.rules import Rules

MOST_CHANGES = 8
MOST_JUDGEMENTS = 5_000
"""Bounds the search to a second or two; a claim that needs more has more wrong with it than a list can tell."""


def what_would_change(
    facts: Facts, claim_id: str, rules: Rules, learned: tuple[Edit, ...] = (), *, most: int = MOST_CHANGES
) -> tuple[Change, ...] | None:
    """The fewest changes, to be made in this order, after which the claim is released; no part of them would do.

    Empty if it is already; None if the search finds none of at most `most`, and where the rebuild is void: the right
    end of such a claim is to be withdrawn, not released.
    """
    search = _Search(claim_id, rules, learned, MOST_JUDGEMENTS)
    judgement = search.judge(facts)
    if judgement.rebuild is not None and judgement.rebuild.void:
        return None
    for number in range(most + 1):
        found = search.after(facts, judgement, number)
        if found is not None:
            return search.without_spare(facts, found)
        if search.left <= 0:
            break
    return None


@dataclass(slots=True)
class _Search:
    """`tried` holds the facts from which nothing was found, with the number of changes that was allowed there."""

    claim_id: str
    rules: Rules
    learned: tuple[Edit, ...]
    left: int
    tried: dict[Facts, int] = field(default_factory=dict)

    def judge(self, facts: Facts) -> Judgement:
        self.left -= 1
        return judge(facts, self.rules, self.learned)[self.claim_id]

    def after(self, facts: Facts, judgement: Judgement, most: int) -> tuple[Change, ...] | None:
        """A release by at most `most` changes from facts already judged, or None."""
        blocking = _blocking(judgement)
        if not blocking:
            return ()
        if self.tried.get(facts, 0) >= most:
            return None
        self.tried[facts] = most
        for finding in blocking:
            moved = False
            for change in alternatives(facts, self.claim_id, finding, judgement.rebuild):
                if self.left <= 0:
                    return None
                changed = change.apply(facts)
                then = self.judge(changed)
                if finding not in _blocking(then):
                    moved = True
                    rest = self.after(changed, then, most - 1)
                    if rest is not None:
                        return (change, *rest)
            if moved:
                return None  # every way to a release moves this finding, and none was short enough
        return None

    def without_spare(self, facts: Facts, found: tuple[Change, ...]) -> tuple[Change, ...]:
        """The smallest part of `found` that releases the claim too: a rebuild may drop the line that one mends."""
        for number in range(len(found)):
            for part in combinations(found, number):
                made = self._made(facts, part)
                if made is not None:
                    return made
        return found

    def _made(self, facts: Facts, changes: tuple[Change, ...]) -> tuple[Change, ...] | None:
        """These changes, a rebuild being the one proposed by then; None if they do not release the claim."""
        made: list[Change] = []
        for change in changes:
            rebuild = self.judge(facts).rebuild if change.then == AS_PROPOSED else None
            if rebuild is not None:
                claim = next(each for each in facts.claims if each.claim_id == self.claim_id)
                change = as_rebuilt(claim, rebuild)  # noqa: PLW2901 - the same change, as it is by then
            facts = change.apply(facts)
            made.append(change)
        return None if _blocking(self.judge(facts)) else tuple(made)


def _blocking(judgement: Judgement) -> list[Finding]:
    """What makes the claim wait, first what keeps a rebuild from being proposed: the rebuild may settle the others.

    Two findings differ when their messages do, so a shorter list of gaps is progress.
    """
    blocking = [finding for finding in judgement.findings if finding.severity != "WARN"]
    return sorted(blocking, key=stops_proposal, reverse=True)
