"""Decisions: when a judgement is news, which facts it rests on, and the ids and times that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.decision import Decision, FactReference
from schemas.record import millis, moment
from schemas.trusted import construct
from streams.encounter_state import CLAIM, KINDS, REVIEW, LastDecision
from streams.naming import canonical, digest, digest_of_bytes, name_uuid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from schemas.claim import Claim
    from schemas.documentation import Documentation
    from schemas.edit import Edit
    from schemas.encounter import Encounter
    from schemas.review import Review
    from streams.edit_set import EditSet
    from streams.encounter_state import EncounterState, Fact
    from streams.facts import Facts
    from streams.judge import Judgement

    FactRecord = Encounter | Documentation | Claim | Review


class Bench(NamedTuple):
    """What one step judges with.

    edits    every learned edit by edit_id, also those no longer in force: their times count where they changed a claim
    hold_sla how long a claim may wait
    """

    encounter: EncounterState
    facts: Facts
    edit_set: EditSet
    edits: Mapping[str, Edit]
    hold_sla: dt.timedelta


def verdict(judgement: Judgement) -> str:
    """What two judgements must share to be the same news, beside route and claim revision; empty for a RELEASE.

    A release is a release: its warnings may change without a word.
    """
    if judgement.route == "RELEASE":
        return ""
    findings = [
        part for found in judgement.findings for part in (found.edit_id, str(found.line_number), found.severity)
    ]
    return digest(*findings, "" if judgement.rebuild is None else judgement.rebuild.model_dump_json())


def is_news(bench: Bench, claim: Claim, judgement: Judgement, last: LastDecision | None) -> bool:
    """Whether a judgement differs from the last decision of its claim in what a consumer acts on."""
    if last is None or last.claim_revision != claim.revision:
        return True
    if last.route != judgement.route:
        return not _by_later_edits_alone(bench, judgement, last)
    return last.verdict != verdict(judgement)


def _by_later_edits_alone(bench: Bench, judgement: Judgement, last: LastDecision) -> bool:
    """Whether only learned edits that came after a release speak against it: an edit recalls no released claim.

    With one edit set this never holds, so there the last decision stays a function of the facts.
    """
    if last.route != "RELEASE" or last.edit_set == bench.edit_set.name:
        return False
    return all(
        finding.gate == "LEARNED" and millis(bench.edits[finding.edit_id].occurred_at) > last.decided_at
        for finding in judgement.findings
        if finding.severity != "WARN"
    )


def decide(bench: Bench, claim: Claim, judgement: Judgement, last: LastDecision | None) -> Decision:
    """The next decision of a claim.

    Its id depends on claim, claim revision, sequence, facts (marks included) and edit set alone, so whoever decides
    the same again names it the same.
    """
    basis = _basis(bench.encounter, claim)
    sequence = last.sequence + 1 if last else 1
    grounds = digest_of_bytes(
        canonical((bench.edit_set.name, bench.encounter.marks())) + b"".join([fact.name for fact, _ in basis])
    )
    decided_at = max([record.occurred_at for _, record in basis] + _edit_times(bench, judgement, last))
    waiting_since = _waiting_since(claim, judgement, last, decided_at)
    encounter = bench.facts.encounter
    return construct(
        Decision,
        {
            "decision_id": name_uuid(claim.claim_id, claim.revision, sequence, grounds),
            "claim_id": claim.claim_id,
            "claim_revision": claim.revision,
            "encounter_id": claim.encounter_id,
            "site_id": encounter.site_id if encounter else None,
            "payer_id": claim.payer_id,
            "route": judgement.route,
            "sequence": sequence,
            "supersedes": last.decision_id if last else None,
            "findings": judgement.findings,
            "rebuild": judgement.rebuild,
            "edit_set": bench.edit_set.name,
            "facts": tuple([_reference(fact) for fact, _ in basis]),
            "claim": claim,
            "decided_at": decided_at,
            "due_at": None if waiting_since is None else waiting_since + bench.hold_sla,
        },
    )


def remember(bench: Bench, decision: Decision, judgement: Judgement, holds: tuple[bytes, ...]) -> LastDecision:
    """What the next decision of the claim must know of this one. `holds` are those open after it."""
    waits = decision.due_at is not None
    return LastDecision(
        claim_id=decision.claim_id,
        decision_id=decision.decision_id,
        sequence=decision.sequence,
        claim_revision=decision.claim_revision,
        route=decision.route,
        settled=decision.route == "RELEASE" or (decision.rebuild is not None and decision.rebuild.void),
        decided_at=millis(decision.decided_at),
        waiting_since=millis(decision.due_at - bench.hold_sla) if decision.due_at else None,
        verdict=verdict(judgement),
        edit_set=decision.edit_set,
        payer_id=decision.payer_id if waits else "",
        codes=tuple(sorted({line.procedure_code for line in decision.claim.lines})) if waits else (),
        learned=_learned(judgement),
        holds=holds,
    )


def _basis(encounter: EncounterState, claim: Claim) -> list[tuple[Fact, FactRecord]]:
    """The facts that a decision on `claim` rests on, by topic name, then id.

    Earlier claims of the same biller count also while withdrawn or void: that they no longer stand is a fact, too.
    """
    basis = []
    for fact in encounter.facts:
        record = encounter.record(fact)
        if fact.kind == CLAIM:
            rests = record is claim or _is_earlier(record, claim)
        else:
            rests = fact.kind != REVIEW or record.claim_id == claim.claim_id
        if rests:
            basis.append((fact, record))
    return basis


def _reference(fact: Fact) -> FactReference:
    values = {"topic": KINDS[fact.kind].topic, "id": fact.id, "revision": fact.revision}
    return construct(FactReference, values)


def _is_earlier(other: Claim, claim: Claim) -> bool:
    return (
        other.billing_entity_id == claim.billing_entity_id
        and other.claim_type == claim.claim_type
        and (other.built_at, other.claim_id) < (claim.built_at, claim.claim_id)
    )


def _edit_times(bench: Bench, judgement: Judgement, last: LastDecision | None) -> list[dt.datetime]:
    """When the learned edits that speak now, or spoke in the last decision, came to be what they are."""
    spoke = last.learned if last else ()
    return [bench.edits[edit_id].occurred_at for edit_id in (*_learned(judgement), *spoke) if edit_id in bench.edits]


def _learned(judgement: Judgement) -> tuple[str, ...]:
    return tuple([finding.edit_id for finding in judgement.findings if finding.gate == "LEARNED"])


def _waiting_since(
    claim: Claim, judgement: Judgement, last: LastDecision | None, decided_at: dt.datetime
) -> dt.datetime | None:
    """`decided_at` of the first HOLD or REBUILD in the row that this judgement goes on or begins."""
    if judgement.route == "RELEASE" or claim.status == "WITHDRAWN":
        return None
    if last is None or last.waiting_since is None:
        return decided_at
    return moment(last.waiting_since)
