"""The clearinghouse example: at most once over kill -9, recalls heeded, uncommitted decisions not seen."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest
from confluent_kafka import Producer

from agents.kafka.publisher import PRODUCER
from schemas import registry
from schemas.decision import Decision
from streams.topics import CLAIMS_RELEASED
from tests import builders
from tests.kafka_broker import ROOT

pytestmark = pytest.mark.kafka

PROGRAM = ROOT / "examples" / "clearinghouse" / "clearinghouse.py"


def decision(claim_id="C1", revision=1, route="RELEASE", sequence=1):
    claim = builders.claim(builders.line("93015"), claim_id=claim_id, revision=revision)
    return Decision(
        decision_id=f"{claim_id}-{sequence}",
        claim_id=claim_id,
        claim_revision=revision,
        encounter_id=claim.encounter_id,
        payer_id=claim.payer_id,
        route=route,
        sequence=sequence,
        findings=(),
        edit_set="test",
        facts=(),
        claim=claim,
        decided_at=builders.at(sequence),
    )


class Desk:
    """A clearinghouse with its book and its outbox, and a sender of decisions."""

    def __init__(self, bootstrap, folder):
        self._bootstrap = bootstrap
        self.book, self.outbox = folder / "book.db", folder / "out.ndjson"
        self._command = [sys.executable, str(PROGRAM), "--book", str(self.book), "--outbox", str(self.outbox)]
        self._environment = os.environ | {"CLEANCLAIM_BOOTSTRAP_SERVERS": bootstrap, "PYTHONPATH": str(ROOT)}

    def send(self, *decisions, commit=True):
        producer = Producer({"bootstrap.servers": self._bootstrap, **PRODUCER, "transactional.id": "test"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for each in decisions:
            producer.produce(CLAIMS_RELEASED.name, registry.write(each), each.claim_id.encode())
        producer.flush()
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)

    def start(self, *arguments):
        return subprocess.Popen([*self._command, *arguments], env=self._environment, stderr=subprocess.PIPE)

    def run(self):
        """Until the end of the topic; what was said of which claim revision, in order."""
        process = self.start("--until-end")
        _, complaint = process.communicate(timeout=60)
        assert 0 == process.returncode, complaint
        return self.said()

    def said(self):
        lines = [json.loads(line) for line in self.outbox.read_text().splitlines()] if self.outbox.exists() else []
        return [(each["kind"], each["claim_id"], each["claim_revision"]) for each in lines]

    def in_doubt(self):
        connection = sqlite3.connect(self.book)
        rows = connection.execute("SELECT claim_id FROM submissions WHERE pending = 'SUBMIT'").fetchall()
        connection.close()
        return {claim_id for (claim_id,) in rows}


@pytest.fixture
def desk(topics, tmp_path):
    return Desk(topics.bootstrap, tmp_path)


def test_a_revision_is_submitted_once_however_often_it_is_released_and_the_topic_read(desk):
    desk.send(decision(), decision(sequence=2), decision(revision=2, sequence=3))
    desk.run()

    assert [("SUBMIT", "C1", 1), ("SUBMIT", "C1", 2)] == desk.run()


def test_a_decision_that_supersedes_a_release_recalls_it_and_a_later_release_takes_that_back(desk):
    desk.send(decision(), decision(route="HOLD", sequence=2), decision(route="REBUILD", sequence=3))
    recalled = desk.run()
    desk.send(decision(sequence=4))

    assert [("SUBMIT", "C1", 1), ("RECALL", "C1", 1)] == recalled
    assert [*recalled, ("REINSTATE", "C1", 1)] == desk.run()


def test_a_decision_of_an_aborted_transaction_was_never_made(desk):
    desk.send(decision("C8"), commit=False)
    desk.send(decision("C9"))

    assert [("SUBMIT", "C9", 1)] == desk.run()


def test_a_submission_that_a_crash_cut_short_is_named_and_not_sent_again(desk):
    desk.send(decision())
    desk.run()
    connection = sqlite3.connect(desk.book)
    connection.execute("UPDATE submissions SET pending = 'SUBMIT'")
    connection.commit()
    connection.close()

    process = desk.start("--until-end")
    _, complaint = process.communicate(timeout=60)

    assert ([("SUBMIT", "C1", 1)], True) == (desk.said(), b"a submission was cut short" in complaint)
    assert b"C1" not in complaint


def test_kills_at_any_moment_submit_nothing_twice_and_lose_nothing(desk):
    claims = [f"C{number}" for number in range(1_500)]
    desk.send(*(decision(claim_id) for claim_id in claims))
    chance = random.Random(4)
    for _ in range(6):
        process = desk.start()
        before, end = len(desk.said()), time.monotonic() + 30
        while len(desk.said()) <= before and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(chance.random() / 10)
        process.kill()
        process.communicate()
    desk.run()

    submitted = Counter(claim_id for _, claim_id, _ in desk.said())
    assert set(claims) == set(submitted) | desk.in_doubt()
    assert {1} == set(submitted.values())
