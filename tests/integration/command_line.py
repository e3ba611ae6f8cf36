"""What the tests of the command line share: calling it, and writing events for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from agents.cli import main
from schemas.claim import Claim
from schemas.documentation import Documentation
from schemas.encounter import Encounter
from schemas.remittance import Remittance
from schemas.review import Review
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS, REMITTANCES, REVIEWS
from tests.builders import HOSPITAL, at, chart, claim, encounter, line, supervision_note, technical_note

if TYPE_CHECKING:
    from click.testing import Result

    from schemas.record import Record

PROGRAM = str(Path(sys.executable).with_name("cleanclaim"))
"""The program as it is installed, for what only a process of its own can show."""

_TOPICS = {
    Encounter: ENCOUNTERS,
    Documentation: DOCUMENTATION,
    Claim: CLAIMS_BUILT,
    Review: REVIEWS,
    Remittance: REMITTANCES,
}

CLEAN = (encounter(), *chart(), claim(line("93015", charge=290_00)))
"""One claim, C1, that is held until its documents are there and released then."""

GLOBAL_IN_HOSPITAL = (
    encounter(**HOSPITAL, owners="H/P/P"),
    *chart("H/P/P"),
    claim(line("93015", charge=290_00), place_of_service="22"),
)
"""One claim, C1, that must be built otherwise."""

UNREAD = (encounter(), technical_note(), supervision_note(), claim(line("93015")))
"""One claim, C1, that waits for the interpretation."""

UNSUPPORTED = (encounter(), *chart(), claim(line("93015"), diagnoses=("Z13.6",)))
"""One claim, C1, whose hold a person may confirm: `diagnosis-not-supporting` on line 1."""


def event(record: Record, **changes: Any) -> str:
    """A record as a line of NDJSON, some of its fields replaced by whatever JSON."""
    value = record.model_dump(mode="json") | changes
    return json.dumps({"topic": _TOPICS[type(record)].name, "value": value}) + "\n"


def write(path: Path, *records: Record | str) -> Path:
    """A file of events; text is written as it is."""
    path.write_text("".join(each if isinstance(each, str) else event(each) for each in records))
    return path


def cleanclaim(*arguments: object, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """Call the program in this process. What nobody foresaw is raised, not turned into an exit code."""
    result = CliRunner().invoke(main, [str(each) for each in arguments], input=stdin, env=env, prog_name="cleanclaim")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def decided(folder: Path, *records: Record | str) -> Path:
    """A store in `folder` that has seen these events."""
    store = folder / "day.db"
    result = cleanclaim("run", write(folder / "day.ndjson", *records), "--store", store, "--out", folder / "out")
    assert 0 == result.exit_code, result.stderr
    return store


def later(record: Record, minutes: float, **changes: Any) -> Record:
    """The next revision of a fact."""
    update = {"revision": record.revision + 1, "occurred_at": at(minutes), "event_id": "evt-later"}  # type: ignore[attr-defined]
    return record.model_copy(update=update | changes)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of an NDJSON file."""
    return [json.loads(each) for each in path.read_text().splitlines()]
