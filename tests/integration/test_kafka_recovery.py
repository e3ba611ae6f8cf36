"""What the Kafka engine does when a transaction fails, a worker restarts, or a table changes meanwhile."""

from __future__ import annotations

import pytest

from agents.dispatch import Header
from agents.kafka.transaction import Aborted, Lost, Transactions
from schemas import registry
from streams.processor import Step
from streams.topics import ADJUDICATION_STATE, DEAD_LETTERS, ENCOUNTERS, HOLDS
from tests.integration.engine_contract import BEGINNING, notes
from tests.kafka_engine import KafkaEngine
from tests.toys import DAY, toys, visit

pytestmark = pytest.mark.kafka


@pytest.fixture
def start(broker):
    engines = []

    def start(processors, **options):
        engines.append(KafkaEngine(broker, processors, **options))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def failing(monkeypatch):
    """Makes the next commits fail, after all was produced."""
    errors = []
    commit = Transactions.commit

    def commit_or_fail(self, *args):
        if errors:
            raise errors.pop()
        commit(self, *args)

    monkeypatch.setattr(Transactions, "commit", commit_or_fail)
    return errors


def test_a_restarted_worker_knows_what_it_knew(start):
    engine = start(toys())
    for key in ("E1", "E2", "E3"):
        engine.feed(ENCOUNTERS, visit(key))
    before = {key: engine.state("ledger", key) for key in ("E1", "E2", "E3")}, notes(engine)
    engine.stop()
    engine.start()
    engine.settle()
    engine.feed(ENCOUNTERS, visit("E1"))

    assert before == ({key: engine.state("ledger", key) for key in ("E1", "E2", "E3")}, notes(engine))


def test_a_restarted_worker_wakes_the_keys_that_asked_for_it(start):
    engine = start(toys())
    engine.feed(ENCOUNTERS, visit("E1"))
    engine.stop()
    engine.start()
    engine.settle()
    engine.advance(BEGINNING + 7 * DAY)

    assert engine.state("ledger", "E1") is None
    assert f"E1/{BEGINNING + 7 * DAY}" in notes(engine)


def test_a_restarted_worker_forgets_what_was_forgotten_and_knows_its_dead_letters(start):
    engine = start(toys())
    engine.feed_bytes(ENCOUNTERS, "E1", b"garbage")
    engine.feed(ENCOUNTERS, visit("E2"))
    engine.advance(BEGINNING + 7 * DAY)
    engine.stop()
    engine.start()
    engine.settle()
    engine.feed_bytes(ENCOUNTERS, "E1", b"garbage")

    assert engine.state("ledger", "E2") is None
    assert len(list(engine.records(DEAD_LETTERS))) == 1


@pytest.mark.parametrize("error", [Aborted("test", culprit=False), Lost("test")], ids=["aborted", "lost"])
def test_a_transaction_that_failed_shows_nowhere_and_runs_again(start, failing, error):
    engine = start(toys())
    engine.feed(ENCOUNTERS, visit("E1"))
    failing.append(error)
    engine.feed(ENCOUNTERS, visit("E1", 2))

    assert [] == failing
    assert ["E1/1 of 0", "E1/2 of 0"] == notes(engine)
    assert engine.state("tally", "edit-P01") == b"2"


def test_a_record_whose_outcome_cannot_be_written_is_set_aside_alone(start):
    engine = start([Fat()])
    for key in ("E1", "fat", "E2"):
        engine.send(ENCOUNTERS, key, registry.write(visit(key)))
    engine.settle()

    (letter,) = engine.records(DEAD_LETTERS)
    assert ("fat", "MSG_SIZE_TOO_LARGE") == (letter.key, letter.headers[Header.EXCEPTION])
    assert (b"1", b"1") == (engine.state("fat", "E1"), engine.state("fat", "E2"))


def test_a_sweep_that_was_cut_short_goes_on_after_a_restart(start):
    engine = start(toys(), sweep=1)
    keys = [f"E{n}" for n in range(6)]
    for key in keys[:2]:
        engine.feed(ENCOUNTERS, visit(key))
    for key in keys[2:]:
        engine.send(ENCOUNTERS, key, registry.write(visit(key)))
    engine.settle()
    engine.stop()
    engine.start()
    engine.settle()

    again = sorted(note.partition("/")[0] for note in notes(engine) if "again" in note)
    assert set(keys) == set(again)
    assert {f"{key}/1" for key in keys} <= {note.partition(" ")[0] for note in notes(engine)}


def test_keys_in_the_wrong_partition_or_of_another_record_are_set_aside(start):
    engine = start(toys())
    engine.feed_bytes(ENCOUNTERS, "E2", registry.write(visit("E1")))

    (letter,) = engine.records(DEAD_LETTERS)
    assert "encounters.v1: key: expected encounter_id, got another" == letter.headers[Header.MESSAGE]
    assert ["E2/1 marked"] == notes(engine)
    assert [] == [each for each in engine.records(HOLDS) if each.record.claim_id == "E1"]


def test_a_record_that_was_replayed_in_vain_is_a_dead_letter_once_more(start):
    engine = start(toys())
    conflicting = registry.write(visit("E1", event_id="other"))
    engine.feed(ENCOUNTERS, visit("E1"))
    for headers in ({}, {}, {Header.REPLAY_OF: "abc"}):
        engine.send(ENCOUNTERS, "E1", conflicting, headers={str(name): value for name, value in headers.items()})
        engine.settle()

    assert [conflicting] * 2 == [letter.value for letter in engine.records(DEAD_LETTERS)]


class Fat:
    """Cannot write the state of one key."""

    name = "fat"
    inputs = (ENCOUNTERS,)
    tables = ()
    changelog = ADJUDICATION_STATE

    def process(self, record, state, tables):
        del state, tables
        return Step(b"1" if record.key != "fat" or record.value is None else bytes(10 << 20))

    def wake(self, key, state, time):
        raise NotImplementedError

    def reconsider(self, key, state, tables):
        raise NotImplementedError

    def touched(self, table, old, new):
        raise NotImplementedError
