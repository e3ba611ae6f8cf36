"""Trace context: the `traceparent` of a record goes unchanged to what was emitted because of that record.

Source: W3C Trace Context, section 3.2. Nothing here starts a trace or a span: a decision shows up in the trace of the
fact that brought it about, in whatever tool the sender of the fact uses. What time or a changed table brings about has
no one record behind it and carries none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRACEPARENT = "traceparent"
"""The header, on Kafka as in HTTP."""

_VALID = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, parent, flags. A longer one of a later version is left: nobody can say what the rest would hold."""


def passed_on(headers: Mapping[str, str] | None) -> dict[str, str] | None:
    """The headers for what a record with `headers` brings about: its `traceparent` if it is valid, else None."""
    if not headers:
        return None
    value = headers.get(TRACEPARENT)
    return {TRACEPARENT: value} if value is not None and _VALID.fullmatch(value) else None
