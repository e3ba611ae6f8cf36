"""A case: one claim beside the facts of its encounter, with everything that several edits ask about it.

The setting comes from the encounter, never from the claim. Edits that need a *basis* (a completed encounter in a known
setting) are silent without one; `Case.standing` exists only on a basis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from streams.codes import (
    COMPONENT_MODIFIERS,
    DOCUMENT_ROLE,
    ECHO,
    FAMILY,
    REPEAT_MODIFIERS,
    ROLES,
    STRESS,
    Role,
    allowed_roles,
    billed_roles,
)
from streams.standing import Standing, stand

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.claim import Claim, Line
    from schemas.documentation import Documentation
    from schemas.encounter import Encounter
    from streams.facts import Facts
    from streams.rules import Rules

Setting = Literal["FACILITY", "NON_FACILITY"]

_HOSPITAL_OUTPATIENT = {"22": frozenset({"NONE"}), "19": frozenset({"EXCEPTED", "NON_EXCEPTED"})}
_INPATIENT = frozenset({"21", "51", "61"})
_NOT_AMBULATORY = frozenset({"19", "21", "22", "23", "51", "61"})
_NO_ROLES: frozenset[Role] = frozenset()


def known(text: str | None) -> str | None:
    """The text, or None when it is null or blank: a blank field tells nothing."""
    return text if text and not text.isspace() else None


class CaseLine:
    """A claim line with what its code and modifiers mean. Lines compare by identity."""

    __slots__ = ("code", "component_modifiers", "echo", "family", "line", "modifiers", "number", "roles", "stress")

    def __init__(self, line: Line) -> None:
        self.line = line
        self.number = line.line_number
        self.code = code = line.procedure_code
        self.modifiers = modifiers = frozenset(line.modifiers)
        self.component_modifiers = modifiers & COMPONENT_MODIFIERS
        self.family = code in FAMILY
        self.stress = code in STRESS
        self.echo = code in ECHO
        self.roles = billed_roles(code, self.component_modifiers) if self.stress else _NO_ROLES


class Visit:
    """What the encounter and its documents say, shared by all of its claims.

    place_class            class of the encounter's place of service; None if unassigned or no encounter
    registration_conflict  class, place and off-campus status do not fit each other
    setting                FACILITY or NON_FACILITY, None when unknown
    basis                  the encounter is completed and its setting known
    owners                 role -> the entity that furnished it, None when nobody has recorded it
    current                role -> its current document: not retracted, FINAL first, then the latest
    """

    def __init__(self, facts: Facts, rules: Rules) -> None:
        self.facts = facts
        self.encounter = encounter = facts.encounter
        self.place_class: Setting | None = None
        self.registration_conflict = False
        self.setting: Setting | None = None
        self.owners: dict[Role, str | None] = dict.fromkeys(ROLES)
        completed = False
        if encounter is not None:
            completed = encounter.status == "COMPLETED"
            self.place_class = rules.reference.place_class(encounter.place_of_service)
            if self.place_class is not None:
                self.registration_conflict = not _registration_fits(encounter)
                self.setting = None if self.registration_conflict else self.place_class
            ownership = encounter.ownership
            self.owners = {
                "technical": known(ownership.technical),
                "supervision": known(ownership.supervision),
                "interpretation": known(ownership.interpretation),
            }
        self.completed = completed
        self.basis = completed and self.setting is not None
        self.facility = self.setting == "FACILITY"
        self.current: dict[Role, Documentation | None] = {
            role: current_document(facts.documents, DOCUMENT_ROLE[role]) for role in ROLES
        }

    def final(self, role: Role) -> Documentation | None:
        """The current document of `role` if it is FINAL."""
        document = self.current[role]
        return document if document is not None and document.status == "FINAL" else None


def _registration_fits(encounter: Encounter) -> bool:
    """Whether encounter class, an assigned place of service and off-campus status agree (CMS place of service list)."""
    place = encounter.place_of_service
    match encounter.encounter_class:
        case "INPATIENT":
            return place in _INPATIENT
        case "EMERGENCY":
            return place == "23"
        case "HOSPITAL_OUTPATIENT":
            return encounter.off_campus in _HOSPITAL_OUTPATIENT.get(place, ())
    return place not in _NOT_AMBULATORY and encounter.off_campus == "NONE"


def current_document(documents: Sequence[Documentation], role: str) -> Documentation | None:
    """Of the documents of a role that are not retracted: FINAL before PRELIMINARY, then the latest by time and id."""
    current = None
    rank = None
    for document in documents:
        if document.role == role and document.status != "RETRACTED":
            this = (document.status == "FINAL", document.occurred_at, document.document_id)
            if rank is None or this > rank:
                current, rank = document, this
    return current


def pointed_diagnoses(diagnoses: Sequence[str], pointers: Iterable[int]) -> list[str]:
    """The diagnoses that a line's pointers, which count from 1, name; a pointer to none names nothing."""
    return [diagnoses[pointer - 1] for pointer in pointers if 1 <= pointer <= len(diagnoses)]


