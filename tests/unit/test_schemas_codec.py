"""What the wire and JSON refuse, one example each; tests/property/test_schemas_wire.py has the rest."""

from __future__ import annotations

import datetime as dt
import io
import json
import traceback
from typing import Any

import fastavro
import pytest
from pydantic import ValidationError

from schemas import registry
from schemas.alert import Alert
from schemas.claim import Claim
from schemas.codec import decode, encode, frame, parsed, unframe
from schemas.edit import Edit
from schemas.errors import Unreadable
from schemas.record import millis, moment
from schemas.review import Review
from tests import builders

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
CLAIM = builders.claim(builders.line("93015"))
REVIEW: dict[str, Any] = {
    "event_id": "V1",
    "review_id": "R1",
    "encounter_id": "E1",
    "revision": 1,
    "claim_id": "C1",
    "claim_revision": 1,
    "edit_id": "documentation-unsigned",
    "line_number": None,
    "answer": "CONFIRMED",
    "decided_by": "someone",
    "reason_code": "SEEN",
    "occurred_at": NOON,
}
ALERT = Alert(
    alert_id="A1",
    kind="HOLD_SPIKE",
    status="FIRING",
    window_start=NOON,
    window_end=NOON,
    observed=9.0,
    expected=1.5,
    count=9,
    charge_cents=100,
    message="m",
    occurred_at=NOON,
)
EDIT: dict[str, Any] = {
    "edit_id": "L1",
    "revision": 1,
    "status": "SHADOW",
    "scope": {"payer_ids": None, "site_ids": None, "claim_types": ["PROFESSIONAL"], "places_of_service": None},
    "match": {
        "procedure_codes": ["93015"],
        "with_procedure_codes": None,
        "modifiers": [],
        "diagnosis_families": None,
        "units_over": None,
    },
    "severity": "HOLD",
    "message": "m",
    "remedy": "r",
    "provenance": {
        "source": "DENIALS",
        "denied": 2,
        "paid": 0,
        "categories": ["UNITS"],
        "reason_codes": ["CO-151"],
        "first_seen": NOON,
        "last_seen": NOON,
        "decided_by": None,
        "reason": None,
    },
    "effective_from": None,
    "effective_to": None,
    "occurred_at": NOON,
}


def avro(model, values):
    """An Avro body with values that no record would hold."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(model), values)
    return out.getvalue()


@pytest.mark.parametrize(
    ("model", "values", "complaint"),
    [
        (Review, REVIEW | {"answer": "UNKNOWN"}, "answer: expected one of CONFIRMED, REVOKED"),
        (Review, REVIEW | {"revision": 0}, "revision: expected a whole number from 1 to 2147483647"),
        (Review, REVIEW | {"claim_id": ""}, "claim_id: expected text, got nothing"),
        (Edit, EDIT | {"scope": EDIT["scope"] | {"claim_types": ["UNKNOWN"]}}, "scope.claim_types[]: expected one of"),
        (Edit, EDIT | {"provenance": EDIT["provenance"] | {"categories": ["UNKNOWN"]}}, "provenance.categories[]: exp"),
        (Alert, ALERT.model_dump() | {"observed": float("nan")}, "observed: expected a finite number"),
    ],
)
def test_what_avro_allows_and_the_record_does_not_is_unreadable(model, values, complaint):
    with pytest.raises(Unreadable) as refused:
        decode(model, avro(model, values))

    assert str(refused.value).startswith(complaint)


def test_a_code_that_is_text_in_avro_is_still_one_of_its_values():
    values = CLAIM.model_dump() | {"frequency_code": "9"}
    values["lines"] = list(values["lines"])

    with pytest.raises(Unreadable, match="frequency_code: expected one of 1, 7, 8"):
        decode(Claim, avro(Claim, values))


def test_null_lists_and_empty_lists_stay_apart():
    edit = decode(Edit, avro(Edit, EDIT))

    assert edit.match.modifiers == ()
    assert edit.match.with_procedure_codes is None
    assert edit == decode(Edit, encode(edit))


@pytest.mark.parametrize(
    "first", [dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999000, dt.UTC)]
)
def test_the_first_and_the_last_moment_survive(first):
    review = Review(**REVIEW | {"occurred_at": first})

    assert review == decode(Review, encode(review))
    assert first == moment(millis(first))


def long(number: int) -> bytes:
    """Avro's variable-length zigzag form of a number."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


