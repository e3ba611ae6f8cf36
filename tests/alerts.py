"""Alerts for tests, right unless told otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Any

from schemas.alert import Alert

SINCE = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def alert(number: int = 1, status: str = "FIRING", **changes: Any) -> Alert:
    """A spike of holds at one site; `number` tells episodes apart."""
    at = SINCE + dt.timedelta(hours=number, minutes=5 if status == "FIRING" else 20)
    values: dict[str, Any] = {
        "alert_id": f"alert-{number}",
        "kind": "HOLD_SPIKE",
        "status": status,
        "site_id": f"S{number:02}",
        "edit_id": "documentation-interpretation-unsigned",
        "gate": "DOCUMENTATION",
        "window_start": at - dt.timedelta(minutes=5),
        "window_end": at,
        "observed": 31.0,
        "expected": 10.5,
        "count": 31,
        "charge_cents": 1_234_50,
        "message": "31 claims held in 5 minutes where 10.5 are usual; see that reports get signed.",
        "occurred_at": at,
    } | changes
    return Alert(**values)
