"""Where the learned edits of a payer and code stand, read from the state: for lists and tables, never for decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.learning.state import LearningState
from streams.topics import ANY, edit_key

if TYPE_CHECKING:
    from schemas.edit import Edit


class EditStanding(NamedTuple):
    """One edit, and what the evidence says of it now.

    edit           its last revision
    by_person      a person decided on it: evidence no longer changes it
    denied, paid   lines that it speaks of, within 180 days: denied for a reason that it goes by, and paid
    bound          lower end of the 95 % interval of the share denied, since the day from which it is highest
    at_stake_cents denied on those lines
    hits_denied    of the lines that it spoke of while it was SHADOW or ACTIVE, those denied for an avoidable reason ...
    hits_paid      ... and those paid
    """

    edit: Edit
    by_person: bool
    denied: int
    paid: int
    bound: float
    at_stake_cents: int
    hits_denied: int
    hits_paid: int

    @property
    def precision(self) -> float | None:
        """Share of its hits that the payer denied; None before the first."""
        hits = self.hits_denied + self.hits_paid
        return self.hits_denied / hits if hits else None


def is_counted(edit: Edit) -> bool:
    """Whether answers can be counted for an edit: only then do its evidence and its precision mean anything.

    Learning keeps answers by payer and code, so it counts for an edit that names one of each; and as patterns, which
    show neither site nor units. A person's edit may ask for any of that, and holds claims all the same.
    """
    if edit.scope.site_ids is not None or edit.match.units_over is not None:
        return False
    return ANY not in edit_key(edit).split("|")


def standing(state: bytes) -> tuple[EditStanding, ...]:
    """Every edit that the state of learning knows, retired ones included, in the order in which they came.

    Raises `Misuse` for a state that a later version of cleanclaim wrote.
    """
    known = LearningState.load(state)
    found = []
    for kept in known.edits.values():
        counts = kept.weigh(known.evidence.rows.values())
        found.append(
            EditStanding(
                edit=kept.edit,
                by_person=kept.by_person,
                denied=counts.whole.denied,
                paid=counts.whole.paid,
                bound=counts.strongest().bound,
                at_stake_cents=counts.whole.cents,
                hits_denied=kept.hits_denied,
                hits_paid=kept.hits_paid,
            )
        )
    return tuple(found)
