"""The checker of chaos runs is silent over a sound run, and speaks up when something is missing, doubled or changed."""

from __future__ import annotations

from collections import defaultdict

import pytest

from agents.embedded import Embedded
from agents.embedded.engine import Options
from agents.processors import PROCESSORS
from agents.settings import load_rules
from streams.topics import CLAIMS_HELD, CLAIMS_RELEASED, DEAD_LETTERS, DENIALS, EDITS, HOLDS, TOPICS
from tests.chaos.checks import CHECKS, ROUTES, Expected
from tests.chaos.observed import Seen
from tests.chaos.traffic import operation


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


def test_another_route_is_noticed(check):
    def change(records):
        latest = {}
        for topic in ROUTES:
            for seen in records[topic]:
                latest[seen.key] = max(latest.get(seen.key, 0), seen.record.sequence)
        at = next(n for n, seen in enumerate(records[CLAIMS_HELD]) if seen.record.sequence == latest[seen.key])
        held = records[CLAIMS_HELD].pop(at)
        records[CLAIMS_RELEASED].append(held._replace(record=held.record.model_copy(update={"route": "RELEASE"})))

    assert "differing" in check(change)
