"""The writer gives the bytes that fastavro gives, for every record and at the edges of every number."""

from __future__ import annotations

import datetime as dt
import io

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.record import LONG_MAX, Record
from schemas.writing import writer
from tests.builders import claim, line
from tests.strategies import records


def by_fastavro(record: Record) -> bytes:
    out = io.BytesIO()
    # Lists are tuples here, and fastavro would take a tuple in a union for a (type name, value) pair.
    schema = codec.parsed(type(record))
    fastavro.schemaless_writer(out, schema, record.model_dump(), disable_tuple_notation=True)
    return out.getvalue()


@pytest.mark.parametrize("model", codec.RECORDS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_a_record_is_written_as_fastavro_writes_it(model, data):
    record = data.draw(records(model))

    assert by_fastavro(record) == codec.encode(record)


@pytest.mark.parametrize("bits", range(64))
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_is_written_as_fastavro_writes_it_at_every_length(bits, sign):
    for value in (sign * (1 << bits) - 1, sign * (1 << bits)):
        number = max(-LONG_MAX - 1, min(value, LONG_MAX))
        out = io.BytesIO()
        fastavro.schemaless_writer(out, "long", number)

        assert out.getvalue() == writer("long")(number)


def test_a_date_before_1970_is_written_as_fastavro_writes_it():
    schema = {"type": "int", "logicalType": "date"}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, dt.date(1969, 12, 31))

    assert out.getvalue() == writer(schema)(dt.date(1969, 12, 31))


@given(record=records(codec.RECORDS[4]))
def test_a_decision_around_its_encoded_claim_is_the_whole_decision(record):
    whole = codec.encode(record)

    assert whole == codec.encode_around(record, "claim", codec.encode(record.claim))


@given(event_id=st.text(min_size=1, max_size=300))
def test_content_is_what_follows_the_event_id(event_id):
    one = claim(line("93015"), event_id=event_id)
    other = claim(line("93015"), event_id="another")

    assert codec.content(codec.encode(one)) == codec.content(codec.encode(other))
