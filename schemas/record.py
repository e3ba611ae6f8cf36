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
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Record(BaseModel):
    """One frozen record; unknown fields are refused, so that a misspelt field is never silently lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _date_text(value: object) -> object:
    """Refuse what pydantic's own reading of dates would take: seconds since 1970 as text, or a moment at midnight."""
    if isinstance(value, str):
        if len(value) != len("YYYY-MM-DD") or value[4] != "-":
            raise PydanticKnownError("date_parsing", {"error": "expected YYYY-MM-DD"})
    elif type(value) is not dt.date:
        raise PydanticKnownError("date_type")
    return value


def _moment_text(value: object) -> object:
    """Refuse seconds since 1970, as a number or as text: whether they are seconds or milliseconds is a guess."""
    if isinstance(value, str):
        if value[4:5] != "-":
            raise PydanticKnownError("datetime_parsing", {"error": "expected YYYY-MM-DDThh:mm:ssZ"})
    elif not isinstance(value, dt.datetime):
        raise PydanticKnownError("datetime_type")
    return value


def _utc_millis(value: dt.datetime) -> dt.datetime:
    """Cut to what the wire keeps (UTC, whole milliseconds), so that both engines see one content."""
    try:
        value = value.astimezone(dt.UTC)
    except OverflowError:
        raise PydanticKnownError("datetime_parsing", {"error": "outside the years 1 to 9999 in UTC"}) from None
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def millis(value: dt.datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, as Avro's timestamp-millis and Kafka's record time count them."""
    delta = value - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def moment(value: int) -> dt.datetime:
    """The inverse of `millis`."""
    return EPOCH + dt.timedelta(milliseconds=value)


# strict=False lets the text through to pydantic's parser; the checks before it keep everything else out.
Timestamp = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_moment_text), AfterValidator(_utc_millis)]
"""A moment; Avro timestamp-millis, JSON ISO 8601 with an offset."""

Date = Annotated[dt.date, Field(strict=False), BeforeValidator(_date_text)]
"""A calendar day; Avro date, JSON YYYY-MM-DD."""

Id = Annotated[str, Field(min_length=1)]
"""An identifier; opaque, never empty, since it may become a key."""

Int = Annotated[int, Field(ge=-INT_MAX - 1, le=INT_MAX)]
"""A whole number; Avro int."""

Revision = Annotated[int, Field(ge=1, le=INT_MAX)]
"""Counts the versions of one fact from 1; the highest wins."""

Cents = Annotated[int, Field(ge=-LONG_MAX - 1, le=LONG_MAX)]
"""Money in US cents; Avro long."""