@pytest.mark.parametrize("time", [253_402_300_800_000, -62_135_596_800_001, 2**62, -(2**62)])
def test_a_moment_outside_the_years_1_to_9999_is_unreadable(time):
    body = encode(Review(**REVIEW)).removesuffix(long(millis(NOON)))

    with pytest.raises(Unreadable, match="Review: the bytes are not Avro of the schema that they name"):
        decode(Review, body + long(time))


def test_a_text_that_is_no_utf8_is_unreadable_and_quoted_nowhere():
    body = encode(Review(**REVIEW | {"encounter_id": "PATIENT"})).replace(b"PATIENT", b"PATIEN\xff")

    with pytest.raises(Unreadable) as refused:
        decode(Review, body)

    assert "PATIEN" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x01rest", b'{"a": 1}'])
def test_a_value_without_framing_is_unreadable(value):
    with pytest.raises(Unreadable, match="expected Confluent framing"):
        unframe(value)


def test_framing_is_byte_0_the_id_and_the_body():
    assert b"\x00\x77\x35\x94\x00body" == frame(2_000_000_000, b"body")
    assert (2_000_000_000, b"body") == unframe(b"\x00\x77\x35\x94\x00body")


def test_an_id_that_nobody_gave_is_unreadable():
    with pytest.raises(Unreadable, match="schema id 7 is not one of this package"):
        registry.read(frame(7, encode(ALERT)))


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("occurred_at", 1_700_000_000, "datetime_type"),
        ("occurred_at", "1700000000", "datetime_parsing"),
        ("occurred_at", "2026-03-10", "datetime_parsing"),
        ("occurred_at", "2026-03-10T12:00:00", "timezone_aware"),
        ("occurred_at", "0001-01-01T00:00:00+05:00", "datetime_parsing"),
        ("occurred_at", "9999-12-31T23:00:00-05:00", "datetime_parsing"),
        ("occurred_at", "2026-02-30T12:00:00Z", "datetime_parsing"),
        ("occurred_at", "soon, I hope", "datetime_parsing"),
        ("occurred_at", None, "datetime_type"),
        ("revision", 0, "greater_than_equal"),
        ("revision", 2**31, "less_than_equal"),
        ("revision", 1.0, "int_type"),
        ("revision", True, "int_type"),
        ("revision", "1", "int_type"),
        ("line_number", -(2**31) - 1, "greater_than_equal"),
        ("answer", "UNKNOWN", "literal_error"),
        ("review_id", "", "string_too_short"),
        ("review_id", 7, "string_type"),
    ],
)
def test_json_is_taken_at_its_word(field, value, kind):
    line = json.dumps(json.loads(Review(**REVIEW).model_dump_json()) | {field: value})

    with pytest.raises(ValidationError) as refused:
        Review.model_validate_json(line)

    assert [((field,), kind)] == [(error["loc"], error["type"]) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (20_260_310, "date_type"),
        ("20260310", "date_parsing"),
        ("1773100800", "date_parsing"),
        ("2026-03-10T00:00:00Z", "date_parsing"),
        ("2026-02-30", "date_parsing"),
        ("2026-3-100", "date_parsing"),
        ("2026-W10-2", "date_parsing"),
        (True, "date_type"),
    ],
)
def test_a_date_in_json_is_year_month_day_and_nothing_else(value, kind):
    claim = json.loads(CLAIM.model_dump_json())
    claim["lines"][0]["service_date"] = value

    with pytest.raises(ValidationError) as refused:
        Claim.model_validate_json(json.dumps(claim))

    assert [(("lines", 0, "service_date"), kind)] == [(error["loc"], error["type"]) for error in refused.value.errors()]


@pytest.mark.parametrize("text", ["2026-03-10T12:00:00Z", "2026-03-10T13:00:00+01:00", "2026-03-10T12:00:00.0009Z"])
def test_a_moment_is_kept_in_utc_and_whole_milliseconds(text):
    line = json.dumps(json.loads(Review(**REVIEW).model_dump_json()) | {"occurred_at": text})

    assert NOON == Review.model_validate_json(line).occurred_at


def test_python_takes_no_datetime_for_a_date():
    with pytest.raises(ValidationError, match="valid date"):
        builders.claim(builders.line("93015", service_date=NOON))
