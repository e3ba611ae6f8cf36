"""What every engine must do, said once: `class TestX(EngineContract)` only says how to start one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agents.dispatch import Defect, Header
from agents.partitioner import partition_of
from agents.tracing import TRACEPARENT
from schemas import registry
from schemas.record import millis
from streams.processor import Outcome, SetAside, Step
from streams.topics import ADJUDICATION_STATE, ALERTS, DEAD_LETTERS, EDITS, ENCOUNTERS, HOLDS, PARTITIONS
from tests.toys import DAY, POISON, START, toys, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agents.engine import Engine, Logged
    from schemas.hold import Hold
    from streams.processor import Processor

    Start = Callable[[Sequence[Processor]], Engine]

BEGINNING = millis(START)


def notes(engine: Engine) -> list[str]:
    """The holds of the toys, in the order of the log."""
    return [hold.hold_id for hold in _holds(engine)]


def _holds(engine: Engine) -> list[Hold]:
    return [logged.record for logged in engine.records(HOLDS)]  # type: ignore[misc]  # the topic holds nothing else


def trace(key: str) -> str:
    """A traceparent of its own for a key."""
    return f"00-{key.encode().hex().zfill(32)}-00f067aa0ba902b7-01"


def traced(logged: Logged) -> str | None:
    return logged.headers.get(TRACEPARENT)


def keys_of_one_partition(number: int) -> list[str]:
    partition = partition_of("E0", PARTITIONS)
    keys = (f"E{n}" for n in range(10_000))
    return [key for key in keys if partition_of(key, PARTITIONS) == partition][:number]


def key_of_another_partition() -> str:
    return next(f"E{n}" for n in range(100) if partition_of(f"E{n}", PARTITIONS) != partition_of("E0", PARTITIONS))


class EngineContract:
    """The promises. A subclass provides the fixture `start`."""

    @pytest.fixture
    def start(self) -> Start:
        """Starts an engine for the processors given; stopped by the fixture."""
        raise NotImplementedError  # the subclass that names an engine gives it

    @pytest.fixture
    def engine(self, start: Start) -> Engine:
        return start(toys())

    def test_a_record_is_logged_and_folded_into_the_state_of_its_key(self, engine):
        engine.feed(ENCOUNTERS, visit("E1"))

        assert [visit("E1")] == [logged.record for logged in engine.records(ENCOUNTERS)]
        assert json.loads(engine.state("ledger", "E1"))["revision"] == 1
        assert engine.state("ledger", "E2") is None

    def test_offsets_count_up_in_each_partition(self, engine):
        keys = [*keys_of_one_partition(2), key_of_another_partition()]
        for key in keys:
            engine.feed(ENCOUNTERS, visit(key))

        offsets = {logged.key: (logged.partition, logged.offset) for logged in engine.records(ENCOUNTERS)}
        assert [(partition_of(key, PARTITIONS), offset) for key, offset in zip(keys, (0, 1, 0), strict=True)] == [
            offsets[key] for key in keys
        ]

    def test_what_a_processor_emits_reaches_the_processors_of_that_topic(self, engine):
        for key in ("E1", "E2"):
            engine.feed(ENCOUNTERS, visit(key))

        assert ["E1/1 of 0", "E2/1 of 0"] == notes(engine)
        assert engine.state("tally", "edit-P01") == b"2"

    def test_the_log_of_one_key_can_be_read_alone(self, engine):
        for key, payer in (("E1", "P1"), ("E2", "P2"), ("E3", "P1")):
            engine.feed(ENCOUNTERS, visit(key, payer_id=payer))

        assert ["E1", "E3"] == [logged.record.claim_id for logged in engine.records(HOLDS, "edit-P1")]
        assert ["E2"] == [logged.key for logged in engine.records(ENCOUNTERS, "E2")]

    def test_every_record_ends_as_exactly_one_outcome(self, engine):
        engine.feed(ENCOUNTERS, visit("E1", 2))
        engine.feed(ENCOUNTERS, visit("E1", 2))
        engine.feed(ENCOUNTERS, visit("E1", 1))
        engine.feed(ENCOUNTERS, visit("E1", 2, event_id="other"))

        assert dict.fromkeys(Outcome, 1) == engine.outcomes()

    def test_a_duplicate_stands_in_the_log_and_changes_nothing_else(self, engine):
        engine.feed(ENCOUNTERS, visit("E1"))
        before = engine.state("ledger", "E1"), notes(engine)
        engine.feed(ENCOUNTERS, visit("E1"))

        assert before == (engine.state("ledger", "E1"), notes(engine))
        assert len(list(engine.records(ENCOUNTERS))) == 2

    def test_append_time_is_the_largest_event_time_so_far(self, engine):
        for key, hours in (("E1", 5), ("E2", 3), ("E3", 6)):
            engine.feed(ENCOUNTERS, visit(key, hours=hours))

        hour = DAY // 24
        assert [BEGINNING + hours * hour for hours in (5, 5, 6)] == [r.time for r in engine.records(ENCOUNTERS)]

    def test_a_changed_table_reconsiders_the_keys_under_its_terms_in_order(self, engine):
        for key, payer in (("E3", "P1"), ("E2", "P2"), ("E1", "P1"), ("E0", "P1")):
            engine.feed(ENCOUNTERS, visit(key, payer_id=payer))

        assert ["edit-P1-3"] == [logged.key for logged in engine.records(EDITS)]
        assert [
            "E3/1 of 0",
            "E2/1 of 0",
            "E1/1 of 0",
            "E0/1 of 0",
            "E0/2 again of 1",
            "E1/2 again of 1",
            "E3/2 again of 1",
        ] == notes(engine)

    def test_a_wake_comes_before_the_record_that_moved_the_time_on(self, engine):
        first, second = keys_of_one_partition(2)
        engine.feed(ENCOUNTERS, visit(first))
        engine.feed(ENCOUNTERS, visit(second, hours=7 * 24))

        due = BEGINNING + 7 * DAY
        assert [f"{first}/1 of 0", f"{first}/{due}", f"{second}/1 of 0"] == notes(engine)
        assert engine.state("ledger", first) is None

    def test_wakes_come_in_order_of_time_and_key(self, engine):
        keys = keys_of_one_partition(5)
        for key, hours in zip(reversed(keys[:4]), (0, 1, 1, 2), strict=True):
            engine.feed(ENCOUNTERS, visit(key, hours=hours))
        engine.feed(ENCOUNTERS, visit(keys[4], hours=10 * 24))

        woken = [hold.claim_id for hold in _holds(engine) if hold.edit_id == "forgotten"]
        assert [keys[3], *sorted(keys[1:3]), keys[0]] == woken

    def test_a_wake_that_was_put_off_comes_at_the_later_time(self, engine):
        first, second = keys_of_one_partition(2)
        engine.feed(ENCOUNTERS, visit(first))
        engine.feed(ENCOUNTERS, visit(first, 2, hours=24))
        engine.feed(ENCOUNTERS, visit(second, hours=7 * 24))
        early = engine.state("ledger", first)
        engine.feed(ENCOUNTERS, visit(second, 2, hours=8 * 24))

        assert early is not None
        assert engine.state("ledger", first) is None

    def test_stream_time_is_that_of_the_partition(self, engine):
        engine.feed(ENCOUNTERS, visit("E0"))
        engine.feed(ENCOUNTERS, visit(key_of_another_partition(), hours=30 * 24))

        assert engine.state("ledger", "E0") is not None

    def test_the_clock_moves_quiet_partitions_too(self, engine):
        engine.feed(ENCOUNTERS, visit("E0"))
        engine.advance(BEGINNING + 7 * DAY - 1)
        before = engine.state("ledger", "E0")
        engine.advance(BEGINNING + 7 * DAY)
        engine.advance(BEGINNING)

        assert before is not None
        assert engine.state("ledger", "E0") is None
        alerts = [logged.record.alert_id for logged in engine.records(ALERTS)]
        assert [f"edit-P01@{BEGINNING + 7 * DAY - 1}"] == alerts[:1]

    def test_bytes_that_are_no_record_are_set_aside_and_hold_their_key(self, engine):
        engine.feed_bytes(ENCOUNTERS, "E1", b"\x00\x00garbage")

        (letter,) = engine.records(DEAD_LETTERS)
        assert ("E1", b"\x00\x00garbage") == (letter.key, letter.value)
        assert letter.headers[Header.EXCEPTION] == "Unreadable"
        assert letter.headers[Header.TOPIC] == "encounters.v1"
        assert ["E1/1 marked"] == notes(engine)
        assert {Outcome.DEAD_LETTER: 1} == {outcome: n for outcome, n in engine.outcomes().items() if n}

    def test_bytes_without_a_key_are_set_aside_and_tell_nobody(self, engine):
        engine.feed_bytes(ENCOUNTERS, None, b"garbage")

        assert [None] == [letter.key for letter in engine.records(DEAD_LETTERS)]
        assert [] == notes(engine)

    def test_the_same_content_is_set_aside_once(self, engine):
        engine.feed_bytes(ENCOUNTERS, "E1", b"garbage")
        engine.feed_bytes(ENCOUNTERS, "E1", b"garbage")

        assert len(list(engine.records(DEAD_LETTERS))) == 1
        assert ["E1/1 marked"] == notes(engine)
        assert (1, 1) == (engine.outcomes()[Outcome.DEAD_LETTER], engine.outcomes()[Outcome.DUPLICATE])

    def test_a_record_of_another_topic_is_set_aside(self, engine):
        engine.feed_bytes(HOLDS, "x", registry.write(visit("E1")))

        (letter,) = engine.records(DEAD_LETTERS)
        assert "holds.v1: holds no Encounter" == letter.headers[Header.MESSAGE]

    def test_a_record_that_a_processor_refuses_is_set_aside_with_its_reason(self, engine):
        engine.feed(ENCOUNTERS, visit("E1"))
        engine.feed(ENCOUNTERS, visit("E1", event_id="other"))

        (letter,) = engine.records(DEAD_LETTERS)
        assert registry.write(visit("E1", event_id="other")) == letter.value
        assert "encounters.v1: conflicting revision" == letter.headers[Header.MESSAGE]
        assert "ledger" == letter.headers[Header.PROCESSOR]
        assert ["E1/1 of 0"] == notes(engine)

    def test_a_record_that_a_processor_fails_on_is_set_aside_alone_and_holds_its_key(self, engine):
        engine.feed(ENCOUNTERS, visit("E1"))
        engine.feed(ENCOUNTERS, visit("E1", POISON, patient_id="secret"))
        engine.feed(ENCOUNTERS, visit("E2", payer_id="P02"))

        (letter,) = engine.records(DEAD_LETTERS)
        assert "processor error: ledger raised KeyError on this record" == letter.headers[Header.MESSAGE]
        assert "KeyError" == letter.headers[Header.EXCEPTION]
        assert "secret" not in str(letter.headers)
        assert ["E1/1 of 0", "E1/2 marked", "E2/1 of 0"] == notes(engine)

    def test_a_trace_goes_from_a_record_to_all_that_it_brings_about(self, engine):
        for key in ("E1", "E2", "E3"):
            engine.feed(ENCOUNTERS, visit(key), headers={TRACEPARENT: trace(key)})

        assert [trace(key) for key in ("E1", "E2", "E3")] == [traced(logged) for logged in engine.records(ENCOUNTERS)]
        first = [traced(logged) for logged in engine.records(HOLDS)][:3]
        assert [trace(key) for key in ("E1", "E2", "E3")] == first
        assert [trace("E3")] == [traced(logged) for logged in engine.records(EDITS)]

    def test_what_a_table_or_time_brings_about_has_no_trace(self, engine):
        for key in ("E1", "E2", "E3"):
            engine.feed(ENCOUNTERS, visit(key), headers={TRACEPARENT: trace(key)})
        engine.advance(BEGINNING + 7 * DAY)

        later = [logged for logged in engine.records(HOLDS) if logged.record.gate == "LEARNED"]
        assert [None] * 6 == [traced(logged) for logged in later]
        assert {None} == {traced(logged) for logged in engine.records(ALERTS)}

    def test_a_trace_that_is_none_is_dropped(self, engine):
        engine.feed(ENCOUNTERS, visit("E1"), headers={TRACEPARENT: "Canary", "other": "Canary"})
        engine.feed_bytes(ENCOUNTERS, "E2", b"garbage", headers={TRACEPARENT: "Canary", "other": "Canary"})

        assert [{}, {}] == [dict(logged.headers) for logged in engine.records(HOLDS)]
        assert "Canary" not in str([letter.headers for letter in engine.records(DEAD_LETTERS)])

    def test_a_dead_letter_and_what_it_holds_keep_the_trace(self, engine):
        engine.feed_bytes(ENCOUNTERS, "E1", b"garbage", headers={TRACEPARENT: trace("E1")})
        engine.feed(ENCOUNTERS, visit("E2", POISON), headers={TRACEPARENT: trace("E2")})

        letters = {logged.key: traced(logged) for logged in engine.records(DEAD_LETTERS)}
        assert {"E1": trace("E1"), "E2": trace("E2")} == letters
        assert [trace("E1"), trace("E2")] == [traced(logged) for logged in engine.records(HOLDS)]

    def test_processors_that_keep_failing_stop_the_engine(self, engine):
        for n in range(10):
            engine.feed(ENCOUNTERS, visit(f"E{n}", POISON))

        with pytest.raises(Defect, match="stopped, nothing is lost"):
            engine.feed(ENCOUNTERS, visit("E10", POISON))

    def test_a_few_failures_in_a_thousand_do_not_stop_it(self, engine):
        for n in range(1_500):
            engine.feed(ENCOUNTERS, visit(f"E{n}", POISON if n % 150 == 0 else 1, payer_id=f"P{n}"))

        assert engine.outcomes()[Outcome.DEAD_LETTER] == 10

    def test_a_processor_that_asks_to_be_woken_at_once_is_woken_when_time_moves(self, start):
        engine = start([Restless()])
        engine.feed(ENCOUNTERS, visit("E1"))
        before = engine.state("restless", "E1")
        engine.advance(BEGINNING + 1)
        engine.advance(BEGINNING + 2)

        assert (b"0", b"2") == (before, engine.state("restless", "E1"))

    def test_a_record_that_waited_in_vain_becomes_a_dead_letter_as_it_came(self, start):
        engine = start([Patient()])
        engine.feed(ENCOUNTERS, visit("E1"))
        before = list(engine.records(DEAD_LETTERS))
        engine.advance(BEGINNING + DAY)

        (letter,) = engine.records(DEAD_LETTERS)
        assert [] == before
        assert ("E1", registry.write(visit("E1"))) == (letter.key, letter.value)
        assert {
            Header.EXCEPTION: "Refused",
            Header.MESSAGE: "encounters.v1: waited in vain",
            Header.TOPIC: "encounters.v1",
            Header.PROCESSOR: "patient",
        } == letter.headers
        assert engine.state("patient", "E1") is None


class Patient:
    """Keeps a record for a day, then gives it up."""

    name = "patient"
    inputs = (ENCOUNTERS,)
    tables = ()
    changelog = ADJUDICATION_STATE

    def process(self, record, state, tables):
        del state, tables
        return Step(registry.write(record.value), wake_at=record.time + DAY)

    def wake(self, key, state, time):
        del time
        return Step(None, set_aside=(SetAside(ENCOUNTERS, key, state, "encounters.v1: waited in vain"),))

    def reconsider(self, key, state, tables):
        raise NotImplementedError  # reads no table: an engine that asks is wrong

    def touched(self, table, old, new):
        raise NotImplementedError  # likewise


class Restless:
    """Counts its wakes, and always asks for one that has passed."""

    name = "restless"
    inputs = (ENCOUNTERS,)
    tables = ()
    changelog = ADJUDICATION_STATE

    def process(self, record, state, tables):
        del record, state, tables
        return Step(b"0", wake_at=0)

    def wake(self, key, state, time):
        del key, time
        return Step(b"%d" % (int(state) + 1), wake_at=0)

    def reconsider(self, key, state, tables):
        raise NotImplementedError  # reads no table: an engine that asks is wrong

    def touched(self, table, old, new):
        raise NotImplementedError  # likewise
