"""Lines out of any bytes, and the record in a line."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from agents.dispatch import HEAD_BYTES
from agents.ndjson import BLOCK_BYTES, Line, LineReader, read_line
from agents.ndjson_errors import UnreadableLine
from schemas.edit_decision import EditDecision
from streams.topics import EDIT_DECISIONS, ENCOUNTERS, INPUT_BYTES
from tests.toys import START, edit, line, visit


def read(data):
    return list(LineReader(io.BytesIO(data)))


def test_blank_lines_are_counted_but_not_given():
    assert [Line(1, b"a"), Line(4, b"b")] == read(b"a\n\n \t\r\nb\n")


def test_an_empty_file_has_no_lines():
    assert [] == read(b"")


def test_the_last_line_needs_no_end():
    assert [Line(1, b"a"), Line(2, b"b")] == read(b"a\nb")


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_line():
    assert [Line(1, b"a"), Line(2, b"b")] == read(b"\xef\xbb\xbfa\r\nb\r\n")


def test_bytes_of_any_kind_are_lines():
    assert [Line(1, b"\x00\xff"), Line(2, b"\x00")] == read(b"\x00\xff\n\x00\n")


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("size", [INPUT_BYTES + 1, INPUT_BYTES + BLOCK_BYTES, 5 * INPUT_BYTES + 7])
def test_of_a_line_that_is_too_long_the_beginning_is_kept_with_length_and_digest(size, end):
    long = bytes(n % 251 for n in range(4096)) * (size // 4096 + 1)
    long = long[:size].replace(b"\n", b"x")

    given = read(b"a\n" + long + end + (b"b\n" if end else b""))

    expected = Line(2, long[:HEAD_BYTES], size, hashlib.sha256(long).hexdigest())
    assert [Line(1, b"a"), expected, *([Line(3, b"b")] if end else [])] == given


def test_a_line_of_exactly_the_limit_is_whole():
    whole = b"x" * INPUT_BYTES

    assert [Line(1, whole)] == read(whole + b"\n")


@pytest.mark.parametrize("tail", [b"", b"{half", b"x" * (INPUT_BYTES + 1)])
def test_the_position_ends_with_the_last_line_that_has_an_end(tail):
    whole = b"a\n\nb\n"
    reader = LineReader(io.BytesIO(whole + tail))
    list(reader)

    assert (5, hashlib.sha256(whole).digest(), 3, 2) == reader.position


def test_the_position_moves_with_each_line():
    reader = LineReader(io.BytesIO(b"a\nbb\n\nc\n"))

    assert [2, 5, 8] == [reader.position.length for _ in reader]


def test_reading_goes_on_from_a_position():
    begun = LineReader(io.BytesIO(b"a\nb\n"))
    list(begun)
    reader = LineReader(io.BytesIO(b"c\n"), (begun.position, hashlib.sha256(b"a\nb\n")))

    assert [Line(3, b"c")] == list(reader)
    assert (6, hashlib.sha256(b"a\nb\nc\n").digest(), 3, 3) == reader.position


def test_a_line_is_a_record_under_its_key():
    assert (ENCOUNTERS, "E1", visit("E1")) == read_line(line(visit("E1")))


def test_a_line_may_name_its_key():
    named = json.loads(line(visit("E1"))) | {"key": "E1"}

    assert read_line(json.dumps(named).encode()).key == "E1"


def test_of_a_name_that_comes_twice_the_last_counts():
    twice = line(visit("E1")).replace(b'{"topic"', b'{"topic":"nowhere.v1","topic"')

    assert read_line(twice).record == visit("E1")


def decision(**changes):
    values = {"event_id": "1", "edit_id": "x", "action": "RETIRE", "decided_by": "me", "reason": "r"}
    return EditDecision(**(values | changes), occurred_at=START)


def test_a_decision_on_an_edit_names_its_key():
    named = json.loads(line(decision(), EDIT_DECISIONS)) | {"key": "P1|93015"}

    assert read_line(json.dumps(named).encode()).key == "P1|93015"


def test_a_decision_that_adds_an_edit_has_the_key_of_that():
    added = decision(action="ADD", edit=edit("x", "P1", 0))

    assert read_line(line(added, EDIT_DECISIONS)).key == "P1|*"


def test_a_decision_without_a_key_cannot_be_read():
    with pytest.raises(UnreadableLine, match=r"^edit-decisions.v1: key: expected payer_id\|procedure_code"):
        read_line(line(decision(), EDIT_DECISIONS))
