"""Metrics of the embedded engine say what the log holds, over runs, kills and runs without them."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agents.dispatch import Header
from agents.embedded import Embedded, Options
from agents.generate import generate
from streams.adjudication import Adjudication
from streams.topics import ENCOUNTERS
from tests.conftest import package_rules
from tests.integration.command_line import cleanclaim, read
from tests.toys import POISON, toys, visit


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    path = tmp_path_factory.mktemp("day") / "day.ndjson"
    path.write_bytes(b"".join(each.line for each in generate(80, 7)))
    return path


def run(folder, file, *arguments):
    result = cleanclaim("run", file, "--store", folder / "s.db", "--out", folder / "out", *arguments)
    assert 0 == result.exit_code, result.output


def half(day, folder):
    lines = day.read_bytes().splitlines(keepends=True)
    path = folder / "half.ndjson"
    path.write_bytes(b"".join(lines[: len(lines) // 2]))
    return path


def samples(path):
    families = text_string_to_metric_families(path.read_text())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def total(found, name, *labels):
    """Label values -> sum over all other labels."""
    sums = Counter()
    for (metric, pairs), value in found.items():
        if metric == name:
            sums[tuple(dict(pairs)[label] for label in labels)] += int(value)
    return dict(sums)


def counters(path):
    return {key: value for key, value in samples(path).items() if key[0].endswith("_total")}


def test_counts_are_what_the_outputs_hold(day, tmp_path):
    run(tmp_path, day, "--metrics", tmp_path / "m.prom")

    out = {path.stem: read(path) for path in (tmp_path / "out").iterdir()}
    found = samples(tmp_path / "m.prom")
    decisions = {each["value"]["decision_id"]: each["value"] for name in out if "claims." in name for each in out[name]}
    assert Counter((each["route"],) for each in decisions.values()) == total(
        found, "cleanclaim_decisions_total", "route"
    )
    spoke = {(each["decision_id"], finding["edit_id"]) for each in decisions.values() for finding in each["findings"]}
    assert Counter((edit,) for _, edit in spoke) == total(found, "cleanclaim_decision_edits_total", "edit_id")
    recalls = sum(each["value"]["route"] != "RELEASE" for each in out["claims.released.v1"])
    assert recalls == sum(total(found, "cleanclaim_recalls_total", "site_id").values())
    assert Counter((each["value"]["state"],) for each in out["holds.v1"]) == total(
        found, "cleanclaim_holds_total", "state"
    )
    letters = [each["value"]["headers"][Header.EXCEPTION] for each in out["dead-letters.v1"]]
    assert Counter((each,) for each in letters) == total(found, "cleanclaim_dead_letters_total", "exception")
    assert len(day.read_text().splitlines()) == sum(total(found, "cleanclaim_input_records_total", "topic").values())


def test_counts_go_on_over_runs_and_over_one_without_metrics(day, tmp_path):
    for name, forms in (("a", ("--metrics", None, "--metrics")), ("b", (None, None, "--metrics"))):
        folder = tmp_path / name
        folder.mkdir()
        for file, form in zip((half(day, folder), day, day), forms, strict=True):
            run(folder, file, *([form, folder / "m.prom"] if form else []))

    (tmp_path / "c").mkdir()
    for file in (half(day, tmp_path / "c"), day, day):
        run(tmp_path / "c", file, "--metrics", tmp_path / "c" / "m.prom")
    assert counters(tmp_path / "a" / "m.prom") == counters(tmp_path / "b" / "m.prom")
    assert counters(tmp_path / "b" / "m.prom") == counters(tmp_path / "c" / "m.prom")


def test_what_was_not_committed_is_not_counted_and_what_was_is_counted_once(tmp_path):
    options = Options(metrics=tmp_path / "m.prom")
    engine = Embedded(toys(), tmp_path / "s.db", options)
    engine.feed(ENCOUNTERS, visit("E1"))
    engine.commit()
    engine.feed(ENCOUNTERS, visit("E2"))
    engine.abandon()
    with Embedded(toys(), tmp_path / "s.db", options):
        pass
    first = total(samples(tmp_path / "m.prom"), "cleanclaim_holds_total", "state")
    with Embedded(toys(), tmp_path / "s.db", options) as engine:
        engine.feed(ENCOUNTERS, visit("E3"))

    assert ({("OPENED",): 1}, {("OPENED",): 2}) == (
        first,
        total(samples(tmp_path / "m.prom"), "cleanclaim_holds_total", "state"),
    )


def test_a_replay_that_fails_leaves_the_counts_as_they_were(tmp_path):
    with Embedded(toys(), tmp_path / "s.db", Options(metrics=tmp_path / "m.prom")) as engine:
        engine.feed(ENCOUNTERS, visit("E1", POISON))
        (letter,) = engine.reader.dead_letters()
        with pytest.raises(Exception, match="dead letter"):
            engine.replay(letter.id)

    assert {("KeyError",): 1} == total(samples(tmp_path / "m.prom"), "cleanclaim_dead_letters_total", "exception")


@pytest.mark.parametrize("clock", ["events", "wall"])
def test_latencies_are_told_where_append_times_are_of_the_clock(tmp_path, day, clock):
    run(tmp_path, day, "--metrics", tmp_path / "m.prom", "--clock", clock)

    found = samples(tmp_path / "m.prom")
    decisions = sum(total(found, "cleanclaim_decisions_total", "route").values())
    assert ({(): decisions} if clock == "wall" else {}) == total(found, "cleanclaim_decision_latency_seconds_count")


def test_the_state_shows_by_processor(tmp_path):
    with Embedded([Adjudication(package_rules())], tmp_path / "s.db", Options(metrics=tmp_path / "m.prom")) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))

    found = samples(tmp_path / "m.prom")
    assert {("adjudication",): 1} == total(found, "cleanclaim_state_keys", "processor")
    assert total(found, "cleanclaim_store_bytes")[()] > 4096


def test_metrics_that_cannot_be_written_stop_the_run_before_it_begins(day, tmp_path):
    result = cleanclaim(
        "run", day, "--store", tmp_path / "s.db", "--out", tmp_path / "out", "--metrics", tmp_path / "no" / "m.prom"
    )

    assert 2 == result.exit_code
    assert "metrics cannot be written" in result.stderr
    assert not json.dumps(read(tmp_path / "out" / "holds.v1.ndjson")).strip("[]")
