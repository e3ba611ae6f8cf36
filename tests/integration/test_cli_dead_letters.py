"""`cleanclaim dead-letters`: what could not be read is listed, shown with care, and read again after a fix."""

from __future__ import annotations

import json

import pytest

from agents.cli.store import open_engine
from schemas.record import millis
from tests import mailroom
from tests.conftest import package_rules
from tests.integration.command_line import CLEAN, cleanclaim, decided, event, read, write

DOCUMENT = CLEAN[1]
WRONG = event(DOCUMENT, author_id=4711)
"""A document whose author is a number, where text is expected."""


def letters(store, *arguments):
    return cleanclaim("dead-letters", *arguments, "--store", store)


def listed(store):
    return [json.loads(each) for each in letters(store, "list", "--json").stdout.splitlines()]


def route(store):
    return json.loads(cleanclaim("explain", "C1", "--store", store, "--json").stdout)["decisions"][-1]["route"]


@pytest.fixture
def store(tmp_path):
    """A claim that holds, because one of its documents could not be read."""
    encounter, _, *rest = CLEAN
    store = decided(tmp_path, "no json\n", encounter, WRONG, *rest)
    assert "HOLD" == route(store)
    return store


def letter_of(store, where):
    return next(each["id"] for each in listed(store) if each["where"] == where)


def test_the_list_says_where_each_came_from_and_what_was_wrong(store):
    text = letters(store, "list").stdout

    row = next(each for each in text.splitlines() if "day.ndjson:3" in each)
    assert "documentation.v1" in row
    assert "author_id: expected text, got a number" in row
    assert "2 dead letters, 2 not replayed." in text


def test_what_came_before_any_event_has_no_time(store):
    first, second = listed(store)

    assert first["time"] is None
    assert second["time"].endswith("Z")
    assert "before any event" in letters(store, "list").stdout
    assert "before any event" in letters(store, "show", first["id"]).stdout


CLASH = DOCUMENT.model_copy(update={"author_id": "another"})
"""The same revision of the document, with another content."""


@pytest.mark.parametrize("order", [(DOCUMENT, CLASH), (CLASH, DOCUMENT)])
def test_replaying_a_conflict_leaves_it_until_a_higher_revision_has_ended_it(tmp_path, order):
    store = decided(tmp_path, CLEAN[0], *order, *CLEAN[2:])
    (letter,) = listed(store)

    early = letters(store, "replay", "--all")
    assert (1, "HOLD", [letter]) == (early.exit_code, route(store), listed(store))
    assert "conflicting revision: documentation.v1: revision 1 came before" in early.stdout
    assert "send a higher one" in early.stdout

    higher = write(tmp_path / "higher.ndjson", DOCUMENT.model_copy(update={"revision": 2}))
    cleanclaim("run", higher, "--store", store, "--out", tmp_path / "out")
    late = letters(store, "replay", "--all")
    assert (0, "RELEASE", [True]) == (late.exit_code, route(store), [each["replayed"] for each in listed(store)])
    assert "superseded" in late.stdout


def test_a_conflict_is_replayed_with_the_higher_revision_that_ends_it(tmp_path):
    store = decided(tmp_path, *CLEAN, CLASH)
    higher = write(tmp_path / "higher.ndjson", DOCUMENT.model_copy(update={"revision": 2}))

    replayed = letters(store, "replay", listed(store)[0]["id"], "--with", higher)

    assert (0, "RELEASE") == (replayed.exit_code, route(store))


def test_replaying_what_is_older_than_what_is_known_says_so(store, tmp_path):
    newer = write(tmp_path / "newer.ndjson", DOCUMENT.model_copy(update={"revision": 2}))
    cleanclaim("run", newer, "--store", store, "--out", tmp_path / "out")
    corrected = write(tmp_path / "corrected.ndjson", DOCUMENT)

    said = letters(store, "replay", letter_of(store, "day.ndjson:3"), "--with", corrected).stdout

    assert "superseded  older than what is known, so it changes no claim" in said


def test_a_program_gets_whole_ids(store):
    assert {64} == {len(each["id"]) for each in listed(store)}
    assert [False, False] == [each["replayed"] for each in listed(store)]


def test_a_store_without_any_says_so(tmp_path):
    assert "0 dead letters, 0 not replayed." in letters(decided(tmp_path, *CLEAN), "list").stdout


def test_the_bytes_are_shown_only_when_asked_for(store):
    letter = letter_of(store, "day.ndjson:3")

    hidden, shown = (letters(store, "show", letter[:8], *reveal).stdout for reveal in ([], ["--reveal"]))

    assert letter in hidden
    assert "cleanclaim.errors.message" in hidden
    assert "4711" not in hidden
    assert "E1" not in hidden
    assert "4711" in shown
    assert {"E1"} == {json.loads(letters(store, "show", letter, "--reveal", "--json").stdout)["key"]}


