"""What broadcast tables show."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from schemas.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.metrics.figures import Figures
    from schemas.record import Record

_STATUSES: tuple[str, ...] = get_args(Edit.model_fields["status"].annotation)


def edits_by_status(figures: Figures, edits: Mapping[str, Record]) -> None:
    """How many learned edits have which status; 0 too, so that a graph has no gaps."""
    for status in _STATUSES:
        figures.add("cleanclaim_edits", (status,), 0)
    for edit in list(edits.values()):
        figures.add("cleanclaim_edits", (cast("Edit", edit).status,), 1)
