"""What is counted of the records that were committed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agents.dispatch import Entry, Original, dead_letter, entry_of
from agents.metrics.catalogue import BY_NAME
from agents.metrics.committed import Committed
from agents.metrics.figures import registry_of
from agents.metrics.labels import LEARNED_EDITS, OTHER
from agents.metrics.tables import edits_by_status
from streams.processor import Emit
from streams.topics import ALERTS, CLAIMS_HELD, CLAIMS_RELEASED, ENCOUNTERS, HOLDS
from tests.builders import claim, encounter, line
from tests.desk import Desk, found
from tests.toys import alert, edit, hold

if TYPE_CHECKING:
    from collections.abc import Iterable


def count(counts: Committed, entries: Iterable[Entry], ended: float, appended: float | None = None) -> None:
    tally = counts.tally()
    for entry in entries:
        tally.note(entry, appended)
    counts.add(tally, ended)


def entries(*emits: Emit) -> list[Entry]:
    return [entry_of(emit) for emit in emits]


def counted(counts: Committed) -> dict[str, Any]:
    """Name -> labels -> value, of all counters and of the number of latencies."""
    seen: dict[str, Any] = {}
    for family in text_string_to_metric_families(generate_latest(registry_of([counts.show])).decode()):
        for sample in family.samples:
            if sample.name.endswith(("_total", "_count", "_sum")):
                labels = tuple(sample.labels[label] for label in _labels(family.name))
                seen.setdefault(sample.name.removeprefix("cleanclaim_"), {})[labels] = sample.value
    return seen


def _labels(family: str) -> tuple[str, ...]:
    """In the order of the catalogue."""
    return (BY_NAME.get(f"{family}_total") or BY_NAME[family]).labels


def decided(*verdicts: tuple[Any, ...]) -> list[Entry]:
    """What adjudication emits for one claim that is judged so, one verdict after the other."""
    desk = Desk()
    for number, (route, *findings) in enumerate(verdicts, 1):
        desk.judge.says(route, *findings)
        desk.send(encounter(), claim(line("93015"), revision=number))
    return entries(*desk.emits)


def test_a_decision_counts_by_route_and_site_and_under_each_of_its_edits_once():
    counts = Committed()
    count(counts, decided(("HOLD", found("edit-1"), found("edit-2"), found("edit-2"))), 1.0)

    seen = counted(counts)
    assert {("HOLD", "S01"): 1} == {labels[:2]: value for labels, value in seen["decisions_total"].items()}
    assert {("HOLD", "edit-1"): 1, ("HOLD", "edit-2"): 1} == {
        (labels[0], labels[2]): value for labels, value in seen["decision_edits_total"].items()
    }
    assert {("OPENED", "edit-1"): 1, ("OPENED", "edit-2"): 1} == {
        (labels[0], labels[2]): value for labels, value in seen["holds_total"].items()
    }


def test_a_decision_that_takes_a_release_back_counts_once_and_as_a_recall():
    found_entries = decided(("RELEASE",), ("HOLD", found("edit-1")))
    counts = Committed()
    count(counts, found_entries, 1.0)

    seen = counted(counts)
    assert [CLAIMS_RELEASED, CLAIMS_RELEASED, CLAIMS_HELD] == sorted(
        [entry.topic for entry in found_entries if entry.topic in {CLAIMS_RELEASED, CLAIMS_HELD}],
        key=[CLAIMS_RELEASED, CLAIMS_HELD].index,
    )
    assert {"HOLD": 1, "RELEASE": 1} == Counter({labels[0]: value for labels, value in seen["decisions_total"].items()})
    assert [1] == list(seen["recalls_total"].values())


def test_the_latency_of_a_decision_is_from_append_to_commit_and_needs_both():
    counts = Committed()
    count(counts, decided(("HOLD", found("edit-1"))), 101.5, 100.0)
    count(counts, decided(("HOLD", found("edit-1"))), 101.5)
    count(counts, entries(Emit(HOLDS, hold("C1", "edit-1", "CODING", "n", 0))), 105.0, 100.0)

    seen = counted(counts)
    assert ([1], [1.5]) == (
        list(seen["decision_latency_seconds_count"].values()),
        list(seen["decision_latency_seconds_sum"].values()),
    )


def test_a_dead_letter_counts_by_topic_and_exception():
    counts = Committed()
    letters = [
        dead_letter(Original(b"1", ENCOUNTERS, "E1"), "Unreadable", "text"),
        dead_letter(Original(b"2"), "KeyError", "text"),
    ]
    count(counts, letters, 1.0)

    assert {("encounters.v1", "Unreadable"): 1, ("unknown", "KeyError"): 1} == counted(counts)["dead_letters_total"]


def test_an_alert_counts_by_kind_and_status():
    counts = Committed()
    count(counts, entries(Emit(ALERTS, alert("a", 1, 0))), 1.0)

    assert {("HOLD_SPIKE", "FIRING"): 1} == counted(counts)["alerts_total"]


def test_a_tally_that_was_cleared_counts_nothing():
    counts = Committed()
    tally = counts.tally()
    for entry in decided(("HOLD", found("edit-1"))):
        tally.note(entry, 1.0)
    tally.clear()
    counts.add(tally, 2.0)

    assert {} == counted(counts)


def test_learned_edits_beyond_the_limit_are_one():
    counts = Committed()
    for number in range(LEARNED_EDITS + 5):
        count(counts, entries(Emit(HOLDS, hold("C1", f"learned-{number}", "LEARNED", "n", 0))), 1.0)

    by_edit = {labels[2]: value for labels, value in counted(counts)["holds_total"].items()}
    assert (LEARNED_EDITS + 1, 5) == (len(by_edit), by_edit[OTHER])


def test_counts_go_on_from_what_another_process_left():
    first, second = Committed(), Committed()
    some = decided(("HOLD", found("edit-1")))
    count(first, some, 1.0)
    second.load([*first.dump(), ("cleanclaim_forgotten_total", ("x",), 3)])
    count(second, some, 2.0)
    count(first, some, 2.0)

    assert counted(first) == counted(second)


def test_learned_edits_count_by_status_also_where_there_are_none():
    text = generate_latest(
        registry_of([lambda figures: edits_by_status(figures, {"a": edit("a", "P1", 0), "b": edit("b", "P1", 0)})])
    ).decode()

    assert 'cleanclaim_edits{status="ACTIVE"} 2.0' in text
    assert 'cleanclaim_edits{status="SHADOW"} 0.0' in text
