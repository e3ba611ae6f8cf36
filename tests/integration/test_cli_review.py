"""`cleanclaim review`: a person confirms what may be confirmed, and is told why of what may not."""

from __future__ import annotations

import json

import pytest

from tests.builders import at, chart, claim, encounter, line, review
from tests.integration.command_line import (
    CLEAN,
    GLOBAL_IN_HOSPITAL,
    UNREAD,
    UNSUPPORTED,
    cleanclaim,
    decided,
    later,
    read,
    write,
)

EDIT = "diagnosis-not-supporting"
MONTH = 60 * 24 * 30  # in minutes


def answer(store, *arguments, edit=EDIT):
    return cleanclaim("review", "C1", edit, "--reason-code", "CHECKED", "--by", "ann", "--store", store, *arguments)


def last_decision(store):
    return json.loads(cleanclaim("explain", "C1", "--store", store, "--json").stdout)["decisions"][-1]


@pytest.mark.parametrize("line_of", [(), ("--line", "1")], ids=["all lines", "line 1"])
def test_a_confirmed_hold_is_released_with_a_warning_that_names_the_review(tmp_path, line_of):
    store = decided(tmp_path, *UNSUPPORTED)

    result = answer(store, *line_of)

    decision = last_decision(store)
    assert 0 == result.exit_code, result.stderr
    assert f"Confirmed by ann: {EDIT} (CHECKED)." in result.stdout
    assert ("RELEASE", "WARN") == (decision["route"], decision["findings"][0]["severity"])
    assert "(CHECKED)" in decision["findings"][0]["message"]


def test_a_confirmation_can_be_taken_back_and_given_again(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)

    routes = []
    for arguments in ((), ("--revoke",), ()):
        assert 0 == answer(store, *arguments).exit_code
        routes.append(last_decision(store)["route"])

    assert ["RELEASE", "HOLD", "RELEASE"] == routes


def test_one_line_is_taken_back_after_all_lines_were_confirmed(tmp_path):
    lines = [line("93016"), line("93018")]
    store = decided(tmp_path, encounter(owners="R/P/P"), *chart("R/P/P"), claim(*lines, diagnoses=("Z13.6",)))
    answer(store)

    answer(store, "--revoke", "--line", "2")

    severities = {each["line_number"]: each["severity"] for each in last_decision(store)["findings"]}
    assert {1: "WARN", 2: "HOLD"} == severities


def test_with_the_clock_of_events_an_answer_does_not_move_the_clock(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)

    answered = json.loads(answer(store, "--json").stdout)

    assert "2026-03-10T13:00:00Z" == answered["review"]["occurred_at"]
    assert "2026-03-10T13:00:00Z" == answered["decision"]["decided_at"]


def test_with_the_clock_on_the_wall_an_answer_happens_now(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)

    answered = json.loads(answer(store, "--json", "--clock", "wall").stdout)

    assert answered["review"]["occurred_at"] > "2026-03-11"


def test_the_outputs_are_completed_where_they_are_named(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)

    answer(store, "--out", tmp_path / "out")

    assert ["RELEASE"] == [each["value"]["route"] for each in read(tmp_path / "out" / "claims.released.v1.ndjson")]


def test_an_answer_counts_for_one_revision_of_the_claim(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)
    answer(store)

    write(tmp_path / "more.ndjson", later(UNSUPPORTED[-1], 90))
    cleanclaim("run", tmp_path / "more.ndjson", "--store", store, "--out", tmp_path / "out")

    assert "HOLD" == last_decision(store)["route"]
    assert 2 == answer(store, "--revoke").exit_code
    assert 0 == answer(store).exit_code


def test_a_confirmation_that_came_as_an_event_can_be_taken_back(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED, review(EDIT))

    assert 0 == answer(store, "--revoke").exit_code
    assert "HOLD" == last_decision(store)["route"]


@pytest.mark.parametrize(
    ("facts", "edit", "arguments", "why"),
    [
        (UNSUPPORTED, EDIT, ["--revoke"], "is not confirmed"),
        (UNSUPPORTED, EDIT, ["--line", "4"], "expected --line 1"),
        (UNSUPPORTED, "no-such-edit", [], f"it waits for {EDIT}"),
        (CLEAN, "no-such-edit", [], "it waits for nothing"),
        (CLEAN[-1:], "administrative-encounter-missing", ["--line", "1"], "leave out --line"),
        (CLEAN[-1:], "administrative-encounter-missing", [], "only the fact itself can lift it. Wait for"),
        (UNREAD, "documentation-missing", [], "only the fact itself can lift it. Obtain the document."),
        (GLOBAL_IN_HOSPITAL, "site-global-in-facility", [], "the claim as built can never be right. Bill 93016"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(tmp_path, facts, edit, arguments, why):
    store = decided(tmp_path, *facts)

    result = answer(store, *arguments, edit=edit)

    assert 2 == result.exit_code
    assert why in result.stderr
    assert not result.stdout


def test_the_same_answer_twice_is_refused(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED)
    answer(store)

    result = answer(store)

    assert 2 == result.exit_code
    assert "there is nothing to confirm" in result.stderr


def test_other_rules_than_those_that_decided_bring_a_warning(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED[:-1], later(UNSUPPORTED[-1], MONTH, built_at=at(MONTH)))
    settings = write(tmp_path / "settings.toml", "filing_limit_days = 1\n")

    assert "would decide otherwise" in answer(store, "--config", settings).stderr


@pytest.mark.parametrize("option", [["--reason-code", " "], ["--by", "a\nb"]])
def test_codes_and_names_are_text_on_one_line(tmp_path, option):
    result = answer(decided(tmp_path, *UNSUPPORTED), *option)

    assert 2 == result.exit_code
    assert f"{option[0]}: expected text on one line" in result.stderr


def test_no_store_is_made_for_an_answer(tmp_path):
    assert 2 == answer(tmp_path / "none.db").exit_code
    assert [] == list(tmp_path.iterdir())
