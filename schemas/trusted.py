"""Records made from values that Avro has already typed: what pydantic would check twice is left out.

`build` gives what `model_validate` would (tests/property/test_schemas_wire.py holds them equal) for a third of the
cost; `construct` is for values that come from records and so are right already. Why: docs/adr/0006-trusted-records.md.

How to read a model is a Python function made for its fields, as dataclasses make theirs: a loop over checks that are
functions of their own takes twice as long, and every record passes here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel

from schemas.errors import Unreadable
from schemas.record import Record

R = TypeVar("R", bound=Record)

_Reader = Callable[[Any], Any]
"""Takes a value as fastavro gives it, returns it as the record holds it, or raises `Unreadable`."""


def build(model: type[R], values: dict[str, Any]) -> R:
    """A record from values whose types Avro has proved: as `model_validate` would give. `values` is kept.

    Raises `Unreadable` for what Avro's types do not prove: an unknown symbol, a number out of range, an empty id.
    """
    return cast("R", _record(model, "")(values))


# The slots in which pydantic keeps a record's values; set through their descriptors, which costs least.
_new = object.__new__
_set_values = BaseModel.__dict__["__dict__"].__set__
_set_names = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


def construct(model: type[R], values: dict[str, Any]) -> R:
    """A record from values known to be right, one for every field: nothing is checked, and `values` is kept."""
    record = _new(model)
    _set_values(record, values)
    _set_names(record, _field_names(model))
    _set_extra(record, None)
    _set_private(record, None)
    return record


@cache
def _field_names(model: type[Record]) -> set[str]:
    """Shared by all records of the model: pydantic copies it before it changes it."""
    return set(model.model_fields)


@cache
def _record(model: type[Record], at: str) -> _Reader:
    """How to read a `model` that stands at `at` in the record around it ("" for none)."""
    function = Function()
    for name, field in model.model_fields.items():
        statements = function.read(field.annotation, field.metadata, f"{at}.{name}".lstrip("."))
        if statements:
            function.lines += [f"value = values[{name!r}]", *statements, f"values[{name!r}] = value"]
    function.lines.append(f"return construct({function.name(model)}, values)")
    reader: _Reader = function.compiled("values")
    return reader


class Function:
    """The source of a function, and the names that it uses."""

    def __init__(self, names: Mapping[str, Any] = MappingProxyType({})) -> None:
        """`names` are those that the source may use beside the ones that checks need."""
        self.lines: list[str] = []
        self._names: dict[str, Any] = {
            "Unreadable": Unreadable,
            "construct": construct,
            "isfinite": math.isfinite,
            **names,
        }
        self._variables = 0

    def name(self, what: Any) -> str:
        """A name for `what` in the source."""
        name = f"name{len(self._names)}"
        self._names[name] = what
        return name

    def variable(self) -> str:
        """A variable that nothing else in the source uses."""
        self._variables += 1
        return f"variable{self._variables}"

    def read(self, annotation: Any, constraints: list[Any], at: str) -> list[str]:
        """Statements that make of the variable `value` what the record holds; none where it is right as it comes."""
        if get_origin(annotation) is Annotated:
            return self.read(annotation.__origin__, [*constraints, *annotation.__metadata__], at)
        arguments = get_args(annotation)
        if NoneType in arguments:
            inner = self.read(next(arg for arg in arguments if arg is not NoneType), constraints, at)
            return inner and ["if value is not None:", *[f"    {line}" for line in inner]]
        match get_origin(annotation):
            case origin if origin is Literal:
                symbols = ", ".join(sorted(arguments))
                return self._refuse(f"value not in {self.name(frozenset(arguments))}", at, f"one of {symbols}")
            case origin if origin is tuple:
                item = _item(arguments[0], f"{at}[]")
                items = f"[{self.name(item)}(item) for item in value]" if item else "value"
                return [f"value = tuple({items})"]
        if issubclass(annotation, Record):
            return [f"value = {self.name(_record(annotation, at))}(value)"]
        return self._scalar(annotation, _limits(constraints), at)

    def _scalar(self, kind: type, limits: dict[str, int], at: str) -> list[str]:
        if kind is int:
            low, high = limits["ge"], limits["le"]
            return self._refuse(f"not {low} <= value <= {high}", at, f"a whole number from {low} to {high}")
        if kind is float:
            return self._refuse("not isfinite(value)", at, "a finite number")
        return self._refuse("not value", at, "text, got nothing") if limits.get("min_length") else []

    def _refuse(self, condition: str, at: str, expected: str) -> list[str]:
        return [f"if {condition}:", f"    raise Unreadable({f'{at}: expected {expected}'!r})"]

    def compiled(self, arguments: str) -> Any:
        """The function of `arguments` with these lines."""
        exec("\n    ".join([f"def read({arguments}):", *self.lines]), self._names)  # noqa: S102 - the source is made of the package's own models and .avsc files
        return self._names["read"]


def _item(annotation: Any, at: str) -> _Reader | None:
    """How to read an item of a tuple, None where it is right as it comes."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return _record(annotation, at)
    function = Function()
    function.lines = function.read(annotation, [], at)
    if not function.lines:
        return None
    function.lines.append("return value")
    reader: _Reader = function.compiled("value")
    return reader


def _limits(constraints: list[Any]) -> dict[str, int]:
    """ge, le and min_length, which pydantic keeps on a constraint or in the metadata of a Field."""
    parts = [part for constraint in constraints for part in (constraint, *getattr(constraint, "metadata", ()))]
    limits = ((name, getattr(part, name, None)) for part in parts for name in ("ge", "le", "min_length"))
    return {name: limit for name, limit in limits if limit is not None}
