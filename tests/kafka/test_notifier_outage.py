"""A notifier outlives its broker, and so does the worker that it runs in."""

from __future__ import annotations

import time

import pytest

from schemas import registry
from streams.topics import ALERTS
from tests.alerts import alert
from tests.kafka_broker import Java, NoBroker
from tests.kafka_workers import Site
from tests.receiver import receiving

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def own(broker):
    """A broker that this test may stop."""
    del broker  # where there is none, there is none of these either
    try:
        java = Java()
    except NoBroker as error:
        pytest.skip(f"a broker that may be stopped is one on Java: {error}")
    yield java
    java.close()


def test_a_notifier_goes_on_when_its_broker_does(own, tmp_path):
    site = Site(own, tmp_path)
    with receiving() as webhook:
        worker = site.worker("n", CLEANCLAIM_WEBHOOK_URL=webhook.url, CLEANCLAIM_WEBHOOK_SECRET="s")  # noqa: S106 - made up
        worker.wait()
        site.send(ALERTS.name, "alert-1", registry.write(alert(1)))
        webhook.wait(1)
        own.kill()
        time.sleep(15)  # longer than its session
        own.start()
        site.send(ALERTS.name, "alert-2", registry.write(alert(2)))
        told = [post.headers["webhook-id"] for post in webhook.wait(2, 60)]
        running = worker.process.poll()
        site.close()

    assert (["alert-1.FIRING", "alert-2.FIRING"], None) == (told, running)
