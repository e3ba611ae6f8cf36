"""Everything that judges a claim beside the edits: the tables and settings that they judge by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.configuration import Configuration
    from streams.reference import Reference


@dataclass(frozen=True)
class Rules:
    """The tables and settings that the edits judge by; whoever judges with the same rules decides the same."""

    reference: Reference
    configuration: Configuration

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the reference tables and the configuration."""
        return hashlib.sha256(f"{self.reference.digest}\n{self.configuration.digest}".encode()).hexdigest()
