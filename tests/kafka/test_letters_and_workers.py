"""A fact that could not be read holds its encounter's claim on Kafka too, until it is replayed."""

from __future__ import annotations

import json

import pytest

from tests.integration.command_line import CLEAN, cleanclaim, event, write

pytestmark = pytest.mark.kafka


def test_a_claim_holds_for_a_fact_that_could_not_be_read_until_it_is_replayed(site, broker, tmp_path):
    def call(*arguments):
        env = {"CLEANCLAIM_NAMESPACE": site.namespace, "CLEANCLAIM_BOOTSTRAP_SERVERS": broker.bootstrap}
        return cleanclaim(*arguments, env=env)

    encounter = CLEAN[0]
    broken = event(encounter, revision=2, patient_id=12345)
    sent = call("publish", write(tmp_path / "day.ndjson", *CLEAN, broken))
    assert 0 == sent.exit_code, sent.output
    site.worker("a")
    held = site.wait_for({"C1": (1, "HOLD", [("administrative-fact-unreadable", None)])})
    listed = [json.loads(line) for line in call("dead-letters", "list", "--json").stdout.splitlines()]
    mended = write(tmp_path / "mended.ndjson", event(encounter, revision=2))
    replayed = call("dead-letters", "replay", listed[0]["id"], "--with", mended)
    released = site.wait_for({"C1": (1, "RELEASE", [])})

    assert {"C1": (1, "HOLD", [("administrative-fact-unreadable", None)])} == held
    assert {"C1": (1, "RELEASE", [])} == released
    assert (0, ["day.ndjson:6"]) == (replayed.exit_code, [each["where"] for each in listed])
