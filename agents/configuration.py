"""Reads the settings file, in TOML."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from schemas.errors import Misuse
from streams.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails


def load_configuration(path: Path | None = None) -> Configuration:
    """The settings in the TOML file at `path`, defaults for what it leaves out, all defaults without a file.

    Raises `Misuse` that names the file, the key or line, and what was expected.
    """
    if path is None:
        return Configuration()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{path}: expected a settings file in TOML, UTF-8, that can be read") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{path}:{line[1] if line else text.count(chr(10)) + 1}"
        raise Misuse(f"{place}: expected TOML, one `key = value` a line, text in quotes") from None
    try:
        return Configuration.model_validate(values)
    except ValidationError as error:
        raise Misuse("\n".join(f"{path}: {_explain(detail)}" for detail in error.errors())) from None


def _explain(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    limits = detail.get("ctx", {})
    if detail["type"] == "extra_forbidden":
        return f"{key}: no such setting; expected one of {', '.join(Configuration.model_fields)}"
    if detail["type"] == "value_error":
        return str(limits["error"])
    expected = {
        "greater_than_equal": f"a whole number from {limits.get('ge')}",
        "less_than_equal": f"a whole number up to {limits.get('le')}",
        "int_type": "a whole number",
        "dict_type": "a table of payer_id = days",
        "frozen_set_type": "a list of payer_ids",
        "string_type": "a payer_id in quotes",
        "string_too_short": "a payer_id that is not empty",
    }[detail["type"]]
    return f"{key}: expected {expected}, got {detail['input']!r}"
