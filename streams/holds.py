"""Holds: one per claim and edit that makes it wait, opened and closed on holds.v1 so that alerting can count them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from schemas import codec, registry
from schemas.hold import Hold
from schemas.trusted import construct
from streams.naming import name_uuid
from streams.processor import Emit
from streams.topics import HOLDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from schemas.decision import Decision, Finding

Holds = tuple[bytes, ...]
"""Open holds as they were opened: framed Hold records, so that one closes with the very fields it opened with."""


def turn(decision: Decision, held: Holds) -> tuple[list[Emit], Holds]:
    """The holds that `decision` closes and opens, and those open after it. `held` are those open before it."""
    waiting = _waiting(decision)
    before = {hold.edit_id: (hold, value) for hold, value in _read(held)}
    emits = [_close(hold, decision.decided_at) for edit_id, (hold, _) in before.items() if edit_id not in waiting]
    after = {edit_id: value for edit_id, (_, value) in before.items() if edit_id in waiting}
    for edit_id, finding in waiting.items():
        if edit_id not in before:
            hold = _open(decision, finding)
            body = codec.encode(hold)
            emits.append(Emit(HOLDS, hold, body))
            after[edit_id] = codec.frame(registry.package_id(Hold), body)
    return emits, tuple(after.values())


def close_all(held: Holds, at: dt.datetime) -> list[Emit]:
    """Close holds of a claim that waits no more, because its encounter is forgotten."""
    return [_close(hold, at) for hold, _ in _read(held)]


def _waiting(decision: Decision) -> dict[str, Finding]:
    """Edit_id -> its first finding that makes the claim wait. A withdrawn claim waits for nothing."""
    if decision.claim.status == "WITHDRAWN":
        return {}
    waiting: dict[str, Finding] = {}
    for finding in decision.findings:
        if finding.severity != "WARN":
            waiting.setdefault(finding.edit_id, finding)
    return waiting


def _read(held: Holds) -> Iterable[tuple[Hold, bytes]]:
    return [(cast("Hold", registry.read(value)), value) for value in held]


def _open(decision: Decision, finding: Finding) -> Hold:
    return construct(
        Hold,
        {
            # The decision is part of the name: a hold that comes back is another hold.
            "hold_id": name_uuid(decision.claim_id, finding.edit_id, decision.decision_id),
            "claim_id": decision.claim_id,
            "edit_id": finding.edit_id,
            "gate": finding.gate,
            "route": finding.severity,
            "site_id": decision.site_id,
            "payer_id": decision.payer_id,
            "state": "OPENED",
            "charge_cents": sum([line.charge_cents for line in decision.claim.lines]),
            "due_at": decision.due_at,
            "occurred_at": decision.decided_at,
        },
    )


def _close(hold: Hold, at: dt.datetime) -> Emit:
    return Emit(HOLDS, hold.model_copy(update={"state": "CLOSED", "occurred_at": at}))
