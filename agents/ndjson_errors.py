"""Why a line cannot be read, for the person who will mend it: the field, what was expected, what came.

The texts are ours. Of what came they show short scalars, and only where the schema says that the field identifies
nobody; names that the sender made up are shown only where they look like names.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from fastavro.schema import expand_schema
from pydantic_core import from_json

from schemas.codec import avsc
from schemas.errors import Unreadable
from schemas.phi import is_tagged
from streams.topics import BY_NAME, INPUT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from schemas.record import Record
    from streams.topics import Topic

_NAME = re.compile(r"[a-z_]{1,40}")
_TOPIC_NAME = re.compile(r"[a-z][a-z-]{0,30}(\.[a-z][a-z-]{0,30}){0,3}\.v[0-9]{1,3}")
_COLUMN = re.compile(r"column (\d+)$")
_LONGEST_SHOWN = 40
_NAMES = ", ".join(topic.name for topic in INPUT_TOPICS)
_MOMENT = "a moment with its offset from UTC, as 2026-03-01T09:30:00Z"
_DAY = "a day, as 2026-03-01"
_KINDS = {
    "string": "text",
    "int": "a whole number",
    "long": "a whole number",
    "boolean": "true or false",
    "timestamp-millis": _MOMENT,
    "date": _DAY,
    "array": "a list",
    "record": "an object",
}


class UnreadableLine(Unreadable):
    """A line is no record that may be published. `topic` and `key` are what it tells all the same."""

    def __init__(self, text: str, topic: Topic | None = None, key: str | None = None) -> None:
        super().__init__(text)
        self.topic = topic
        self.key = key


def explain(data: bytes, error: ValidationError) -> UnreadableLine:
    """What is wrong with a line, from pydantic's first complaint about it."""
    first, *more = error.errors(include_url=False)
    if first["type"] == "json_invalid":
        column = _COLUMN.search(first.get("ctx", {}).get("error", ""))
        where = f" (column {column[1]})" if column and column[1] != "0" else ""
        return UnreadableLine(f'not JSON{where}; expected one JSON object with "topic" and "value"')
    line = from_json(data)
    name = line.get("topic") if isinstance(line, dict) else None
    topic = BY_NAME.get(name) if isinstance(name, str) else None
    if topic not in INPUT_TOPICS:
        return UnreadableLine(_wrong_topic(line, name))
    text = f"{topic.name}: {_complaint(topic, first)}"
    if more:
        text += f" ({len(more)} more in this line)"
    return UnreadableLine(text, topic, _key(topic, line))


def _wrong_topic(line: Any, name: Any) -> str:
    if not isinstance(line, dict):
        return f'expected an object with "topic" and "value", got {_kind(line)}'
    expected = f"topic: expected one of {_NAMES}, got "
    if "topic" not in line:
        return expected + "nothing"
    if isinstance(name, str) and _TOPIC_NAME.fullmatch(name):
        return f'{expected}"{name}"' + (", which cleanclaim itself writes" if name in BY_NAME else "")
    return f"{expected}{_kind(name)}" + (" (value not shown)" if name and isinstance(name, str) else "")


def _key(topic: Topic, line: dict[str, Any]) -> str | None:
    """The key that the line names, if it does: the field that the catalogue takes it from, else "key"."""
    value = line.get("value")
    for place, name in ((value, topic.key_words), (line, "key")):
        key = place.get(name) if isinstance(place, dict) else None
        if isinstance(key, str) and key:
            return key
    return None


def _complaint(topic: Topic, error: ErrorDetails) -> str:
    """`lines[0].units: expected a whole number from 1, got "1.5"`."""
    _, *location = error["loc"]  # the first part names the branch of the union: the topic
    if location and location[0] != "value":  # the envelope itself
        if error["type"] == "extra_forbidden":
            return f"{_unknown(location[0])}: not known beside topic, key and value"
        return f"{location[0]}: expected text, got {_kind(error['input'])} (value not shown)"
    path = location[1:]
    model = topic.record
    if error["type"] == "extra_forbidden":
        return f"{_path([*path[:-1], _unknown(path[-1])])}: not a field of {topic.name}"
    if model is None or not path:
        got = "nothing" if error["type"] == "missing" else _kind(error["input"])
        return f"value: expected an object, got {got}"
    return about_field(model, path, error)


def about_field(model: type[Record], path: Sequence[int | str], error: ErrorDetails) -> str:
    """What is wrong with the field at `path` of a record: `lines[0].units: expected a whole number, got "1.5"`."""
    return f"{_path(path)}: expected {_expected(model, path, error)}, got {_got(model, path, error)}"


def _path(path: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _unknown(name: int | str) -> str:
    """A name that the sender made up may hold anything."""
    return str(name) if isinstance(name, str) and _NAME.fullmatch(name) else "(a name not shown)"


def _expected(model: type[Record], path: Sequence[int | str], error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "literal_error":
        return f"one of {str(context['expected']).replace(chr(39), '')}"
    words = _words(_expanded(model), path)
    if "ge" in context:
        words += f" from {context['ge']}"
    if "le" in context:
        words += f" up to {context['le']}"
    return words


@cache
def _expanded(model: type[Record]) -> Any:
    return expand_schema(avsc(model))


def _words(schema: Any, path: Sequence[int | str]) -> str:
    """What the schema wants at `path`, in words."""
    match schema, path:
        case list(), _:
            return next(words for branch in schema if branch != "null" and (words := _words(branch, path)))
        case {"type": "record", "fields": fields}, [str(name), *rest]:
            return next((_words(field["type"], rest) for field in fields if field["name"] == name), "")
        case {"type": "array", "items": items}, [int(), *rest]:
            return _words(items, rest)
        case {"type": "enum", "symbols": symbols}, []:
            return f"one of {', '.join(symbol for symbol in symbols if symbol != 'UNKNOWN')}"
        case {"logicalType": kind}, []:
            return _KINDS[kind]
        case {"type": kind}, []:
            return _KINDS[kind]
        case str(kind), []:
            return _KINDS[kind]
        case _:
            return ""


def _got(model: type[Record], path: Sequence[int | str], error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "nothing"
    if error["type"] == "timezone_aware":
        return "one without an offset"
    value = error["input"]
    if isinstance(value, dict | list) or value is None or value == "":
        return _kind(value)
    shown = json.dumps(value, ensure_ascii=True) if isinstance(value, str | bool | int | float) else ""
    if is_tagged(model, path) or not 0 < len(shown) <= _LONGEST_SHOWN:
        return f"{_kind(value)} (value not shown)"
    return shown


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case "":
            return "empty text"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"
