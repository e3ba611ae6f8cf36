"""`cleanclaim explain`: every decision of a claim, what it rests on, and what would change the last one."""

from __future__ import annotations

import json

import pytest

from tests.builders import HOSPITAL, at, chart, claim, encounter, line, report
from tests.integration.command_line import (
    CLEAN,
    GLOBAL_IN_HOSPITAL,
    UNREAD,
    cleanclaim,
    decided,
    later,
    write,
)

MONTH = 60 * 24 * 30  # in minutes


def explain(store, *arguments):
    return cleanclaim("explain", "C1", "--store", store, *arguments)


def test_a_held_claim_names_the_fact_that_would_release_it(tmp_path):
    text = explain(decided(tmp_path, *UNREAD)).stdout

    assert "HOLD documentation-missing, line 1" in text
    assert "There is no document of the interpreting physician." in text
    assert "Obtain the document." in text
    assert "due 2026-03-15 13:00 UTC" in text
    _, change = text.split("What would change the outcome")
    assert "INTERPRETING_PHYSICIAN" in change
    assert "With this the claim is released" in change


def test_the_lines_proposed_stand_beside_the_lines_as_built(tmp_path):
    text = explain(decided(tmp_path, *GLOBAL_IN_HOSPITAL)).stdout

    rows = [each.split() for each in text.splitlines()]
    assert ["1", "93015", "$290.00", "93016", "$83.24", "changed"] in rows
    assert ["2", "93018", "$55.05", "added"] in rows
    assert "as the rebuild proposes" in text


def test_a_place_of_service_that_becomes_another_is_shown(tmp_path):
    facts = [encounter(**HOSPITAL, owners="H/P/P"), *chart("H/P/P"), claim(line("93016"), place_of_service="11")]

    assert "Place of service: 11 becomes 22." in explain(decided(tmp_path, *facts)).stdout


def test_whatever_else_changes_on_a_line_is_shown_on_both_sides(tmp_path):
    facts = [encounter(), *chart(), claim(line("93015", units=2, charge=200_00))]

    text = explain(decided(tmp_path, *facts)).stdout

    assert "93015 x 2 $200.00" in text


def test_a_released_claim_needs_no_change(tmp_path):
    text = explain(decided(tmp_path, *CLEAN)).stdout

    assert "RELEASE" in text
    assert "Nothing needs to change" in text


def test_a_withdrawn_claim_is_not_talked_back_into_life(tmp_path):
    *facts, built = CLEAN

    text = explain(decided(tmp_path, *facts, built, later(built, 90, status="WITHDRAWN"))).stdout

    assert "which takes the release back" in text
    assert "Void: nothing of this claim stands." in text
    assert "its right end is to be withdrawn" in text


def test_a_rebuild_that_only_a_person_can_supply_proposes_no_lines(tmp_path):
    facts = [encounter(), *chart(), claim(line("93015"), diagnoses=("I25.1",))]

    assert "No lines are proposed" in explain(decided(tmp_path, *facts)).stdout


def test_a_proposal_that_is_still_missing_is_not_called_the_same(tmp_path):
    first, *documents, _ = CLEAN
    built = claim(line("93015"), diagnoses=("I25.1",))

    text = explain(decided(tmp_path, first, built, *documents)).stdout

    assert "Rebuild: no lines are proposed, as before" in text
    assert "the same as before" not in text


@pytest.mark.parametrize(
    ("frequency", "said"), [("7", "claim revision 1, a replacement (frequency 7)"), ("8", "1, a void (frequency 8)")]
)
def test_a_claim_that_is_no_first_one_says_what_it_asks_of_the_payer(tmp_path, frequency, said):
    *facts, _ = CLEAN
    built = claim(line("93015"), frequency_code=frequency, payer_claim_control_number="ICN1")

    assert said in explain(decided(tmp_path, *facts, built)).stdout


