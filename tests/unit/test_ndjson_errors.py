"""What a person is told about a line that cannot be read; and what nobody is told."""

from __future__ import annotations

import json

import pytest

from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from tests import builders
from tests.toys import line, visit

CLAIM = builders.claim(builders.line("93015"))
TOPICS = "encounters.v1, documentation.v1, claims.built.v1, reviews.v1, remittances.v1, edit-decisions.v1"
MOMENT = "a moment with its offset from UTC, as 2026-03-01T09:30:00Z"


def complaint(data):
    with pytest.raises(UnreadableLine) as raised:
        read_line(data)
    return str(raised.value)


def encounter_with(**changes):
    value = json.loads(line(visit("E1")))["value"] | changes
    return json.dumps({"topic": "encounters.v1", "value": {k: v for k, v in value.items() if v != "absent"}}).encode()


def claim_with(**changes):
    value = CLAIM.model_dump(mode="json")
    value["lines"][0] |= changes
    return json.dumps({"topic": "claims.built.v1", "value": value}).encode()


FIELDS = {
    "a text for a number": (claim_with(units="1.5"), 'lines[0].units: expected a whole number, got "1.5"'),
    "a fraction for a whole number": (encounter_with(revision=1.5), "revision: expected a whole number, got 1.5"),
    "a number that is too small": (encounter_with(revision=0), "revision: expected a whole number from 1, got 0"),
    "a number that is too large": (
        encounter_with(revision=10**30),
        f"revision: expected a whole number up to 2147483647, got {10**30}",
    ),
    "a number of which too many digits came": (
        encounter_with(revision=10**60),
        "revision: expected a whole number up to 2147483647, got a number (value not shown)",
    ),
    "a field that is missing": (encounter_with(payer_id="absent"), "payer_id: expected text, got nothing"),
    "null where none is allowed": (encounter_with(payer_id=None), "payer_id: expected text, got null"),
    "empty text for an id": (encounter_with(event_id=""), "event_id: expected text, got empty text"),
    "a symbol not known": (
        encounter_with(off_campus="FAR"),
        'off_campus: expected one of NONE, EXCEPTED or NON_EXCEPTED, got "FAR"',
    ),
    "a list for an object": (encounter_with(ownership=[]), "ownership: expected an object, got a list"),
    "an object within an object": (
        encounter_with(ownership={}),
        "ownership.one_locality: expected true or false, got nothing",
    ),
    "seconds for a moment": (encounter_with(occurred_at=17), f"occurred_at: expected {MOMENT}, got 17"),
    "a moment without an offset": (
        encounter_with(occurred_at="2026-03-01T09:30:00"),
        f"occurred_at: expected {MOMENT}, got one without an offset",
    ),
    "a field not known": (encounter_with(colour="red"), "colour: not a field of encounters.v1"),
}


@pytest.mark.parametrize(("data", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_a_complaint_names_the_field_what_was_expected_and_what_came(data, expected):
    topic = json.loads(data)["topic"]

    assert f"{topic}: {expected}" == complaint(data)


TAGGED = {
    "a number for a patient": (encounter_with(patient_id=4711), "patient_id: expected text, got a number"),
    "a text for a day": (encounter_with(service_date="4711"), "service_date: expected a day, as 2026-03-01, got text"),
    "a text in a nested field": (claim_with(service_date="4711"), "expected a day, as 2026-03-01, got text"),
    "long text anywhere": (encounter_with(off_campus="4711" * 20), "got text"),
}


@pytest.mark.parametrize(("data", "expected"), TAGGED.values(), ids=TAGGED.keys())
def test_the_value_of_a_tagged_field_is_never_shown(data, expected):
    text = complaint(data)

    assert expected + " (value not shown)" in text
    assert "4711" not in text


def test_a_name_that_the_sender_made_up_is_shown_only_if_it_looks_like_one():
    assert "encounters.v1: (a name not shown): not a field of encounters.v1" == complaint(
        encounter_with(**{"Jane Doe 4711": 1})
    )


def test_more_complaints_are_counted():
    assert complaint(encounter_with(payer_id=1, site_id=2)).endswith("(1 more in this line)")


LINES = {
    "no JSON": (b"{", 'not JSON (column 1); expected one JSON object with "topic" and "value"'),
    "bytes that are no text": (
        b"\xff",
        'not JSON (column 1); expected one JSON object with "topic" and "value"',
    ),
    "brackets without end": (
        b'{"value":' + b"[" * 100_000,
        'not JSON (column 210); expected one JSON object with "topic" and "value"',
    ),
    "a list": (b"[]", 'expected an object with "topic" and "value", got a list'),
    "null": (b"null", 'expected an object with "topic" and "value", got null'),
    "no topic": (b"{}", f"topic: expected one of {TOPICS}, got nothing"),
    "a topic not known": (b'{"topic":"claims.v7"}', f'topic: expected one of {TOPICS}, got "claims.v7"'),
    "a topic that is a name": (b'{"topic":"Jane Doe"}', f"topic: expected one of {TOPICS}, got text (value not shown)"),
    "a topic that is none": (b'{"topic":["x"]}', f"topic: expected one of {TOPICS}, got a list"),
    "a topic of ours": (
        b'{"topic":"alerts.v1","value":{}}',
        f'topic: expected one of {TOPICS}, got "alerts.v1", which cleanclaim itself writes',
    ),
    "no value": (b'{"topic":"encounters.v1"}', "encounters.v1: value: expected an object, got nothing"),
    "a value that is none": (
        b'{"topic":"encounters.v1","value":"E1"}',
        "encounters.v1: value: expected an object, got text",
    ),
    "something beside": (
        line(visit("E1"))[:-1] + b',"headers":{}}',
        "encounters.v1: headers: not known beside topic, key and value",
    ),
    "a key that is no text": (
        line(visit("E1"))[:-1] + b',"key":7}',
        "encounters.v1: key: expected text, got a number (value not shown)",
    ),
    "the key of another": (
        line(visit("E1"))[:-1] + b',"key":"E2"}',
        "encounters.v1: key: expected encounter_id of the value, got another",
    ),
}


@pytest.mark.parametrize(("data", "expected"), LINES.values(), ids=LINES.keys())
def test_a_complaint_about_the_line_itself(data, expected):
    assert expected == complaint(data)


KEYS = {
    "valid JSON that names its encounter": (encounter_with(payer_id=1), "E1"),
    "an encounter_id that is no text": (encounter_with(encounter_id=7), None),
    "a key beside a value without one": (b'{"topic":"encounters.v1","key":"E7","value":{}}', "E7"),
    "no JSON": (line(visit("E1"))[:-1], None),
    "a topic not known": (line(visit("E1")).replace(b"encounters.v1", b"encounters.v2"), None),
}


@pytest.mark.parametrize(("data", "key"), KEYS.values(), ids=KEYS.keys())
def test_the_key_is_known_where_the_line_tells_it(data, key):
    with pytest.raises(UnreadableLine) as raised:
        read_line(data)

    assert key == raised.value.key
