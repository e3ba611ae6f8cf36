"""`cleanclaim run`: files of events in, decisions out, and nothing lost or left half-done."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from agents.cli.store import open_engine
from agents.generate import generate
from tests.integration.command_line import (
    CLEAN,
    GLOBAL_IN_HOSPITAL,
    PROGRAM,
    UNREAD,
    cleanclaim,
    decided,
    event,
    read,
    write,
)

MALFORMED = '{"topic": "encounters.v1", "value": {"encounter_id": "E9", "patient_id": 12345}}\n'


@pytest.fixture
def day(tmp_path):
    """A file of generated events, among them some that cannot be read."""
    path = tmp_path / "day.ndjson"
    path.write_bytes(b"".join(each.line for each in generate(120, 7)))
    return path


def run(tmp_path, *arguments, **more):
    return cleanclaim("run", *arguments, "--store", tmp_path / "s.db", "--out", tmp_path / "out", **more)


def outputs(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    ("facts", "topic"),
    [(CLEAN, "claims.released.v1"), (UNREAD, "claims.held.v1"), (GLOBAL_IN_HOSPITAL, "claims.rebuild.v1")],
)
def test_a_claim_goes_where_its_facts_send_it(tmp_path, facts, topic):
    result = run(tmp_path, write(tmp_path / "day.ndjson", *facts))

    last = read(tmp_path / "out" / f"{topic}.ndjson")[-1]
    assert 0 == result.exit_code
    assert ("C1", topic) == (last["key"], last["topic"])


def test_every_line_is_accounted_for(tmp_path, day):
    lines = len(day.read_text().splitlines())

    summary = json.loads(run(tmp_path, day, "--json").stdout)

    parts = [summary[name] for name in ("applied", "superseded", "duplicate", "dead_letters")]
    assert lines == summary["lines"] == sum(parts)
    assert all(parts)
    assert {"claims.released.v1", "claims.held.v1", "claims.rebuild.v1"} <= summary["written"].keys()
    assert len(read(tmp_path / "out" / "claims.held.v1.ndjson")) == summary["written"]["claims.held.v1"]


def test_a_person_gets_a_summary_that_says_where_the_outputs_are(tmp_path, day):
    text = run(tmp_path, day).stdout

    assert "What became of" in text
    assert "claims.released.v1" in text
    assert f"{tmp_path / 'out'}/<topic>.ndjson" in text


def test_running_a_file_twice_changes_no_output(tmp_path, day):
    run(tmp_path, day)
    before = outputs(tmp_path / "out")

    summary = json.loads(run(tmp_path, day, "--json").stdout)

    assert before == outputs(tmp_path / "out")
    assert summary["lines"] == summary["duplicate"]
    assert 0 == sum(summary["written"].values())


def test_several_files_and_standard_input_give_what_one_file_gives(tmp_path, day):
    lines = day.read_text().splitlines(keepends=True)
    first, rest = write(tmp_path / "first.ndjson", *lines[:100]), "".join(lines[100:])
    run(tmp_path, day)

    cleanclaim("run", first, "-", "--store", tmp_path / "t.db", "--out", tmp_path / "two", stdin=rest)

    kept = {name for name in outputs(tmp_path / "out") if name != "dead-letters.v1.ndjson"}  # these name the file
    assert {name: outputs(tmp_path / "out")[name] for name in kept} == {
        name: outputs(tmp_path / "two")[name] for name in kept
    }


def test_the_size_of_a_batch_shows_nowhere(tmp_path, day):
    run(tmp_path, day)

    cleanclaim("run", day, "--store", tmp_path / "t.db", "--out", tmp_path / "small", "--batch", "7")

    assert outputs(tmp_path / "out") == outputs(tmp_path / "small")


def test_what_cannot_be_read_is_told_with_file_and_line_and_the_rest_goes_on(tmp_path):
    result = run(tmp_path, write(tmp_path / "bad.ndjson", "no json\n", MALFORMED, *CLEAN))

    assert 0 == result.exit_code
    assert "dead letter: bad.ndjson:1: " in result.stderr
    assert "dead letter: bad.ndjson:2: encounters.v1: " in result.stderr
    assert read(tmp_path / "out" / "claims.released.v1.ndjson")


def test_what_is_refused_is_told_with_file_and_line_too(tmp_path):
    clash = CLEAN[1].model_copy(update={"author_id": "another"})

    result = run(tmp_path, write(tmp_path / "day.ndjson", *CLEAN, clash))

    (letter,) = read(tmp_path / "out" / "dead-letters.v1.ndjson")
    assert "dead letter: day.ndjson:6: conflicting revision: documentation.v1: revision 1 came before" in result.stderr
    place = {"file": "day.ndjson", "line": "6", "offset": "3"}
    assert place == {name: letter["value"]["headers"][f"cleanclaim.errors.{name}"] for name in place}


def test_an_error_never_shows_what_identifies_a_patient(tmp_path):
    result = run(tmp_path, write(tmp_path / "bad.ndjson", event(CLEAN[0], patient_id=987_654_321, service_date="0x3")))

    assert "1 more in this line" in result.stderr
    assert "987654321" not in result.output + result.stderr
    assert "0x3" not in result.output + result.stderr


def test_after_ten_complaints_the_rest_is_counted(tmp_path):
    result = run(tmp_path, write(tmp_path / "bad.ndjson", *(f"no json {number}\n" for number in range(50))))

    assert 11 == len(result.stderr.splitlines())
    assert "50" in result.stdout


def test_strict_fails_until_what_was_set_aside_is_replayed(tmp_path):
    bad = write(tmp_path / "bad.ndjson", "no json\n", *CLEAN)
    good = write(tmp_path / "good.ndjson", *CLEAN)

    assert 0 == run(tmp_path, bad).exit_code
    for files in ([bad], [bad], [good]):  # also a run that finds nothing new, and one of other files
        result = run(tmp_path, *files, "--strict")
        assert 1 == result.exit_code
        assert f"--strict: {tmp_path}/s.db: 1 dead letter not replayed; cleanclaim dead-letters list" in result.stderr
    (letter,) = cleanclaim("dead-letters", "list", "--json", "--store", tmp_path / "s.db").stdout.splitlines()
    corrected = write(tmp_path / "corrected.ndjson", CLEAN[0])
    replayed = ("dead-letters", "replay", json.loads(letter)["id"], "--with", corrected, "--store", tmp_path / "s.db")
    assert 0 == cleanclaim(*replayed).exit_code

    assert 0 == run(tmp_path, bad, "--strict").exit_code


@pytest.mark.parametrize("missing", ["nowhere.ndjson", "."])
def test_a_file_that_cannot_be_read_stops_the_run_before_any_work(tmp_path, missing):
    good = write(tmp_path / "good.ndjson", *CLEAN)

    result = run(tmp_path, good, tmp_path / missing)

    assert 2 == result.exit_code
    assert result.stderr.startswith(f"cleanclaim: {tmp_path / missing}: cannot be read: ")
    assert not (tmp_path / "s.db").exists()


def test_standard_input_is_read_once(tmp_path):
    assert 2 == run(tmp_path, "-", "-").exit_code


def test_a_wrong_setting_stops_the_run_before_any_work(tmp_path):
    config = write(tmp_path / "settings.toml", "hold_sla_days = 0\n")

    result = run(tmp_path, write(tmp_path / "day.ndjson", *CLEAN), "--config", config)

    assert 2 == result.exit_code
    assert "settings.toml: hold_sla_days: expected a whole number from 1" in result.stderr
    assert not (tmp_path / "s.db").exists()


def test_settings_come_from_the_environment_too(tmp_path):
    config = write(tmp_path / "settings.toml", "hold_sla_days = 9\n")
    names = {"STORE": tmp_path / "e.db", "OUT": tmp_path / "eout", "CONFIG": config}
    env = {f"CLEANCLAIM_{name}": str(path) for name, path in names.items()}

    result = cleanclaim("run", write(tmp_path / "day.ndjson", *UNREAD), env=env)

    decision = read(tmp_path / "eout" / "claims.held.v1.ndjson")[-1]["value"]
    assert 0 == result.exit_code
    assert ("2026-03-10T13:00:00Z", "2026-03-19T13:00:00Z") == (decision["decided_at"], decision["due_at"])


def test_a_file_that_is_no_store_is_left_alone(tmp_path):
    text = write(tmp_path / "s.db", "my novel\n")

    result = run(tmp_path, write(tmp_path / "day.ndjson", *CLEAN))

    assert 2 == result.exit_code
    assert "my novel\n" == text.read_text()


def test_a_second_writer_is_told_to_wait_and_readers_are_not(tmp_path, rules):
    store = decided(tmp_path, *CLEAN)
    with open_engine(store, rules):
        second = cleanclaim("run", tmp_path / "day.ndjson", "--store", store, "--out", tmp_path / "out")
        reader = cleanclaim("explain", "C1", "--store", store)

    assert (3, 0) == (second.exit_code, reader.exit_code)
    assert "another cleanclaim" in second.stderr


def test_store_and_outputs_are_for_their_owner_alone(tmp_path):
    store = decided(tmp_path, *CLEAN)

    files = [store, *(tmp_path / "out").iterdir()]
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x01\n" * 3])
def test_an_empty_or_a_binary_file_ends_well(tmp_path, content):
    path = tmp_path / "odd"
    path.write_bytes(content)

    assert 0 == run(tmp_path, path).exit_code


def test_a_full_disk_is_told_in_one_line(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    store = decided(tmp_path, *CLEAN)

    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [PROGRAM, "explain", "C1", "--store", store], check=False, stdout=full, stderr=subprocess.PIPE
        )

    assert 3 == ended.returncode
    assert [b"cleanclaim: standard output: No space left on device"] == ended.stderr.splitlines()


def test_a_reader_that_has_had_enough_ends_the_program_in_silence(tmp_path):
    store = decided(tmp_path, *CLEAN)
    read_end, write_end = os.pipe()
    os.close(read_end)

    ended = subprocess.run(
        [PROGRAM, "explain", "C1", "--store", store], check=False, stdout=write_end, stderr=subprocess.PIPE
    )
    os.close(write_end)

    assert b"" == ended.stderr


def test_after_an_interruption_the_same_command_goes_on(tmp_path, day):
    lines = day.read_bytes().splitlines(keepends=True)
    command = [PROGRAM, "run", "-", "--store", tmp_path / "s.db", "--out", tmp_path / "out", "--batch", "10"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"".join(lines[:200]))
        process.stdin.flush()
        written = tmp_path / "out" / "claims.held.v1.ndjson"
        patience = time.monotonic() + 30
        while not (written.exists() and written.stat().st_size) and time.monotonic() < patience:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate()

    assert 130 == process.returncode
    assert complaint.splitlines()[-1].startswith(b"cleanclaim: interrupted")
    assert b"Traceback" not in complaint

    run(tmp_path, day)
    cleanclaim("run", day, "--store", tmp_path / "t.db", "--out", tmp_path / "whole")
    kept = {name for name in outputs(tmp_path / "out") if name != "dead-letters.v1.ndjson"}  # these name the file
    assert {name: outputs(tmp_path / "whole")[name] for name in kept} == {
        name: outputs(tmp_path / "out")[name] for name in kept
    }


def test_a_run_goes_on_when_nobody_reads_what_it_says(tmp_path):
    day = write(tmp_path / "day.ndjson", "no json\n", *CLEAN)
    command = [PROGRAM, "run", day, "--store", tmp_path / "day.db", "--out", tmp_path / "out"]
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=writer, check=False)

    os.close(writer)
    assert (0, 1) == (ended.returncode, len(read(tmp_path / "out" / "claims.released.v1.ndjson")))
