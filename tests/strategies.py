"""Hypothesis strategies for records, derived from the models, so that a new field is generated without a word here."""

from __future__ import annotations

import datetime as dt
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime

from schemas.record import Record, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_MOMENT = -62_135_596_800_000  # 0001-01-01T00:00:00.000Z, in milliseconds since 1970
LAST_MOMENT = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

timestamps = st.integers(FIRST_MOMENT, LAST_MOMENT).map(moment)
"""All moments that a record can hold: UTC, whole milliseconds, years 1 to 9999."""


@cache
def records(model: type[Record], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Every valid record of `model`; a strategy in `fields` takes the place of the derived one.

    records(Claim, revision=st.just(1), payer_id=st.sampled_from(["A", "B"]))
    """
    derived = {
        name: _values(field.annotation, field.metadata)
        for name, field in model.model_fields.items()
        if name not in fields
    }
    return st.builds(model, **derived, **fields)


def _values(annotation: Any, constraints: Iterable[Any] = ()) -> st.SearchStrategy[Any]:
    """What a field annotated so can hold."""
    if hasattr(annotation, "__metadata__"):  # Annotated[int, Field(ge=1)]
        return _values(annotation.__origin__, [*constraints, *annotation.__metadata__])
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return st.one_of(_values(argument) for argument in arguments)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if issubclass(annotation, Record):
        return records(annotation)
    return _scalars(annotation, _limits(constraints))


def _scalars(kind: type, limits: dict[str, Any]) -> st.SearchStrategy[Any]:
    by_kind = {
        NoneType: st.none,
        bool: st.booleans,
        dt.date: st.dates,
        AwareDatetime: lambda: timestamps,
        float: lambda: st.floats(allow_nan=False, allow_infinity=False),
        int: lambda: st.integers(limits["ge"], limits["le"]),
        str: lambda: st.text(min_size=limits.get("min_length", 0), max_size=20),
    }
    return by_kind[kind]()


def _limits(constraints: Iterable[Any]) -> dict[str, Any]:
    """ge, le and min_length, wherever pydantic keeps them: on the constraint itself or in a Field's metadata."""
    found = {}
    for constraint in constraints:
        for part in (constraint, *getattr(constraint, "metadata", ())):
            found |= {
                name: getattr(part, name)
                for name in ("ge", "le", "min_length")
                if getattr(part, name, None) is not None
            }
    return found
