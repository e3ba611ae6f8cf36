"""What lanes of a worker show, and what a transaction leaves in the counts."""

from __future__ import annotations

from collections import Counter

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agents.dispatch import entry_of
from agents.metrics.committed import Committed
from agents.metrics.figures import registry_of
from agents.metrics.lanes import Lanes, Meter
from streams.processor import Emit, Outcome
from streams.topics import EDITS, HOLDS
from tests.toys import Ledger, Tally, edit, hold


class Shown:
    """A lane as a scrape sees it."""

    ready = True

    def __init__(self, processor, tables=None):
        self.processor = processor
        self.tables = tables or {}
        self.counts = Counter({"transactions": 3, "records": 70, "aborts": 1, "restores": 1})
        self.outcomes = Counter({("encounters.v1", Outcome.APPLIED): 5, ("holds.v1", Outcome.APPLIED): 9})

    def lag(self):
        return {("encounters.v1", 4): 12}

    def states(self):
        raise AssertionError("only those of alerting and learning are looked at")

    def sizes(self):
        return {4: (2, 300), 5: (1, 100)}


def shown(*sources):
    text = generate_latest(registry_of(sources)).decode()
    return {
        (sample.name.removeprefix("cleanclaim_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_lane_shows_its_lag_its_state_and_what_it_did():
    found = shown(Lanes([Shown(Ledger())], Committed()).show)

    assert {
        ("ready", "ledger"): 1,
        ("lag_records", "4", "encounters.v1", "ledger"): 12,
        ("state_keys", "4", "ledger"): 2,
        ("state_bytes", "5", "ledger"): 100,
        ("transactions_total", "ledger"): 3,
        ("transaction_aborts_total", "ledger"): 1,
        ("rebalances_total", "ledger"): 0,
        ("restores_total", "ledger"): 1,
        ("processed_records_total", "ledger"): 70,
    }.items() <= found.items()


def test_outcomes_are_those_of_records_from_outside():
    found = shown(Lanes([Shown(Ledger()), Shown(Tally())], Committed()).show)

    assert [("input_records_total", "applied", "encounters.v1")] == [key for key in found if "input_records" in key[0]]


def test_edits_are_shown_once_though_several_lanes_know_them():
    tables = {EDITS.name: {"a": edit("a", "P1", 0)}}
    found = shown(Lanes([Shown(Tally()), Shown(Ledger(), tables), Shown(Ledger(), tables)], Committed()).show)

    assert 1 == found["edits", "ACTIVE"]


def test_a_transaction_counts_when_it_is_committed_and_an_aborted_one_never():
    counts = Committed()
    meter = Meter(Ledger(), counts)
    meter.tally.note(entry_of(Emit(HOLDS, hold("C1", "edit-1", "CODING", "lost", 0))))
    meter.tally.clear()
    meter.tally.note(entry_of(Emit(HOLDS, hold("C1", "edit-1", "CODING", "kept", 0))))
    before = shown(counts.show)
    meter.committed(40, 0.02)

    found = shown(counts.show, meter.show)
    assert [] == [key for key in before if key[0] == "holds_total"]
    assert [1] == [value for key, value in found.items() if key[0] == "holds_total"]
    assert (1, 40) == (found["transaction_records_count", "ledger"], found["transaction_records_sum", "ledger"])
    assert 1 == found["transaction_seconds_bucket", "0.025", "ledger"]
