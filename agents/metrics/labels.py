"""Label values that come from data, kept few: each is a time series that a monitoring system keeps for months."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHER = "other"
"""Stands for every value beyond the limit."""

UNKNOWN = "unknown"
"""Stands for a value that is not there."""

SITES = 200
"""Distinct sites; with more of them, a dashboard by site is no longer readable either."""

LEARNED_EDITS = 200
"""Distinct learned edits, beside all built-in ones."""


class Bounded:
    """Lets the first `limit` distinct values pass and calls the others OTHER. `free` values always pass."""

    def __init__(self, limit: int, free: Iterable[str] = ()) -> None:
        self._room = limit
        self._passing = {UNKNOWN, OTHER, *free}

    def __call__(self, value: str | None) -> str:
        """The label for `value`."""
        if value is None:
            return UNKNOWN
        if value in self._passing:
            return value
        if not self._room:
            return OTHER
        self._room -= 1
        self._passing.add(value)
        return value
