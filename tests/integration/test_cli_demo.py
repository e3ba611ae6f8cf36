"""`cleanclaim demo` and the program as a whole."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import subprocess

import pytest

from tests.integration.command_line import CLEAN, PROGRAM, cleanclaim, decided


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A demo whose store was kept: what it printed, and the folder where it ran."""
    folder = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(folder):
        result = cleanclaim("demo", "--store", "demo.db")
    assert 0 == result.exit_code, result.stderr
    return result.stdout, folder


def test_all_three_routes_are_shown(kept):
    text, _ = kept

    counts = {
        route: int(number.replace(",", "")) for route, number in re.findall(r"^([A-Z]+) +([\d,]+) ", text, re.MULTILINE)
    }
    assert {"RELEASE", "HOLD", "REBUILD"} == counts.keys()
    assert all(counts.values())


def test_reasons_sites_and_inputs_are_shown(kept):
    text, _ = kept

    assert re.search(
        r"^documentation-missing +DOCUMENTATION +\d+ +\$[\d,.]+ +Obtain the document\.$", text, re.MULTILINE
    )
    assert re.search(r"^site-\d\d +\d+ +\d+ +\d+ +\$[\d,.]+ +[\d.]+ %$", text, re.MULTILINE)
    assert re.search(r"^superseded +[\d,]+ ", text, re.MULTILINE)


def test_one_claim_that_must_be_rebuilt_is_explained(kept):
    text, _ = kept

    explained = text.split("One of them explained")[1]
    assert re.search(r"^Decision \d: REBUILD", explained, re.MULTILINE)
    assert re.search(r"(changed|added|dropped)$", explained, re.MULTILINE)
    assert "What would change the outcome" in explained


def test_a_denial_becomes_an_edit_and_the_next_claim_like_it_is_held(kept):
    text, folder = kept

    story = text.split("One of these, from a denial to a claim that was held\n")[1]
    claim_id = re.search(r"(clm-7-\d+-1), billed at \$[\d,.]+, is the first of the day like them: held\.", story)[1]
    evidence = re.search(
        r"what +(.*: denied (\d+) of \d+ since \d{4}-\d\d-\d\d by payer \S+, CARC \S+)$", story, re.MULTILINE
    )
    assert int(evidence[2]) >= 4
    with contextlib.chdir(folder):
        assert evidence[1] in cleanclaim("explain", claim_id, "--store", "demo.db").stdout


def test_the_alerts_of_the_day_are_told_in_words(kept):
    text, _ = kept

    told = text.split("What somebody was told: ")[1]
    assert re.search(r"^2026-08-31 \S+ UTC +2026-09-0\d \S+ UTC +HOLD_SPIKE +\d+ holds by \S+ ", told, re.MULTILINE)


def test_the_lines_to_try_next_can_be_pasted(kept):
    text, folder = kept
    lines = [each.strip() for each in text.split("Try next\n")[1].splitlines()]

    assert 3 == len(lines)
    for each in lines:
        command = each.replace(shlex.split(each)[0], PROGRAM)
        ended = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S602 - as pasted
        assert 0 == ended.returncode, ended.stderr


def test_the_demo_is_the_same_each_time_and_leaves_nothing_behind(kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    again = cleanclaim("demo").stdout

    assert kept[0].split("Try next")[0] == again.split("Try next")[0]
    assert [] == list(tmp_path.iterdir())


def test_a_store_that_exists_is_not_mixed_into(tmp_path):
    store = decided(tmp_path, *CLEAN)

    result = cleanclaim("demo", "--store", store)

    assert 2 == result.exit_code
    assert "exists already" in result.stderr


def test_a_terminal_of_80_columns_gets_tables_that_fit(tmp_path):
    store = decided(tmp_path, *CLEAN)
    text = terminal(f"{PROGRAM} explain C1 --store {store}")

    assert "\x1b[" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert "documentation.v1" in plain
    assert max(len(each.rstrip()) for each in plain.splitlines()) <= 80


def terminal(command):
    """What a command writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(shlex.split(command), stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True):
        os.close(theirs)
        text = b""
        try:
            while data := os.read(ours, 65536):
                text += data
        except OSError:  # Linux says so when the last writer has closed
            pass
    os.close(ours)
    return text.decode()


def test_the_version_is_told():
    assert re.fullmatch(r"cleanclaim \d+\.\d+\.\d+\n", cleanclaim("--version").stdout)


def test_a_command_that_does_not_exist_is_a_wrong_argument():
    assert 2 == cleanclaim("decide").exit_code
