"""Contract rates: which one is in force, and what is wrong with a file of them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from schemas.errors import Misuse
from streams.rates import Service, parse_rates

HEAD = "payer_id,procedure_code,effective_from,effective_to,place_of_service,modifier,rate_cents"
DAY = dt.date(2026, 3, 10)
GLOBAL = Service("P01", "93015", "", "11")


def rates(*rows, head=HEAD):
    return parse_rates("rates.csv", "\n".join([head, *rows]).splitlines(keepends=True))


def objects(*values):
    return parse_rates("rates.ndjson", [json.dumps(value) + "\n" for value in values])


def test_a_rate_is_for_payer_and_code_from_its_first_day_to_its_last():
    found = rates("P01,93015,2026-03-10,2026-03-11,,,100")

    days = [DAY + dt.timedelta(days=number) for number in (-1, 0, 1, 2)]
    assert [None, 100, 100, None] == [found.find(GLOBAL, day) for day in days]
    assert found.find(GLOBAL._replace(payer_id="P02"), DAY) is None
    assert found.find(GLOBAL._replace(procedure_code="93018"), DAY) is None


def test_a_rate_without_an_end_goes_on():
    assert rates("P01,93015,2026-01-01,,,,100").find(GLOBAL, dt.date(2099, 1, 1)) == 100


def test_the_rate_of_a_place_goes_before_that_of_any():
    found = rates("P01,93015,2026-01-01,,,,100", "P01,93015,2026-01-01,,22,,70")

    assert [100, 70] == [found.find(GLOBAL._replace(place_of_service=place), DAY) for place in ("11", "22")]
    assert found.find(GLOBAL._replace(place_of_service=None), DAY) == 100


def test_a_part_of_a_service_has_its_own_rate_or_none():
    found = rates("P01,93350,2026-01-01,,,,100", "P01,93350,2026-01-01,,,26,40")

    service = GLOBAL._replace(procedure_code="93350")
    assert [100, 40, None] == [found.find(service._replace(modifier=part), DAY) for part in ("", "26", "TC")]


def test_a_new_rate_follows_an_old_one():
    found = rates("P01,93015,2026-01-01,2026-06-30,,,100", "P01,93015,2026-07-01,,,,110")

    assert [100, 110] == [found.find(GLOBAL, day) for day in (DAY, dt.date(2026, 7, 1))]


def test_columns_come_in_any_order_and_those_that_may_be_blank_may_be_missing():
    head = "# what we agreed to\nrate_cents,procedure_code,payer_id,effective_from"

    found = rates("100,93015,P01,2026-01-01", head=head)

    assert found.find(GLOBAL, DAY) == 100


def test_a_file_of_objects_says_the_same():
    value = {"payer_id": "P01", "procedure_code": "93015", "effective_from": "2026-01-01", "rate_cents": 100}
    found = parse_rates(
        "rates.ndjson",
        [
            "\n",
            json.dumps(value),
            "\n",
            json.dumps(value | {"place_of_service": "22", "rate_cents": "70", "effective_to": None}),
        ],
    )

    assert [100, 70] == [found.find(GLOBAL._replace(place_of_service=place), DAY) for place in ("11", "22")]


WRONG = {
    "no payer": (",93015,2026-01-01,,,,1", "2: payer_id: expected the payer_id of claims"),
    "no code": ("P01,9301,2026-01-01,,,,1", "2: procedure_code: expected a code of 5 capital letters or digits"),
    "no first day": ("P01,93015,,,,,1", "2: effective_from: expected a date YYYY-MM-DD"),
    "a day that is none": ("P01,93015,2026-02-30,,,,1", "2: effective_from: expected a date YYYY-MM-DD"),
    "a last day before the first": ("P01,93015,2026-02-01,2026-01-31,,,1", "2: effective_to: expected a date from"),
    "a place that is none": ("P01,93015,2026-01-01,,office,,1", "2: place_of_service: expected two digits or nothing"),
    "a modifier of no part": ("P01,93015,2026-01-01,,,59,1", "2: modifier: expected one of"),
    "dollars": ("P01,93015,2026-01-01,,,,71.90", '2: rate_cents: expected a whole number of cents, got "71.90"'),
    "a cell too few": ("P01,93015,2026-01-01,,,1", "2: expected 7 cells"),
    "two rates for one day": (
        "P01,93015,2026-01-01,2026-06-30,,,1\nP01,93015,2026-06-30,,,,2",
        "3: effective_from: expected a period that no row above has for this service",
    ),
    "no rates": ("", " expected at least one rate"),
}


@pytest.mark.parametrize(("row", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_line_and_field(row, complaint):
    with pytest.raises(Misuse) as error:
        rates(*row.split("\n"))
    assert f"rates.csv:{complaint}" in str(error.value)


HEADS = {
    "a column is missing": (HEAD.replace("rate_cents", "modifier"), "1: rate_cents: expected such a column"),
    "a column is unknown": (f"{HEAD},notes", "1: notes: no such column"),
    "a column comes twice": (f"{HEAD},modifier", "1: expected each column once"),
}


@pytest.mark.parametrize(("head", "complaint"), HEADS.values(), ids=HEADS.keys())
def test_columns_are_looked_at_first(head, complaint):
    with pytest.raises(Misuse) as error:
        rates(head=head)
    assert complaint in str(error.value)


OBJECT = {"payer_id": "P01", "procedure_code": "93015", "effective_from": "2026-01-01", "rate_cents": 100}
OBJECTS = {
    "no object": ("{", "1: expected one JSON object a line"),
    "a list": ('{"payer_id": 1}\n[]', "1: procedure_code: expected such a column"),
    "a second line that is no object": (json.dumps(OBJECT) + "\n[]", "2: expected one JSON object a line"),
    "an unknown name": (json.dumps(OBJECT | {"note": ""}), "1: note: no such column"),
    "a number with a point": (json.dumps(OBJECT | {"rate_cents": 71.9}), "1: rate_cents: expected a whole number"),
    "a switch": (json.dumps(OBJECT | {"rate_cents": True}), "1: rate_cents: expected a whole number"),
    "a list of places": (json.dumps(OBJECT | {"place_of_service": ["11"]}), "1: place_of_service: expected text"),
    "dollars": (json.dumps(OBJECT | {"rate_cents": "71.90"}), "1: rate_cents: expected a whole number of cents"),
}


@pytest.mark.parametrize(("text", "complaint"), OBJECTS.values(), ids=OBJECTS.keys())
def test_what_is_wrong_with_an_object_is_named_too(text, complaint):
    with pytest.raises(Misuse) as error:
        parse_rates("rates.ndjson", text.splitlines(keepends=True))
    assert complaint in str(error.value)
