"""Rebuild: the claim as it should have been built, from its own lines and what of them stands.

Nothing is guessed: no bypass modifier is added, no diagnosis changed, no role added that was not billed. A claim whose
lines are right comes out as it went in, and a proposal sent back as the next revision has nothing left to rebuild.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.decision import Rebuild
from schemas.record import CENTS_MAX, INT_MAX
from streams.codes import (
    CODE_OF,
    COMPLETE_STRESS_ECHO,
    COMPONENT_MODIFIERS,
    GLOBAL,
    OFF_CAMPUS_MODIFIERS,
    PROFESSIONAL_COMPONENT,
    ROLES,
    SEPARATE_SERVICE_MODIFIERS,
    STRESS,
    Role,
)
from streams.gates.coding import MODIFIERS_PER_LINE, unbundling_lines
from streams.gates.diagnosis import MOST_POINTERS
from streams.gates.site_of_service import required_off_campus
from streams.leftover import why_echo, why_stress
from streams.pairs import bundled_lines
from streams.standing import in_order, technical_echo_in_facility

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from schemas.claim import Line
    from streams.case import Case, CaseLine
    from streams.standing import Standing


@dataclass(slots=True)
class _Draft:
    """A line on its way to the proposal. `sources` are the claim lines that it comes from, in line_number order."""

    sources: tuple[CaseLine, ...]
    code: str
    modifiers: tuple[str, ...]
    charge: int
    number: int | None  # None: takes the next number above the claim's highest
    pointers: tuple[int, ...]
    rendering_npi: str | None

    def line(self, number: int) -> Line:
        """The finished claim line; what no step touched is copied from the first source."""
        first = self.sources[0].line
        return first.model_copy(
            update={
                "line_number": number,
                "procedure_code": self.code,
                "modifiers": self.modifiers,
                "units": 1 if self.sources[0].family and first.units > 1 else first.units,
                "diagnosis_pointers": self.pointers,
                "charge_cents": self.charge,
                "rendering_npi": self.rendering_npi,
            }
        )


@dataclass(slots=True)
class _Work:
    """The claim's lines while they are worked on: modifiers and charge per line, who was dropped, and the notes."""

    modifiers: dict[CaseLine, tuple[str, ...]]
    charge: dict[CaseLine, int]
    dropped: set[CaseLine] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def drop(self, line: CaseLine, why: str) -> None:
        """Leave `line` out of the proposal."""
        if line not in self.dropped:
            self.dropped.add(line)
            self.notes.append(f"Line {line.number} ({line.code}) dropped: {why}.")

    def draft(self, line: CaseLine) -> _Draft:
        """`line` kept, with its own charge."""
        return _Draft(
            sources=(line,),
            code=line.code,
            modifiers=self.modifiers[line],
            charge=self.charge[line],
            number=line.number,
            pointers=line.line.diagnosis_pointers,
            rendering_npi=line.line.rendering_npi,
        )


def void(note: str) -> Rebuild:
    """Nothing of the claim stands: the builder withdraws it, or voids it at the payer (frequency code 8)."""
    return Rebuild(void=True, lines=(), place_of_service=None, notes=(note,))


def propose(case: Case) -> Rebuild | None:
    """The proposal for a claim on a basis; None where no line can say it.

    That is: a stress-test line has a negative charge, or a line would end with more than four modifiers or with GZ
    beside GA or GY, or no record could hold its number or charge.
    """
    standing = case.standing
    if standing is None or case.encounter is None or any(line.line.charge_cents < 0 for line in case.family_lines):
        return None
    work = _Work(
        {line: line.line.modifiers for line in case.lines}, {line: line.line.charge_cents for line in case.lines}
    )
    _one_unit(case, work)
    _site_modifiers(case, work)
    _without_repeats(case, standing, work)
    drafts = [*_echo_lines(case, standing, work), *_stress_lines(case, standing, work)]
    _without_component_modifiers(drafts, unbundling_lines(case), work)
    for line, code in bundled_lines(case):
        work.drop(line, f"it is part of {code}")
    drafts.extend(work.draft(line) for line in case.other_lines if line not in work.dropped)
    lines = _numbered(drafts, case)
    if any(_impossible(line) for line in lines):
        return None
    if not lines:
        return Rebuild(void=True, lines=(), place_of_service=None, notes=tuple(work.notes))
    place = case.encounter.place_of_service if case.professional else None
    if case.professional and place != case.claim.place_of_service:
        work.notes.append(f"Place of service set to {place}, where the test was done.")
    return Rebuild(void=False, lines=lines, place_of_service=place, notes=tuple(work.notes))


