"""Records straight from Avro bodies, the inverse of `schemas.writing`: one function a record, made for its fields.

It reads a body of today's schema into a record, checks of `schemas.trusted` included, at less than half the cost of
fastavro and those checks, which remain for bodies that an older schema wrote. Both give the same record or refuse alike
(tests/property/test_schemas_wire.py). Source: Apache Avro 1.11 specification, "Binary Encoding".

A function takes the body and the offset of its first byte, and returns the record and the offset behind it. It never
looks whether a text ends inside the body: what is cut off makes an `IndexError`, or an offset beyond the end.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin

from schemas.record import EPOCH, Record
from schemas.trusted import Function

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

R = TypeVar("R", bound=Record)
Reader = Callable[[bytes, int], tuple[R, int]]

_DAY_ZERO = EPOCH.toordinal()
_DOUBLE = struct.Struct("<d")
_MOST_BITS = 63


def _more(body: bytes, at: int, first: int) -> tuple[int, int]:
    """The rest of a number that begins with the byte `first`, which has its high bit set: number, offset behind it."""
    number, shift = first & 0x7F, 7
    while True:
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number has no high bit
            return number, at
        shift += 7
        if shift > _MOST_BITS:
            raise ValueError("a number of more than 64 bits")


_NUMBER = [
    "value = body[at]",
    "at += 1",
    "if value > 127:",
    "    value, at = more(body, at, value)",
]
"""As it is written: zigzag, so that twice a length or a count is what stands there."""

_LONG = [*_NUMBER, "value = value >> 1 ^ -(value & 1)"]

_TEXT = [
    *_NUMBER,
    "if value & 1:",
    "    raise ValueError('a negative length')",
    "end = at + (value >> 1)",
    "value = body[at:end].decode()",
    "at = end",
]

_SCALARS = {
    "string": _TEXT,
    "int": _LONG,
    "long": _LONG,
    "boolean": ["value = body[at] != 0", "at += 1"],
    "double": ["value = double(body, at)[0]", "at += 8"],
    "timestamp-millis": [*_LONG, "value = EPOCH + timedelta(milliseconds=value)"],
    "date": [*_LONG, f"value = fromordinal(value + {_DAY_ZERO})"],
}

_NAMES = {
    "more": _more,
    "double": _DOUBLE.unpack_from,
    "EPOCH": EPOCH,
    "timedelta": dt.timedelta,
    "fromordinal": dt.date.fromordinal,
}


def record_reader(model: type[R], schema: dict[str, Any]) -> Reader[R]:
    """The reader for bodies of a `model` as its `.avsc` states it."""
    return _record(model, schema, "", {})


def _record(model: type[Any], schema: dict[str, Any], place: str, named: dict[str, Any]) -> Reader[Any]:
    """The same for a record that stands at `place` in the one around it. `named`: schemas met, which may be named."""
    named[schema["name"]] = schema
    function = _Function(named)
    variables = {}
    for number, field in enumerate(schema["fields"]):
        name = field["name"]
        variables[name] = f"field{number}"
        function.lines += function.field(field["type"], model.model_fields[name], f"{place}.{name}".lstrip("."))
        function.lines.append(f"{variables[name]} = value")
    values = ", ".join(f"{name!r}: {variables[name]}" for name in model.model_fields)
    function.lines.append(f"return construct({function.name(model)}, {{{values}}}), at")
    reader: Reader[Any] = function.compiled("body, at")
    return reader


class _Function(Function):
    """The source of a reader: statements that leave a value in `value` and the offset behind it in `at`."""

    def __init__(self, named: dict[str, Any]) -> None:
        super().__init__(_NAMES)
        self._named = named

    def field(self, schema: Any, field: FieldInfo, place: str) -> list[str]:
        """Read a field of a record."""
        return self._value(schema, field.annotation, field.metadata, place)

    def _value(self, schema: Any, annotation: Any, constraints: list[Any], place: str) -> list[str]:
        if get_origin(annotation) is Annotated:
            return self._value(schema, annotation.__origin__, [*constraints, *annotation.__metadata__], place)
        match schema:
            case ["null", inner]:
                present = next(each for each in get_args(annotation) if each is not NoneType)
                return self._optional(self._value(inner, present, constraints, place))
            case {"type": "enum", "symbols": symbols}:
                return self._symbol(symbols, annotation, place)
            case {"type": "array", "items": items}:
                return self._items(self._value(items, get_args(annotation)[0], [], f"{place}[]"))
            case {"type": "record"}:
                return self._nested(annotation, schema, place)
            case str() if schema in self._named:
                return self._nested(annotation, self._named[schema], place)
            case {"logicalType": kind} | str(kind):
                return [*_SCALARS[kind], *self.read(annotation, constraints, place)]
        raise TypeError(f"{place}: {schema}")

    def _optional(self, lines: list[str]) -> list[str]:
        return [
            "value = body[at]",
            "at += 1",
            "if value == 0:",
            "    value = None",
            "elif value == 2:",
            *[f"    {line}" for line in lines],
            "else:",
            "    raise ValueError('no such branch of a union')",
        ]

    def _symbol(self, symbols: list[str], annotation: Any, place: str) -> list[str]:
        """The symbols that a record takes are found at once; others are refused by name, or as no symbols."""
        every = {2 * at: symbol for at, symbol in enumerate(symbols)}
        known = {at: symbol for at, symbol in every.items() if symbol in get_args(annotation)}
        return [
            f"value = {self.name(known)}.get(body[at])",
            "if value is None:",
            f"    value = {self.name(every)}[body[at]]",
            *[f"    {line}" for line in self.read(annotation, [], place)],
            "at += 1",
        ]

    def _items(self, lines: list[str]) -> list[str]:
        """Blocks of items up to an empty one. A block with a negative count says its size in bytes as well."""
        items, count = self.variable(), self.variable()
        return [
            f"{items} = []",
            "while True:",
            *[f"    {line}" for line in _LONG],
            "    if not value:",
            "        break",
            f"    {count} = value",
            f"    if {count} < 0:",
            f"        {count} = -{count}",
            *[f"        {line}" for line in _LONG],
            f"    for _ in range({count}):",
            *[f"        {line}" for line in lines],
            f"        {items}.append(value)",
            f"value = tuple({items})",
        ]

    def _nested(self, model: type[Any], schema: dict[str, Any], place: str) -> list[str]:
        return [f"value, at = {self.name(_record(model, schema, place, self._named))}(body, at)"]
