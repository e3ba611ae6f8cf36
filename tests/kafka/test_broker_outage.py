"""A broker that goes away and comes back: the worker waits, resumes by itself, skips and repeats nothing."""

from __future__ import annotations

import time

import pytest

from tests.kafka.test_worker_faults import day
from tests.kafka_broker import Java, NoBroker
from tests.kafka_workers import Site

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def own_broker():
    """One that a test may kill."""
    try:
        broker = Java()
    except NoBroker as reason:
        pytest.skip(str(reason))
    yield broker
    broker.close()


def test_a_worker_that_starts_before_its_broker_waits_for_it(own_broker, tmp_path):
    site = Site(own_broker, tmp_path)
    own_broker.stop()
    worker = site.worker("a", CLEANCLAIM_AGENTS="adjudication")
    time.sleep(12)
    running, told = worker.process.poll() is None, worker.log.read_text()
    own_broker.start()
    agents = worker.wait()
    site.close()

    assert running, told
    assert "waiting for the cluster" in told
    assert {"adjudication": {"ready": True, "partitions": [0, 1, 2, 3]}} == agents


def test_a_worker_outlives_its_broker(own_broker, tmp_path):
    lines, verdicts = day()
    half = len(lines) // 2
    site = Site(own_broker, tmp_path)
    worker = site.worker("a")
    worker.wait()
    site.publish(lines[:half])
    own_broker.kill()
    time.sleep(3)
    own_broker.start()
    site.publish(lines[half:])
    found = site.wait_for(verdicts, 90)
    site.close()

    assert verdicts == found