def _one_unit(case: Case, work: _Work) -> None:
    for line in case.family_lines:
        if line.line.units > 1:
            work.charge[line] = line.line.charge_cents // line.line.units
            work.notes.append(f"Line {line.number} ({line.code}): 1 unit instead of {line.line.units}.")


def _site_modifiers(case: Case, work: _Work) -> None:
    """PO and PN as the registration asks; in a facility the physician's echo carries 26, and never bills TC alone."""
    required = required_off_campus(case)
    for line in case.lines:
        if line.modifiers & OFF_CAMPUS_MODIFIERS != required:
            work.modifiers[line] = _without(work.modifiers[line], OFF_CAMPUS_MODIFIERS) + tuple(sorted(required))
            work.notes.append(f"Line {line.number} ({line.code}): {'/'.join(sorted(required)) or 'no PO or PN'}.")
    if case.hospital_physician:
        for line in case.family_lines:
            if technical_echo_in_facility(case, line):
                work.drop(line, "the facility bills the technical part")
            elif line.echo and not line.component_modifiers:
                work.modifiers[line] = (PROFESSIONAL_COMPONENT, *work.modifiers[line])
                work.notes.append(f"Line {line.number} ({line.code}): 26 added.")


def _without_repeats(case: Case, standing: Standing, work: _Work) -> None:
    for line in case.duplicates:
        work.drop(line, "it repeats another line")
    for line in case.family_lines:
        if line.echo and line not in standing.echo and line not in work.dropped:
            work.drop(line, why_echo(case, standing, line))


def _echo_lines(case: Case, standing: Standing, work: _Work) -> list[_Draft]:
    """The standing echo lines, or the one 93351 that a 93350 and a 93015 of one physician should have been."""
    if standing.merge is None:
        return [work.draft(line) for line in standing.echo]
    imaging, stress = standing.merge
    for line in case.family_lines:
        if line not in standing.merge:
            work.drop(line, "93351 contains it")
    work.notes.append(f"Lines {imaging.number} and {stress.number}: one 93351 instead of 93350 and 93015.")
    shares = _shares(case, work.charge[stress], stress.roles)
    merged = _merged(COMPLETE_STRESS_ECHO, (imaging, stress), work)
    merged.charge = work.charge[imaging] + sum(shares[role] for role in case.allowed)
    merged.rendering_npi = imaging.line.rendering_npi
    return [merged]


def _stress_lines(case: Case, standing: Standing, work: _Work) -> list[_Draft]:
    """The standing roles as one 93015 or as components, each from the line that supplies it."""
    if standing.merge:
        return []
    if standing.is_global:
        drafts = [work.draft(standing.whole)] if standing.whole else [_global(case, standing, work)]
    else:
        drafts = _components(case, standing, work)
    used = {source for draft in drafts for source in draft.sources}
    for line in case.stress_lines:
        if line not in used and line not in work.dropped:
            work.drop(line, why_stress(case, standing, line))
    return drafts


def _global(case: Case, standing: Standing, work: _Work) -> _Draft:
    """One 93015 from the lines that supply its three roles."""
    supply = standing.supply
    lines = in_order(supply.values())
    merged = _merged(GLOBAL, lines, work)
    merged.charge = sum(_supplied(case, line, [role for role in ROLES if supply[role] is line], work) for line in lines)
    physicians = (supply[role].line.rendering_npi for role in ("interpretation", "supervision", "technical"))
    merged.rendering_npi = next((npi for npi in physicians if npi and not npi.isspace()), None)
    work.notes.append(f"Lines {', '.join(str(line.number) for line in lines)}: one 93015.")
    return merged


def _components(case: Case, standing: Standing, work: _Work) -> list[_Draft]:
    """Each standing role by its own code: its component line as it is, or a new line with its share of a 93015."""
    drafts = []
    split: set[CaseLine] = set()
    by_source = sorted(standing.supply.items(), key=lambda item: (item[1].number, CODE_OF[item[0]]))
    for role, line in by_source:
        draft = work.draft(line)
        if line.code == GLOBAL:
            draft.code = CODE_OF[role]
            draft.charge = _supplied(case, line, [role], work)
            draft.number = None if line in split else line.number
            split.add(line)
            work.notes.append(f"Line {line.number} (93015): {draft.code} for {role}.")
        drafts.append(draft)
    return drafts


