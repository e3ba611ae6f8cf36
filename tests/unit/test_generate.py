"""The generator: repeatable, valid, realistic, and in constant memory."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from functools import cache

import pytest

from agents.generate import Event, Mix, Truth, generate
from agents.generate import drafts as drafts_of
from agents.generate.catalogue import ROLES, SEVERITY, TOPICS, shares
from agents.generate.clock import default_days
from agents.generate.operation import npi, sites
from agents.generate.recipe import RECIPES
from schemas.claim import Claim, Line
from schemas.documentation import Documentation, InterpretationReport, SupervisionNote, Tracing, VitalSigns
from schemas.encounter import Encounter, Ownership
from schemas.remittance import Adjustment, Remittance, RemittanceLine
from schemas.review import Review

RECORDS = {
    "encounters.v1": Encounter,
    "documentation.v1": Documentation,
    "claims.built.v1": Claim,
    "reviews.v1": Review,
    "remittances.v1": Remittance,
}
DRAFTED = (
    Encounter,
    Ownership,
    Documentation,
    Tracing,
    VitalSigns,
    SupervisionNote,
    InterpretationReport,
    Claim,
    Line,
    Review,
    Remittance,
    RemittanceLine,
    Adjustment,
)
QUIET = {"read-on-a-later-day", "claim-built-anew"}
"""Recipes that leave every claim right: nothing is planted in any by their name."""

AT_CLINICS = {"encounter-rate", "institutional-claim-of-a-clinic"}
"""Recipes of clinics paid by the encounter: a person looks at all of their claims, whatever the mix."""


def told(encounters: int, seed: int, **options) -> tuple[list[Event], list[Truth]]:
    truths: list[Truth] = []
    return list(generate(encounters, seed, truth=truths.append, **options)), truths


@cache
def month() -> tuple[list[Event], list[Truth]]:
    """A month as it usually goes."""
    return told(4_000, 7)


@cache
def worst() -> tuple[list[Event], list[Truth]]:
    """A month in which something is wrong with every visit."""
    return told(9_000, 3, mix=Mix(defects=1))


def value(event: Event) -> dict:
    return json.loads(event.line)["value"]


def readable(topic: str) -> list[dict]:
    return [value(event) for event in month()[0] if event.topic == topic and event.readable]


def digest(encounters: int, seed: int) -> str:
    return hashlib.sha256(b"".join(event.line for event in generate(encounters, seed))).hexdigest()


def test_the_same_arguments_give_the_same_bytes_in_any_process():
    code = (
        "import hashlib; from agents.generate import generate;"
        "print(hashlib.sha256(b''.join(event.line for event in generate(60, 7))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for hash_seed in ("0", "1")
    }

    assert {digest(60, 7)} == digests


def test_what_is_generated_changes_only_on_purpose():
    assert "2d8b9fd261ccf31871622489a87950d08909c46fb509bba217fad5aa302fafbe" == digest(60, 7)


def test_another_seed_has_no_id_of_this_one():
    pattern = re.compile(rb'"(?:event|encounter|document|claim|review)_id":"([^"]+)"')
    of_seed = [{found for event in generate(40, seed) for found in pattern.findall(event.line)} for seed in (1, 11)]

    assert set() == of_seed[0] & of_seed[1]


def test_a_longer_run_begins_with_the_same_ids():
    short, long = ({truth.encounter_id for truth in told(size, 7)[1]} for size in (40, 80))

    assert short == {encounter_id for encounter_id in long if encounter_id < "enc-7-0000040"}


def test_every_readable_line_is_a_strict_record_of_its_topic():
    for event in month()[0]:
        if event.readable:
            RECORDS[event.topic].model_validate_json(json.dumps(value(event)))


def test_every_line_said_to_be_unreadable_is():
    garbled = [event for event in worst()[0] if not event.readable]

    assert garbled
    for event in garbled:
        with pytest.raises((ValueError, KeyError)):
            RECORDS[json.loads(event.line)["topic"]].model_validate_json(json.dumps(value(event)))


def test_every_line_is_one_line():
    assert all(event.line.endswith(b"\n") and event.line.count(b"\n") == 1 for event in month()[0])


def test_drafts_have_the_fields_of_the_records():
    drafted = {record: getattr(drafts_of, f"{record.__name__}Draft") for record in DRAFTED}

    assert {record: list(record.model_fields) for record in DRAFTED} == {
        record: [field.name for field in dataclasses.fields(draft)] for record, draft in drafted.items()
    }


def test_an_event_id_comes_twice_only_with_the_same_bytes():
    lines = defaultdict(set)
    for event in month()[0]:
        if event.readable:
            lines[value(event)["event_id"]].add(event.line)

    assert {1} == {len(each) for each in lines.values()}


def test_every_topic_appears():
    assert set(TOPICS) == {event.topic for event in month()[0] if event.readable}


def test_there_are_forty_sites_of_fifteen_kinds():
    assert (40, 15) == (len(sites()), len({site.kind for site in sites()}))


def test_events_come_in_order_of_arrival():
    arrivals = [event.at for event in month()[0]]

    assert sorted(arrivals) == arrivals


def test_everything_happens_before_november_2026():
    times = re.compile(rb'"(?:occurred_at|received_at|built_at|signed_at)":"([^"]+)"')

    assert max(found for event in month()[0] for found in times.findall(event.line)) < b"2026-11-01"


def test_events_are_older_than_their_neighbours_at_times():
    times = [
        each["occurred_at"] for each in map(value, filter(lambda e: e.readable, month()[0])) if "occurred_at" in each
    ]
    newest = [max(times[:1])]
    for time in times:
        newest.append(max(newest[-1], time))
    late = sum(time < before for time, before in zip(times, newest, strict=False))

    assert late > len(times) / 4


def test_some_claims_come_before_any_document():
    first_topic = {}
    for event in month()[0]:
        if event.readable and event.topic in ("documentation.v1", "claims.built.v1"):
            first_topic.setdefault(value(event)["encounter_id"], event.topic)
    share = Counter(first_topic.values())["claims.built.v1"] / len(first_topic)

    assert 0.02 < share < 0.3


@pytest.mark.parametrize(
    ("topic", "key"),
    [("documentation.v1", "document_id"), ("encounters.v1", "encounter_id"), ("claims.built.v1", "claim_id")],
)
def test_some_revisions_come_in_the_wrong_order(topic, key):
    highest = Counter()
    overtaken = 0
    for each in readable(topic):
        overtaken += each["revision"] < highest[each[key]]
        highest[each[key]] = max(highest[each[key]], each["revision"])

    assert overtaken > 0


def test_some_events_come_twice():
    lines = Counter(event.line for event in month()[0])
    repeated = sum(count > 1 for count in lines.values()) / len(lines)

    assert 0.005 < repeated < 0.02


def test_three_quarters_of_the_claims_have_nothing_planted():
    truths = month()[1]
    clean = [truth for truth in truths if not truth.defects]

    assert 0.7 < len(clean) / len(truths) < 0.85
    assert all(truth.route == "RELEASE" for truth in clean)


def test_most_defects_are_cured_and_enough_are_not():
    spoilt = [truth for truth in month()[1] if truth.defects]
    released = sum(truth.route == "RELEASE" for truth in spoilt) / len(spoilt)

    assert 0.45 < released < 0.8


def test_every_built_in_edit_is_left_to_be_found_somewhere():
    found = {finding.edit_id for truth in worst()[1] for finding in truth.findings}

    assert set(SEVERITY) == found


def test_every_recipe_is_used():
    used = {name for truth in worst()[1] for name in truth.defects}

    assert set(RECIPES) - QUIET == used


def test_one_defect_can_be_asked_for_alone():
    truths = told(200, 5, mix=Mix(defects=1, only=("npi-invalid",)))[1]
    planted = {name for truth in truths for name in truth.defects}

    assert {"npi-invalid"} == planted - AT_CLINICS


def test_each_claim_has_one_truth_told_before_its_first_event():
    truths: dict[str, Truth] = {}
    for event in generate(300, 9, truth=lambda truth: truths.setdefault(truth.claim_id, truth)):
        if event.readable and event.topic == "claims.built.v1":
            assert value(event)["claim_id"] in truths


def test_a_truth_is_one_json_line():
    line = next(truth for truth in worst()[1] if truth.rebuild and truth.rebuild.lines).line()

    assert ["claim_id", "encounter_id", "defects", "claim_revision", "route", "findings", "rebuild"] == list(
        json.loads(line)
    )
    assert line.endswith(b"}\n")


def test_the_last_revision_of_a_claim_is_that_of_its_truth():
    last = Counter()
    for each in readable("claims.built.v1"):
        last[each["claim_id"]] = max(last[each["claim_id"]], each["revision"])

    assert {truth.claim_id: truth.claim_revision for truth in month()[1]} == dict(last)


def test_payers_answer_only_claims_that_get_out():
    routes = {truth.claim_id: truth.route for truth in month()[1]}

    assert {"RELEASE"} == {routes[each["claim_id"]] for each in readable("remittances.v1")}


def test_a_remittance_accounts_for_every_cent():
    for each in readable("remittances.v1"):
        for line in each["lines"]:
            adjusted = sum(adjustment["amount_cents"] for adjustment in line["adjustments"])

            assert line["charge_cents"] == line["paid_cents"] + adjusted


def test_open_encounters_can_be_had_for_benchmarks():
    events, truths = told(200, 7, mix=Mix(defects=1, cures=0, remittances=False, only=("encounter-missing",)))
    waiting = sum(truth.route == "HOLD" for truth in truths) / len(truths)

    assert waiting > 0.9
    assert not [event for event in events if event.topic == "remittances.v1"]


def test_a_run_without_defects_releases_all_but_the_clinics_paid_by_the_encounter():
    truths = told(1_000, 7, mix=Mix(defects=0))[1]
    held = {name for truth in truths if truth.defects for name in truth.defects}

    assert AT_CLINICS >= held


def test_memory_does_not_grow_with_the_number_of_visits():
    peaks = []
    for days in (40, 120):  # at one number of visits a day
        tracemalloc.start()
        for _ in generate(days * 20, 7, days=days):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.3


@pytest.mark.parametrize(("encounters", "days"), [(1, 30), (75_000, 30), (75_001, 31), (1_500_000, 600)])
def test_a_larger_run_spreads_over_more_days(encounters, days):
    assert days == default_days(encounters)


def test_an_npi_passes_its_check_digit():
    assert "1234567893" == npi(23456789)


def test_the_shares_of_a_global_are_those_of_the_fee_schedule():
    assert {"supervision": 8611, "technical": 15695, "interpretation": 5694} == shares(30_000, ROLES)


@pytest.mark.parametrize("charge", [0, 1, 2, 99, 100, 29_001])
def test_the_shares_of_a_global_are_its_charge(charge):
    assert charge == sum(shares(charge, ROLES).values())
