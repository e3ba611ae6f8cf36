"""What a worker shows at /metrics, and that a look at it says what is committed."""

from __future__ import annotations

import re
import signal
import time
import urllib.request
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents.generate import generate
from agents.metrics.catalogue import METRICS
from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from schemas import registry
from streams.topics import FACT_TOPICS

pytestmark = pytest.mark.kafka


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
    found = settled(worker, published + 1)

    decisions = site.decisions()
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
    assert open_holds(site) == total(found, "cleanclaim_holds_open", "edit_id")
    declared = {metric.name for metric in METRICS}
    shown = {name for name, _ in found if name.startswith("cleanclaim_")}
    assert set() == {re.sub("_(bucket|count|sum)$", "", name) for name in shown} - declared


def test_gauges_survive_a_restart_and_counters_begin_anew(site):
    published = site.publish(each.line for each in generate(60, 11))
    first = site.worker("a")
    first.wait()
    before = settled(first, published)
    first.signal(signal.SIGKILL)
    first.ends()
    second = site.worker("a")
    second.wait()
    after = settled(second, 0)

    for gauge, label in (
        ("cleanclaim_holds_open", "edit_id"),
        ("cleanclaim_held_cents", "edit_id"),
        ("cleanclaim_hold_oldest_due_timestamp_seconds", "edit_id"),
        ("cleanclaim_state_keys", "partition"),
        ("cleanclaim_alerts_firing", "kind"),
    ):
        assert total(before, gauge, label) == total(after, gauge, label)
    assert open_holds(site) == total(after, "cleanclaim_holds_open", "edit_id")
    assert {} == total(after, "cleanclaim_decisions_total", "route")


def settled(worker, published):
    """The figures once so many records were taken and nothing is left to do: two looks that show the same work."""
    end = time.monotonic() + 60
    before = None
    while time.monotonic() < end:
        found = scrape(worker)
        work = total(found, "cleanclaim_processed_records_total", "processor")
        taken = sum(total(found, "cleanclaim_input_records_total").values())
        lag = sum(total(found, "cleanclaim_lag_records").values())
        if taken == published and not lag and work == before:
            return found
        before = work
        time.sleep(2)  # the ends of the inputs are looked at once a second
    raise AssertionError("the worker did not come to rest")


def open_holds(site):
    """Edit -> holds opened and not closed, as holds.v1 has it."""
    counts = Counter()
    for message in site.read(["holds.v1"]):
        hold = registry.read(message.value())
        counts[(hold.edit_id,)] += 1 if hold.state == "OPENED" else -1
    return dict(+counts)


def read_key(line):
    try:
        topic, key, _ = read_line(line)
    except UnreadableLine:
        return None
    return key if topic in FACT_TOPICS else None
