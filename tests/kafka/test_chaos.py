"""A short run of `make chaos`."""

from __future__ import annotations

import logging

import pytest

from tests.chaos.run import Run
from tests.kafka_broker import Java, NoBroker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

log = logging.getLogger(__name__)


@pytest.fixture
def run(tmp_path):
    """A run on a broker of its own, which it may kill."""
    try:
        broker = Java()
    except NoBroker as reason:
        pytest.skip(str(reason))
    run = Run(broker, tmp_path, seed=5, encounters=60, seconds=4.0)
    yield run
    run.close()
    broker.close()


def test_three_rounds_of_chaos_lose_repeat_and_change_nothing(run):
    run.begin()
    for _ in range(3):
        run.round(log.info)

    assert [] == run.report.complaints
    assert [] == run.report.failures
    assert run.report.kills
