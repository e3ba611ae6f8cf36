"""The files of --out are a projection of the whole log, whatever happened to them."""

from __future__ import annotations

import errno
import hashlib
import json
import os

import pytest

from agents.embedded import Embedded, Options
from agents.embedded.projection import OUTPUT_TOPICS
from schemas.errors import Misuse
from streams.topics import ENCOUNTERS, HOLDS
from tests.toys import line, toys, visit


def feed(tmp_path, out, *keys):
    with Embedded(toys(), tmp_path / "s.db", Options(out=out and tmp_path / out)) as engine:
        for key in keys:
            engine.feed(ENCOUNTERS, visit(key))


def holds(tmp_path, out):
    lines = (tmp_path / out / "holds.v1.ndjson").read_bytes().splitlines()
    return [json.loads(each)["value"]["claim_id"] for each in lines]


def test_there_is_a_file_for_every_topic_that_processors_write(tmp_path):
    feed(tmp_path, "out")

    assert sorted(f"{topic.name}.ndjson" for topic in OUTPUT_TOPICS) == sorted(
        path.name for path in (tmp_path / "out").iterdir()
    )


def test_a_line_holds_topic_key_and_value(tmp_path):
    with Embedded(toys(), tmp_path / "s.db", Options(out=tmp_path / "out")) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))
        (logged,) = engine.records(HOLDS)

    assert f'{{"topic":"holds.v1","key":"edit-P01","value":{logged.record.model_dump_json()}}}\n' == (
        tmp_path / "out" / "holds.v1.ndjson"
    ).read_text("utf-8")


def test_a_dead_letter_shows_its_headers_size_and_digest_and_not_its_bytes(tmp_path):
    bad = line(visit("E1", patient_id="secret"))[:-2]
    (tmp_path / "day.ndjson").write_bytes(bad)
    with Embedded(toys(), tmp_path / "s.db", Options(out=tmp_path / "out")) as engine:
        engine.run_file(tmp_path / "day.ndjson")
    text = (tmp_path / "out" / "dead-letters.v1.ndjson").read_text("utf-8")

    assert "secret" not in text
    assert {
        "topic": "dead-letters.v1",
        "key": None,
        "value": {
            "sha256": hashlib.sha256(bad).hexdigest(),
            "bytes": len(bad),
            "headers": {
                "cleanclaim.errors.exception": "Unreadable",
                "cleanclaim.errors.message": f"day.ndjson:1: not JSON (column {len(bad)}); "
                'expected one JSON object with "topic" and "value"',
                "cleanclaim.errors.file": "day.ndjson",
                "cleanclaim.errors.line": "1",
            },
        },
    } == json.loads(text)
    assert text.startswith('{"topic":"dead-letters.v1","key":null,"value":{"sha256":"')
    assert ',"headers":{"cleanclaim.errors.exception":"Unreadable","' in text


def test_a_later_run_writes_on(tmp_path):
    feed(tmp_path, "out", "E1")
    feed(tmp_path, "out", "E2")

    assert ["E1", "E2"] == holds(tmp_path, "out")


def test_a_run_completes_what_ran_without_the_folder(tmp_path):
    feed(tmp_path, "out", "E1")
    feed(tmp_path, None, "E2")
    feed(tmp_path, "out", "E3")

    assert ["E1", "E2", "E3", *["E1", "E2", "E3"]] == holds(tmp_path, "out")


def test_another_folder_gets_everything(tmp_path):
    feed(tmp_path, "out", "E1")
    feed(tmp_path, "deeper/other")

    assert ["E1"] == holds(tmp_path, "deeper/other")


def deleted(file):
    file.unlink()


def torn(file):
    file.write_bytes(file.read_bytes()[:-7])


def longer(file):
    file.write_bytes(file.read_bytes() + b'{"topic":"holds.v1","ke')


def of_another_store(file):
    file.write_bytes(file.read_bytes().replace(b"E2", b"E9"))


@pytest.mark.parametrize("harm", [deleted, torn, longer, of_another_store])
def test_a_file_that_is_not_as_it_was_left_is_made_right(tmp_path, harm):
    feed(tmp_path, "out", "E1", "E2")
    harm(tmp_path / "out" / "holds.v1.ndjson")
    feed(tmp_path, "out")

    assert ["E1", "E2"] == holds(tmp_path, "out")


def test_two_stores_may_take_turns_in_one_folder(tmp_path):
    (tmp_path / "other").mkdir()
    feed(tmp_path, "out", "E1")
    with Embedded(toys(), tmp_path / "other" / "s.db", Options(out=tmp_path / "out")) as engine:
        engine.feed(ENCOUNTERS, visit("E8"))
    other = holds(tmp_path, "out")
    feed(tmp_path, "out")

    assert (["E8"], ["E1"]) == (other, holds(tmp_path, "out"))


def test_two_stores_do_not_write_to_one_folder_at_once(tmp_path):
    with Embedded(toys(), tmp_path / "first.db", Options(out=tmp_path / "out")) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))
        with pytest.raises(Misuse, match="out: another run writes to this folder; give a folder of its own, or wait"):
            feed(tmp_path, "out/../out", "E2")
    before = holds(tmp_path, "out")
    feed(tmp_path, "out", "E3")

    assert (["E1"], ["E3"]) == (before, holds(tmp_path, "out"))


def test_a_folder_is_free_again_after_a_file_in_it_could_not_be_opened(tmp_path):
    (tmp_path / "out" / "holds.v1.ndjson").mkdir(parents=True)
    with pytest.raises(Misuse, match="out: cannot be written: Is a directory"):
        feed(tmp_path, "out")
    (tmp_path / "out" / "holds.v1.ndjson").rmdir()

    feed(tmp_path, "out", "E1")

    assert ["E1"] == holds(tmp_path, "out")


def test_a_folder_that_cannot_be_locked_is_written_all_the_same(tmp_path, monkeypatch):
    """Some network file systems lock no folders."""

    def refuse(*_):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr("agents.embedded.projection.fcntl.flock", refuse)
    with Embedded(toys(), options=Options(out=tmp_path / "out")) as engine:
        engine.feed(ENCOUNTERS, visit("E1"))

    assert ["E1"] == holds(tmp_path, "out")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").touch()

    with pytest.raises(Misuse, match="out: cannot be written: File exists; give a folder"):
        feed(tmp_path, "out")
