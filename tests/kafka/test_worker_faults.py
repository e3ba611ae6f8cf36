"""What dies, and that nothing follows from it: the failure page of docs/kafka.md, row by row."""

from __future__ import annotations

import random
import signal
import time
from functools import cache

import pytest

from agents.embedded import Embedded
from agents.generate import generate
from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from agents.settings import load_rules
from streams.adjudication import Adjudication
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, DEAD_LETTERS, ENCOUNTERS, FACT_TOPICS
from tests.kafka_workers import verdicts_of

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SESSION = 6.0


@cache
def day(encounters=300, seed=11):
    """Lines of a day, facts alone, and the last decisions that follow from them."""
    lines = [event.line for event in generate(encounters=encounters, seed=seed) if is_fact(event.line)]
    with Embedded([Adjudication(load_rules())]) as engine:
        for line in lines:
            topic, _, record = read_line(line)
            engine.feed(topic, record)
        routes = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)
        decisions = {each.record.decision_id: each.record for topic in routes for each in engine.records(topic)}
    return lines, verdicts_of(decisions.values())


def is_fact(line):
    try:
        return read_line(line)[0] in FACT_TOPICS
    except UnreadableLine:
        return False


def test_a_worker_decides_what_the_embedded_engine_decides(site):
    lines, verdicts = day()
    worker = site.worker("a")
    site.publish(lines)

    assert verdicts == site.wait_for(verdicts)
    worker.signal(signal.SIGTERM)
    assert worker.ends() == 0


def test_a_worker_that_catches_up_decides_the_same(site):
    lines, verdicts = day()
    site.publish(lines)
    site.worker("a")

    assert verdicts == site.wait_for(verdicts)


def test_kill_9_again_and_again_loses_and_repeats_nothing(site):
    lines, verdicts = day()
    rnd = random.Random(5)
    for start in range(0, len(lines), 300):
        worker = site.worker("a")
        if start:
            worker.wait()
        site.publish(lines[start : start + 300])
        time.sleep(rnd.uniform(0.0, 0.4))
        worker.signal(signal.SIGKILL)
        worker.ends()
    site.worker("a")

    assert verdicts == site.wait_for(verdicts)


def test_two_workers_share_the_partitions_and_take_over_from_each_other(site):
    lines, verdicts = day()
    third = len(lines) // 3
    first, second = site.worker("a"), site.worker("b")
    first.wait(), second.wait()
    site.publish(lines[:third])
    end = time.monotonic() + 20
    while not shared(first, second) and time.monotonic() < end:
        time.sleep(0.1)
    assert shared(first, second)
    first.signal(signal.SIGKILL)
    site.publish(lines[third : 2 * third])
    time.sleep(SESSION + 2)
    site.worker("c")
    site.publish(lines[2 * third :])

    assert verdicts == site.wait_for(verdicts)


def shared(first, second):
    """Whether each has some partitions and both together all, all topics of a partition with the same worker."""
    one, other = ((w.ready() or {}).get("adjudication", {}).get("partitions", []) for w in (first, second))
    return bool(one and other) and sorted(one + other) == [0, 1, 2, 3]


def test_a_zombie_that_wakes_after_its_session_repeats_nothing(site):
    lines, verdicts = day()
    half = len(lines) // 2
    zombie, other = site.worker("a"), site.worker("b")
    zombie.wait(), other.wait()
    site.publish(lines[:half])
    time.sleep(0.3)
    zombie.signal(signal.SIGSTOP)
    site.publish(lines[half:])
    time.sleep(SESSION + 6)
    zombie.signal(signal.SIGCONT)

    assert verdicts == site.wait_for(verdicts)
    time.sleep(3)
    assert verdicts == site.wait_for(verdicts)


def test_a_second_worker_of_one_slot_takes_it_and_the_first_ends(site):
    first = site.worker("a")
    first.wait()
    second = site.worker("a")
    second.wait()

    assert first.ends() == 2
    assert "another worker runs under slot a" in first.log.read_text()
    assert second.process.poll() is None


def test_poison_is_set_aside_once_and_the_rest_goes_on(site):
    lines, verdicts = day()
    worker = site.worker("a")
    site.send(ENCOUNTERS.name, "E-poison", b"no Avro")
    site.send(ENCOUNTERS.name, None, b"no key")
    site.publish(lines)
    verdicts_found = site.wait_for(verdicts)
    worker.signal(signal.SIGKILL)
    worker.ends()
    site.worker("a").wait()

    assert verdicts == verdicts_found
    letters = [message.value() for message in site.read([DEAD_LETTERS.name]) if message.value().startswith(b"no ")]
    assert [b"no Avro", b"no key"] == sorted(letters)


def test_a_worker_without_its_topics_ends_and_says_what_to_do(site):
    site.namespace += "elsewhere."
    worker = site.worker("a")

    assert worker.ends() == 2
    assert "cleanclaim topics create" in worker.log.read_text()
    site.namespace = site.namespace.removesuffix("elsewhere.")
