"""What is known about one encounter: the standing revision of each fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.claim import Claim
    from schemas.documentation import Documentation
    from schemas.encounter import Encounter
    from schemas.review import Review


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one encounter, whatever order they came in: of each id only its highest revision.

    documents, claims and reviews are ordered by id. `conflicts` names the facts (topic name, id) whose highest revision
    came with two contents. `unreadable` says that a record of this encounter could not be read and was not replayed.
    """

    encounter: Encounter | None
    documents: tuple[Documentation, ...] = ()
    claims: tuple[Claim, ...] = ()
    reviews: tuple[Review, ...] = ()
    conflicts: frozenset[tuple[str, str]] = frozenset()
    unreadable: bool = False
