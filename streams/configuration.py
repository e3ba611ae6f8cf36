"""What a practice may set about how claims are judged and kept. One entry: type, range, default, why."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=1, le=3650)]
PayerId = Annotated[str, Field(min_length=1)]


class Configuration(BaseModel):
    """Settings that the decisions depend on; part of every decision's `edit_set`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    hold_sla_days: int = Field(
        5,
        ge=1,
        le=90,
        description="Calendar days until a hold or a rebuild is overdue. 5: what payers commonly allow for answering "
        "a claim that they sent back.",
    )
    filing_limit_days: Days = Field(
        365,
        description="Days from the earliest service to the last day on which a payer takes a first claim. 365: "
        "Medicare's calendar year, and the longest that is common.",
    )
    filing_limit_days_by_payer: dict[PayerId, Days] = Field(
        default_factory=dict,
        description="The same for single payers, by payer_id. Many contracts say 90 or 180.",
    )
    # Strict mode would refuse the list that a settings file gives.
    ordering_npi_exempt_payers: frozenset[PayerId] = Field(
        default=frozenset(),
        strict=False,
        description="The payer_ids that take a test without an ordering provider. None: Medicare and most others "
        "deny it (RARC N265).",
    )
    retention_days: Days = Field(
        400,
        description="Days without change after which an encounter is forgotten; what comes later for it starts anew. "
        "400: longer than the filing limit, so that no claim that may still be filed loses its facts.",
    )
    settled_retention_days: Days = Field(
        120,
        description="The same for an encounter whose claims are all released or void. 120: longer than a payer "
        "usually takes to answer and a corrected claim to come back.",
    )

    @model_validator(mode="after")
    def _settled_first(self) -> Self:
        if self.settled_retention_days > self.retention_days:
            raise ValueError("expected settled_retention_days to be at most retention_days")
        return self

    def filing_limit(self, payer_id: str) -> int:
        """Days that this payer gives for a first claim."""
        return self.filing_limit_days_by_payer.get(payer_id, self.filing_limit_days)

    @property
    def digest(self) -> str:
        """sha256 (hex) of the settings, in whatever order they were written."""
        values = self.model_dump()
        values["ordering_npi_exempt_payers"] = sorted(self.ordering_npi_exempt_payers)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
