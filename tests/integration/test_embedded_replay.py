"""The second chance of a dead letter, and that it leaves no trace when it fails."""

from __future__ import annotations

import json

import pytest

from agents.embedded import Embedded, Options, open_reader
from agents.ndjson import Line
from schemas import registry
from schemas.errors import Misuse, Unreadable
from streams.processor import Outcome
from streams.topics import DEAD_LETTERS, ENCOUNTERS, HOLDS
from tests.integration.engine_contract import BEGINNING, Patient, keys_of_one_partition
from tests.toys import DAY, POISON, Ledger, Tally, line, toys, visit

GOOD = line(visit("E1"))
BAD = GOOD.replace(b'"revision":1', b'"revision":"1"')
FIRST, SECOND = keys_of_one_partition(2)


@pytest.fixture
def engine(tmp_path):
    with Embedded(toys(), tmp_path / "s.db", Options(out=tmp_path / "out")) as engine:
        yield engine


def set_aside(engine, data):
    engine.publish(Line(1, data), "day.ndjson")
    return [letter.id for letter in engine.reader.dead_letters()][-1]


def marks(engine, key="E1"):
    return json.loads(engine.state("ledger", key))["marks"]


def replayed(engine):
    return [letter.replayed_at is not None for letter in engine.reader.dead_letters()]


def test_the_line_that_replaces_it_is_taken_and_lifts_the_mark(engine):
    letter = set_aside(engine, BAD)
    marked = marks(engine)

    assert Outcome.APPLIED is engine.replay(letter, GOOD)
    assert (1, []) == (len(marked), marks(engine))
    assert [True] == replayed(engine)
    assert [visit("E1")] == [logged.record for logged in engine.records(ENCOUNTERS)]


def test_its_own_bytes_are_read_by_todays_code(engine, monkeypatch):
    engine.feed(ENCOUNTERS, visit("E1", POISON))
    (letter,) = engine.reader.dead_letters()
    monkeypatch.setattr("tests.toys.POISON", 0)

    assert Outcome.APPLIED is engine.replay(letter.id)
    assert json.loads(engine.state("ledger", "E1"))["revision"] == POISON


def test_the_beginning_of_the_id_will_do(engine):
    assert Outcome.APPLIED is engine.replay(set_aside(engine, BAD)[:8], GOOD)


def everything(engine, tmp_path):
    return list(engine.reader.log()), engine.outcomes(), (tmp_path / "out" / "holds.v1.ndjson").read_bytes()


def test_one_that_still_cannot_be_read_leaves_everything_as_it_was(engine, tmp_path):
    letter = set_aside(engine, BAD)
    before = everything(engine, tmp_path)

    with pytest.raises(Unreadable, match=f'^dead letter {letter[:12]}: encounters.v1: revision: .*got "1"'):
        engine.replay(letter)
    assert before == everything(engine, tmp_path)
    assert [False] == replayed(engine)


def test_one_that_is_refused_again_leaves_everything_as_it_was(engine, tmp_path):
    engine.feed(ENCOUNTERS, visit("E1"))
    engine.feed(ENCOUNTERS, visit("E1", event_id="other"))
    (letter,) = engine.reader.dead_letters()
    before = everything(engine, tmp_path)

    with pytest.raises(Unreadable, match="conflicting revision"):
        engine.replay(letter.id)
    assert before == everything(engine, tmp_path)


def test_one_that_fails_again_leaves_everything_as_it_was(engine, tmp_path):
    letter = set_aside(engine, BAD)
    before = everything(engine, tmp_path)

    with pytest.raises(Unreadable, match="ledger raised KeyError"):
        engine.replay(letter, line(visit("E1", POISON)))
    assert before == everything(engine, tmp_path)
    engine.feed(ENCOUNTERS, visit("E2"))
    assert ["E1", "E2"] == [logged.record.claim_id for logged in engine.records(HOLDS)]


def test_it_is_replayed_once(engine):
    letter = set_aside(engine, BAD)
    engine.replay(letter, GOOD)

    with pytest.raises(Misuse, match="replayed before"):
        engine.replay(letter, GOOD)


