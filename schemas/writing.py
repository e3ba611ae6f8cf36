"""Avro bodies straight from records: what fastavro finds out anew for each value is worked out once per schema.

`writer` turns a schema into a function from value to bytes. For a record that is a Python function made for its fields,
as dataclasses make theirs. It puts the body together as text with one character (Latin-1) to a byte, which Python does
several times faster than it joins as many bytes. The bytes are those that fastavro writes
(tests/unit/test_schemas_writing.py holds them equal) at a quarter of the cost, and encoding is a good part of all work.
Source: Apache Avro 1.11 specification, "Binary Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schemas.record import EPOCH, millis

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

Writer = Callable[[Any], bytes]
"""Takes a value as a record holds it, returns its Avro bytes."""

Part = Callable[[Any], str]
"""The same as text."""

_DOUBLE = struct.Struct("<d")
_FIRST_DAY = EPOCH.toordinal()


def _digits(number: int) -> str:
    """Seven bits to a byte, lowest first; all bytes but the last have the high bit set."""
    parts = []
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        parts.append(chr(number & 0x7F | 0x80))
        number >>= 7
    return "".join([*parts, chr(number)])


class _Numbers(dict[int, str]):
    """An int or a long as it is written: zigzag (0, -1, 1, -2, ...), so that small negative numbers are short too.

    The first ones that come are kept: lengths, counts, days, and the prices of a fee schedule.
    """

    KEPT = 1 << 14

    def __missing__(self, value: int) -> str:
        written = _digits(value << 1 ^ value >> 63)
        if len(self) < self.KEPT:
            self[value] = written
        return written


_NUMBERS = _Numbers()

_PAIRS = [chr(number & 0x7F | 0x80) + chr(number >> 7 | 0x80) for number in range(1 << 14)]
_LAST_PAIRS = [chr(number & 0x7F | 0x80) + chr(number >> 7) for number in range(1 << 14)]
_SIX_BYTES = range(1 << 34, 1 << 41)  # milliseconds from 1970 to 2039


def _timestamp(value: dt.datetime) -> str:
    number = millis(value)
    if number not in _SIX_BYTES:
        return _NUMBERS[number]
    number <<= 1
    return _PAIRS[number & 0x3FFF] + _PAIRS[number >> 14 & 0x3FFF] + _LAST_PAIRS[number >> 28]


def _double(value: float) -> str:
    return _DOUBLE.pack(value).decode("latin-1")


def _wide(value: str | None) -> str | None:
    """Text with one character for each byte of its UTF-8; ASCII text is so already."""
    return value and value.encode().decode("latin-1")


def _texts(values: tuple[str, ...]) -> str:
    if not "".join(values).isascii():
        values = tuple([value.encode().decode("latin-1") for value in values])
    return _block(values, [f"{_NUMBERS[len(value)]}{value}" for value in values])


def _block(values: tuple[Any, ...], written: Iterable[str]) -> str:
    """An array: one block with all items, then an empty one."""
    return f"{_NUMBERS[len(values)]}{''.join(written)}\0" if values else "\0"


_SCALARS = {
    "string": "{numbers[len(@)]}{@}",
    "int": "{numbers[@]}",
    "long": "{numbers[@]}",
    "boolean": "{TRUE if @ else FALSE}",
    "double": "{double(@)}",
    "timestamp-millis": "{timestamp(@)}",
    "date": f"{{numbers[@.toordinal() - {_FIRST_DAY}]}}",
}
"""What stands in an f-string for a value, which is written @."""

_NAMES: dict[str, Any] = {
    "numbers": _NUMBERS,
    "timestamp": _timestamp,
    "double": _double,
    "wide": _wide,
    "texts": _texts,
    "block": _block,
    "ABSENT": "\x00",
    "PRESENT": "\x02",
    "FALSE": "\x00",
    "TRUE": "\x01",
}
"""What the source of any function may use."""


def _symbols(schema: dict[str, Any]) -> dict[str, str]:
    return {symbol: _NUMBERS[at] for at, symbol in enumerate(schema["symbols"])}


def writer(schema: Any) -> Writer:
    """The writer for a schema as its `.avsc` states it."""
    return record_writer([{"name": "value", "type": schema}], "{'value': value}")


def record_writer(fields: list[dict[str, Any]], values: str = "value.__dict__") -> Writer:
    """The writer for some fields of a record, in their order. `values`: the expression for a dictionary of them."""
    write: Writer = _Function(fields, {}).compiled(values, '.encode("latin-1")')
    return write


class _Function:
    """The source of a function that writes some fields, and the names that it uses."""

    def __init__(self, fields: list[dict[str, Any]], records: dict[str, Part]) -> None:
        """`records` keeps the writers of the records met, since Avro spells each out once and then names it."""
        self._records = records
        self._names = dict(_NAMES)
        self._fields = [field["name"] for field in fields]
        self._parts = [self._part(field["type"], f"field{at}") for at, field in enumerate(fields)]
        self._strings = [
            f"field{at}" for at, field in enumerate(fields) if field["type"] in ("string", ["null", "string"])
        ]

    def _part(self, schema: Any, value: str) -> str:
        """What stands in an f-string for the variable `value`. Only an optional one holds quotation marks (')."""
        match schema:
            case str() if schema in _SCALARS:
                return _SCALARS[schema].replace("@", value)
            case {"logicalType": kind}:
                return _SCALARS[kind].replace("@", value)
            case ["null", inner]:
                return f"{{ABSENT if {value} is None else f'{{PRESENT}}{self._part(inner, value)}'}}"
            case {"type": "enum"}:
                return f"{{{self._name(_symbols(schema))}[{value}]}}"
            case {"type": "array", "items": "string"}:
                return f"{{texts({value})}}"
            case {"type": "array", "items": items}:
                return f"{{block({value}, map({self._name(self._item(items))}, {value}))}}"
            case _:
                return f"{{{self._name(self._record(schema))}({value})}}"

    def _item(self, schema: Any) -> Part:
        match schema:
            case "int" | "long":
                return _NUMBERS.__getitem__
            case {"type": "enum"}:
                return _symbols(schema).__getitem__
            case _:
                return self._record(schema)

    def _record(self, schema: Any) -> Part:
        if isinstance(schema, str):
            return self._records[schema]
        part: Part = _Function(schema["fields"], self._records).compiled("value.__dict__", "")
        self._records[schema["name"]] = part
        return part

    def _name(self, what: Any) -> str:
        name = f"name{len(self._names)}"
        self._names[name] = what
        return name

    def compiled(self, values: str, ending: str) -> Any:
        """The function: the text of its one argument, with `ending` applied to it."""
        lines = ["def write(value):", f"    values = {values}"]
        lines += [f"    field{at} = values[{name!r}]" for at, name in enumerate(self._fields)]
        if self._strings:
            together = "".join(f"{{{each}}}" for each in self._strings)
            lines.append(f'    if not f"{together}".isascii():')
            lines += [f"        {each} = wide({each})" for each in self._strings]
        lines.append(f'    return f"{"".join(self._parts)}"{ending}')
        exec("\n".join(lines), self._names)  # noqa: S102 - the source is made of the package's own .avsc files
        return self._names["write"]
