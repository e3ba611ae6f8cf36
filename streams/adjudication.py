"""Adjudication: the processor that turns facts about an encounter into decisions on its claims."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol, cast

from schemas import codec, registry
from schemas.claim import Claim
from schemas.record import DAY, moment
from streams.decision import Bench, decide, is_news, remember
from streams.edit_set import EditSets, terms_of_claim, terms_of_edit
from streams.folding import fold
from streams.holds import close_all, turn
from streams.judge import claims_touched_by, judge
from streams.processor import Emit, Outcome, Step
from streams.topics import (
    ADJUDICATION_STATE,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    EDITS,
    FACT_TOPICS,
)
from streams.working_set import WorkingSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from schemas.decision import Decision
    from schemas.edit import Edit
    from schemas.record import Record
    from streams.encounter_state import EncounterState, LastDecision
    from streams.facts import Facts
    from streams.judge import Judgement
    from streams.processor import Inbound, Table, Tables
    from streams.rules import Rules
    from streams.topics import Topic

_ROUTES = {"RELEASE": CLAIMS_RELEASED, "HOLD": CLAIMS_HELD, "REBUILD": CLAIMS_REBUILD}


class Judge(Protocol):
    """`streams.judge.judge`, or a stand-in for it."""

    def __call__(
        self, facts: Facts, rules: Rules, /, learned: tuple[Edit, ...] = (), among: Collection[str] | None = None
    ) -> Mapping[str, Judgement]:
        """The judgement of every claim of the encounter, or of those `among` it, by claim_id."""


class Adjudication:
    """Join encounters, documentation, claims and reviews by encounter, and decide each claim whenever one changes.

    Facts come in any order, late, again, and revised; the last decision of a claim depends on the facts alone.
    """

    name = "adjudication"
    inputs = FACT_TOPICS
    tables: tuple[Topic, ...] = (EDITS,)
    changelog = ADJUDICATION_STATE

    def __init__(self, rules: Rules, judge: Judge = judge) -> None:
        self._rules = rules
        self._judge = judge
        self._edit_sets = EditSets(rules.digest)
        self._working_set = WorkingSet()
        self._hold_sla = dt.timedelta(days=rules.configuration.hold_sla_days)
        self._retention = rules.configuration.retention_days * DAY
        self._settled_retention = rules.configuration.settled_retention_days * DAY

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        """Fold a fact in; if it changed anything and there is a claim, decide what that changes."""
        encounter = self._working_set.take(record.key, state)
        outcome, reason = fold(encounter, record)
        emits: list[Emit] = []
        if encounter.dirty:
            encounter.changed_at = record.time
            emits = self._decide(encounter, tables[EDITS.name], new=_new_claim(encounter, record))
            state = encounter.dump()
        return self._step(record.key, encounter, state, emits, outcome, reason)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Forget an encounter that has not changed for as long as it is kept; what it still held waits no more."""
        encounter = self._working_set.take(key, state)
        expiry = self._expiry(encounter)
        if time < expiry:
            return self._step(key, encounter, state, [])
        emits = [
            emit
            for claim_id in sorted(encounter.decisions)
            for emit in close_all(encounter.decisions[claim_id].holds, moment(expiry))
        ]
        return Step(None, tuple(emits))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        """Judge the claims that wait again, by the edits as they are now. What was released stays released."""
        encounter = self._working_set.take(key, state)
        waiting = [claim_id for claim_id, last in encounter.decisions.items() if last.route != "RELEASE"]
        emits = self._decide(encounter, tables[EDITS.name], among=waiting)
        return self._step(key, encounter, encounter.dump() if emits else state, emits)

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:  # noqa: ARG002 - one table
        """The terms of an edit that comes into force, leaves it, or changes while in force."""
        edits = [cast("Edit", edit) for edit in (old, new) if edit is not None]
        if all(edit.status != "ACTIVE" for edit in edits):
            return ()
        return dict.fromkeys([term for edit in edits for term in terms_of_edit(edit)])

    def _decide(
        self,
        encounter: EncounterState,
        table: Table,
        *,
        new: Claim | None = None,
        among: Collection[str] | None = None,
    ) -> list[Emit]:
        """Judge the encounter and decide what is news, claims in order of their ids.

        `among` these claims, if given; if all that happened is a `new` claim, among those that may read it.
        """
        if not encounter.has_claim:
            return []
        facts = encounter.decoded()
        edit_set = self._edit_sets.of(table)
        if new is not None:
            among = claims_touched_by(new, facts)
        judgements = self._judge(facts, self._rules, edit_set.learned, among)
        bench = Bench(encounter, facts, edit_set, cast("Mapping[str, Edit]", table), self._hold_sla)
        emits: list[Emit] = []
        for fact, claim in zip(encounter.facts, facts.claims, strict=False):  # claims come first among the facts
            last = encounter.decisions.get(claim.claim_id)
            judgement = judgements.get(claim.claim_id)
            if judgement is not None and is_news(bench, claim, judgement, last):
                decision = decide(bench, claim, judgement, last)
                emits += _emit(decision, fact.value, last)
                turned, holds = turn(decision, last.holds if last else ())
                emits += turned
                encounter.decisions[claim.claim_id] = remember(bench, decision, judgement, holds)
        return emits

    def _step(
        self,
        key: str,
        encounter: EncounterState,
        state: bytes | None,
        emits: list[Emit],
        outcome: Outcome = Outcome.APPLIED,
        reason: str | None = None,
    ) -> Step:
        """A step that leaves `encounter` in the state, with its time to be woken and its index terms."""
        if state is None:
            return Step(None, outcome=outcome, reason=reason)
        self._working_set.give_back(key, state, encounter)
        waiting = [
            terms_of_claim(last.payer_id, last.codes)
            for last in encounter.decisions.values()
            if last.waiting_since is not None
        ]
        terms = waiting[0] if len(waiting) == 1 else frozenset().union(*waiting)
        return Step(state, tuple(emits), self._expiry(encounter), terms, outcome, reason)

    def _expiry(self, encounter: EncounterState) -> int:
        """Stream time at which the encounter leaves the state, unless it changes before."""
        decisions = encounter.decisions.values()
        settled = bool(decisions) and all(last.settled for last in decisions)
        return encounter.changed_at + (self._settled_retention if settled else self._retention)


def _new_claim(encounter: EncounterState, record: Inbound) -> Claim | None:
    """The claim in `record` if its coming is all that happened: no revision of one known, no replay."""
    claim = record.value
    is_new = isinstance(claim, Claim) and claim.claim_id not in encounter.decisions and record.replay_of is None
    return cast("Claim", claim) if is_new else None


def _emit(decision: Decision, value: bytes, last: LastDecision | None) -> list[Emit]:
    """The decision on the topic of its route and, where it recalls a release, on that of releases too."""
    body = _body(decision, value)
    topic = _ROUTES[decision.route]
    emits = [Emit(topic, decision, body)]
    if last is not None and last.route == "RELEASE" and topic is not CLAIMS_RELEASED:
        emits.append(Emit(CLAIMS_RELEASED, decision, body))
    return emits


def _body(decision: Decision, claim: bytes) -> bytes:
    """The decision as Avro; its claim is not encoded again where it stands in the state as today's schema has it."""
    schema_id, body = codec.unframe(claim)
    if schema_id != registry.package_id(Claim):
        body = codec.encode(decision.claim)
    return codec.encode_around(decision, "claim", body)
