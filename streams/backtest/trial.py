"""What a back-test tries: the edits on trial, those that judge beside them, the claims and denials they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.edit_set import terms_of_claim, terms_of_edit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.claim import Claim
    from schemas.denial import Denial
    from schemas.edit import Edit


@dataclass(frozen=True, slots=True)
class Trial:
    """The edits on trial, and what judges beside them on both sides.

    learned   learned edits on trial; their dates count, their status does not
    built_in  ids of built-in edits on trial
    others    the learned edits in force but for those on trial
    """

    learned: tuple[Edit, ...] = ()
    built_in: frozenset[str] = frozenset()
    others: tuple[Edit, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """Of all edits on trial."""
        return self.built_in | {edit.edit_id for edit in self.learned}

    @property
    def judging(self) -> tuple[Edit, ...]:
        """The learned edits that judge the side with all of them, in the order in which they speak."""
        return tuple(sorted((*self.learned, *self.others), key=lambda edit: edit.edit_id))

    @property
    def terms(self) -> frozenset[str]:
        """The index terms of the learned edits on trial."""
        return frozenset([term for edit in self.learned for term in terms_of_edit(edit)])


class Scope:
    """Which claims and denials the edits on trial are about: by payer and code, as the index terms have it.

    A built-in edit is about every claim. What lies outside no edit on trial can touch, so nothing there is judged.
    """

    def __init__(self, trial: Trial) -> None:
        self._everything = bool(trial.built_in)
        self._terms = trial.terms

    def has(self, payer_id: str, codes: Iterable[str]) -> bool:
        """Whether a claim, or one of its lines, is in scope."""
        return self._everything or not self._terms.isdisjoint(terms_of_claim(payer_id, codes))

    def has_claim(self, claim: Claim) -> bool:
        """Whether an edit on trial may speak of this claim."""
        return self.has(claim.payer_id, [line.procedure_code for line in claim.lines])

    def has_denial(self, denial: Denial) -> bool:
        """Whether recall counts this denial."""
        return self.has(denial.pattern.payer_id, [denial.pattern.procedure_code])
