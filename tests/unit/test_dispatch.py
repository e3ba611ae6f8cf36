"""Guarded steps, framed records, dead letters: what both engines share."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from agents.dispatch import (
    DAY,
    HEAD_BYTES,
    REFUSED,
    UNREADABLE,
    Applied,
    Defect,
    Dispatch,
    Failed,
    FailureGuard,
    Header,
    Original,
    dead_letter,
    entry_of,
    event_time,
    marked_by,
    read_value,
)
from schemas import codec, registry
from schemas.errors import Misuse, Unavailable, Unreadable
from schemas.record import millis, moment
from streams.processor import Emit, Inbound, Step
from streams.topics import ALERTS, DEAD_LETTERS, EDIT_DECISIONS, ENCOUNTERS, HOLDS, INPUT_BYTES, OUTPUT_BYTES
from tests.builders import claim, line
from tests.toys import START, Ledger, hold, toys, visit

NOW = millis(START)
HOLD = hold("E1", "edit", "CODING", "note", NOW)


class Saying(Ledger):
    """A processor whose every entry point does as told."""

    def __init__(self, answer):
        self.answer = answer

    def process(self, record, state, tables):
        del record, state, tables
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def touched(self, table, old, new):
        return self.process(table, old, new)


def process(answer, dispatch=None):
    inbound = Inbound(ENCOUNTERS, "E1", visit("E1"), b"", NOW)
    return (dispatch or Dispatch()).process(Saying(answer), inbound, None, {})


def test_an_emitted_record_is_framed_under_the_key_of_its_topic():
    entry = entry_of(Emit(HOLDS, HOLD))

    assert (HOLDS, "edit", HOLD) == (entry.topic, entry.key, registry.read(entry.value))


def test_a_body_that_is_at_hand_is_not_encoded_again():
    assert codec.frame(registry.package_id(type(HOLD)), b"as given") == entry_of(Emit(HOLDS, HOLD, b"as given")).value


def test_a_step_comes_back_with_its_records():
    step = Step(b"state", (Emit(HOLDS, HOLD),))

    assert Applied(step, [entry_of(Emit(HOLDS, HOLD))]) == process(step)


BROKEN = {
    "an exception": (KeyError("secret"), "KeyError"),
    "a record for another topic": (Step(b"", (Emit(ALERTS, HOLD),)), "TypeError"),
    "a record for a topic without a key": (Step(b"", (Emit(EDIT_DECISIONS, HOLD),)), "TypeError"),
    "a record that is too large": (Step(b"", (Emit(HOLDS, HOLD, b"x" * OUTPUT_BYTES),)), "ValueError"),
    "no step at all": (None, "AttributeError"),
}


@pytest.mark.parametrize(("answer", "cause"), BROKEN.values(), ids=BROKEN.keys())
def test_a_step_that_cannot_be_kept_has_failed_with_a_class_name_and_no_more(answer, cause):
    assert Failed(cause) == process(answer)


@pytest.mark.parametrize("error", [Misuse("m"), Unavailable("u"), MemoryError()])
def test_what_is_no_fault_of_the_record_passes(error):
    with pytest.raises(type(error)):
        process(error)


def test_terms_are_sorted_and_each_comes_once():
    assert ["a", "b"] == Dispatch().touched(Saying(["b", "a", "b"]), ENCOUNTERS, None, visit("E1"))
    assert Failed("KeyError") == Dispatch().touched(Saying(KeyError()), ENCOUNTERS, None, visit("E1"))


def test_eleven_failures_in_a_row_are_a_defect():
    dispatch = Dispatch()
    for _ in range(10):
        process(KeyError(), dispatch)
    dispatch.failures.check()
    process(KeyError(), dispatch)

    with pytest.raises(Defect, match="more than 10 of 1,000"):
        dispatch.failures.check()


@pytest.mark.parametrize(("between", "is_defect"), [(98, True), (99, False)])
def test_eleven_failures_within_a_thousand_calls_are_a_defect(between, is_defect):
    guard = FailureGuard()
    for _ in range(11):
        guard.note()
        guard.calls += between

    assert is_defect == guard.defect


def test_the_event_time_is_when_it_happened():
    assert NOW == event_time(visit("E1"), NOW)
    assert NOW == event_time(claim(line("93015"), occurred_at=START, built_at=START - dt.timedelta(days=9)), NOW)


@pytest.mark.parametrize("field", ["occurred_at", "built_at"])
def test_an_event_time_more_than_a_day_ahead_cannot_be_read(field):
    times = {"occurred_at": moment(NOW), "built_at": moment(NOW)}
    event_time(claim(line("93015"), **(times | {field: moment(NOW + DAY)})), NOW)

    with pytest.raises(Unreadable, match=f"{field}: expected a time no more than a day ahead of the clock"):
        event_time(claim(line("93015"), **(times | {field: moment(NOW + DAY + 1)})), NOW)


def test_a_value_is_read_with_its_body_in_todays_schema():
    assert (visit("E1"), codec.encode(visit("E1"))) == read_value(registry.write(visit("E1")))


def test_a_dead_letter_keeps_the_bytes_and_says_where_they_came_from():
    original = Original(b"bytes", ENCOUNTERS, "E1", {Header.FILE: "day.ndjson", Header.LINE: "7"})

    entry = dead_letter(original, UNREADABLE, "what is wrong", "ledger")

    assert (DEAD_LETTERS, "E1", b"bytes") == entry[:3]
    assert {
        "cleanclaim.errors.exception": "Unreadable",
        "cleanclaim.errors.message": "what is wrong",
        "cleanclaim.errors.file": "day.ndjson",
        "cleanclaim.errors.line": "7",
        "cleanclaim.errors.topic": "encounters.v1",
        "cleanclaim.errors.processor": "ledger",
    } == entry.headers


def test_of_what_is_too_large_the_beginning_is_kept():
    data = bytes(range(256)) * (INPUT_BYTES // 256 + 1)

    entry = dead_letter(Original(data), UNREADABLE, "too large")

    assert data[:HEAD_BYTES] == entry.value
    assert str(len(data)) == entry.headers[Header.LENGTH]
    assert hashlib.sha256(data).hexdigest() == entry.headers[Header.SHA256] == Original(data).id


def test_what_was_cut_before_keeps_the_name_of_the_whole():
    original = Original(b"head", length=7, sha256="abc")

    assert ("7", "abc") == tuple(
        dead_letter(original, UNREADABLE, "").headers[h] for h in (Header.LENGTH, Header.SHA256)
    )


MARKED = {
    "a fact that nobody could read": (ENCOUNTERS, UNREADABLE, None, ["ledger"]),
    "a fact that a processor failed on": (ENCOUNTERS, "KeyError", "ledger", ["ledger"]),
    "a fact that another processor failed on": (ENCOUNTERS, "KeyError", "tally", []),
    "a fact that a processor refused": (ENCOUNTERS, REFUSED, "ledger", []),
    "no fact": (HOLDS, UNREADABLE, None, []),
    "nobody knows what": (None, UNREADABLE, None, []),
}


@pytest.mark.parametrize(("topic", "exception", "processor", "told"), MARKED.values(), ids=MARKED.keys())
def test_processors_are_told_of_the_facts_that_they_lack(topic, exception, processor, told):
    headers = {Header.EXCEPTION: exception} | ({Header.PROCESSOR: processor} if processor else {})

    assert told == [each.name for each in marked_by(headers, toys(), topic)]
