"""`cleanclaim generate` as a person runs it."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from agents.cli.generate import generate as command
from agents.generate import generate
from schemas.errors import Misuse

COMMAND = (sys.executable, "-c", "from agents.cli.generate import generate; generate()")


def run(*options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *options], capture_output=True, check=False)


def test_it_writes_what_the_library_makes():
    expected = b"".join(event.line for event in generate(150, 11))
    done = run("--encounters", "150", "--seed", "11")

    assert (0, b"", hashlib.sha256(expected).digest()) == (
        done.returncode,
        done.stderr,
        hashlib.sha256(done.stdout).digest(),
    )


def test_it_ends_in_silence_when_its_reader_has_had_enough():
    with subprocess.Popen(
        [*COMMAND, "--encounters", "4000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        first = process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()

    assert (True, b"", 0) == (first.startswith(b'{"topic": '), complaints, process.returncode)


def test_the_truth_about_every_claim_lands_in_a_file_of_its_owner(tmp_path):
    truth = tmp_path / "truth.ndjson"
    events = run("--encounters", "80", "--truth", str(truth)).stdout
    built = {
        json.loads(line)["value"]["claim_id"]
        for line in events.splitlines()
        if line.startswith(b'{"topic": "claims.built.v1"') and line.endswith(b"}}")
    }
    told = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]

    assert built == {each["claim_id"] for each in told}
    assert len(built) == len(told)
    assert stat.S_IRUSR | stat.S_IWUSR == stat.S_IMODE(truth.stat().st_mode)


def test_without_defects_nothing_is_planted_but_at_clinics_paid_by_the_encounter(tmp_path):
    truth = tmp_path / "truth.ndjson"
    run("--encounters", "300", "--defects", "0", "--truth", str(truth))
    planted = {name for line in truth.read_text("utf-8").splitlines() for name in json.loads(line)["defects"]}

    assert {"encounter-rate", "institutional-claim-of-a-clinic"} >= planted


def test_all_visits_fall_on_the_days_asked_for():
    events = run("--encounters", "60", "--days", "1", "--defects", "0").stdout
    dates = {
        json.loads(line)["value"]["service_date"]
        for line in events.splitlines()
        if line.startswith(b'{"topic": "encounters.v1"') and line.endswith(b"}}")
    }

    assert {"2026-08-31"} == dates


def test_a_truth_file_that_cannot_be_written_is_named_with_what_to_do(tmp_path):
    with pytest.raises(Misuse, match="--truth: expected a file that can be written"):
        CliRunner().invoke(command, ["--truth", str(tmp_path / "none" / "truth.ndjson")], catch_exceptions=False)


@pytest.mark.parametrize("option", [("--encounters", "0"), ("--seed", "-1"), ("--days", "0"), ("--defects", "1.5")])
def test_an_option_out_of_range_is_refused(option):
    assert 2 == CliRunner().invoke(command, option).exit_code


def test_help_gives_a_line_to_paste():
    assert (
        "cleanclaim generate --encounters 500 --seed 7 | cleanclaim run -"
        in CliRunner().invoke(command, ["--help"]).output
    )
