"""Files, pipes and clocks: what is taken, when, and where a run goes on."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agents.embedded import Embedded, Options
from schemas.errors import Misuse
from schemas.record import millis
from streams.processor import Outcome
from streams.topics import DEAD_LETTERS, ENCOUNTERS, HOLDS
from tests.toys import DAY, START, line, toys, visit

ROOT = Path(__file__).parents[2]
NOW = millis(START)


def open_store(tmp_path, **options):
    return Embedded(toys(), tmp_path / "s.db", Options(**options))


def taken(tmp_path, file, data):
    (tmp_path / file).write_bytes(data)
    with open_store(tmp_path) as engine:
        engine.run_file(tmp_path / file)
        return {outcome.value: n for outcome, n in engine.outcomes().items() if n}


def a_line(key, revision=1):
    return line(visit(key, revision)) + b"\n"


def test_a_file_that_grew_is_gone_on_with(tmp_path):
    assert {"applied": 1} == taken(tmp_path, "day.ndjson", a_line("E1"))
    assert {"applied": 1, "duplicate": 1} == taken(tmp_path, "day.ndjson", a_line("E1") + a_line("E2"))


def test_a_file_is_known_by_its_content_not_by_its_name(tmp_path):
    taken(tmp_path, "day.ndjson", a_line("E1") + b"\n" + b"{\n")

    assert {"duplicate": 2} == taken(tmp_path, "copy.ndjson", a_line("E1") + b"\n" + b"{\n")


def test_a_file_run_before_another_is_still_known(tmp_path):
    for file in ("a", "b"):
        taken(tmp_path, f"{file}.ndjson", a_line(file) * 2)

    assert {"duplicate": 2} == taken(tmp_path, "a.ndjson", a_line("a") * 2)


def test_what_has_been_forgotten_is_not_decided_again_when_its_file_is_run_again(tmp_path):
    data = a_line("E1") + line(visit("E2", hours=24 * 60)) + b"\n"
    taken(tmp_path, "day.ndjson", data)
    with open_store(tmp_path) as engine:
        engine.advance(NOW + 90 * DAY)
        before = list(engine.records(HOLDS))
    taken(tmp_path, "day.ndjson", data)

    with open_store(tmp_path) as engine:
        assert before == list(engine.records(HOLDS))


def test_a_last_line_without_an_end_is_read_again_when_it_has_one(tmp_path):
    whole = a_line("E1") + a_line("E2")

    assert {"applied": 1, "dead letter": 1} == taken(tmp_path, "day.ndjson", whole[:-20])
    assert {"applied": 1, "duplicate": 1} == taken(tmp_path, "day.ndjson", whole)


def test_a_file_that_was_changed_is_read_from_its_beginning(tmp_path):
    taken(tmp_path, "day.ndjson", a_line("E1") + a_line("E2"))

    assert {"applied": 1, "duplicate": 1} == taken(tmp_path, "day.ndjson", a_line("E3") + a_line("E2"))


def test_lines_are_numbered_through_also_where_a_run_goes_on(tmp_path):
    taken(tmp_path, "day.ndjson", a_line("E1") + b"\n")
    taken(tmp_path, "day.ndjson", a_line("E1") + b"\n{\n")

    with open_store(tmp_path) as engine:
        (letter,) = engine.records(DEAD_LETTERS)
    assert letter.headers["cleanclaim.errors.message"].startswith("day.ndjson:3: ")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_lines_is_no_mistake(tmp_path, data):
    assert {} == taken(tmp_path, "day.ndjson", data)


def test_a_binary_file_is_dead_letters(tmp_path):
    outcomes = taken(tmp_path, "picture.png", bytes(range(256)) * 20)

    assert {"dead letter": 3, "duplicate": 18} == outcomes


@pytest.mark.parametrize(("name", "why"), [("missing", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_opened_is_named(tmp_path, name, why):
    with open_store(tmp_path) as engine, pytest.raises(Misuse, match=f"{re.escape(str(tmp_path / name))}.*{why}"):
        engine.run_file(tmp_path / name)


def test_a_pipe_that_falls_silent_is_committed(tmp_path):
    """Someone who watches a live run sees what came, though the batch is not full."""
    reading, writing = os.pipe()
    with (
        open_store(tmp_path) as engine,
        os.fdopen(reading, "rb", buffering=0) as stream,
        os.fdopen(writing, "wb", buffering=0) as end,
    ):
        heard = threading.Event()
        thread = threading.Thread(target=engine.run, args=(stream, "-", lambda _: heard.set()))
        thread.start()
        end.write(a_line("E1"))
        is_heard = heard.wait(10)
        end.close()
        thread.join()

        assert is_heard
        assert {Outcome.APPLIED: 1} == {outcome: n for outcome, n in engine.outcomes().items() if n}


def test_whoever_watches_hears_how_far_a_run_came(tmp_path):
    heard = []
    data = b"".join(a_line(f"E{n}") for n in range(10))
    with open_store(tmp_path, batch=4) as engine:
        engine.run(io.BytesIO(data), "-", heard.append)

    assert [4, 8, 10] == [position.records for position in heard]
    assert heard[-1].length == len(data)


def test_every_new_dead_letter_is_told(tmp_path):
    told = []
    with open_store(tmp_path) as engine:
        engine.on_dead_letter(told.append)
        engine.run(io.BytesIO(b"{\n{\n[]\n"), "day.ndjson")

    assert ["day.ndjson:1", "day.ndjson:3"] == [message.rsplit(": ", 1)[0] for message in told]


def test_the_wall_clock_gives_append_times_and_never_goes_back(tmp_path):
    times = iter([NOW, NOW + 5, NOW + 3])
    with open_store(tmp_path, clock="wall", now=lambda: next(times)) as engine:
        for key in ("E1", "E2", "E3"):
            engine.feed(ENCOUNTERS, visit(key, hours=-9))

        assert [NOW, NOW + 5, NOW + 5] == [logged.time for logged in engine.records(ENCOUNTERS)]


def test_a_record_from_the_future_is_set_aside_and_can_be_replayed_when_its_time_has_come(tmp_path):
    now = [NOW]
    with open_store(tmp_path, now=lambda: now[0]) as engine:
        engine.run(io.BytesIO(line(visit("E1", hours=25))), "day.ndjson")
        (letter,) = engine.reader.dead_letters()
        now[0] += 2 * DAY
        outcome = engine.replay(letter.id)

    message = letter.logged.headers["cleanclaim.errors.message"]
    assert message.startswith("day.ndjson:1: encounters.v1: occurred_at: expected a time no more than a day ahead")
    assert Outcome.APPLIED is outcome


MEASURED = """
import resource, sys
from agents.embedded import Embedded
from tests.toys import toys
with Embedded(toys(), sys.argv[1]) as engine:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    engine.run_file(sys.argv[2])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print((after - before) // 1024, *engine.outcomes().values())
"""


def test_a_line_of_50_mb_neither_stops_a_run_nor_fills_memory(tmp_path):
    file = tmp_path / "day.ndjson"
    with file.open("wb") as stream:
        stream.write(a_line("E1"))
        for _ in range(50):
            stream.write(b"x" * (1 << 20))
        stream.write(b"\n" + a_line("E2"))
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, tmp_path / "s.db", file], cwd=ROOT, capture_output=True, check=True, text=True
    )
    grown, *outcomes = map(int, told.stdout.split())

    assert [2, 0, 0, 1] == outcomes
    assert grown < 20
