"""The promises of adjudication, over facts in any order, with the real gates."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.claim import Claim
from schemas.decision import Decision
from schemas.documentation import Documentation
from schemas.edit import EditMatch, EditScope
from schemas.encounter import Encounter
from schemas.hold import Hold
from schemas.review import Review
from streams.adjudication import Adjudication
from streams.facts import Facts
from streams.folding import unreadable_digest
from streams.judge import judge
from streams.processor import Inbound, Outcome, Step
from streams.topics import EDITS
from tests.builders import at, claim, encounter, line, report, review, supervision_note, technical_note, tracing
from tests.conftest import package_rules
from tests.desk import TOPICS, edit

if TYPE_CHECKING:
    from schemas.record import Record
    from streams.processor import Emit, Tables

L1, L2 = edit(occurred_at=at(10_000)), edit("L2", status="SHADOW")
TABLES = {EDITS.name: {"L1": L1, "L2": L2}}
LATER_TABLES = {
    EDITS.name: {
        "L1": L1.model_copy(update={"revision": 2, "status": "RETIRED"}),
        "L2": edit("L2", revision=2, scope=EditScope(payer_ids=("P02",)), match=EditMatch(procedure_codes=None)),
    }
}


class Message(NamedTuple):
    """What comes for the encounter: a record, or bytes that cannot be read."""

    record: Record | None
    body: bytes
    replay_of: str | None = None


def message(record: Record, replay_of: str | None = None) -> Message:
    return Message(record, codec.encode(record), replay_of)


revisions = st.sampled_from([2, 2, 3, 1])
event_ids = st.sampled_from(["V1", "V2"])
times = st.integers(0, 300).map(at)

encounters = st.builds(
    encounter,
    event_id=event_ids,
    revision=revisions,
    payer_id=st.sampled_from(["P02"] * 3 + ["P01"]),
    status=st.sampled_from(["COMPLETED"] * 5 + ["IN_PROGRESS", "CANCELLED"]),
    place_of_service=st.sampled_from(["11"] * 4 + ["22"]),
    encounter_class=st.sampled_from(["AMBULATORY"] * 4 + ["HOSPITAL_OUTPATIENT"]),
    owners=st.sampled_from(["P/P/P"] * 4 + ["H/P/P", "P/?/R"]),
    occurred_at=times,
)
documents = st.builds(
    lambda note, **changes: note("P", **changes),
    st.sampled_from([lambda *a, **c: technical_note(*a, tracing=tracing(), **c), supervision_note, report]),
    event_id=event_ids,
    revision=revisions,
    status=st.sampled_from(["FINAL"] * 4 + ["PRELIMINARY", "RETRACTED"]),
    signed_at=st.sampled_from([at(30), at(30), at(30), None]),
    occurred_at=times,
)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    claim_id, built_at = draw(st.sampled_from([("C1", at(60)), ("C2", at(50)), ("C3", at(60))]))
    codes = draw(st.sampled_from([["93015"], ["93016", "93018"], ["93015", "93017"], ["93350"], ["99213"]]))
    return claim(
        *[line(code, charge=100_00) for code in codes],
        claim_id=claim_id,
        built_at=built_at,
        event_id=draw(event_ids),
        revision=draw(revisions),
        status=draw(st.sampled_from(["BUILT", "BUILT", "BUILT", "WITHDRAWN"])),
        place_of_service=draw(st.sampled_from(["11", "11", "22"])),
        payer_id=draw(st.sampled_from(["P02", "P02", "P02", "P01"])),
        occurred_at=draw(times),
    )


reviews = st.builds(
    review,
    st.sampled_from(["documentation-missing", "administrative-fact-unreadable", "coding-evaluation-without-25", "L1"]),
    event_id=event_ids,
    review_id=st.sampled_from(["R1", "R2"]),
    revision=revisions,
    claim_id=st.sampled_from(["C1", "C2"]),
    claim_revision=revisions,
    answer=st.sampled_from(["CONFIRMED", "REVOKED"]),
    occurred_at=times,
)
facts = st.one_of(encounters, documents, documents, claims(), claims(), reviews)
garbage = st.sampled_from([b"garbage", b"other garbage"])
messages = st.one_of(
    *[facts.map(message)] * 12,
    garbage.map(lambda body: Message(None, body)),
    st.builds(message, facts, garbage.map(unreadable_digest)),
)

RIGHT = (
    encounter(payer_id="P02"),
    technical_note(),
    supervision_note(),
    report(),
    claim(line("93015"), payer_id="P02"),
)
"""An encounter whose claim may be released: what else comes changes that, or does not."""


@st.composite
def _deliveries(draw: st.DrawFn) -> list[Message]:
    right = draw(st.lists(st.sampled_from(RIGHT), unique_by=id, max_size=len(RIGHT))) if draw(st.booleans()) else RIGHT
    return draw(st.permutations([*map(message, right), *draw(st.lists(messages, min_size=1, max_size=6))]))


deliveries = _deliveries()


class Run:
    """One encounter from first to last message; `afresh` gives each message to a processor that kept nothing."""

    def __init__(self, delivered: list[Message], tables: Tables = TABLES, *, afresh: bool = False) -> None:
        self.steps: list[Step] = []
        state, processor = None, Adjudication(package_rules())
        for time, (record, body, replay_of) in enumerate(delivered):
            topic = TOPICS[Documentation if record is None else type(record)]
            processor = Adjudication(package_rules()) if afresh else processor
            step = processor.process(Inbound(topic, "E1", record, body, time, replay_of), state, tables)
            state = step.state
            self.steps.append(step)

    @property
    def emits(self) -> list[Emit]:
        return [emit for step in self.steps for emit in step.emits]

    def reconsider(self, tables: Tables) -> None:
        self.steps.append(Adjudication(package_rules()).reconsider("E1", self.steps[-1].state, tables))

    def chains(self) -> dict[str, list[Decision]]:
        """The decisions of each claim; a recall stands once."""
        chains: dict[str, dict[str, Decision]] = {}
        for emit in self.emits:
            if isinstance(emit.value, Decision):
                chains.setdefault(emit.value.claim_id, {})[emit.value.decision_id] = emit.value
        return {claim_id: list(by_id.values()) for claim_id, by_id in chains.items()}

    def holds(self) -> list[Hold]:
        return [emit.value for emit in self.emits if isinstance(emit.value, Hold)]


def said(decision: Decision) -> tuple[Any, ...]:
    """What a consumer acts on; the warnings of a release are none of it."""
    findings = [(found.edit_id, found.line_number, found.severity) for found in decision.findings]
    released = decision.route == "RELEASE"
    return decision.route, decision.claim_revision, [] if released else findings, decision.rebuild


def outlook(run: Run) -> dict[str, Any]:
    """What the last decision of each claim says."""
    return {claim_id: said(chain[-1]) for claim_id, chain in run.chains().items()}


@settings(max_examples=300)
@given(delivered=deliveries, data=st.data())
def test_the_last_decision_depends_on_the_facts_whatever_their_order_and_repeats(delivered, data):
    repeats = data.draw(st.lists(st.sampled_from(delivered), max_size=4))
    shuffled = data.draw(st.permutations([*delivered, *repeats]))

    assert outlook(Run(delivered)) == outlook(Run(shuffled))


@given(delivered=deliveries)
def test_after_a_change_of_edits_what_waits_is_as_if_they_had_judged_all_along(delivered):
    run = Run(delivered)
    waiting = {claim_id for claim_id, (route, *_) in outlook(run).items() if route != "RELEASE"}
    run.reconsider(LATER_TABLES)
    afterwards, all_along = outlook(run), outlook(Run(delivered, LATER_TABLES))

    assert {claim_id: all_along[claim_id] for claim_id in waiting} == {
        claim_id: afterwards[claim_id] for claim_id in waiting
    }


@given(delivered=deliveries)
def test_a_change_of_edits_recalls_nothing(delivered):
    run = Run(delivered)
    released = {claim_id: last for claim_id, last in outlook(run).items() if last[0] == "RELEASE"}
    run.reconsider(LATER_TABLES)

    assert released == {claim_id: outlook(run)[claim_id] for claim_id in released}


@given(delivered=deliveries)
def test_a_sequence_has_no_gap_and_each_decision_names_the_one_before(delivered):
    for chain in Run(delivered).chains().values():
        assert [*range(1, len(chain) + 1)] == [decision.sequence for decision in chain]
        assert [None, *[decision.decision_id for decision in chain[:-1]]] == [d.supersedes for d in chain]


@given(delivered=deliveries)
def test_two_decisions_in_a_row_never_say_the_same(delivered):
    for chain in Run(delivered).chains().values():
        for before, after in pairwise(chain):
            assert said(before) != said(after)


@given(delivered=deliveries)
def test_a_release_that_no_longer_holds_is_taken_back_where_it_was_given(delivered):
    run = Run(delivered)
    released = {e.value.decision_id for e in run.emits if e.topic.name == "claims.released.v1"}
    for chain in run.chains().values():
        expected = {
            decision.decision_id
            for before, decision in zip([None, *chain], chain, strict=False)
            if decision.route == "RELEASE" or (before and before.route == "RELEASE")
        }

        assert expected == released & {decision.decision_id for decision in chain}


@given(delivered=deliveries)
def test_open_holds_are_what_the_last_decisions_wait_for(delivered):
    run = Run(delivered)
    still_open = Counter()
    for hold in run.holds():
        still_open[hold.claim_id, hold.edit_id] += 1 if hold.state == "OPENED" else -1
    waiting = {
        (claim_id, finding.edit_id)
        for claim_id, chain in run.chains().items()
        for finding in chain[-1].findings
        if finding.severity != "WARN" and chain[-1].claim.status == "BUILT"
    }

    assert waiting == set(still_open.elements())
    assert set(still_open.values()) <= {0, 1}


@given(delivered=deliveries)
def test_a_hold_closes_once_with_the_fields_it_opened_with(delivered):
    open_holds: dict[str, Hold] = {}
    for hold in Run(delivered).holds():
        if hold.state == "OPENED":
            assert hold.hold_id not in open_holds
            open_holds[hold.hold_id] = hold
        else:
            closed = hold.model_copy(update={"state": "OPENED", "occurred_at": open_holds[hold.hold_id].occurred_at})

            assert open_holds.pop(hold.hold_id) == closed


@given(delivered=deliveries)
def test_a_replay_gives_the_same_bytes_and_so_does_a_processor_that_kept_nothing(delivered):
    def written(run: Run) -> list[Any]:
        return [(step.state, step.outcome, step.terms, step.wake_at, step.emits) for step in run.steps]

    first = written(Run(delivered))

    assert first == written(Run(delivered))
    assert first == written(Run(delivered, afresh=True))


@given(delivered=deliveries)
def test_every_body_is_the_avro_of_its_record(delivered):
    for emit in Run(delivered).emits:
        assert codec.encode(emit.value) == (emit.body or codec.encode(emit.value))


@given(delivered=deliveries)
def test_a_record_that_changes_nothing_emits_nothing(delivered):
    states = [None, *[step.state for step in Run(delivered).steps]]
    for before, step in zip(states, Run(delivered).steps, strict=False):
        if before == step.state:
            assert step.emits == ()
            assert step.outcome in (Outcome.DUPLICATE, Outcome.SUPERSEDED, Outcome.DEAD_LETTER)


@given(records=st.lists(facts, min_size=1, max_size=14, unique_by=lambda record: (type(record), *identity(record))))
def test_each_decision_is_what_its_recorded_facts_give_when_judged_again(records):
    by_reference = {(TOPICS[type(record)].name, *identity(record)): record for record in records}
    for chain in Run([message(record) for record in records]).chains().values():
        for decision in chain:
            recorded = [by_reference[fact.topic, fact.id, fact.revision] for fact in decision.facts]
            again = judge(facts_in(recorded), package_rules(), (L1,))[decision.claim_id]

            assert (decision.route, decision.findings, decision.rebuild) == (
                again.route,
                again.findings,
                again.rebuild,
            )


def identity(record: Any) -> tuple[str, int]:
    for name in ("document_id", "review_id", "claim_id"):
        if hasattr(record, name):
            return getattr(record, name), record.revision
    return record.encounter_id, record.revision


def facts_in(records: list[Any]) -> Facts:
    def of(kind: type) -> tuple[Any, ...]:
        return tuple(record for record in records if isinstance(record, kind))

    return Facts(
        encounter=next(iter(of(Encounter)), None), documents=of(Documentation), claims=of(Claim), reviews=of(Review)
    )
