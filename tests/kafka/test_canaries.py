"""No tagged field leaves a worker but in the records themselves: not in logs, metrics, web views, headers or posts."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request

import pytest

from agents.ndjson import read_line
from agents.tracing import TRACEPARENT
from schemas import registry
from streams.topics import ALERTS, DEAD_LETTERS, HOLDS, TOPICS
from tests.alerts import alert
from tests.canaries import DOCUMENT, GOOD, RECORDS, seen
from tests.receiver import receiving

pytestmark = pytest.mark.kafka

VIEWS = ("/healthz", "/readyz", "/metrics", "/", "/table", "/Canary", "/router/Canary/Canary")
HEADERS = [(TRACEPARENT, b"Canary"), ("Canary", b"Canary")]


def view(worker, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}{path}", timeout=10) as answer:
            return f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.headers}{error.read().decode()}"


def put(site, lines):
    """Send the records of these lines as they are, with headers that nobody asked for."""
    for line in lines:
        topic, key, record = read_line(json.dumps(line).encode())
        site.send(topic.name, key, registry.write(record), headers=HEADERS)


def spoil(site):
    """Send what cannot be taken, with marks all over."""
    framed = registry.write(read_line(json.dumps(GOOD[0]).encode()).record)
    for value in (b"Canary", framed[:40], framed + b"Canary", framed[:5] + b"\xffCanary", b""):
        site.send(GOOD[0]["topic"], "Canary-1", value, headers=HEADERS)
    site.send(GOOD[0]["topic"], None, framed, headers=HEADERS)
    site.send(GOOD[0]["topic"], "Canary-another", framed, headers=HEADERS)
    site.send(HOLDS.name, "Canary", framed)
    put(site, [DOCUMENT | {"value": DOCUMENT["value"] | {"author_id": "Canary-other"}}])  # a conflict


def committed(site, *topics):
    return list(site.read(topic.name for topic in topics))


def test_a_worker_shows_no_mark(site):
    with receiving() as webhook:
        settings = {"CLEANCLAIM_WEBHOOK_URL": webhook.url, "CLEANCLAIM_WEBHOOK_SECRET": "whsec_c2VjcmV0"}
        worker = site.worker("a", CLEANCLAIM_LOG_LEVEL="DEBUG", **settings)
        worker.wait()
        put(site, GOOD)
        spoil(site)
        end = time.monotonic() + 30
        while len(committed(site, DEAD_LETTERS)) < 8 or not committed(site, HOLDS):
            assert time.monotonic() < end, worker.log.read_text()
            time.sleep(0.3)
        site.send(ALERTS.name, "alert-1", registry.write(alert(1)), headers=HEADERS)
        webhook.wait(1)
        views = [view(worker, path) for path in VIEWS]
        worker.signal(signal.SIGTERM)
        ended = worker.ends()
    sent = {topic for topic, _ in RECORDS} | {ALERTS}
    headers = [str(message.headers()) for message in committed(site, *(set(TOPICS) - sent))]
    alerts = [registry.read(message.value()).model_dump_json() for message in committed(site, ALERTS)]
    posts = [f"{post.path}{post.headers}{post.body.decode()}" for post in webhook.posts]

    assert 0 == ended
    assert set() == seen(*views)
    assert set() == seen(*headers)
    assert set() == seen(*alerts, *posts)
    assert set() == seen(worker.log.read_text())
    assert posts
    assert 'cleanclaim_dead_letters_total{exception="Unreadable",topic="encounters.v1"}' in views[2]
