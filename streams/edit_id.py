"""The name of a learned edit: it follows from scope and match, so whoever writes the same edit names it the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.naming import digest

if TYPE_CHECKING:
    from schemas.edit import EditMatch, EditScope


def edit_id_of(scope: EditScope, match: EditMatch) -> str:
    """The digest of scope and match. Order and repetition within a list mean nothing, so they name nothing."""
    parts: list[str | int] = []
    for asked in (scope, match):
        for name, wanted in asked:
            if wanted is None:
                continue  # any
            values = sorted(set(wanted)) if isinstance(wanted, tuple) else [wanted]
            parts += [name, len(values), *values]
    return digest(*parts)