def test_decisions_come_in_sequence_and_say_only_what_is_new(tmp_path):
    first, *documents, built = CLEAN
    store = decided(tmp_path, built, first, *documents)

    text = explain(store).stdout

    order = [text.index(f"Decision {number}: ") for number in range(1, 6)]
    assert sorted(order) == order
    assert "HOLD documentation-missing, line 1, as before: There is no document of the interpreting" in text
    assert any(each.split() == ["encounters.v1", "E1", "1", "new"] for each in text.splitlines())
    assert "as before" not in explain(store, "--all").stdout


def test_a_program_gets_every_decision_and_the_changes(tmp_path):
    result = json.loads(explain(decided(tmp_path, *UNREAD), "--json").stdout)

    assert ("C1", "E1", True, True) == (
        result["claim_id"],
        result["encounter_id"],
        result["facts_known"],
        result["stands"],
    )
    assert list(range(1, len(result["decisions"]) + 1)) == [each["sequence"] for each in result["decisions"]]
    assert {"path", "now", "then"} == result["what_would_change"][0].keys()


def test_a_released_claim_has_an_empty_list_of_changes(tmp_path):
    assert [] == json.loads(explain(decided(tmp_path, *CLEAN), "--json").stdout)["what_would_change"]


@pytest.mark.parametrize(("setting", "is_said"), [("filing_limit_days = 1", True), ("hold_sla_days = 9", False)])
def test_rules_that_would_decide_otherwise_than_those_that_decided_are_said_to(tmp_path, setting, is_said):
    store = decided(tmp_path, *UNREAD[:-1], later(UNREAD[-1], MONTH, built_at=at(MONTH)))
    settings = write(tmp_path / "settings.toml", setting + "\n")

    text = explain(store, "--config", settings).stdout

    assert is_said == ("would decide otherwise than the last decision" in text)


def test_a_forgotten_encounter_is_said_to_be_forgotten(tmp_path):
    others = [each.model_copy(update={"encounter_id": "E2", "event_id": "x"}) for each in CLEAN[:1]]
    settings = write(tmp_path / "settings.toml", "retention_days = 1\nsettled_retention_days = 1\n")
    day = write(tmp_path / "day.ndjson", *CLEAN, *(later(each, 60 * 24 * 30) for each in others))
    store = tmp_path / "s.db"
    days = [
        write(
            tmp_path / f"{number}.ndjson",
            others[0].model_copy(update={"encounter_id": f"E{number}", "occurred_at": at(60 * 24 * 30)}),
        )
        for number in range(2, 60)  # of every partition some, since each has its own time
    ]
    cleanclaim("run", day, *days, "--store", store, "--out", tmp_path / "out", "--config", settings)

    result = explain(store, "--config", settings)

    assert 0 == result.exit_code
    assert "The facts of this encounter have left the store" in result.stdout


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("SECRET-9", "about this id, or one that begins like it"),
        ("SECRET", "only the beginning of one"),
        ("secret-77", "differs from this only in upper and lower case"),
        ("SECRET-77 ", "or in blanks around it"),
        ("E1", "the id of an encounter"),
    ],
)
def test_an_unknown_claim_is_met_with_a_hint_that_shows_no_id(tmp_path, asked, hint):
    store = decided(tmp_path, *CLEAN[:-1], CLEAN[-1].model_copy(update={"claim_id": "SECRET-77"}))

    result = cleanclaim("explain", asked, "--store", store)

    assert 2 == result.exit_code
    assert hint in result.stderr
    assert asked.strip() not in result.stderr


def test_an_empty_store_says_that_nothing_was_decided(tmp_path):
    result = cleanclaim("explain", "C1", "--store", decided(tmp_path, encounter(), report()))

    assert 2 == result.exit_code
    assert "nothing was decided yet" in result.stderr


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    result = explain(tmp_path / "none.db")

    assert 2 == result.exit_code
    assert "no store there" in result.stderr
    assert [] == list(tmp_path.iterdir())