def test_content_that_was_replayed_is_still_known_when_it_comes_again(engine):
    engine.replay(set_aside(engine, BAD), GOOD)

    assert Outcome.DUPLICATE is engine.publish(Line(9, BAD), "again.ndjson")
    assert [] == marks(engine)


def test_a_replacement_is_for_the_same_encounter(engine):
    letter = set_aside(engine, BAD)

    with pytest.raises(Misuse, match="expected a fact of the same encounter"):
        engine.replay(letter, line(visit("E2")))


def test_a_line_of_nobody_may_become_anything(engine):
    assert Outcome.APPLIED is engine.replay(set_aside(engine, b"{"), line(visit("E7")))


def test_of_a_long_line_only_a_replacement_can_be_taken(engine):
    engine.publish(Line(1, b"head", 2_000_000, "ab" * 32), "day.ndjson")

    with pytest.raises(Misuse, match="only its beginning was kept; give the line that replaces it"):
        engine.replay("abab")
    assert Outcome.APPLIED is engine.replay("abab", GOOD)


@pytest.mark.parametrize("prefix", ["0" * 12, "abc", "no hex", "%%%%"])
def test_what_is_no_id_is_refused(engine, prefix):
    set_aside(engine, BAD)

    with pytest.raises(Misuse):
        engine.replay(prefix, GOOD)


def test_an_id_that_several_share_is_refused(engine):
    for number in range(2):
        engine.publish(Line(1, b"head", 2_000_000, "ab" * 31 + f"0{number}"), "day.ndjson")

    with pytest.raises(Misuse, match="several dead letters begin with abab"):
        engine.replay("abab", GOOD)


def test_a_replay_is_finished_after_a_kill(tmp_path):
    """The log says what a record replaces, so that a restart tells its processor the same."""
    with Embedded(toys(), tmp_path / "s.db") as engine:
        engine.replay(set_aside(engine, BAD), GOOD)
    with open_reader(tmp_path / "s.db") as reader:
        (letter,) = reader.dead_letters()
        (logged,) = reader.records(ENCOUNTERS)

    assert letter.id == logged.headers["cleanclaim.replay.of"]
    assert visit("E1") == registry.read(logged.value)


class Sleepless(Ledger):
    """A ledger that fails when it is woken, until it is mended."""

    is_mended = False

    def wake(self, key, state, time):
        if not self.is_mended:
            raise ZeroDivisionError
        return super().wake(key, state, time)


def test_a_wake_that_failed_is_called_again():
    ledger = Sleepless()
    with Embedded([ledger, Tally()]) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))
        state = engine.state("ledger", "E1")
        engine.advance(engine.reader.time() + 30 * DAY)
        (letter,) = engine.reader.dead_letters()
        ledger.is_mended = True
        engine.replay(letter.id)

        assert ("E1", state) == (letter.logged.key, letter.logged.value)
        assert (
            "processor error: ledger raised ZeroDivisionError in wake"
            == letter.logged.headers["cleanclaim.errors.message"]
        )
        assert engine.state("ledger", "E1") is None
        assert len(list(engine.records(DEAD_LETTERS))) == 1


class TestWaitedInVain:
    """A record that a processor kept for a time and then gave up."""

    @pytest.fixture
    def patience(self, tmp_path):
        with Embedded([Patient()], tmp_path / "s.db") as engine:
            engine.feed(ENCOUNTERS, visit(FIRST))
            yield engine

    def test_it_waits_again_after_a_replay_and_once_more_after_that(self, patience):
        patience.advance(BEGINNING + DAY)
        (letter,) = patience.reader.dead_letters()
        outcome = patience.replay(letter.id)
        waiting = replayed(patience), patience.state("patient", FIRST)
        patience.advance(BEGINNING + 3 * DAY)

        assert Outcome.APPLIED is outcome
        assert ([True], registry.write(visit(FIRST))) == waiting
        assert [False] == replayed(patience)
        assert Outcome.APPLIED is patience.replay(letter.id)

    def test_it_is_no_complaint_about_the_record_that_moves_the_time_on(self, patience):
        bad = line(visit(SECOND, hours=48)).replace(b'"revision":1', b'"revision":"1"')
        letter = set_aside(patience, bad)

        assert Outcome.APPLIED is patience.replay(letter, line(visit(SECOND, hours=48)))
        assert [True, False] == replayed(patience)
