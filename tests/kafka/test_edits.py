"""On Kafka too a denial becomes an edit, a person has the last word, and a back-test reads what is committed."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest

from streams.topics import EDIT_DECISIONS
from tests.builders import at
from tests.integration.command_line import cleanclaim, event, write
from tests.integration.test_cli_edits import remittance, visit

pytestmark = pytest.mark.kafka


@pytest.fixture
def call(site, broker):
    def run(*arguments):
        env = {"CLEANCLAIM_NAMESPACE": site.namespace, "CLEANCLAIM_BOOTSTRAP_SERVERS": broker.bootstrap}
        result = cleanclaim(*arguments, env=env)
        assert 0 == result.exit_code, result.output
        return result.stdout

    return run


def wait_for_status(call, status, seconds=60):
    """The edit once it has this status."""
    end = time.monotonic() + seconds
    while True:
        listed = [json.loads(line) for line in call("edits", "list", "--json").splitlines()]
        found = [each for each in listed if each["edit"]["status"] == status]
        if found:
            return found[0]
        assert time.monotonic() < end, listed
        time.sleep(0.5)


def test_a_person_decides_on_what_was_learned_and_tries_it_on_the_topics(site, call, tmp_path):
    unreadable = event(visit(2)[0], revision=2, patient_id=12345)  # holds claim C2 in the back-test as it did in truth
    facts = [each for number in range(3) for each in visit(number)]
    since = dt.datetime.now(dt.UTC) - at()  # evidence ages by the time of the log, which is today's
    answers = [remittance(number, days=since.days) for number in range(2)]
    site.worker("a", "--agents", "adjudication,feedback,learning")
    call("publish", write(tmp_path / "day.ndjson", unreadable, *facts, *answers))
    learned = wait_for_status(call, "SHADOW")
    edit_id = learned["edit"]["edit_id"]
    sent = call("edits", "approve", edit_id[:6], "--reason", "payer bulletin", "--by", "ann")
    wait_for_status(call, "ACTIVE")
    shown = json.loads(call("edits", "show", edit_id[:6], "--json"))
    tried = json.loads(call("edits", "backtest", edit_id[:6], "--json"))
    (decision,) = site.read([EDIT_DECISIONS.name])

    assert (2, 0, 200_00) == tuple(learned["now"][name] for name in ("denied", "paid", "at_stake_cents"))
    assert "APPROVE by ann is sent. Learning applies it" in sent
    assert b"P01|93015" == decision.key()
    assert ["PROPOSED", "SHADOW", "ACTIVE"] == [each["status"] for each in shown["history"]]
    assert [("APPROVE", "ann")] == [(each["action"], each["decided_by"]) for each in shown["decisions"]]
    assert (2, 2, 2) == tuple(tried["total"][name] for name in ("claims", "held", "denials_caught"))
