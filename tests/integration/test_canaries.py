"""No tagged field leaves in a summary, a complaint, a dead letter's header, an alert or a metric: marked values in all.

Outputs and `explain` show the claim itself: that is their purpose. The key of a dead letter is the original key.
"""

from __future__ import annotations

import copy
import json
import shutil

import pytest

from agents.embedded import Embedded, Options
from agents.processors import PROCESSORS
from agents.tracing import TRACEPARENT
from schemas.phi import tagged
from streams.topics import ALERTS, DEAD_LETTERS, HOLDS, TOPICS
from tests.canaries import CLAIM, DAY, DOCUMENT, GOOD, NUMBER, RECORDS, REVIEW, change, seen, texts, wrong
from tests.conftest import package_rules
from tests.integration.command_line import cleanclaim, read


def said(*arguments):
    result = cleanclaim(*arguments)
    return result, seen(result.stdout, result.stderr)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    folder = tmp_path_factory.mktemp("canaries")
    lines = [*(json.dumps(good) for good in GOOD), *texts()]
    (folder / "day.ndjson").write_text("\n".join(lines) + "\n")
    result, marks = said(
        "run", folder / "day.ndjson", "--store", folder / "day.db", "--out", folder / "out", "--strict"
    )

    assert (1, set()) == (result.exit_code, marks)
    return folder


def listed(day):
    return [
        json.loads(each)
        for each in cleanclaim("dead-letters", "list", "--json", "--store", day / "day.db").stdout.splitlines()
    ]


def test_every_tagged_field_is_marked():
    for (topic, record), good in zip(RECORDS, GOOD, strict=True):
        topic.record.model_validate_json(json.dumps(good["value"]))
        plain = record.model_dump(mode="json")
        for path in tagged(topic.record):
            before, after = [], []
            change(copy.deepcopy(plain), path, lambda old, before=before: before.append(old))
            change(copy.deepcopy(good["value"]), path, lambda old, after=after: after.append(old))

            assert len(before) == len(after)
            assert not set(map(str, before)) & set(map(str, after))
            assert all(seen(str(each)) for each in after)
    for topic in {topic for topic, _ in RECORDS}:
        found = [good["value"] for good in GOOD if good["topic"] == topic.name]
        for path in tagged(topic.record):
            values = []
            for value in found:
                if value.get(path[0]) is not None:
                    change(copy.deepcopy(value), path, values.append)
            assert values


def test_everything_wrong_was_set_aside_and_the_claim_was_decided(day):
    assert len(set(texts())) == len(listed(day))
    assert seen(cleanclaim("explain", CLAIM["value"]["claim_id"], "--store", day / "day.db").stdout)


def test_a_run_shows_no_mark(day, tmp_path):
    for form in ([], ["--json"]):
        _, marks = said("run", day / "day.ndjson", "--store", tmp_path / "s.db", "--out", tmp_path / "out", *form)

        assert set() == marks


def test_the_list_of_dead_letters_shows_no_mark(day):
    for form in ([], ["--json"]):
        assert set() == said("dead-letters", "list", "--store", day / "day.db", *form)[1]


def test_a_dead_letter_shows_no_mark_unless_revealed(day):
    revealed = set()
    for letter in listed(day):
        show = ("dead-letters", "show", letter["id"], "--store", day / "day.db")

        assert set() == said(*show)[1] | said(*show, "--json")[1]
        revealed |= said(*show, "--reveal")[1]
    assert {"canary", DAY, str(NUMBER)} <= revealed


def test_the_headers_of_dead_letters_hold_no_mark(day):
    letters = read(day / "out" / "dead-letters.v1.ndjson")

    assert len(listed(day)) == len(letters)
    assert set() == seen(json.dumps([letter["value"] for letter in letters]))


def test_a_replay_shows_no_mark(day, tmp_path):
    some = [each["id"] for each in listed(day)][::40]
    store = shutil.copy(day / "day.db", tmp_path)
    other = tmp_path / "other.ndjson"
    other.write_text(json.dumps(DOCUMENT | {"value": DOCUMENT["value"] | {"encounter_id": "Canary-2"}}))
    worse = tmp_path / "worse.ndjson"
    worse.write_text(json.dumps(next(wrong())))
    replay = ("dead-letters", "replay", "--store", store)

    assert set() == said(*replay, "--all")[1]
    for letter in some:
        assert set() == said(*replay, letter, "--with", other)[1] | said(*replay, letter, "--with", worse, "--json")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "Canary-nobody"),
        ("explain", "canary-CLAIM_ID"),
        ("explain", "Canary"),
        ("explain", REVIEW["value"]["encounter_id"]),
        ("review", "Canary-nobody", "diagnosis-not-supporting", "--reason-code", "X"),
        ("review", CLAIM["value"]["claim_id"], "no-such-edit", "--reason-code", "X"),
        ("review", CLAIM["value"]["claim_id"], "diagnosis-not-supporting", "--line", "99", "--reason-code", "X"),
        ("dead-letters", "show", "0000"),
        ("dead-letters", "replay", "0000"),
    ],
)
def test_a_wrong_command_shows_no_mark(day, arguments):
    result, marks = said(*arguments, "--store", day / "day.db")

    assert set() == marks
    assert result.exit_code in {1, 2}


def test_metrics_and_alerts_show_no_mark(day, tmp_path):
    options = Options(metrics=tmp_path / "m.prom")
    with Embedded([make(package_rules()) for make in PROCESSORS.values()], tmp_path / "s.db", options) as engine:
        engine.run_file(day / "day.ndjson")
        for _ in range(2):
            engine.advance(max(logged.time for logged in engine.records(HOLDS)) + 30 * 86_400_000)
        alerts = [logged.record.model_dump_json() for logged in engine.records(ALERTS)]
        letters = [str(dict(logged.headers)) for logged in engine.records(DEAD_LETTERS)]
    metrics = (tmp_path / "m.prom").read_text()

    assert set() == seen(metrics, *alerts, *letters)
    assert alerts
    for name in ("decisions_total", "decision_edits_total", "dead_letters_total", "holds_open", "alerts_firing"):
        assert f"cleanclaim_{name}{{" in metrics


def test_a_header_that_holds_a_mark_goes_nowhere(tmp_path):
    headers = {TRACEPARENT: "00-Canary", "Canary": "Canary"}
    with Embedded([make(package_rules()) for make in PROCESSORS.values()], tmp_path / "s.db") as engine:
        for topic, record in RECORDS:
            engine.feed(topic, record, headers=headers)
        engine.feed_bytes(RECORDS[0][0], "E1", b"garbage", headers=headers)
        fed = {topic for topic, _ in RECORDS}
        others = [logged for topic in TOPICS if topic not in fed for logged in engine.records(topic)]

    assert others
    assert set() == seen(*(str(dict(logged.headers)) for logged in others))
