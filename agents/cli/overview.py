"""What a store holds at a glance: claims by route, what they wait for, and where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from agents.cli.claims import DECISIONS
from agents.cli.explanation import total
from agents.cli.screen import Column, counted, dollars
from streams.processor import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agents.cli.screen import Screen
    from agents.embedded import Reader
    from schemas.decision import Decision, Route

ROUTES: tuple[Route, ...] = ("RELEASE", "HOLD", "REBUILD")

NOWHERE = "not known yet"
"""Instead of a site, while the encounter has not come."""

_TOP = 10
"""Rows of a table of the largest: what fits a screen and a morning."""

_MEANING = {
    "RELEASE": "may go to the clearinghouse",
    "HOLD": "waits for a fact or for a person",
    "REBUILD": "goes back to be built otherwise",
}


class Reason(NamedTuple):
    """An edit that makes a claim wait."""

    edit_id: str
    gate: str
    remedy: str


class Standing(NamedTuple):
    """One claim as last decided.

    waits        somebody has to do something; a claim that its builder withdrew waits for nobody
    other_lines  the decision proposes other lines than were built
    """

    claim_id: str
    sequence: int
    route: Route
    site_id: str
    charge_cents: int
    reasons: tuple[Reason, ...]
    waits: bool
    other_lines: bool


def standing_claims(reader: Reader) -> tuple[Standing, ...]:
    """Every claim of the store at its last decision, by claim_id."""
    latest: dict[str, tuple[tuple[int, int], Standing]] = {}
    for topic in DECISIONS:
        for entry in reader.records(topic):
            decision = cast("Decision", entry.record)
            rank = entry.time, decision.sequence
            if decision.claim_id not in latest or latest[decision.claim_id][0] < rank:
                latest[decision.claim_id] = rank, _standing(decision)
    return tuple(latest[claim_id][1] for claim_id in sorted(latest))


def _standing(decision: Decision) -> Standing:
    waiting = {
        found.edit_id: Reason(found.edit_id, found.gate, found.remedy)
        for found in decision.findings
        if found.severity != "WARN"
    }
    rebuild = decision.rebuild
    return Standing(
        decision.claim_id,
        decision.sequence,
        decision.route,
        decision.site_id or NOWHERE,
        total(decision.claim),
        tuple(waiting.values()),
        waits=decision.due_at is not None,
        other_lines=rebuild is not None and not rebuild.void and rebuild.lines != decision.claim.lines,
    )


@dataclass(slots=True)
class _Sum:
    claims: int = 0
    cents: int = 0
    by_route: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROUTES, 0))

    def add(self, claim: Standing) -> None:
        self.claims += 1
        self.cents += claim.charge_cents
        self.by_route[claim.route] += 1


def _sums(pairs: Iterable[tuple[str, Standing]]) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for name, claim in pairs:
        sums[name].add(claim)
    return sums


def print_routes(screen: Screen, claims: tuple[Standing, ...]) -> None:
    """How many claims went where."""
    sums = _sums((claim.route, claim) for claim in claims)
    screen.title(f"Where {counted(len(claims), 'claim')} stand")
    columns = (Column("Route"), Column("Claims", right=True), Column("Share", right=True), Column("Billed", right=True))
    rows = [
        (
            route,
            f"{sums[route].claims:,}",
            f"{100 * sums[route].claims / max(len(claims), 1):.1f} %",
            dollars(sums[route].cents),
            _MEANING[route],
        )
        for route in ROUTES
    ]
    screen.table((*columns, Column("Meaning")), rows)
    waited = sum(claim.route == "RELEASE" and claim.sequence > 1 for claim in claims)
    if waited:
        screen.line(
            f"{counted(waited, 'claim')} of those released had to wait or to be built again first.", style="dim"
        )
    withdrawn = sum(claim.route != "RELEASE" and not claim.waits for claim in claims)
    if withdrawn:
        screen.line(f"{counted(withdrawn, 'claim')} to rebuild were withdrawn and wait for nobody.", style="dim")


def print_reasons(screen: Screen, claims: tuple[Standing, ...]) -> None:
    """What most claims wait for, and what lifts it."""
    waiting = [claim for claim in claims if claim.waits]
    reasons = {reason.edit_id: reason for claim in waiting for reason in claim.reasons}
    sums = _sums((reason.edit_id, claim) for claim in waiting for reason in claim.reasons)
    top = sorted(sums, key=lambda edit_id: (-sums[edit_id].claims, edit_id))[:_TOP]
    screen.title(f"What they wait for: the first {len(top)} of {counted(len(sums), 'reason')}")
    columns = (
        Column("Edit"),
        Column("Gate"),
        Column("Claims", right=True),
        Column("Waiting", right=True),
        Column("What to do", below=True),
    )
    rows = [
        (
            edit_id,
            reasons[edit_id].gate,
            f"{sums[edit_id].claims:,}",
            dollars(sums[edit_id].cents),
            reasons[edit_id].remedy,
        )
        for edit_id in top
    ]
    screen.table(columns, rows)
    screen.line("A claim that waits for two reasons counts under both.", style="dim")


def print_sites(screen: Screen, claims: tuple[Standing, ...]) -> None:
    """Where most dollars wait."""
    waiting = _sums((claim.site_id, claim) for claim in claims if claim.waits)
    of_all = _sums((claim.site_id, claim) for claim in claims)
    top = sorted(waiting, key=lambda site_id: (site_id == NOWHERE, -waiting[site_id].cents, site_id))[:_TOP]
    sites = len(of_all.keys() - {NOWHERE})
    screen.title(f"Where they wait: the first {len(top)} of {counted(sites, 'site')}")
    columns = (
        Column("Site"),
        Column("Claims", right=True),
        Column("Hold", right=True),
        Column("Rebuild", right=True),
        Column("Waiting", right=True),
        Column("Of all billed", right=True),
    )
    rows = [
        (
            site_id,
            f"{of_all[site_id].claims:,}",
            f"{waiting[site_id].by_route['HOLD']:,}",
            f"{waiting[site_id].by_route['REBUILD']:,}",
            dollars(waiting[site_id].cents),
            f"{100 * waiting[site_id].cents / max(of_all[site_id].cents, 1):.1f} %",
        )
        for site_id in top
    ]
    screen.table(columns, rows)


_BECAME = {
    Outcome.APPLIED: "new facts, or newer ones",
    Outcome.SUPERSEDED: "older than what was known",
    Outcome.DUPLICATE: "known already",
    Outcome.DEAD_LETTER: "kept aside: cleanclaim dead-letters list",
}


def print_outcomes(screen: Screen, outcomes: Mapping[Outcome, int]) -> None:
    """What became of every event that was read."""
    screen.title(f"What became of {counted(sum(outcomes.values()), 'event')}")
    columns = (Column("Outcome"), Column("Events", right=True), Column("Meaning"))
    screen.table(columns, [(str(each), f"{outcomes.get(each, 0):,}", meaning) for each, meaning in _BECAME.items()])
