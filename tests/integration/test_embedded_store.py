"""One file, one writer, any readers; and what a person is told where that cannot be."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agents.embedded import Embedded, Options, open_reader
from agents.embedded.store import APPLICATION_ID
from schemas.errors import Misuse, Unavailable
from streams.topics import ENCOUNTERS, HOLDS
from tests.toys import lines, toys, visit

ROOT = Path(__file__).parents[2]
HOLD_OPEN = """
import sys, time
from agents.embedded import Embedded
from tests.toys import toys, visit
from streams.topics import ENCOUNTERS
engine = Embedded(toys(), sys.argv[1])
engine.feed(ENCOUNTERS, visit("E1"))
engine.commit()
print("ready", flush=True)
time.sleep(60)
"""


def open_store(path, **options):
    return Embedded(toys(), path, Options(**options))


@pytest.fixture
def other_writer(tmp_path):
    """Another process that writes to `s.db`; it has committed one record."""
    process = subprocess.Popen([sys.executable, "-c", HOLD_OPEN, tmp_path / "s.db"], cwd=ROOT, stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_told_at_once(other_writer, tmp_path):
    with pytest.raises(Unavailable, match="another cleanclaim writes to this store; wait until it has ended"):
        open_store(tmp_path / "s.db")
    assert other_writer.poll() is None


def test_another_name_of_the_store_is_the_same_store(other_writer, tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "s.db")

    with pytest.raises(Unavailable, match="another cleanclaim writes to this store; wait until it has ended"):
        open_store(tmp_path / "link.db")
    assert other_writer.poll() is None


def test_a_writer_that_was_killed_is_no_longer_in_the_way(other_writer, tmp_path):
    other_writer.kill()
    other_writer.wait()

    with open_store(tmp_path / "s.db") as engine:
        assert ["E1"] == [logged.key for logged in engine.records(ENCOUNTERS)]


def test_others_read_what_is_committed_while_one_writes(other_writer, tmp_path):
    with open_reader(tmp_path / "s.db") as reader:
        assert ["E1"] == [logged.key for logged in reader.records(ENCOUNTERS)]
        assert reader.counts()[HOLDS.name] == 1
    assert other_writer.poll() is None


def test_a_reader_never_sees_a_record_without_what_came_of_it(tmp_path):
    file = tmp_path / "day.ndjson"
    file.write_bytes(b"\n".join(lines(3_000, seed=1, keys=300, days=1, payers=2_000)))
    seen = []
    done = threading.Event()

    def look():
        while not done.is_set():
            with open_reader(tmp_path / "s.db") as reader:
                counts = reader.counts()
                seen.append((counts[ENCOUNTERS.name] + 0, sum(reader.outcomes().values()), counts[HOLDS.name]))

    with open_store(tmp_path / "s.db", batch=20) as engine:
        thread = threading.Thread(target=look)
        thread.start()
        engine.run_file(file)
        done.set()
        thread.join()

    assert len(seen) > 3
    assert seen == sorted(seen)
    assert all(logged <= taken for logged, taken, _ in seen)


def test_files_are_for_their_owner_alone(tmp_path):
    old_mask = os.umask(0)
    try:
        with open_store(tmp_path / "s.db", out=tmp_path / "out") as engine:
            engine.feed(ENCOUNTERS, visit("E1"))
            engine.commit()
            made = [*tmp_path.glob("s.db*"), *(tmp_path / "out").iterdir()]
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made}
    finally:
        os.umask(old_mask)

    assert {"s.db", "s.db-wal", "s.db-shm", "s.db-lock", "holds.v1.ndjson"} <= modes.keys()
    assert {0o600} == set(modes.values())


def test_a_store_that_is_closed_is_one_file_and_its_lock(tmp_path):
    open_store(tmp_path / "s.db").close()

    assert ["s.db", "s.db-lock"] == sorted(path.name for path in tmp_path.iterdir())


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "s.db").touch()
    open_store(tmp_path / "s.db").close()

    with open_reader(tmp_path / "s.db") as reader:
        assert reader.counts()[HOLDS.name] == 0


def test_the_number_of_partitions_stays(tmp_path):
    open_store(tmp_path / "s.db", partitions=3).close()
    open_store(tmp_path / "s.db").close()

    with pytest.raises(Misuse, match="made with 3 partitions, which stay"):
        open_store(tmp_path / "s.db", partitions=12)


def no_database(path):
    path.write_text("claim,charge\n")


def another_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()


def later_version(path):
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def folder(path):
    path.mkdir()


STRANGE = {
    "a file of another kind": (no_database, "not a store of cleanclaim"),
    "a database of another program": (another_database, "an SQLite file, but not a store of cleanclaim"),
    "a store of a later version": (later_version, "store version 99, this is cleanclaim with version 1"),
    "a folder": (folder, "Is a directory|no store there"),
}


@pytest.mark.parametrize(("make", "message"), STRANGE.values(), ids=STRANGE.keys())
def test_what_is_no_store_is_refused_and_left_alone(tmp_path, make, message):
    path = tmp_path / "s.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None

    with pytest.raises(Misuse, match=message):
        open_store(path)
    with pytest.raises(Misuse, match=message), open_reader(path):
        pass
    assert before == (path.read_bytes() if path.is_file() else None)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misuse, match=re.escape(f"{tmp_path}/missing/s.db: cannot be written: No such file")):
        open_store(tmp_path / "missing" / "s.db")


def test_there_is_nothing_to_read_where_nothing_was_written(tmp_path):
    with pytest.raises(Misuse, match="no store there; cleanclaim run makes one"), open_reader(tmp_path / "s.db"):
        pass
    assert [] == list(tmp_path.iterdir())


def test_the_application_has_its_mark_in_the_file(tmp_path):
    open_store(tmp_path / "s.db").close()

    assert APPLICATION_ID.to_bytes(4, "big") == (tmp_path / "s.db").read_bytes()[68:72]


@pytest.fixture
def mount(tmp_path):
    """Mounts a small file system in memory, which needs root."""
    point = tmp_path / "disk"
    point.mkdir()

    def run(*arguments):
        return subprocess.run(arguments, check=False, capture_output=True).returncode

    if run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", point):
        pytest.skip("mounting needs root")
    yield lambda options: run("mount", "-o", f"remount,{options}", point)
    run("umount", "-l", point)


def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path, mount):
    file = tmp_path / "day.ndjson"
    file.write_bytes(b"\n".join(lines(3_000, seed=1, keys=300, days=1, payers=2_000)) + b"\n")
    store, out = tmp_path / "disk" / "s.db", tmp_path / "out"
    with pytest.raises(Unavailable, match="the disk is full; make room and run again"):
        run_file(store, out, file)
    mount("size=64m")
    run_file(store, out, file)
    run_file(tmp_path / "peace.db", tmp_path / "peace", file)

    assert projections(tmp_path / "peace") == projections(out)


def test_a_full_disk_under_the_projections_stops_the_run_and_loses_nothing(tmp_path, mount):
    file = tmp_path / "day.ndjson"
    file.write_bytes(b"\n".join(lines(6_000, seed=1, keys=300, days=1, payers=2_000)) + b"\n")
    store, out = tmp_path / "s.db", tmp_path / "disk" / "out"
    with pytest.raises(Unavailable, match=r"ndjson: cannot be written: No space left on device; nothing is lost"):
        run_file(store, out, file)
    mount("size=64m")
    run_file(store, out, file)
    run_file(tmp_path / "peace.db", tmp_path / "peace", file)

    assert projections(tmp_path / "peace") == projections(out)


def test_a_folder_that_cannot_be_written_is_named_and_can_still_be_read(tmp_path, mount):
    run_file(tmp_path / "disk" / "s.db", None, None)
    assert mount("ro") == 0

    with pytest.raises(Misuse, match="cannot be written: Read-only file system; give a path"):
        run_file(tmp_path / "disk" / "s.db", None, None)
    with pytest.raises(Misuse, match="cannot be written: Read-only file system; give a folder"):
        run_file(tmp_path / "s.db", tmp_path / "disk" / "out", None)
    with open_reader(tmp_path / "disk" / "s.db") as reader:
        assert ["E1"] == [logged.key for logged in reader.records(ENCOUNTERS)]


def run_file(store, out, file):
    with open_store(store, out=out, batch=100) as engine:
        if file is None:
            engine.feed(ENCOUNTERS, visit("E1"))
        else:
            engine.run_file(file)


def projections(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}
