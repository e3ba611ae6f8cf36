"""EditDecision: a person's word on a learned edit."""

from __future__ import annotations

from typing import Literal

from schemas.edit import Edit
from schemas.record import Id, Record, Timestamp


class EditDecision(Record):
    """Approve, shadow, retire or add an edit; keyed as the denials that it is about. ADD carries the whole edit."""

    event_id: Id
    edit_id: Id
    action: Literal["APPROVE", "SHADOW", "RETIRE", "ADD"]
    edit: Edit | None = None
    decided_by: str
    reason: str
    occurred_at: Timestamp
