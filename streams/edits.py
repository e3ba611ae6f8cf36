"""How a built-in edit is declared: a pure function that yields hits, and everything that must be said about it once.

    edit = declare("SITE_OF_SERVICE")

    @edit(
        "site-global-in-facility", "REBUILD", Proposal.MECHANICAL, basis=True, needs=("hospital_physician",),
        remedy=..., source=..., reads=(...),
    )
    def global_in_facility(case: Case) -> Iterator[Hit]:
        '''A professional claim bills 93015 for a test in a facility.'''

The docstring is the condition in words; the rule reference is generated from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from schemas.decision import Finding, Gate, Severity
from schemas.trusted import construct
from streams.case import Case, Need, Shape

Hit = tuple[int | None, str]
"""Line number (None: the whole claim) and message."""

Check = Callable[[Case], Iterator[Hit]]


class Proposal(StrEnum):
    """What an edit means for the rebuild of its claim."""

    MECHANICAL = "mechanical"
    """The rebuild computes the fix."""
    AUTHORED = "authored"
    """Only a person can supply the right value, so no rebuild is proposed."""
    BLOCKING = "blocking"
    """A hold whose answer would change the rebuild, so none is proposed until it is answered."""
    NONE = "none"
    """A hold or a warning that leaves the lines as they are."""


@dataclass(frozen=True, slots=True)
class BuiltInEdit:
    """One rule of the catalogue.

    edit_id      fixed name, in words
    gate         the gate that it belongs to
    severity     what a hit does to the route
    proposal     what a hit does to the rebuild
    basis        silent without a completed encounter in a known setting
    needs        silent unless the claim's shape has all of these
    confirmable  a person's review may turn its hold into a warning
    condition    when it speaks, in words
    remedy       what would fix it
    source       who made the rule
    reads        paths of the facts that the condition reads; [n] stands for the line of the hit
    check        yields a hit for each place where the condition holds
    """

    edit_id: str
    gate: Gate
    severity: Severity
    proposal: Proposal
    basis: bool
    needs: tuple[Need, ...]
    confirmable: bool
    condition: str
    remedy: str
    source: str
    reads: tuple[str, ...]
    check: Check

    def may_speak_about(self, shape: Shape) -> bool:
        """Whether a claim of this shape has what the condition needs."""
        return all(getattr(shape, need) for need in self.needs)

    def finding(self, line_number: int | None, message: str) -> Finding:
        """The finding for one hit."""
        if line_number is None:
            evidence = self.reads
        else:
            evidence = tuple([path.replace("[n]", f"[{line_number}]") for path in self.reads])
        return construct(
            Finding,
            {
                "edit_id": self.edit_id,
                "gate": self.gate,
                "severity": self.severity,
                "line_number": line_number,
                "message": message,
                "remedy": self.remedy,
                "evidence": evidence,
                "citation": self.source,
            },
        )


class Declare(Protocol):
    """The decorator that `declare` gives a gate."""

    def __call__(  # noqa: D102, PLR0913 - one keyword per column of the catalogue
        self,
        edit_id: str,
        severity: Severity,
        proposal: Proposal = Proposal.NONE,
        *,
        basis: bool = False,
        needs: tuple[Need, ...] = (),
        confirmable: bool = True,
        remedy: str,
        source: str,
        reads: tuple[str, ...],
    ) -> Callable[[Check], BuiltInEdit]: ...


def declare(gate: Gate, *, confirmable: bool = True) -> Declare:
    """The decorator for the edits of `gate`; `confirmable=False` where no hold of the gate may be confirmed."""
    gate_confirmable = confirmable

    def edit(  # noqa: PLR0913 - see Declare
        edit_id: str,
        severity: Severity,
        proposal: Proposal = Proposal.NONE,
        *,
        basis: bool = False,
        needs: tuple[Need, ...] = (),
        confirmable: bool = True,
        remedy: str,
        source: str,
        reads: tuple[str, ...],
    ) -> Callable[[Check], BuiltInEdit]:
        def wrap(check: Check) -> BuiltInEdit:
            return BuiltInEdit(
                edit_id=edit_id,
                gate=gate,
                severity=severity,
                proposal=proposal,
                basis=basis,
                needs=needs,
                confirmable=confirmable and gate_confirmable and severity == "HOLD",
                condition=" ".join((check.__doc__ or "").split()),
                remedy=remedy,
                source=source,
                reads=reads,
                check=check,
            )

        return wrap

    return edit


def listed(words: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
