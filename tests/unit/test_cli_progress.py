"""How far a long run is: plain lines now and then where nobody watches a bar."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from agents.cli import progress
from agents.ndjson import Position


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    times = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: times[0])
    return times


def watched(total):
    file = io.StringIO()
    return progress.RunProgress(total, Console(file=file, width=20, highlight=False)), file


def test_a_line_comes_every_few_seconds_and_is_not_wrapped(clock):
    running, file = watched(total=4_000)
    with running:
        running.begin("day.ndjson")
        for seconds in (1, 5, 6, 11):
            clock[0] = 100.0 + seconds
            running.watch(Position(seconds * 100, b"", seconds, seconds))

    assert [
        "day.ndjson: 5 lines, 500 bytes in all (12 %), 5 s",
        "day.ndjson: 11 lines, 1,100 bytes in all (28 %), 11 s",
    ] == file.getvalue().splitlines()


def test_bytes_count_over_all_files_and_no_share_is_guessed_of_a_pipe(clock):
    running, file = watched(total=None)
    running.begin("one")
    running.end(3_000)
    running.begin("stdin")
    clock[0] = 106.0
    running.watch(Position(500, b"", 7, 7))

    assert "stdin: 7 lines, 3,500 bytes in all, 6 s\n" == file.getvalue()


def test_complaints_are_told_one_by_one_until_there_are_many():
    running, file = watched(total=0)
    for number in range(15):
        running.complain(f"day.ndjson:{number}: [bold]wrong[/bold]")

    lines = file.getvalue().splitlines()
    assert 11 == len(lines)
    assert "dead letter: day.ndjson:0: [bold]wrong[/bold]" == lines[0]
    assert lines[-1].startswith("more dead letters")
