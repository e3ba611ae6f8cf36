"""Alert: something that a person should look at now."""

from __future__ import annotations

from typing import Literal

from schemas.decision import Gate
from schemas.record import Id, Int, Record, Timestamp, TotalCents


class Alert(Record):
    """A spike of holds, holds past due or a surge of denials; keyed by `alert_id`, once FIRING and once RESOLVED."""

    alert_id: Id
    kind: Literal["HOLD_SPIKE", "HOLD_OVERDUE", "DENIAL_SURGE"]
    status: Literal["FIRING", "RESOLVED"]
    site_id: str | None = None
    payer_id: str | None = None
    procedure_code: str | None = None
    edit_id: str | None = None
    gate: Gate | None = None
    window_start: Timestamp
    window_end: Timestamp
    observed: float
    expected: float
    count: Int
    charge_cents: TotalCents
    message: str
    occurred_at: Timestamp
