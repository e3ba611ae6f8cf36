"""A person's word on an edit: it overrides what evidence says, and stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from streams.edit_id import edit_id_of
from streams.learning.kept import KeptEdit
from streams.topics import edit_key

if TYPE_CHECKING:
    from schemas.edit import Edit
    from schemas.edit_decision import EditDecision
    from streams.learning.state import LearningState

_STATUS = {"APPROVE": "ACTIVE", "SHADOW": "SHADOW", "RETIRE": "RETIRED"}

UNKNOWN = "edit-decisions.v1: edit_id: expected an edit of this payer and code; cleanclaim edits list shows them"
NO_EDIT = "edit-decisions.v1: edit: expected the whole edit with the action ADD, got none"
WRONG_ID = "edit-decisions.v1: edit_id: expected the digest of scope and match, got another"
WRONG_KEY = "edit-decisions.v1: key: expected the payer and code of the edit, got another; * stands for any"
NO_ROOM = "edit-decisions.v1: edit: expected fewer edits of this payer and code; retire some"


def is_repeat(state: LearningState, decision: EditDecision) -> bool:
    """Whether the decision came before."""
    kept = state.edits.get(decision.edit_id)
    return kept is not None and kept.decision == decision.event_id


def is_overtaken(state: LearningState, decision: EditDecision) -> bool:
    """Whether a person has said something later: what was sent again, or late, takes no later word back."""
    kept = state.edits.get(decision.edit_id)
    return kept is not None and kept.by_person and decision.occurred_at < kept.edit.occurred_at


def refusal(state: LearningState, decision: EditDecision) -> str | None:
    """Why a decision cannot be followed, None if it can."""
    edit = decision.edit
    if decision.action != "ADD":
        return None if decision.edit_id in state.edits else UNKNOWN
    if edit is None:
        return NO_EDIT
    if not edit.edit_id == decision.edit_id == edit_id_of(edit.scope, edit.match):
        return WRONG_ID
    return None if edit_key(edit) == state.key else WRONG_KEY


def terms_of(edit: Edit) -> tuple[object, ...]:
    """What a person may change about an edit whose scope and match stay: where this differs, it is a new revision."""
    return edit.status, edit.severity, edit.effective_from, edit.effective_to


def decide(state: LearningState, decision: EditDecision, day: int) -> tuple[Edit | None, str | None]:
    """Follow a decision that is not refused: the revision to send, if any; a reason where there is no room."""
    kept = state.edits.get(decision.edit_id)
    after = _after(None if kept is None else kept.edit, decision)
    if kept is None:
        kept = KeptEdit(after)
        kept.begin(day)
        if not state.add(kept):
            return None, NO_ROOM
        is_news = True
    else:
        is_news = terms_of(kept.edit) != terms_of(after)
        if is_news:
            kept.revise(after, day)
    state.revised()
    kept.by_person, kept.decision = True, decision.event_id
    kept.changed()
    return (after if is_news else None), None


def _after(before: Edit | None, decision: EditDecision) -> Edit:
    """The edit as the person wants it."""
    wanted, source = decision.edit, "PERSON"
    if before is not None and decision.action != "ADD":
        wanted = before.model_copy(update={"status": _STATUS[decision.action]})
        source = before.provenance.source
    edit = cast("Edit", wanted)
    word = {"source": source, "decided_by": decision.decided_by, "reason": decision.reason}
    return edit.model_copy(
        update={
            "revision": 1 if before is None else before.revision + 1,
            "provenance": edit.provenance.model_copy(update=word),
            "occurred_at": decision.occurred_at,
        }
    )
