"""The checker of chaos runs is silent over a sound run, and speaks up when something is missing, doubled or changed."""

from __future__ import annotations

from collections import defaultdict

import pytest

from agents.dispatch import UNREADABLE, Header
from agents.embedded import Embedded
from agents.embedded.engine import Options
from agents.processors import PROCESSORS
from agents.settings import load_rules
from schemas import registry
from schemas.edit_decision import EditDecision
from streams.adjudication import Adjudication
from streams.edit_id import edit_id_of
from streams.learning import Learning
from streams.topics import (
    BY_NAME,
    CLAIMS_BUILT,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DEAD_LETTERS,
    DENIALS,
    DOCUMENTATION,
    EDIT_DECISIONS,
    EDITS,
    ENCOUNTERS,
    HOLDS,
    TOPICS,
    edit_key,
)
from tests.builders import at, claim, encounter, line, report, supervision_note, technical_note
from tests.chaos.checks import CHECKS
from tests.chaos.decisions import ROUTES, by_claim, judged_again
from tests.chaos.expected import Expected
from tests.chaos.observed import Seen
from tests.chaos.traffic import Sent, operation
from tests.desk import edit


class Log:
    """What `Observed` would see had the embedded engine been the workers."""

    def __init__(self, engine):
        self.records = defaultdict(list)
        for topic in TOPICS:
            if not topic.compacted:
                for each in engine.records(topic):
                    record = each.record if topic.record and each.value else None
                    seen = Seen(
                        each.partition, each.offset, each.time, each.key, each.value, record, dict(each.headers)
                    )
                    self.records[topic].append(seen)
        for letter in self.records[DEAD_LETTERS]:
            if letter.headers[Header.EXCEPTION] == UNREADABLE:  # the embedded engine keeps it nowhere else
                self.records[BY_NAME[letter.headers[Header.TOPIC]]].append(letter)

    def of(self, topic):
        return [seen.record for seen in self.records[topic] if seen.record is not None]


@pytest.fixture(scope="module")
def sound():
    """What was sent, and all that stands on the topics then."""
    rules = load_rules()
    records = operation(40, seed=3, poison=3)
    with Embedded([make(rules) for make in PROCESSORS.values()], options=Options(clock="wall")) as engine:
        for topic, key, value in records:
            engine.feed_bytes(topic, key, value)
        return records, {topic: list(seen) for topic, seen in Log(engine).records.items()}


@pytest.fixture
def check(sound):
    """Let a change be made to a copy of a sound run; the kinds of complaint that follow."""
    records, standing = sound

    def check(change):
        log = Log.__new__(Log)
        log.records = defaultdict(list, {topic: list(seen) for topic, seen in standing.items()})
        change(log.records)
        expected = Expected(load_rules())
        expected.send(records)
        return {complaint.kind for check in CHECKS for complaint in check(expected, log)}

    return check


def test_a_sound_run_is_not_complained_of(check):
    assert set() == check(lambda _: None)


@pytest.mark.parametrize("topic", [CLAIMS_RELEASED, CLAIMS_HELD, DENIALS, EDITS, HOLDS], ids=lambda topic: topic.name)
def test_a_record_that_stands_twice_is_noticed(check, topic):
    assert check(lambda records: records[topic].append(records[topic][-1])) & {"duplicated", "gaps"}


@pytest.mark.parametrize("topic", [CLAIMS_RELEASED, CLAIMS_HELD, DENIALS, EDITS, HOLDS], ids=lambda topic: topic.name)
def test_a_record_that_is_not_there_is_noticed(check, topic):
    assert check(lambda records: records[topic].pop()) & {"missing", "gaps", "differing"}


def test_a_dead_letter_that_is_not_there_is_noticed(check):
    assert "lost dead letters" in check(lambda records: records[DEAD_LETTERS].pop())


def test_another_route_of_a_last_decision_is_noticed(check):
    def change(records):
        latest = {}
        for topic in ROUTES:
            for seen in records[topic]:
                latest[seen.key] = max(latest.get(seen.key, 0), seen.record.sequence)
        at = next(n for n, seen in enumerate(records[CLAIMS_HELD]) if seen.record.sequence == latest[seen.key])
        held = records[CLAIMS_HELD].pop(at)
        records[CLAIMS_RELEASED].append(held._replace(record=held.record.model_copy(update={"route": "RELEASE"})))

    assert "differing" in check(change)


def in_the_middle(records, topic):
    """Where a decision stands that another follows."""
    log = Log.__new__(Log)
    log.records = records
    last = {claim_id: decisions[-1].sequence for claim_id, decisions in by_claim(log).items()}
    decided = enumerate(seen.record for seen in records[topic])
    return next(at for at, decision in decided if decision.sequence < last[decision.claim_id])


def changed(records, topic, at, **changes):
    records[topic][at] = records[topic][at]._replace(record=records[topic][at].record.model_copy(update=changes))


def test_another_route_in_the_middle_of_a_sequence_is_noticed(check):
    def change(records):
        changed(records, CLAIMS_HELD, in_the_middle(records, CLAIMS_HELD), route="REBUILD")

    assert {"differing"} == check(change)


def test_a_finding_less_in_the_middle_of_a_sequence_is_noticed(check):
    def change(records):
        at = in_the_middle(records, CLAIMS_HELD)
        changed(records, CLAIMS_HELD, at, findings=records[CLAIMS_HELD][at].record.findings[1:])

    assert {"differing"} == check(change)


