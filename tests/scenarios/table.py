"""What the scenario tables share: facts that a row takes for granted, and how a row is read.

A row is `name: (facts, route, findings)`. The facts are records of one encounter; the row speaks of the claim that is
listed last. Findings are the whole list, as (edit_id, line_number). Three kinds of facts say more than one record can:

- two contents of one fact under one revision: the fact is in conflict;
- `UNREADABLE`: bytes that came for the encounter and that nobody could read;
- an `Edit`: a learned edit, in force if it is ACTIVE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.edit import Edit
from streams.judge import Judgement, judge
from streams.topics import FACT_TOPICS
from tests.builders import HOSPITAL, at, chart, claim, encounter
from tests.conftest import facts_of

if TYPE_CHECKING:
    from schemas.claim import Claim
    from streams.facts import Facts
    from streams.rules import Rules

Found = list[tuple[str, int | None]]
Scenarios = dict[str, tuple[list[Any], str, Found]]

UNREADABLE = b"not Avro"

_ID_FIELDS = {"Documentation": "document_id", "Claim": "claim_id", "Review": "review_id", "Encounter": "encounter_id"}
_TOPIC = {topic.record.__name__: topic.name for topic in FACT_TOPICS}


def office(owners: str = "P/P/P", **changes: Any) -> list[Any]:
    """A completed visit to an office and its chart, every document by the owner of its role."""
    return [encounter(owners=owners, **changes), *chart(owners)]


def hospital(owners: str = "H/P/P", **changes: Any) -> list[Any]:
    """A completed visit to an on-campus hospital department (22) and its chart."""
    return [encounter(owners=owners, **(HOSPITAL | changes)), *chart(owners)]


def physician_claim(*lines: dict[str, Any], **changes: Any) -> Claim:
    """A professional claim of the practice P for a visit to an on-campus hospital department."""
    return claim(*lines, **({"place_of_service": "22"} | changes))


def earlier(claim: Claim, claim_id: str = "C0", minutes: float = 30) -> Claim:
    """The same claim, built before those that the builders make."""
    moment = at(minutes)
    return claim.model_copy(
        update={"claim_id": claim_id, "event_id": f"claim-{claim_id}-1", "built_at": moment, "occurred_at": moment}
    )


def standing(facts: list[Any]) -> tuple[Facts, str, tuple[Edit, ...]]:
    """What a row comes to: the facts, the claim that it speaks of (listed last), the learned edits in force."""
    known: dict[tuple[str, str], Any] = {}
    conflicts = set()
    learned = []
    for fact in facts:
        if isinstance(fact, Edit):
            learned.append(fact)
        elif fact is not UNREADABLE:
            kind = type(fact).__name__
            key = _TOPIC[kind], getattr(fact, _ID_FIELDS[kind])
            latest = known.setdefault(key, fact)
            if fact.revision == latest.revision and fact != latest:
                conflicts.add(key)
            elif fact.revision > latest.revision:
                known[key] = fact
    in_force = sorted((edit for edit in learned if edit.status == "ACTIVE"), key=lambda edit: edit.edit_id)
    whole = facts_of([*known.values()], conflicts=frozenset(conflicts), unreadable=UNREADABLE in facts)
    last = [fact for fact in facts if type(fact).__name__ == "Claim"][-1]
    return whole, last.claim_id, tuple(in_force)


def judged(facts: list[Any], rules: Rules) -> Judgement:
    """The judgement of the claim that the row lists last."""
    whole, claim_id, learned = standing(facts)
    return judge(whole, rules, learned)[claim_id]


def spoken(judgement: Judgement) -> Found:
    """The findings of a judgement as a row writes them."""
    return [(finding.edit_id, finding.line_number) for finding in judgement.findings]
