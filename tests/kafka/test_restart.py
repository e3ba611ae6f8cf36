"""A worker that is killed and started again under its slot works again within seconds, however much it remembers."""

from __future__ import annotations

import logging
import signal
import time

import pytest

from agents.kafka.options import Options
from schemas import registry
from streams.adjudication import Adjudication
from streams.topics import ENCOUNTERS
from tests.builders import encounter
from tests.chaos.watch import Watch

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ENCOUNTERS_KNOWN = 100_000
SECONDS = 15.0

log = logging.getLogger(__name__)


@pytest.fixture
def watch(site):
    """The positions of adjudication on encounters.v1."""
    name = site.namespace + ENCOUNTERS.name
    options = Options("", {}, site.namespace)
    watch = Watch(site.bootstrap, {options.group(Adjudication): [name]}, site.partitions)
    watch.begin()
    yield watch
    watch.end()


def wait_for(watch, number, seconds):
    end = time.monotonic() + seconds
    while sum(watch.positions().values()) < number:
        assert time.monotonic() < end, f"{sum(watch.positions().values())} of {number} records were taken"
        time.sleep(0.05)


def test_a_restarted_worker_works_again_soon_with_a_hundred_thousand_encounters_to_restore(site, watch):
    worker = site.worker("a", CLEANCLAIM_AGENTS="adjudication")
    one = encounter()
    site.send_all(
        ENCOUNTERS.name,
        ((f"E{n}", registry.write(one.model_copy(update={"encounter_id": f"E{n}"}))) for n in range(ENCOUNTERS_KNOWN)),
    )
    wait_for(watch, ENCOUNTERS_KNOWN, 120)
    worker.signal(signal.SIGKILL)
    worker.ends()
    began = time.monotonic()
    site.worker("a", CLEANCLAIM_AGENTS="adjudication")
    site.send(ENCOUNTERS.name, "E-new", registry.write(one.model_copy(update={"encounter_id": "E-new"})))
    wait_for(watch, ENCOUNTERS_KNOWN + 1, 60)
    took = time.monotonic() - began
    log.warning("%d encounters restored and the next record committed after %.1f s", ENCOUNTERS_KNOWN, took)

    assert took < SECONDS
