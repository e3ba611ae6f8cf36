"""What would change the outcome: the smallest set of changed facts that turns a claim into a release.

Found by asking the gates. The first finding that makes the claim wait must go, so the search tries each alternative to
what that finding rests on, judges again, and goes on from there; one more change is allowed only when fewer do not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.alternatives import Change, alternatives
from streams.judge import judge

if TYPE_CHECKING:
    from schemas.decision import Finding
    from schemas.edit import Edit
    from streams.facts import Facts
    from streams.judge import Judgement
    from streams.rules import Rules

MOST_CHANGES = 8
MOST_JUDGEMENTS = 5_000
"""Bounds the search to about half a second; a claim that needs more has more wrong with it than a list can tell."""


def what_would_change(
    facts: Facts, claim_id: str, rules: Rules, learned: tuple[Edit, ...] = ()
) -> tuple[Change, ...] | None:
    """The fewest changes after which the claim is released: empty if it is already, None if the search finds none.

    None as well where the rebuild is void: the right end of such a claim is to be withdrawn, not released.
    """
    search = _Search(claim_id, rules, learned)
    rebuild = search.judge(facts).rebuild
    if rebuild is not None and rebuild.void:
        return None
    for most in range(MOST_CHANGES + 1):
        found = search.within(facts, most)
        if found is not None or search.left <= 0:
            return found
    return None


@dataclass(slots=True)
class _Search:
    claim_id: str
    rules: Rules
    learned: tuple[Edit, ...]
    left: int = MOST_JUDGEMENTS

    def judge(self, facts: Facts) -> Judgement:
        self.left -= 1
        return judge(facts, self.rules, self.learned)[self.claim_id]

    def within(self, facts: Facts, most: int) -> tuple[Change, ...] | None:
        """A release by at most `most` changes, or None."""
        return self.after(facts, self.judge(facts), most)

    def after(self, facts: Facts, judgement: Judgement, most: int) -> tuple[Change, ...] | None:
        """As `within`, from facts already judged. Only a change that moves the first blocking finding is followed."""
        blocking = _blocking(judgement)
        if not blocking:
            return ()
        if most == 0 or self.left <= 0:
            return None
        for change, changed in alternatives(facts, self.claim_id, blocking[0], judgement.rebuild):
            then = self.judge(changed)
            if blocking[0] not in _blocking(then):
                rest = self.after(changed, then, most - 1)
                if rest is not None:
                    return (change, *rest)
        return None


def _blocking(judgement: Judgement) -> list[Finding]:
    """What makes the claim wait; two findings differ when their messages do, so a shorter list of gaps is progress."""
    return [finding for finding in judgement.findings if finding.severity != "WARN"]
