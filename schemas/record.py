"""The base of every record and the field types that they share.

Records are frozen and strict: a JSON number is never taken for text, nor text for a number. What a text *means*
(a place of service, a diagnosis) is judged by the edits, not here.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
CENTS_MAX = 10**12  # ten billion dollars on a line: more is a mistake, and the sum over a record's lines stays a long
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Record(BaseModel):
    """One frozen record; unknown fields are refused, so that a misspelt field is never silently lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _date_from_text(value: object) -> object:
    """Text as YYYY-MM-DD; pydantic's own reading would take seconds since 1970 as well: "1700006400"."""
    if not isinstance(value, str):
        return value
    try:
        if len(value) == len("YYYY-MM-DD") and value[4] == value[7] == "-":
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticKnownError("date_parsing", {"error": "expected YYYY-MM-DD"})


def _moment_from_text(value: object) -> object:
    """Text as YYYY-MM-DDThh:mm:ssZ or with an offset; never seconds since 1970, as `_date_from_text`."""
    if not isinstance(value, str):
        return value
    try:
        if value[4:5] == value[7:8] == "-" and value[10:11] in ("T", "t", " "):
            return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticKnownError("datetime_parsing", {"error": "expected YYYY-MM-DDThh:mm:ssZ"})


def _utc_millis(value: dt.datetime) -> dt.datetime:
    """Cut to what the wire keeps (UTC, whole milliseconds), so that both engines see one content."""
    if value.tzinfo is dt.UTC and not value.microsecond:  # nearly every moment that comes
        return value
    try:
        value = value.astimezone(dt.UTC)
    except OverflowError:
        raise PydanticKnownError("datetime_parsing", {"error": "outside the years 1 to 9999 in UTC"}) from None
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


DAY = 86_400_000
"""A day, as `millis` counts."""


def millis(value: dt.datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, as Avro's timestamp-millis and Kafka's record time count them."""
    delta = value - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def moment(value: int) -> dt.datetime:
    """The inverse of `millis`."""
    return EPOCH + dt.timedelta(milliseconds=value)


Timestamp = Annotated[AwareDatetime, BeforeValidator(_moment_from_text), AfterValidator(_utc_millis)]
"""A moment; Avro timestamp-millis, JSON ISO 8601 with an offset."""

Date = Annotated[dt.date, BeforeValidator(_date_from_text)]
"""A calendar day; Avro date, JSON YYYY-MM-DD."""

Id = Annotated[str, Field(min_length=1)]
"""An identifier; opaque, never empty, since it may become a key."""

Int = Annotated[int, Field(ge=-INT_MAX - 1, le=INT_MAX)]
"""A whole number; Avro int."""

Revision = Annotated[int, Field(ge=1, le=INT_MAX)]
"""Counts the versions of one fact from 1; the highest wins."""

Cents = Annotated[int, Field(ge=-CENTS_MAX, le=CENTS_MAX)]
"""Money of one line in US cents; Avro long."""

TotalCents = Annotated[int, Field(ge=-LONG_MAX - 1, le=LONG_MAX)]
"""A sum of money in US cents; Avro long."""
