"""`python -m schemas check | add`, run on a copy of the package that a developer has changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import schemas


@pytest.fixture
def package(tmp_path):
    """A copy of schemas/ to change."""
    source = Path(schemas.__file__).parent
    return shutil.copytree(source, tmp_path / "schemas", ignore=shutil.ignore_patterns("__pycache__"))


def command(package, argument):
    run = subprocess.run(
        [sys.executable, "-m", "schemas", argument], cwd=package.parent, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def change(package, field):
    path = package / "avsc" / "hold.avsc"
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append(field)
    path.write_text(json.dumps(schema), "utf-8")
    return path.read_text("utf-8")


def test_the_package_as_it_stands_passes_and_add_finds_nothing_to_do(package):
    before = sorted((package / "ids").iterdir())

    assert (0, "") == command(package, "check")
    assert (0, "") == command(package, "add")
    assert before == sorted((package / "ids").iterdir())


def test_a_changed_schema_needs_an_id_and_add_gives_the_next_one(package):
    text = change(package, {"name": "note", "type": ["null", "string"], "default": None})
    new = package / "ids" / f"{max(int(path.stem) for path in (package / 'ids').iterdir()) + 1}.avsc"

    assert (1, "Hold: no id for this text yet; run: python -m schemas add\n") == command(package, "check")
    assert (0, "") == command(package, "add")
    assert text == new.read_text("utf-8")
    assert (0, "") == command(package, "check")


@pytest.mark.parametrize("argument", ["check", "add"])
def test_a_change_that_an_earlier_version_cannot_follow_is_refused(package, argument):
    change(package, {"name": "note", "type": "string"})
    before = sorted((package / "ids").iterdir())

    status, complaint = command(package, argument)

    assert status == 1
    assert "the new schema cannot read what the old one wrote: Hold.note: not written, and has no default" in complaint
    assert before == sorted((package / "ids").iterdir())


def test_anything_else_shows_the_usage(package):
    assert (1, "usage: python -m schemas check | add\n") == command(package, "remove")
