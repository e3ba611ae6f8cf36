"""The wire holds every record exactly, and no bytes can do more harm than to be unreadable."""

from __future__ import annotations

import io
import json

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import registry
from schemas.codec import RECORDS, decode, encode, frame, parsed
from schemas.errors import Unreadable
from tests.strategies import records

every_record = pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
some_record = st.sampled_from(RECORDS).flatmap(records)


@every_record
@given(st.data())
@settings(max_examples=50)
def test_a_record_survives_json_and_avro(model, data):
    record = data.draw(records(model))
    text = record.model_dump_json()

    from_json = model.model_validate_json(text)
    from_avro = decode(model, encode(from_json))

    assert record == from_json
    assert record == from_avro
    assert text == from_avro.model_dump_json()


@every_record
@given(st.data())
@settings(max_examples=50)
def test_the_bytes_are_those_that_fastavro_writes(model, data):
    record = data.draw(records(model))
    expected = io.BytesIO()
    fastavro.schemaless_writer(expected, parsed(model), record.model_dump(), disable_tuple_notation=True)

    assert expected.getvalue() == encode(record)


@every_record
@given(st.data())
@settings(max_examples=25)
def test_a_decoded_record_is_what_validation_would_have_made(model, data):
    decoded = decode(model, encode(data.draw(records(model))))

    validated = model.model_validate(decoded.model_dump())

    assert validated == decoded
    assert hash(validated) == hash(decoded)
    assert validated.model_fields_set == decoded.model_fields_set
    assert repr(validated) == repr(decoded)


@given(some_record)
def test_a_framed_record_comes_back_as_what_it_was(record):
    assert record == registry.read(registry.write(record))


@given(some_record, st.data())
def test_a_record_cut_short_is_unreadable(record, data):
    value = registry.write(record)
    cut = data.draw(st.integers(0, len(value) - 1))

    with pytest.raises(Unreadable):
        registry.read(value[:cut])


@given(some_record, st.binary(min_size=1, max_size=8))
def test_a_record_with_bytes_left_over_is_unreadable(record, rest):
    with pytest.raises(Unreadable, match=f": {len(rest)} bytes left over"):
        registry.read(registry.write(record) + rest)


def read_or_refuse(value):
    """Whatever is read is a valid record that can be written again; anything else is refused as unreadable."""
    try:
        record = registry.read(value)
    except Unreadable:
        return

    assert record == type(record).model_validate(record.model_dump())
    assert record == type(record).model_validate_json(record.model_dump_json())
    assert record == decode(type(record), encode(record))


@given(st.binary(max_size=64))
def test_bytes_of_any_kind_are_refused_or_read(value):
    read_or_refuse(value)


@given(st.sampled_from(RECORDS), st.binary(max_size=256))
@settings(max_examples=500)
def test_a_body_of_any_bytes_is_refused_or_read(model, body):
    read_or_refuse(frame(registry.package_id(model), body))


@given(some_record, st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=500)
def test_a_damaged_record_is_refused_or_read(record, damage):
    body = bytearray(encode(record))
    for at, byte in damage:
        body[at % len(body)] = byte

    read_or_refuse(frame(registry.package_id(type(record)), bytes(body)))


@every_record
@given(st.data())
@settings(max_examples=25)
def test_json_with_a_field_more_or_a_field_less_is_refused(model, data):
    value = json.loads(data.draw(records(model)).model_dump_json())
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    missing = data.draw(st.sampled_from(required))

    with pytest.raises(ValueError, match="Extra inputs"):
        model.model_validate_json(json.dumps(value | {"patient_name": "x"}))
    with pytest.raises(ValueError, match="Field required"):
        model.model_validate_json(json.dumps({name: item for name, item in value.items() if name != missing}))