Need = Literal[
    "professional",
    "institutional",
    "office",
    "hospital_physician",
    "several_lines",
    "echo",
    "other_services",
    "modifiers",
    "earlier_claims",
]
"""What an edit may need of a claim's shape to have anything to say."""


class Shape(NamedTuple):
    """What is seen of a claim at a glance. Claims have few shapes, so which edits may speak is known for each.

    office          a professional claim outside a facility; hospital_physician: in one
    echo            a line bills a stress echo; other_services: neither that nor a stress test
    modifiers       some line has one
    earlier_claims  this biller has earlier claims of the type
    """

    professional: bool
    institutional: bool
    office: bool
    hospital_physician: bool
    several_lines: bool
    echo: bool
    other_services: bool
    modifiers: bool
    earlier_claims: bool


class Case:
    """One claim to be judged. `earlier` are the cases of this biller's earlier claims of the same type, in order.

    lines     in line_number order
    biller    the claim's billing entity
    duplicates  family lines that repeat a lower-numbered line and do not claim (76, 77) that the service was repeated
    billed    the roles that its lines bill, allowed or not
    allowed   the roles that it may bill in this setting; empty without a basis
    shape     what is seen of it at a glance
    standing  what of it stands (standing.py); None without a basis
    """

    def __init__(self, claim: Claim, visit: Visit, rules: Rules, earlier: tuple[Case, ...]) -> None:
        self.claim = claim
        self.visit = visit
        self.encounter = visit.encounter
        self.rules = rules
        self.reference = rules.reference
        self.earlier = earlier
        self.lines = sorted((CaseLine(line) for line in claim.lines), key=_number)
        self.biller = claim.billing_entity_id
        self.professional = claim.claim_type == "PROFESSIONAL"
        self.institutional = not self.professional
        self.basis = visit.basis
        self.office = self.professional and visit.setting == "NON_FACILITY"
        self.hospital_physician = self.professional and visit.facility
        self.family_lines = [line for line in self.lines if line.family]
        self.stress_lines = [line for line in self.family_lines if line.stress]
        self.other_lines = [line for line in self.lines if not line.family]
        self.codes = {line.code for line in self.lines}
        self.duplicates = _duplicates(self.family_lines) if len(self.family_lines) > 1 else ()
        self.billed: frozenset[Role] = _NO_ROLES.union(*[line.roles for line in self.stress_lines])
        self.allowed = allowed_roles(claim.claim_type, visit.setting) if visit.setting and visit.basis else _NO_ROLES
        self.shape = Shape(
            self.professional,
            self.institutional,
            self.office,
            self.hospital_physician,
            several_lines=len(self.lines) > 1,
            echo=len(self.stress_lines) < len(self.family_lines),
            other_services=bool(self.other_lines),
            modifiers=any(line.modifiers for line in self.lines),
            earlier_claims=bool(earlier),
        )
        self.standing: Standing | None = stand(self) if visit.basis else None

    def diagnoses_of(self, line: CaseLine) -> Sequence[str]:
        """The diagnoses that speak for a line: those it points to; all of a hospital's claim, which has no pointers."""
        diagnoses = self.claim.diagnoses
        if self.institutional:
            return diagnoses
        return pointed_diagnoses(diagnoses, line.line.diagnosis_pointers)


def _duplicates(lines: Sequence[CaseLine]) -> tuple[CaseLine, ...]:
    """The lines with the code and the subset of {26, TC} of a lower-numbered line, neither marked as a repeat."""
    lowest: dict[tuple[str, frozenset[str]], int] = {}
    duplicates = []
    for line in lines:
        if not line.modifiers & REPEAT_MODIFIERS:
            first = lowest.setdefault((line.code, line.component_modifiers), line.number)
            if line.number > first:
                duplicates.append(line)
    return tuple(duplicates)


def _number(line: CaseLine) -> int:
    return line.number
