"""The gates: one file each, edits only. `EDITS` is the whole catalogue, in the order in which findings are listed."""

from __future__ import annotations

import hashlib

from streams.gates import administrative, coding, diagnosis, documentation, ownership, site_of_service

EDITS = (
    *site_of_service.EDITS,
    *ownership.EDITS,
    *documentation.EDITS,
    *coding.EDITS,
    *diagnosis.EDITS,
    *administrative.EDITS,
)

CATALOGUE_REVISION = 1
"""Raise it when the code of a condition or of the rebuild changes, so that decisions tell which one judged them."""

CATALOGUE_DIGEST = hashlib.sha256(
    "\n".join(
        [
            str(CATALOGUE_REVISION),
            *(f"{edit.edit_id} {edit.severity} {edit.proposal} {edit.condition}" for edit in EDITS),
        ]
    ).encode()
).hexdigest()
"""Stands for the built-in edits in the name of an edit set."""
