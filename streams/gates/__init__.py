"""The gates: one file each, edits only. `EDITS` is the whole catalogue, in the order in which findings are listed."""

from __future__ import annotations

from streams.gates import administrative, coding, diagnosis, documentation, ownership, site_of_service

EDITS = (
    *site_of_service.EDITS,
    *ownership.EDITS,
    *documentation.EDITS,
    *coding.EDITS,
    *diagnosis.EDITS,
    *administrative.EDITS,
)