def _supplied(case: Case, line: CaseLine, roles: Iterable[Role], work: _Work) -> int:
    """What of a line's charge is for these roles, in cents."""
    if line.code != GLOBAL:
        return work.charge[line]
    shares = _shares(case, work.charge[line], line.roles)
    return sum(shares[role] for role in roles)


def _shares(case: Case, charge: int, roles: Collection[Role]) -> dict[Role, int]:
    """A 93015's charge split over the roles that it bills, in cents, by `charge_shares`."""
    return charge_shares(charge, roles, case.reference.charge_weights)


def charge_shares(charge: int, roles: Collection[Role], weights: Mapping[str, int]) -> dict[Role, int]:
    """Split `charge` cents over `roles` by the relative values of their codes; the shares sum to the charge.

    Rounded down, the cents left over to the largest remainders, ties in code order. `weights`: code -> relative value.
    """
    codes = sorted(CODE_OF[role] for role in roles)
    total = sum(weights[code] for code in codes)
    exact = {code: divmod(charge * weights[code], total) for code in codes}
    left = charge - sum(share for share, _ in exact.values())
    first = sorted(codes, key=lambda code: -exact[code][1])[:left]
    return {role: exact[CODE_OF[role]][0] + (CODE_OF[role] in first) for role in roles}


def _merged(code: str, lines: tuple[CaseLine, ...], work: _Work) -> _Draft:
    """A line made of several: the lowest number, all modifiers once, the first four pointers; charge is set after."""
    ordered = in_order(lines)
    return _Draft(
        sources=ordered,
        code=code,
        modifiers=tuple(dict.fromkeys(modifier for line in ordered for modifier in work.modifiers[line])),
        charge=0,
        number=ordered[0].number,
        pointers=tuple(dict.fromkeys(pointer for line in ordered for pointer in line.line.diagnosis_pointers))[
            :MOST_POINTERS
        ],
        rendering_npi=None,
    )


def _without_component_modifiers(drafts: list[_Draft], unbundling: Collection[CaseLine], work: _Work) -> None:
    """Take 26 and TC from stress codes, and 59 or X from each line that they could not separate."""
    for draft in drafts:
        if len(draft.sources) > 1:
            # A merged line unites what is left of each source, so strip each before it is united.
            kept = [_stripped(work.modifiers[source], source.code, source in unbundling) for source in draft.sources]
            draft.modifiers = tuple(dict.fromkeys(modifier for modifiers in kept for modifier in modifiers))
        else:
            source = draft.sources[0]
            modifiers = _stripped(draft.modifiers, draft.code, source in unbundling)
            if modifiers != draft.modifiers:
                gone = [modifier for modifier in draft.modifiers if modifier not in modifiers]
                work.notes.append(f"Line {source.number} ({draft.code}): {', '.join(gone)} removed.")
                draft.modifiers = modifiers


def _stripped(modifiers: tuple[str, ...], code: str, unbundling: bool) -> tuple[str, ...]:  # noqa: FBT001
    if code in STRESS:
        modifiers = _without(modifiers, COMPONENT_MODIFIERS)
    return _without(modifiers, SEPARATE_SERVICE_MODIFIERS) if unbundling else modifiers


def _without(modifiers: tuple[str, ...], unwanted: Collection[str]) -> tuple[str, ...]:
    return tuple([modifier for modifier in modifiers if modifier not in unwanted])


def _numbered(drafts: list[_Draft], case: Case) -> tuple[Line, ...]:
    """The drafts as lines in line_number order; further lines of one source count on from the claim's highest."""
    following = case.lines[-1].number + 1 if case.lines else 1
    lines = []
    for draft in drafts:
        number = draft.number
        if number is None:
            number, following = following, following + 1
        lines.append(draft.line(number))
    return tuple(sorted(lines, key=lambda line: line.line_number))


def _impossible(line: Line) -> bool:
    """A line that no claim form takes, or whose number or charge no record holds."""
    modifiers = line.modifiers
    return (
        len(modifiers) > MODIFIERS_PER_LINE
        or ("GZ" in modifiers and ("GA" in modifiers or "GY" in modifiers))
        or line.line_number > INT_MAX
        or line.charge_cents > CENTS_MAX
    )
