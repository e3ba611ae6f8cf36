"""An edit that a person wrote, as a file: scope, match and words in JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from agents.ndjson_errors import about_field
from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from schemas.errors import Misuse
from schemas.record import Date, Id, Record
from streams.edit_id import edit_id_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from pydantic_core import ErrorDetails

_SYNTAX_ERROR = re.compile(r" at line (?P<line>\d+) column \d+$")


_WANTED = "expected one object in JSON with scope, match, severity, message and remedy"


class EditFile(Record):
    """What the file says. `edit_id` may be left out: it follows from scope and match."""

    edit_id: Id | None = None
    status: Literal["ACTIVE", "SHADOW"] = "ACTIVE"
    scope: EditScope = EditScope()
    match: EditMatch = EditMatch()
    severity: Literal["HOLD", "WARN"]
    message: Id
    remedy: Id
    effective_from: Date | None = None
    effective_to: Date | None = None


def read_edit(path: Path, by: str | None, reason: str | None, now: dt.datetime) -> Edit:
    """The edit in a file, as `by` brings it in for `reason` at `now`.

    Raises `Misuse` that names file, line and field, and what was expected there.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "expected UTF-8"
        raise Misuse(f"{path}: cannot be read: {why}") from None
    try:
        said = EditFile.model_validate_json(text)
    except ValidationError as error:
        raise Misuse(_complaint(path, text, error.errors(include_url=False)[0])) from None
    edit = Edit(
        edit_id=edit_id_of(said.scope, said.match),
        revision=1,
        status=said.status,
        scope=said.scope,
        match=said.match,
        severity=said.severity,
        message=said.message,
        remedy=said.remedy,
        provenance=EditProvenance(
            source="PERSON", denied=0, paid=0, categories=(), reason_codes=(), decided_by=by, reason=reason
        ),
        effective_from=said.effective_from,
        effective_to=said.effective_to,
        occurred_at=now,
    )
    _check(path, text, said, edit)
    return edit


def _check(path: Path, text: str, said: EditFile, edit: Edit) -> None:
    """What no single field shows."""
    if edit.scope == EditScope() and edit.match == EditMatch():
        raise Misuse(f"{path}: scope, match: expected at least one condition, or the edit would hold every claim")
    first, last = said.effective_from, said.effective_to
    if first is not None and last is not None and last < first:
        raise Misuse(f"{_at(path, text, 'effective_to')}: expected a day from effective_from on, got one before it")
    if said.edit_id not in {None, edit.edit_id}:
        raise Misuse(
            f"{_at(path, text, 'edit_id')}: expected {edit.edit_id}, which follows from scope and match; leave it out, "
            "since another scope or match is another edit"
        )


def _complaint(path: Path, text: str, error: ErrorDetails) -> str:
    """Pydantic's first complaint in our words."""
    if error["type"] == "json_invalid":
        found = _SYNTAX_ERROR.search(error.get("ctx", {}).get("error", ""))
        where = f"{path}:{found['line']}" if found else f"{path}"
        return f"{where}: not JSON; {_WANTED}"
    location = error["loc"]
    if not location:
        return f"{path}: {_WANTED}"
    name = next(str(part) for part in reversed(location) if isinstance(part, str))
    where = _at(path, text, name)
    if error["type"] == "extra_forbidden":
        return f"{where}: no such field; an edit in a file has {', '.join(EditFile.model_fields)}"
    if location == ("status",):
        return f"{where}: expected ACTIVE or SHADOW, or nothing for ACTIVE"
    return f"{path}{_line(text, name)}: {about_field(Edit, location, error)}"


def _at(path: Path, text: str, name: str) -> str:
    return f"{path}{_line(text, name)}: {name}"


def _line(text: str, name: str) -> str:
    """Where a field stands; no two fields of an edit share a name. Nothing if it is missing."""
    found = re.search(rf'"{re.escape(name)}"\s*:', text)
    return f":{text.count(chr(10), 0, found.start()) + 1}" if found else ""
