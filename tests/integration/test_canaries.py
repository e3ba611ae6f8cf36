"""No tagged field leaves in a summary, a complaint or a header of a dead letter: marked values in each, end to end.

Outputs and `explain` show the claim itself: that is their purpose. The key of a dead letter is the original key.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import shutil

import pytest

from schemas.phi import tagged
from schemas.record import millis
from schemas.remittance import Remittance, RemittanceLine
from streams.topics import BY_NAME, CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS, INPUT_BYTES, REMITTANCES, REVIEWS
from tests.builders import at, chart, claim, encounter, line, review
from tests.integration.command_line import cleanclaim, read

DAY, MOMENT, NUMBER = "1931-07-13", "1931-07-13T01:02:03Z", 19310713
_MOMENT_MS = millis(dt.datetime.fromisoformat(MOMENT))
_EPOCH_DAYS = (dt.date.fromisoformat(DAY) - dt.date(1970, 1, 1)).days
MARKS = ("canary", DAY, str(NUMBER), str(_MOMENT_MS), str(_EPOCH_DAYS))
"""What no text may show, also as the numbers that Avro holds. Looked for in any case, and over the ends of lines."""

REMITTANCE = Remittance(
    event_id="remit-1",
    claim_id="C1",
    payer_id="P01",
    payer_claim_control_number="ICN1",
    claim_status_code="4",
    received_at=at(900),
    adjustments=(),
    remark_codes=(),
    lines=(
        RemittanceLine(
            procedure_code="93015",
            modifiers=(),
            units=1,
            charge_cents=1,
            paid_cents=0,
            service_date=at().date(),
            adjustments=(),
            remark_codes=(),
        ),
    ),
)
RECORDS = [
    (ENCOUNTERS, encounter()),
    *((DOCUMENTATION, document) for document in chart()),
    (CLAIMS_BUILT, claim(line("93015"), line("93018"), payer_claim_control_number="ICN1")),
    (REVIEWS, review("diagnosis-not-supporting")),
    (REMITTANCES, REMITTANCE),
]
"""Of every topic that has tagged fields, with a value in each of them."""


def change(value, path, new):
    """Let `new(old)` stand at `path`, in each element of a list on the way; what is null stays."""
    if isinstance(value, list) and path:
        for each in value:
            change(each, path, new)
    elif value is not None:
        name, *rest = path
        if rest:
            change(value[name], rest, new)
        elif value[name] is not None:
            value[name] = new(value[name])


def marker(name):
    """A value of the same type that nobody may see."""

    def mark(old):
        if isinstance(old, list):
            return [f"Canary-{name}"]
        digits = old.replace("-", "")[:8].isdigit()
        return (MOMENT if "T" in old else DAY) if digits and "-" in old else f"Canary-{name}"

    return mark


def marked(topic, record):
    """A line that can be read, with a marker in every tagged field."""
    value = record.model_dump(mode="json")
    for path in sorted(tagged(topic.record)):
        # Documents are told apart by their ids.
        name = record.role if path == ("document_id",) else path[-1]
        change(value, path, marker(name))
    return {"topic": topic.name, "value": value}


GOOD = [marked(topic, record) for topic, record in RECORDS]
CLAIM, DOCUMENT, REVIEW = GOOD[4], GOOD[1], GOOD[5]

WRONG_VALUES = (NUMBER, f"{DAY} Canary", {"Canary": "Canary"}, ["Canary", NUMBER], True, f"{MOMENT}canary")


def _fits(value, old):
    """Text fits a field that is neither a day nor a moment."""
    return isinstance(value, str) and isinstance(old, str) and old not in {DAY, MOMENT}


def wrong():
    """Lines that cannot be taken, every value in them a marker."""
    for good in GOOD:
        for path in sorted(tagged(BY_NAME[good["topic"]].record)):
            for value in WRONG_VALUES:
                bad = copy.deepcopy(good)
                change(bad["value"], path, lambda old, value=value: old if _fits(value, old) else value)
                if bad != good:
                    yield bad
        yield good | {"value": good["value"] | {"revision": "x", "received_at": "x"}}
        yield good | {"value": good["value"] | {"Canary field": "Canary"}}
        yield good | {"value": good["value"] | {"unknown": "Canary"}}
        yield good | {"value": good["value"] | {"occurred_at": "2999-01-01T00:00:00Z"}}
        yield good | {"key": "Canary-another"}
        yield good | {"key": NUMBER}
        yield good | {"Canary": "Canary"}
        yield good | {"topic": "Canary"}
        yield good | {"topic": "holds.v1"}
        yield good | {"value": "Canary"}


def texts():
    for bad in wrong():
        yield json.dumps(bad)
    for good in GOOD:
        whole = json.dumps(good)
        yield whole[: len(whole) // 2]
        yield whole + "Canary"
    yield "Canary"
    yield '"Canary"'
    yield f'["Canary", {NUMBER}]'
    yield "Canary" * (INPUT_BYTES // 6 + 1)
    yield json.dumps(DOCUMENT | {"value": DOCUMENT["value"] | {"author_id": "Canary-other"}})  # a conflict


def seen(*parts):
    """The marks in what was said."""
    flat = "".join("".join(part.split()) for part in parts).casefold()
    return {mark for mark in MARKS if mark in flat}


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
