"""Avro bodies straight from records: what fastavro finds out anew for each value is worked out once per schema.

`writer` turns a schema into a function from value to bytes. The bytes are those that fastavro writes
(tests/unit/test_schemas_writing.py holds them equal) at a third of the cost, and encoding is a good part of all work.
Source: Apache Avro 1.11 specification, "Binary Encoding".
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schemas.record import EPOCH

if TYPE_CHECKING:
    from schemas.record import Record

Writer = Callable[[Any], bytes]
"""Takes a value as a record holds it, returns its Avro bytes."""

_DOUBLE = struct.Struct("<d")
_FIRST_DAY = EPOCH.toordinal()
_MILLISECOND = dt.timedelta(milliseconds=1)


def _varint(number: int) -> bytes:
    """Seven bits to a byte, lowest first; all bytes but the last have the high bit set."""
    parts = []
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


_SMALL = tuple(map(_varint, range(1 << 12)))  # most lengths, counts and codes
_BIG = range(1 << 35, 1 << 42)  # six bytes: what a timestamp between 1970 and 2039 takes


def _number(value: int) -> bytes:
    """An int or a long: zigzag (0, -1, 1, -2, ...), so that small negative numbers are short too."""
    number = value << 1 ^ value >> 63
    if number < len(_SMALL):
        return _SMALL[number]
    if number in _BIG:
        return bytes(
            (
                number & 0x7F | 0x80,
                number >> 7 & 0x7F | 0x80,
                number >> 14 & 0x7F | 0x80,
                number >> 21 & 0x7F | 0x80,
                number >> 28 & 0x7F | 0x80,
                number >> 35,
            )
        )
    return _varint(number)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _number(len(encoded)) + encoded


def _timestamp(value: dt.datetime) -> bytes:
    return _number((value - EPOCH) // _MILLISECOND)


def _date(value: dt.date) -> bytes:
    return _number(value.toordinal() - _FIRST_DAY)


_SCALARS: dict[str, Writer] = {
    "string": _text,
    "int": _number,
    "long": _number,
    "boolean": {False: b"\x00", True: b"\x01"}.__getitem__,
    "double": _DOUBLE.pack,
    "timestamp-millis": _timestamp,
    "date": _date,
}


def writer(schema: Any) -> Writer:
    """The writer for a schema as its `.avsc` states it."""
    return _writer(schema, {})


def record_writer(fields: list[dict[str, Any]]) -> Writer:
    """The writer for some fields of a record, in their order."""
    return _record(fields, {})


def _writer(schema: Any, named: dict[str, Writer]) -> Writer:
    """`named` keeps the records met, since Avro spells each out once and refers to it by name."""
    match schema:
        case str():
            return named.get(schema) or _SCALARS[schema]
        case ["null", inner]:
            return _optional(_writer(inner, named))
        case {"logicalType": kind}:
            return _SCALARS[kind]
        case {"type": "enum", "symbols": symbols}:
            return {symbol: _number(position) for position, symbol in enumerate(symbols)}.__getitem__
        case {"type": "array", "items": items}:
            return _array(_writer(items, named))
        case _:
            named[schema["name"]] = written = _record(schema["fields"], named)
            return written


def _optional(inner: Writer) -> Writer:
    return lambda value: b"\x00" if value is None else b"\x02" + inner(value)


def _array(inner: Writer) -> Writer:
    """One block with all items, then an empty one."""

    def write(values: tuple[Any, ...]) -> bytes:
        if not values:
            return b"\x00"
        return _number(len(values)) + b"".join([inner(value) for value in values]) + b"\x00"

    return write


def _record(fields: list[dict[str, Any]], named: dict[str, Writer]) -> Writer:
    writers = [(field["name"], _writer(field["type"], named)) for field in fields]

    def write(record: Record) -> bytes:
        values = record.__dict__
        return b"".join([write_field(values[name]) for name, write_field in writers])

    return write
