"""Records made from values that Avro has already typed: what pydantic would check twice is left out.

`build` gives what `model_validate` would (tests/property/test_schemas_wire.py holds them equal) for two thirds of the
cost; `construct` is for values that come from records and so are right already. Why: docs/adr/0006-trusted-records.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from schemas.errors import Unreadable
from schemas.record import Record

R = TypeVar("R", bound=Record)


def build(model: type[R], values: dict[str, Any]) -> R:
    """A record from values whose types Avro has proved: as `model_validate` would give.

    Raises `Unreadable` for what Avro's types do not prove: an unknown symbol, a number out of range, an empty id.
    """
    return cast("R", _record(model, "")(values))


_Reader = Callable[[Any], Any]
"""Takes a value as fastavro gives it, returns it as the record holds it, or raises `Unreadable`."""


def _reader(annotation: Any, constraints: list[Any], at: str) -> _Reader | None:
    """How to read a value annotated so, None where it is right as it comes."""
    if get_origin(annotation) is Annotated:
        return _reader(annotation.__origin__, [*constraints, *annotation.__metadata__], at)
    arguments = get_args(annotation)
    if NoneType in arguments:
        inner = _reader(next(arg for arg in arguments if arg is not NoneType), constraints, at)
        return inner and _optional(inner)
    match get_origin(annotation):
        case origin if origin is Literal:
            return _symbol(frozenset(arguments), at)
        case origin if origin is tuple:
            inner = _reader(arguments[0], [], f"{at}[]")
            return _items(inner) if inner else tuple
    if issubclass(annotation, Record):
        return _record(annotation, at)
    return _scalar(annotation, _limits(constraints), at)


def _optional(inner: _Reader) -> _Reader:
    return lambda value: None if value is None else inner(value)


def _items(inner: _Reader) -> _Reader:
    return lambda values: tuple([inner(value) for value in values])


@cache
def _record(model: type[Record], at: str) -> _Reader:
    """How to read a `model` that stands at `at` in the record around it ("" for none)."""
    of_fields = [
        (name, _reader(field.annotation, field.metadata, f"{at}.{name}".lstrip(".")))
        for name, field in model.model_fields.items()
    ]
    readers = [(name, read) for name, read in of_fields if read]

    def read_record(values: dict[str, Any]) -> Record:
        for name, read in readers:
            values[name] = read(values[name])
        return construct(model, values)

    return read_record


def _symbol(symbols: frozenset[str], at: str) -> _Reader:
    def read(value: str) -> str:
        if value not in symbols:
            raise Unreadable(f"{at}: expected one of {', '.join(sorted(symbols))}")
        return value

    return read


def _scalar(kind: type, limits: dict[str, int], at: str) -> _Reader | None:
    if kind is int:
        low, high = limits["ge"], limits["le"]

        def read_int(value: int) -> int:
            if not low <= value <= high:
                raise Unreadable(f"{at}: expected a whole number from {low} to {high}")
            return value

        return read_int
    if kind is float:

        def read_float(value: float) -> float:
            if not math.isfinite(value):
                raise Unreadable(f"{at}: expected a finite number")
            return value

        return read_float
    if limits.get("min_length"):

        def read_id(value: str) -> str:
            if not value:
                raise Unreadable(f"{at}: expected text, got nothing")
            return value

        return read_id
    return None


def _limits(constraints: list[Any]) -> dict[str, int]:
    """ge, le and min_length, which pydantic keeps on a constraint or in the metadata of a Field."""
    parts = [part for constraint in constraints for part in (constraint, *getattr(constraint, "metadata", ()))]
    limits = ((name, getattr(part, name, None)) for part in parts for name in ("ge", "le", "min_length"))
    return {name: limit for name, limit in limits if limit is not None}


def construct(model: type[R], values: dict[str, Any]) -> R:
    """A record from values known to be right, one for every field: nothing is checked, and `values` is kept."""
    record = model.__new__(model)
    set_slot = object.__setattr__
    set_slot(record, "__dict__", values)
    set_slot(record, "__pydantic_fields_set__", _field_names(model))
    set_slot(record, "__pydantic_extra__", None)
    set_slot(record, "__pydantic_private__", None)
    return record


@cache
def _field_names(model: type[Record]) -> set[str]:
    """Shared by all records of the model: pydantic copies it before it changes it."""
    return set(model.model_fields)