def test_a_record_that_was_refused_is_revealed_as_json(tmp_path):
    store = decided(tmp_path, *CLEAN, CLASH)
    (letter,) = listed(store)

    shown = json.loads(letters(store, "show", letter["id"], "--reveal", "--json").stdout)

    assert "day.ndjson:6" == letter["where"]
    assert letter["reason"].startswith("day.ndjson:6: conflicting revision")
    assert "another" == json.loads(shown["body"])["author_id"]


@pytest.mark.parametrize("wanted", ["zzzz", "3", "ffffffffffff"])
def test_an_id_that_is_none_is_refused(store, wanted):
    for command in ("show", "replay"):
        result = letters(store, command, wanted)

        assert 2 == result.exit_code
        assert "dead letter" in result.stderr


def test_a_corrected_line_releases_the_claim_that_held_for_it(store, tmp_path):
    corrected = write(tmp_path / "corrected.ndjson", "\n", DOCUMENT)

    result = letters(store, "replay", letter_of(store, "day.ndjson:3")[:6], "--with", corrected)

    assert 0 == result.exit_code, result.stderr
    assert "applied" in result.stdout
    assert "RELEASE" == route(store)
    assert [False, True] == [each["replayed"] for each in listed(store)]


def test_the_outputs_are_completed_where_they_are_named(store, tmp_path):
    corrected = write(tmp_path / "corrected.ndjson", DOCUMENT)

    letters(store, "replay", letter_of(store, "day.ndjson:3"), "--with", corrected, "--out", tmp_path / "out")

    assert read(tmp_path / "out" / "claims.released.v1.ndjson")


def test_what_still_cannot_be_read_stays_and_fails_the_command(store):
    result = letters(store, "replay", "--all", "--json")

    results = [json.loads(each) for each in result.stdout.splitlines()]
    assert 1 == result.exit_code
    assert [False, False] == [each["replayed"] for each in results]
    assert "author_id: expected text" in results[1]["reason"]
    assert [False, False] == [each["replayed"] for each in listed(store)]
    assert "HOLD" == route(store)
    assert "0 of 2 dead letters replayed." in letters(store, "replay", "--all").stdout


def test_what_was_replayed_is_not_replayed_again(store, tmp_path):
    letter = letter_of(store, "day.ndjson:3")
    corrected = write(tmp_path / "corrected.ndjson", DOCUMENT)
    letters(store, "replay", letter, "--with", corrected)

    again = letters(store, "replay", letter, "--with", corrected)

    assert 1 == again.exit_code
    assert "replayed before" in again.stdout
    assert "0 of 1 dead letter replayed." in letters(store, "replay", "--all").stdout


@pytest.mark.parametrize("lines", [[], [DOCUMENT, DOCUMENT]])
def test_a_correction_is_one_line(store, tmp_path, lines):
    corrected = write(tmp_path / "corrected.ndjson", *lines)

    result = letters(store, "replay", letter_of(store, "day.ndjson:3"), "--with", corrected)

    assert 2 == result.exit_code
    assert "expected one line" in result.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["abcd", "--all"], ["abcd", "ef01", "--with", "x.ndjson"], ["--all", "--with", "x.ndjson"]]
)
def test_replay_wants_to_know_which(store, arguments):
    result = letters(store, "replay", *arguments)

    assert 2 == result.exit_code
    assert "Usage: cleanclaim dead-letters replay" in result.stderr


def test_a_correction_that_is_not_there_is_said_to_be_missing(store, tmp_path):
    result = letters(store, "replay", letter_of(store, "day.ndjson:3"), "--with", tmp_path / "none")

    assert 2 == result.exit_code
    assert "cannot be read" in result.stderr


def test_a_remittance_whose_claim_never_came_is_listed_and_replayed_once_it_has(tmp_path):
    paid = mailroom.remittance(mailroom.answer("93015", paid=60_00))
    store = decided(tmp_path, mailroom.event(paid))
    with open_engine(store, package_rules()) as engine:
        engine.advance(millis(paid.received_at) + 30 * mailroom.DAY)
    (letter,) = listed(store)
    run = cleanclaim("run", write(tmp_path / "more.ndjson", *CLEAN), "--store", store, "--out", tmp_path / "out")
    replayed = cleanclaim("dead-letters", "replay", "--all", "--store", store, "--out", tmp_path / "out")

    assert ("remittances.v1", "feedback") == (letter["topic"], letter["where"])
    assert "no released claim with this claim_id came within 30 days" in letter["reason"]
    assert (0, 0) == (run.exit_code, replayed.exit_code)
    assert 1 == len((tmp_path / "out" / "denials.v1.ndjson").read_text().splitlines())
