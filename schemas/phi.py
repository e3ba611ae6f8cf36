"""Which fields identify a patient or could: those tagged `"phi": true` in the `.avsc`.

Logs, metrics, alerts and error texts never show the value of a tagged field. They ask here, so that a tag set in a
schema holds everywhere at once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastavro.schema import expand_schema

from schemas.codec import avsc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.record import Record

Path = tuple[str, ...]
"""Field names from the record inwards; positions in lists are left out: ("lines", "service_date")."""


@cache
def tagged(model: type[Record]) -> frozenset[Path]:
    """The paths of every tagged field of `model`, nested records included."""
    return frozenset(path for path, phi in _fields(expand_schema(avsc(model))) if phi)


def is_tagged(model: type[Record], path: Sequence[str | int]) -> bool:
    """Whether the value at `path` must not be shown: the field, one around it or one inside it is tagged.

    `path` may hold list positions, as pydantic's error locations do: ("lines", 0, "service_date"). A path that the
    schema does not know counts as tagged, since nobody can say what it holds.
    """
    names = tuple(part for part in path if isinstance(part, str))
    return names not in _shown(model)


@cache
def _shown(model: type[Record]) -> frozenset[Path]:
    """Every path of `model` whose value may be shown whole."""
    hidden = tagged(model)
    known = {path for path, _ in _fields(expand_schema(avsc(model)))}
    around = {path[:depth] for path in hidden for depth in range(len(path))}
    below = {path for path in known if any(path[: len(tag)] == tag for tag in hidden)}
    return frozenset(known - around - below)


def _fields(schema: Any) -> Iterator[tuple[Path, bool]]:
    """Path and tag of each field below `schema`, in which no name stands for a definition elsewhere."""
    match schema:
        case list():
            for branch in schema:
                yield from _fields(branch)
        case {"type": "array", "items": items}:
            yield from _fields(items)
        case {"type": "record", "fields": fields}:
            for field in fields:
                yield (field["name"],), field.get("phi", False)
                for path, phi in _fields(field["type"]):
                    yield (field["name"], *path), phi
        case _:
            pass  # a primitive or an enum has no fields
