"""Judge every claim of an encounter: run the gates, apply reviews, route, and propose a rebuild.

All edits always run, but for those that have nothing to say about a claim of its shape. Only three things silence them:
a withdrawn claim, a void (frequency code 8) and a cancelled encounter; each leaves the few edits that still matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.case import Case, Shape, Visit
from streams.edits import Proposal
from streams.gates import EDITS
from streams.gates import administrative as admin
from streams.gates import learned as learned_gate
from streams.rebuild import propose, void
from streams.reviews import confirm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from schemas.claim import Claim
    from schemas.decision import Finding, Rebuild, Route
    from schemas.edit import Edit
    from streams.edits import BuiltInEdit
    from streams.facts import Facts
    from streams.rules import Rules


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where one claim goes, why, and what it should have been. `rebuild` is None unless the route is REBUILD."""

    route: Route
    findings: tuple[Finding, ...]
    rebuild: Rebuild | None


class _Speaking(dict[Shape, tuple["BuiltInEdit", ...]]):
    """Edits in catalogue order: those that may speak about a claim of a shape."""

    def __init__(self, edits: Iterable[BuiltInEdit]) -> None:
        super().__init__()
        self._edits = tuple(edits)

    def __missing__(self, shape: Shape) -> tuple[BuiltInEdit, ...]:
        self[shape] = tuple([edit for edit in self._edits if edit.may_speak_about(shape)])
        return self[shape]


_PROPOSAL = {edit.edit_id: edit.proposal for edit in EDITS}
_STOPS_PROPOSAL = frozenset({Proposal.AUTHORED, Proposal.BLOCKING})

_WITHDRAWN = _Speaking([admin.claim_withdrawn])
_ABOUT_FACTS = (admin.fact_conflict, admin.fact_unreadable)
_VOID = _Speaking(edit for edit in EDITS if edit in (*_ABOUT_FACTS, admin.control_number_missing))
_CANCELLED = _Speaking(
    edit
    for edit in EDITS
    if edit in (*_ABOUT_FACTS, admin.encounter_cancelled, admin.encounter_cancelled_but_documented)
)
_WITHOUT_BASIS = _Speaking(edit for edit in EDITS if not edit.basis)
_WITH_BASIS = _Speaking(EDITS)


def judge(
    facts: Facts, rules: Rules, learned: tuple[Edit, ...] = (), among: Collection[str] | None = None
) -> dict[str, Judgement]:
    """The judgement of every claim of the encounter, by claim_id, or of those `among` it that are named.

    `learned` are the ACTIVE learned edits, by edit_id.
    """
    visit = Visit(facts, rules)
    earlier: dict[tuple[str, str], tuple[Case, ...]] = {}
    judgements = {}
    for claim in sorted(facts.claims, key=_first_built):
        biller = (claim.billing_entity_id, claim.claim_type)
        case = Case(claim, visit, rules, earlier.get(biller, ()))
        if claim.frequency_code != "8" and claim.status != "WITHDRAWN":
            earlier[biller] = (*case.earlier, case)
        if among is None or claim.claim_id in among:
            judgements[claim.claim_id] = _judge(case, learned)
    return judgements


def claims_touched_by(claim: Claim, facts: Facts) -> set[str]:
    """Whose judgement may read a claim that has just come: its own, and those of its biller's claims of the type."""
    biller = (claim.billing_entity_id, claim.claim_type)
    return {other.claim_id for other in facts.claims if (other.billing_entity_id, other.claim_type) == biller}


def _first_built(claim: Claim) -> tuple[object, str]:
    return claim.built_at, claim.claim_id


def _judge(case: Case, learned: tuple[Edit, ...]) -> Judgement:
    speaking = _speaking(case)
    findings = [
        edit.finding(line_number, message) for edit in speaking[case.shape] for line_number, message in edit.check(case)
    ]
    if learned and (speaking is _WITH_BASIS or speaking is _WITHOUT_BASIS):
        findings.extend(learned_gate.findings(case, learned))
    found = confirm(tuple(findings), case.claim, case.visit.facts.reviews)
    route = route_of(found)
    return Judgement(route, found, _rebuild(case, found) if route == "REBUILD" else None)


def _speaking(case: Case) -> _Speaking:
    """The edits that may speak about this claim."""
    if case.claim.status == "WITHDRAWN":
        return _WITHDRAWN
    if case.claim.frequency_code == "8":
        return _VOID
    if case.encounter is not None and case.encounter.status == "CANCELLED":
        return _CANCELLED
    return _WITH_BASIS if case.basis else _WITHOUT_BASIS


def route_of(findings: tuple[Finding, ...]) -> Route:
    """REBUILD if any finding says so, else HOLD if any does, else RELEASE."""
    severities = {finding.severity for finding in findings}
    if "REBUILD" in severities:
        return "REBUILD"
    return "HOLD" if "HOLD" in severities else "RELEASE"


def stops_proposal(finding: Finding) -> bool:
    """Whether no rebuild is proposed while this is found: a person has to supply a value, or an answer, first."""
    return finding.severity != "WARN" and _PROPOSAL.get(finding.edit_id) in _STOPS_PROPOSAL


def _rebuild(case: Case, findings: tuple[Finding, ...]) -> Rebuild | None:
    """What to propose; None where only a person, or a fact still to come, can say."""
    if case.claim.status == "WITHDRAWN":
        return void("The builder withdrew the claim.")
    if any(map(stops_proposal, findings)):
        return None
    if not case.basis:
        return void("The encounter was cancelled.")
    return propose(case)
