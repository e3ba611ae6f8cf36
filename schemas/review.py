"""Review: a person's answer to a hold."""

from __future__ import annotations

from typing import Literal

from schemas.record import Id, Int, Record, Revision, Timestamp


class Review(Record):
    """Confirms (or takes back) one held edit of one claim revision; keyed by `encounter_id`. No line: all lines."""

    event_id: Id
    review_id: Id
    encounter_id: Id
    revision: Revision
    claim_id: Id
    claim_revision: Revision
    edit_id: Id
    line_number: Int | None = None
    answer: Literal["CONFIRMED", "REVOKED"]
    decided_by: str
    reason_code: str
    occurred_at: Timestamp
