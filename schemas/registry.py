"""Schema ids of the package, for use without a schema registry.

Each file of `ids/` is a schema as it once stood, named by its id. Files are added (`python -m schemas add`), never
changed or removed, so what was written years ago stays readable. Ids begin where no registry's counter arrives, so a
log that was framed with both kinds is never ambiguous.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import fastavro

from schemas import codec
from schemas.errors import Unreadable

if TYPE_CHECKING:
    from fastavro.types import Schema

    from schemas.record import Record

FIRST_ID = 2_000_000_000
"""The lowest id of the package; registries count up from 1."""


@cache
def history() -> dict[int, dict[str, Any]]:
    """Every schema that ever had a package id, by id, in ascending order."""
    entries = sorted((files("schemas") / "ids").iterdir(), key=lambda entry: entry.name)
    return {int(entry.name.removesuffix(".avsc")): json.loads(entry.read_text("utf-8")) for entry in entries}


def versions(model: type[Record]) -> dict[int, dict[str, Any]]:
    """The part of `history` that is about `model`, oldest first."""
    return {schema_id: schema for schema_id, schema in history().items() if schema["name"] == model.__name__}


@cache
def package_id(model: type[Record]) -> int:
    """The id under which records of `model` are written: its latest."""
    return max(versions(model))


def is_current(model: type[Record]) -> bool:
    """Whether the `.avsc` of `model` is what its latest id stands for."""
    return bool(versions(model)) and history()[package_id(model)] == codec.avsc(model)


@cache
def writer_schema(schema_id: int) -> tuple[str, Schema]:
    """Record name and parsed schema behind a package id. Raises `Unreadable` for an id that was never given."""
    schema = history().get(schema_id)
    if schema is None:
        raise Unreadable(f"schema id {schema_id} is not one of this package; a later version of cleanclaim may know it")
    return schema["name"], fastavro.parse_schema(schema)


def write(record: Record) -> bytes:
    """The framed value of a record, under the package's own schema id."""
    return codec.frame(package_id(type(record)), codec.encode(record))


def read(value: bytes) -> Record:
    """The record in a framed value, whichever version of its schema wrote it.

    Raises `Unreadable` when the value is not framed, names an id never given, or holds no such record.
    """
    schema_id, body = codec.unframe(value)
    model, writer = _reader(schema_id)
    return codec.decode(model, body, writer)


@cache
def _reader(schema_id: int) -> tuple[type[Record], Schema | None]:
    """The model for an id and the schema to resolve from, None where that is today's."""
    name, schema = writer_schema(schema_id)
    model = next(model for model in codec.RECORDS if model.__name__ == name)
    return model, None if schema_id == package_id(model) else schema
