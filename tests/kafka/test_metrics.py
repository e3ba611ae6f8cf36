"""What a worker shows at /metrics, and that a look at it says what is committed."""

from __future__ import annotations

import re
import time
import urllib.request
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents.generate import generate
from agents.metrics.catalogue import METRICS
from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from streams.topics import FACT_TOPICS
from tests.kafka_workers import Site

pytestmark = pytest.mark.kafka


@pytest.fixture
def site(broker, tmp_path):
    site = Site(broker, tmp_path)
    yield site
    site.close()


def scrape(worker):
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def total(found, name, *labels, **where):
    """Label values -> sum over all other labels."""
    sums = Counter()
    for (metric, pairs), value in found.items():
        if metric == name and where.items() <= dict(pairs).items():
            sums[tuple(dict(pairs)[label] for label in labels)] += int(value)
    return dict(sums)


def test_a_worker_shows_what_it_committed_and_where_it_is(site):
    lines = [each.line for each in generate(60, 11)]
    published = site.publish(lines)
    site.send("encounters.v1", "E1", b"garbage")
    worker = site.worker("a")
    worker.wait()
    end = time.monotonic() + 60
    while True:
        found = scrape(worker)
        taken = sum(total(found, "cleanclaim_input_records_total", "topic").values())
        if taken >= published + 1 or time.monotonic() > end:
            break
        time.sleep(0.2)
    time.sleep(1.5)  # the ends of the inputs are looked at once a second
    found = scrape(worker)

    decisions = site.decisions()
    assert published + 1 == taken
    assert Counter((each.route,) for each in decisions) == total(found, "cleanclaim_decisions_total", "route")
    spoke = {(each.decision_id, finding.edit_id) for each in decisions for finding in each.findings}
    assert Counter((edit,) for _, edit in spoke) == total(found, "cleanclaim_decision_edits_total", "edit_id")
    assert {("encounters.v1", "Unreadable"): 1}.items() <= total(
        found, "cleanclaim_dead_letters_total", "topic", "exception"
    ).items()
    latencies = total(found, "cleanclaim_decision_latency_seconds_count")
    assert 0 < latencies[()] <= len(decisions)
    assert {("adjudication",): 0} == total(found, "cleanclaim_lag_records", "processor", processor="adjudication")
    keys = {read_key(line) for line in lines} - {None}
    assert {("adjudication",): len(keys) + 1} == total(
        found, "cleanclaim_state_keys", "processor", processor="adjudication"
    )
    assert total(found, "cleanclaim_state_bytes", "processor", processor="adjudication")[("adjudication",)] > 1_000
    assert {1} == set(total(found, "cleanclaim_ready", "processor").values())
    transactions = total(found, "cleanclaim_transactions_total", "processor")
    assert transactions == total(found, "cleanclaim_transaction_seconds_count", "processor")
    assert {("ACTIVE",): 0, ("SHADOW",): 0}.items() <= total(found, "cleanclaim_edits", "status").items()
    declared = {metric.name for metric in METRICS}
    shown = {name for name, _ in found if name.startswith("cleanclaim_")}
    assert set() == {re.sub("_(bucket|count|sum)$", "", name) for name in shown} - declared


def read_key(line):
    try:
        topic, key, _ = read_line(line)
    except UnreadableLine:
        return None
    return key if topic in FACT_TOPICS else None
