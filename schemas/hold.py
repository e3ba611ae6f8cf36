"""Hold: one edit that makes one claim wait."""

from __future__ import annotations

from typing import Literal

from schemas.decision import Gate
from schemas.record import Id, Record, Timestamp, TotalCents


class Hold(Record):
    """Opened when an edit begins to hold a claim, closed when it no longer does; keyed by `edit_id`."""

    hold_id: Id
    claim_id: Id
    edit_id: Id
    gate: Gate
    route: Literal["HOLD", "REBUILD"]
    site_id: str | None = None
    payer_id: str
    state: Literal["OPENED", "CLOSED"]
    charge_cents: TotalCents
    due_at: Timestamp | None = None
    occurred_at: Timestamp
