"""A run that is killed at any instant and then finished leaves what a run in peace leaves, byte for byte."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.embedded import Embedded, Options, flow, open_reader
from agents.embedded.store import Store
from tests.toys import lines, toys

ROOT = Path(__file__).parents[2]
DEPTH = int(os.environ.get("CLEANCLAIM_TEST_DEPTH", "1"))
"""How long the kill tests last: about ten seconds each at 1. Before a change of the engine is merged, run them at 2."""


def run(file, store, out, batch=50):
    with Embedded(toys(), store, Options(out=out, batch=batch)) as engine:
        engine.run_file(file)
        return engine.outcomes()


def projections(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def log(store):
    """All that the log says; rows of the log and their numbers included."""
    with open_reader(store) as reader:
        return list(reader.log())


@pytest.fixture
def day(tmp_path):
    """A file for the toys, and what a run in peace makes of it."""

    def make(number, **kinds):
        file = tmp_path / "day.ndjson"
        file.write_bytes(b"\n".join(lines(number, **kinds)) + b"\n")
        run(file, tmp_path / "peace.db", tmp_path / "peace")
        return file

    return make


@pytest.mark.slow
def test_kill_9_at_random_instants_changes_nothing(day, tmp_path):
    file = day(2_000 * DEPTH, seed=1, keys=400)
    rnd = random.Random(2)
    kills = 0
    command = [sys.executable, "-m", "tests.integration.run_toys", file, tmp_path / "s.db", tmp_path / "out", "100"]
    for patience in range(60):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(rnd.uniform(0, 0.1 * (patience + 1)))
        process.kill()
        process.stdout.close()
        if process.wait() == 0:
            break
        kills += 1

    assert kills > 3
    assert process.returncode == 0
    assert projections(tmp_path / "peace") == projections(tmp_path / "out")
    assert log(tmp_path / "peace.db") == log(tmp_path / "s.db")


@pytest.mark.slow
def test_every_commit_is_a_place_to_go_on_from(day, tmp_path, monkeypatch):
    """Each commit of a run that commits between any two steps, copied as a kill would leave it, then finished."""
    file = day(40 * DEPTH, seed=3, keys=6)
    monkeypatch.setattr(flow, "STEPS", 1)
    monkeypatch.setattr(flow, "QUEUE", 2)
    copies = []
    commit = Store.commit

    def commit_and_copy(store):
        commit(store)
        store.settle()
        copy = tmp_path / f"copy-{len(copies)}"
        copy.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{store.path}{suffix}", copy / f"s.db{suffix}")
        shutil.copytree(tmp_path / "torn", copy / "out")
        copies.append(copy)

    monkeypatch.setattr(Store, "commit", commit_and_copy)
    run(file, tmp_path / "torn.db", tmp_path / "torn", batch=1)
    monkeypatch.setattr(Store, "commit", commit)

    assert len(copies) > 75 * DEPTH
    for copy in copies:
        run(file, copy / "s.db", copy / "out")
        assert projections(tmp_path / "peace") == projections(copy / "out")
        assert log(tmp_path / "peace.db") == log(copy / "s.db")


@pytest.mark.parametrize("batch", [1, 7, 100_000])
@pytest.mark.parametrize(("steps", "queue"), [(1, 1), (3, 2), (1_000, 10_000)])
def test_batches_never_show(day, tmp_path, monkeypatch, batch, steps, queue):
    file = day(600, seed=4, keys=30)
    monkeypatch.setattr(flow, "STEPS", steps)
    monkeypatch.setattr(flow, "QUEUE", queue)
    run(file, tmp_path / "s.db", tmp_path / "out", batch)

    assert projections(tmp_path / "peace") == projections(tmp_path / "out")
    assert log(tmp_path / "peace.db") == log(tmp_path / "s.db")


def test_little_memory_never_shows(day, tmp_path):
    file = day(600, seed=4, keys=200)
    with Embedded(toys(), tmp_path / "s.db", Options(out=tmp_path / "out", batch=10, memory=0)) as engine:
        engine.run_file(file)

    assert projections(tmp_path / "peace") == projections(tmp_path / "out")


def test_running_a_file_again_changes_nothing_and_counts_its_lines_as_duplicates(day, tmp_path):
    file = day(300, seed=5)
    before = projections(tmp_path / "peace"), log(tmp_path / "peace.db")
    outcomes = run(file, tmp_path / "peace.db", tmp_path / "peace")

    assert before == (projections(tmp_path / "peace"), log(tmp_path / "peace.db"))
    assert {300} == {n for n in outcomes.values() if n}
