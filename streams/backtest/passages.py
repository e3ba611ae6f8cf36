"""What edits on trial would have done to the claims of one encounter: each revision with them and without them.

Both sides come from one judgement. Edits speak for themselves and no edit reads what another one found, so the route
without an edit is the route of the findings that are not its own. With none on trial the two sides are equal.

A *passage* is one revision of a claim on its way out. Time is that of events: a passage is at the latest `occurred_at`
of what has come for its encounter, which is comparable with the time of an answer on either engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from streams.encounter_state import EncounterState
from streams.folding import fold
from streams.judge import judge, route_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable

    from schemas.claim import Claim
    from schemas.decision import Finding, Route
    from streams.backtest.trial import Scope, Trial
    from streams.judge import Judgement
    from streams.processor import Inbound
    from streams.rules import Rules


@dataclass(slots=True)
class Passage:
    """One claim revision on its way out, with and without the edits on trial. Times are event times (UTC).

    site_id       as its encounter last said
    changed_at    when the routes first differed; None if they never did
    routes        without and with; where it would have gone out without them, those of that moment
    sent_without  when it would first have been released without the edits on trial
    sent_with     the same with them, never earlier
    held_by       findings that held it at `sent_without`, by edits on trial
    confirmed     released in the end although they still spoke: a person had confirmed the hold
    """

    claim: Claim
    site_id: str | None = None
    changed_at: dt.datetime | None = None
    routes: tuple[Route, Route] | None = None
    sent_without: dt.datetime | None = None
    sent_with: dt.datetime | None = None
    held_by: tuple[Finding, ...] = ()
    confirmed: bool = False

    @property
    def held(self) -> bool:
        """Whether it would have gone out, and the edits on trial would have kept it."""
        return bool(self.held_by)

    @property
    def gone(self) -> bool:
        """Whether it would have been released on both sides: nothing changes it any more."""
        return self.sent_with is not None

    def meets(self, judgement: Judgement, on_trial: Collection[str], at: dt.datetime) -> None:
        """Note what one judgement says about both sides. A revision goes out once; what comes later changes nothing."""
        spoken = tuple([finding for finding in judgement.findings if finding.edit_id in on_trial])
        rest = tuple([finding for finding in judgement.findings if finding.edit_id not in on_trial])
        without, with_them = route_of(rest), judgement.route
        if self.sent_without is None:
            if without != with_them and (self.changed_at is None or without == "RELEASE"):
                self.changed_at = self.changed_at or at
                self.routes = without, with_them
            if without == "RELEASE":
                self.sent_without = at
                if with_them != "RELEASE":
                    self.held_by = tuple([finding for finding in spoken if finding.severity != "WARN"])
        if self.sent_with is None and with_them == "RELEASE":
            self.sent_with = at
            holders = {finding.edit_id for finding in self.held_by}
            self.confirmed = any(finding.edit_id in holders for finding in spoken)


def passages(records: Iterable[Inbound], rules: Rules, trial: Trial, scope: Scope) -> list[Passage]:
    """Every claim revision in scope of one encounter, in the order in which they came.

    `records` are all that came for the encounter, in order. What the encounter lacks or what conflicts holds its claims
    on both sides, as it does in adjudication.
    """
    encounter = EncounterState()
    found: dict[tuple[str, int], Passage] = {}
    on_trial, judging = trial.ids, trial.judging
    latest: dt.datetime | None = None
    for record in records:
        fold(encounter, record)
        if record.value is not None:
            happened = cast("Claim", record.value).occurred_at
            latest = happened if latest is None else max(latest, happened)
        if not encounter.dirty:
            continue
        encounter.dirty = False
        if not encounter.has_claim or latest is None:
            continue
        facts = encounter.decoded()
        waiting: dict[str, Passage] = {}
        for claim in filter(scope.has_claim, facts.claims):
            passage = found.setdefault((claim.claim_id, claim.revision), Passage(claim))
            if not passage.gone:
                passage.claim = claim  # of two contents of a revision the one that stands
                waiting[claim.claim_id] = passage
        if not waiting:
            continue
        for claim_id, judgement in judge(facts, rules, judging, waiting).items():
            passage = waiting[claim_id]
            passage.site_id = facts.encounter.site_id if facts.encounter else passage.site_id
            passage.meets(judgement, on_trial, latest)
    return list(found.values())
