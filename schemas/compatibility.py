"""Can records written under one schema be read under another? Avro's resolution rules, as far as our schemas use them.

Source: Apache Avro 1.12 specification, "Schema Resolution". Promotions of numbers, aliases and fixed are left out on
purpose: no schema here needs them, so they are reported as incompatible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastavro.schema import expand_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def both_ways(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    """What keeps one of two versions of a record from reading what the other wrote; empty when nothing does."""
    return [
        *(f"the new schema cannot read what the old one wrote: {found}" for found in obstacles(new, old)),
        *(f"the old schema cannot read what the new one writes: {found}" for found in obstacles(old, new)),
    ]


def obstacles(reader: dict[str, Any], writer: dict[str, Any]) -> list[str]:
    """Why `reader` cannot read all that `writer` may have written, one sentence per place; empty when it can."""
    return list(_obstacles(expand_schema(reader), expand_schema(writer), reader["name"].rpartition(".")[2]))


def _obstacles(reader: Any, writer: Any, at: str) -> Iterator[str]:
    match reader, writer:
        case _, list():
            for branch in writer:
                yield from _obstacles(reader, branch, at)
        case list(), _:
            tried = [list(_obstacles(branch, writer, at)) for branch in reader]
            if all(tried):
                alike = [found for branch, found in zip(reader, tried, strict=True) if _kind(branch) == _kind(writer)]
                yield from alike[0] if alike else [f"{at}: {_words(writer)} is none of {_words(reader)}"]
        case {"type": "array"}, {"type": "array"}:
            yield from _obstacles(reader["items"], writer["items"], f"{at}[]")
        case {"type": "record"}, {"type": "record"} if reader["name"] == writer["name"]:
            yield from _field_obstacles(reader["fields"], writer["fields"], at)
        case {"type": "enum"}, {"type": "enum"} if reader["name"] == writer["name"]:
            unknown = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
            if unknown and "default" not in reader:
                yield f"{at}: {', '.join(unknown)} may be written, and the enum has no default"
        case _:
            if _words(reader) != _words(writer):
                yield f"{at}: {_words(writer)} cannot be read as {_words(reader)}"


def _field_obstacles(reader: list[Any], writer: list[Any], at: str) -> Iterator[str]:
    """Fields meet by name; one that only the writer has is skipped, one that only the reader has takes its default."""
    written = {field["name"]: field["type"] for field in writer}
    for field in reader:
        place = f"{at}.{field['name']}"
        if field["name"] in written:
            yield from _obstacles(field["type"], written[field["name"]], place)
        elif "default" not in field:
            yield f"{place}: not written, and has no default"


def _kind(schema: Any) -> str:
    """What decides how a type is written: int, array, record ..."""
    return str(schema["type"] if isinstance(schema, dict) else schema)


def _words(schema: Any) -> str:
    """A type as a person names it: int, date, record cleanclaim.Line, null or int."""
    match schema:
        case list():
            return " or ".join(_words(branch) for branch in schema)
        case {"logicalType": logical}:
            return str(logical)
        case {"name": name}:
            return f"{_kind(schema)} {name}"
    return _kind(schema)
