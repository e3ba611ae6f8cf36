"""The reader takes what fastavro takes, and makes of it what fastavro and the checks would have made."""

from __future__ import annotations

import io

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.claim import Claim
from schemas.errors import Unreadable
from schemas.trusted import build
from tests.builders import claim, line
from tests.strategies import records

CLAIM = claim(line("93015"), diagnoses=("I25.118", "I10", "R07.9"))


def text(value: str) -> bytes:
    return bytes([2 * len(value)]) + value.encode()


FIRST, SECOND, THIRD = map(text, CLAIM.diagnoses)


@pytest.mark.parametrize("model", codec.RECORDS, ids=lambda model: model.__name__)
@given(data=st.data())
@settings(max_examples=50)
def test_a_record_is_read_as_fastavro_reads_it(model, data):
    body = codec.encode(data.draw(records(model)))
    values = fastavro.schemaless_reader(io.BytesIO(body), codec.parsed(model), None)
    expected = build(model, values)

    record = codec.decode(model, body)

    assert expected == record
    assert repr(expected) == repr(record)
    assert expected.model_fields_set == record.model_fields_set


@pytest.mark.parametrize(
    "written",
    [
        b"\x06" + FIRST + SECOND + THIRD + b"\x00",
        b"\x02" + FIRST + b"\x04" + SECOND + THIRD + b"\x00",
        b"\x03" + bytes([2 * len(FIRST + SECOND)]) + FIRST + SECOND + b"\x02" + THIRD + b"\x00",
        b"\x86\x00" + FIRST + SECOND + THIRD + b"\x00",
    ],
    ids=["one block", "two blocks", "a block that says its size", "a number longer than it need be"],
)
def test_a_list_may_come_in_any_blocks_that_avro_allows(written):
    assert CLAIM == codec.decode(Claim, codec.encode_around(CLAIM, "diagnoses", written))


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("claim_id", b"\x01"),
        ("claim_id", b"\xff\xff\xff\xff\x0f"),
        ("revision", b"\xff" * 11 + b"\x01"),
        ("billing_npi", b"\x04"),
        ("status", b"\x20"),
        ("status", b"\x01"),
        ("diagnoses", b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    ],
    ids=[
        "a length below zero",
        "a text beyond the end",
        "a number of more than 64 bits",
        "no branch of the union",
        "no symbol of the enum",
        "a symbol below the first",
        "more items than bytes",
    ],
)
def test_bytes_that_are_no_avro_are_unreadable(field, written):
    with pytest.raises(Unreadable, match=r"^Claim: the bytes"):
        codec.decode(Claim, codec.encode_around(CLAIM, field, written))
