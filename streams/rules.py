"""Everything that judges a claim and is not a fact about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streams.gates import EDITS

if TYPE_CHECKING:
    from streams.configuration import Configuration
    from streams.reference import Reference

CATALOGUE_REVISION = 1
"""Raise it when a condition, a severity or the rebuild changes, so that decisions tell which catalogue judged them."""


@dataclass(frozen=True)
class Rules:
    """The tables and settings that the edits judge by; whoever judges with the same rules decides the same."""

    reference: Reference
    configuration: Configuration

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the built-in edits, the reference tables and the configuration."""
        edits = (f"{edit.edit_id} {edit.severity} {edit.proposal} {edit.condition}" for edit in EDITS)
        parts = (str(CATALOGUE_REVISION), *edits, self.reference.digest, self.configuration.digest)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
