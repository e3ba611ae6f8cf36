#!/usr/bin/env python3
"""Holds docs/asyncapi.json against the JSON schema of AsyncAPI 3 and the rule for references; exits 1 on a breach.

The schema comes with the repository (asyncapi/README.md), and every schema that it refers to lies inside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "asyncapi.json"
SCHEMA = ROOT / "scripts" / "asyncapi" / "3.0.0.json"


def breaches(document: Any) -> Iterator[str]:
    """What is wrong with an AsyncAPI document, place by place; nothing if it is valid."""
    for error in Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(document):
        yield f"{error.json_path}: {error.message[:200]}"
    for reference in _references(document):
        if not _resolves(document, reference):
            yield f"{reference}: refers to nothing"


def _references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if isinstance(tree.get("$ref"), str):
            yield tree["$ref"]
        for value in tree.values():
            yield from _references(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _references(value)


def _resolves(document: Any, reference: str) -> bool:
    place = document
    for name in reference.removeprefix("#/").split("/"):
        if not isinstance(place, dict) or name not in place:
            return False
        place = place[name]
    return reference.startswith("#/")


def main() -> None:
    """Print each breach."""
    found = list(breaches(json.loads(DOCUMENT.read_text("utf-8"))))
    for breach in found:
        sys.stderr.write(f"{DOCUMENT.name}: {breach}\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
