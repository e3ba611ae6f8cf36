"""Decision: where a claim goes, and why."""

from __future__ import annotations

from typing import Literal

from schemas.claim import Claim, Line
from schemas.record import Id, Int, Record, Revision, Timestamp

Route = Literal["RELEASE", "HOLD", "REBUILD"]
Severity = Literal["REBUILD", "HOLD", "WARN"]
Gate = Literal["SITE_OF_SERVICE", "OWNERSHIP", "DOCUMENTATION", "CODING", "DIAGNOSIS", "ADMINISTRATIVE", "LEARNED"]


class Finding(Record):
    """One thing an edit found: what is wrong, what would fix it, which facts say so, and who made the rule."""

    edit_id: Id
    gate: Gate
    severity: Severity
    line_number: Int | None = None
    message: str
    remedy: str
    evidence: tuple[str, ...]
    citation: str


class Rebuild(Record):
    """The claim as it should have been built. `void`: nothing of it stands, and `lines` is empty."""

    void: bool
    lines: tuple[Line, ...]
    place_of_service: str | None = None
    notes: tuple[str, ...]


class FactReference(Record):
    """One fact that a decision rests on."""

    topic: str
    id: Id
    revision: Revision


class Decision(Record):
    """The route of one claim revision; keyed by `claim_id`. `sequence` counts a claim's decisions from 1."""

    decision_id: Id
    claim_id: Id
    claim_revision: Revision
    encounter_id: Id
    site_id: str | None = None
    payer_id: str
    route: Route
    sequence: Int
    supersedes: str | None = None
    findings: tuple[Finding, ...]
    rebuild: Rebuild | None = None
    edit_set: str
    facts: tuple[FactReference, ...]
    claim: Claim
    decided_at: Timestamp
    due_at: Timestamp | None = None
