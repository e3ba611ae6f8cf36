"""The planted truth: what was done to each claim, and what must come of it when all events are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import to_json

from agents.generate.catalogue import RANK, SEVERITY, Severity

if TYPE_CHECKING:
    from agents.generate.drafts import LineDraft


class Finding(NamedTuple):
    """One finding that must come out."""

    edit_id: str
    severity: Severity
    line_number: int | None


class Proposal(NamedTuple):
    """The rebuild that must come out. `void`: nothing of the claim stands."""

    void: bool
    lines: list[LineDraft]
    place_of_service: str | None


VOID = Proposal(void=True, lines=[], place_of_service=None)


class Truth(NamedTuple):
    """What the last decision on one claim must say.

    defects         names of what was planted in it, cured since or not
    claim_revision  the revision that the decision judges
    findings        all of them, in the order of the catalogue
    rebuild         null unless the route is REBUILD and all that it needs is known
    """

    claim_id: str
    encounter_id: str
    defects: tuple[str, ...]
    claim_revision: int
    route: str
    findings: tuple[Finding, ...]
    rebuild: Proposal | None

    def line(self) -> bytes:
        """The truth as one NDJSON line, newline included."""
        return (
            to_json(
                {
                    **self._asdict(),
                    "findings": [finding._asdict() for finding in self.findings],
                    "rebuild": self.rebuild and self.rebuild._asdict(),
                }
            )
            + b"\n"
        )


def found(edit_id: str, line_number: int | None = None) -> Finding:
    """The finding of `edit_id` at its own severity."""
    return Finding(edit_id, SEVERITY[edit_id], line_number)


def listed(findings: list[Finding]) -> tuple[Finding, ...]:
    """`findings` in the order in which a decision lists them: catalogue, then line."""
    return tuple(sorted(findings, key=lambda each: (RANK[each.edit_id], each.line_number or 0)))


def route(findings: list[Finding]) -> str:
    """Where a claim with these findings goes."""
    severities = {finding.severity for finding in findings}
    return "REBUILD" if "REBUILD" in severities else "HOLD" if "HOLD" in severities else "RELEASE"