def test_another_severity_in_the_middle_of_a_sequence_is_noticed(check):
    def change(records):
        at = in_the_middle(records, CLAIMS_HELD)
        first, *others = records[CLAIMS_HELD][at].record.findings
        severity = "HOLD" if first.severity == "WARN" else "WARN"
        findings = (first.model_copy(update={"severity": severity}), *others)
        changed(records, CLAIMS_HELD, at, findings=findings)

    assert {"differing"} == check(change)


def test_another_claim_in_the_middle_of_a_sequence_is_noticed(check):
    def change(records):
        at = in_the_middle(records, CLAIMS_HELD)
        other = records[CLAIMS_HELD][at].record.claim.model_copy(update={"lines": ()})
        changed(records, CLAIMS_HELD, at, claim=other)

    assert {"differing"} == check(change)


def test_a_fact_that_no_topic_holds_is_noticed(check):
    def change(records):
        at = in_the_middle(records, CLAIMS_HELD)
        first, *others = records[CLAIMS_HELD][at].record.facts
        changed(records, CLAIMS_HELD, at, facts=(first.model_copy(update={"revision": 99}), *others))

    assert {"differing"} == check(change)


def test_a_decision_that_does_not_rest_on_its_claim_is_noticed(check):
    def change(records):
        at = in_the_middle(records, CLAIMS_HELD)
        facts = [fact for fact in records[CLAIMS_HELD][at].record.facts if fact.topic != CLAIMS_BUILT.name]
        changed(records, CLAIMS_HELD, at, facts=tuple(facts))

    assert {"differing"} == check(change)


def test_edits_that_never_were_in_force_are_noticed(check):
    def change(records):
        changed(records, CLAIMS_HELD, in_the_middle(records, CLAIMS_HELD), edit_set="none")

    assert {"differing"} == check(change)


def test_what_speaks_for_a_decision_may_come_later(sound):
    _, standing = sound
    log = Log.__new__(Log)
    log.records = defaultdict(list, {topic: list(seen) for topic, seen in standing.items()})
    late = log.records.pop(ENCOUNTERS)
    expected = Expected(load_rules())

    assert [] != list(judged_again(expected, log))

    log.records[ENCOUNTERS] = late

    assert [] == list(judged_again(expected, log))


L1 = edit("L1")
L1_ID = edit_id_of(L1.scope, L1.match)


def sent(topic, record):
    return Sent(topic, "E1", record if isinstance(record, bytes) else registry.write(record))


FACTS = [
    sent(ENCOUNTERS, encounter()),
    sent(DOCUMENTATION, technical_note()),
    sent(DOCUMENTATION, supervision_note()),
    sent(DOCUMENTATION, report()),
    sent(CLAIMS_BUILT, claim(line("93015"))),
]


def adjudicated(*records):
    with Embedded([Adjudication(load_rules()), Learning()]) as engine:
        for topic, key, value in records:
            engine.feed_bytes(topic, key, value)
        return Log(engine)


def test_another_rebuild_is_noticed():
    owned = [sent(ENCOUNTERS, encounter(owners="H/P/P")), sent(DOCUMENTATION, technical_note("H"))]
    log = adjudicated(*owned, *FACTS[2:])

    assert [] == list(judged_again(Expected(load_rules()), log))

    changed(log.records, CLAIMS_REBUILD, -1, rebuild=None)

    assert ["differing"] == [complaint.kind for complaint in judged_again(Expected(load_rules()), log)]


@pytest.mark.parametrize(
    "late",
    [
        sent(ENCOUNTERS, encounter(place_of_service="22")),
        sent(CLAIMS_BUILT, claim(line("93015", charge=1_00))),
        sent(DOCUMENTATION, report(status="PRELIMINARY")),
        sent(DOCUMENTATION, b"garbage"),
    ],
    ids=["two encounters", "two claims", "two reports", "bytes that nobody can read"],
)
def test_what_a_decision_does_not_record_is_allowed_for_before_and_after_it_came(late):
    log = adjudicated(*FACTS, late)

    assert ["RELEASE", "HOLD"] == [decision.route for decisions in by_claim(log).values() for decision in decisions]
    assert [] == list(judged_again(Expected(load_rules()), log))


def said(action, **changes):
    """A person's word on the learned edit."""
    word = EditDecision(
        event_id=action, edit_id=L1_ID, action=action, decided_by="D", reason="r", occurred_at=at(600), **changes
    )
    return Sent(EDIT_DECISIONS, edit_key(L1), registry.write(word))


@pytest.fixture
def freed():
    """A claim that a learned edit held, until the edit was retired."""
    return adjudicated(said("ADD", edit=L1.model_copy(update={"edit_id": L1_ID})), *FACTS, said("RETIRE"))


def test_a_decision_is_judged_again_under_the_learned_edits_that_it_names(freed):
    ((held, released),) = by_claim(freed).values()

    assert ["HOLD", "RELEASE"] == [held.route, released.route]
    assert [] == list(judged_again(Expected(load_rules()), freed))


def test_edits_that_were_in_force_at_another_time_are_noticed(freed):
    ((held, released),) = by_claim(freed).values()
    changed(freed.records, CLAIMS_HELD, 0, edit_set=released.edit_set)
    changed(freed.records, CLAIMS_RELEASED, 0, edit_set=held.edit_set)

    assert ["differing"] * 2 == [complaint.kind for complaint in judged_again(Expected(load_rules()), freed)]
