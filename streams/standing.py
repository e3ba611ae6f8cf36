"""What of a claim stands: the roles and echo services that this biller may bill here and has not billed before.

Everything that compares a claim with itself or with its earlier claims (overlaps, global or parts, bundling, which
documents to ask for) and the rebuild start from this one answer, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.codes import (
    CODE_OF,
    COMPLETE_STRESS_ECHO,
    GLOBAL,
    PROFESSIONAL_COMPONENT,
    ROLE_OF,
    ROLES,
    TECHNICAL_COMPONENT,
    Role,
    split_by_modifier,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.case import Case, CaseLine

_WITH_26 = frozenset({PROFESSIONAL_COMPONENT})


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of one claim.

    roles        standing stress roles
    echo         standing echo lines, in line_number order; not empty and unused when `merge` is set
    echo_codes   their codes; after a merge the one code 93351
    merge        the (93350, 93015) lines of one physician that together are one 93351, if any
    is_global    all roles stand together as one 93015
    whole        the first 93015 line without 26 and without TC, if any
    supply       standing role -> the line that supplies it
    documented   the roles whose documents the chart must hold, in ROLES order
    earlier_*    the same of all earlier claims together; earlier_codes: standing role -> its code there
    """

    roles: frozenset[Role]
    echo: tuple[CaseLine, ...]
    echo_codes: frozenset[str]
    services: frozenset[tuple[str, frozenset[str]]]
    merge: tuple[CaseLine, CaseLine] | None
    is_global: bool
    whole: CaseLine | None
    supply: dict[Role, CaseLine]
    documented: tuple[Role, ...]
    earlier_roles: dict[Role, str]
    earlier_echo: frozenset[str]
    earlier_services: frozenset[tuple[str, frozenset[str]]]

    def codes(self) -> dict[str, tuple[CaseLine, ...]]:
        """The standing codes, each with the lines that bill it in line_number order."""
        codes: dict[str, tuple[CaseLine, ...]] = {}
        if self.is_global:
            codes[GLOBAL] = (self.whole,) if self.whole else in_order(self.supply.values())
        else:
            codes.update((CODE_OF[role], (line,)) for role, line in self.supply.items())
        if self.merge:
            codes[COMPLETE_STRESS_ECHO] = in_order(self.merge)
        else:
            for code in self.echo_codes:
                codes[code] = tuple(line for line in self.echo if line.code == code)
        return codes


def in_order(lines: Iterable[CaseLine]) -> tuple[CaseLine, ...]:
    """Each line once, in line_number order."""
    return tuple(sorted(dict.fromkeys(lines), key=lambda line: line.number))


def stand(case: Case) -> Standing:
    """What of `case` stands, given what stands of its earlier claims. The case must have a basis."""
    before = [earlier.standing for earlier in case.earlier if earlier.standing]
    earlier_roles = {
        role: GLOBAL if standing.is_global else CODE_OF[role] for standing in before for role in standing.roles
    }
    earlier_echo = frozenset().union(*[standing.echo_codes for standing in before])
    earlier_services = frozenset().union(*[standing.services for standing in before])

    echo = (
        _standing_echo(case, earlier_echo, earlier_services) if len(case.stress_lines) < len(case.family_lines) else ()
    )
    merge = None if earlier_roles or earlier_echo else _echo_merge(case, echo)
    if merge:
        echo_codes = frozenset({COMPLETE_STRESS_ECHO})
        services = frozenset({(COMPLETE_STRESS_ECHO, _WITH_26 if case.visit.facility else frozenset())})
    else:
        echo_codes = frozenset([line.code for line in echo])
        services = frozenset([(line.code, service_modifiers(case, line)) for line in echo])

    if COMPLETE_STRESS_ECHO in echo_codes or COMPLETE_STRESS_ECHO in earlier_echo:
        roles: frozenset[Role] = frozenset()
    else:
        owners = case.visit.owners
        roles = frozenset(
            [
                role
                for role in case.billed & case.allowed
                if owners[role] in (None, case.biller) and role not in earlier_roles
            ]
        )
    whole = next((line for line in case.stress_lines if line.code == GLOBAL and not line.component_modifiers), None)
    supply = {role: _supply(role, case.stress_lines) for role in ROLES if role in roles}
    return Standing(
        roles=roles,
        echo=echo,
        echo_codes=echo_codes,
        services=services,
        merge=merge,
        is_global=_is_global(case, roles, supply, whole, echo_codes or earlier_echo),
        whole=whole,
        supply=supply,
        documented=_documented(case, roles, echo, merge),
        earlier_roles=earlier_roles,
        earlier_echo=earlier_echo,
        earlier_services=earlier_services,
    )


def service_modifiers(case: Case, line: CaseLine) -> frozenset[str]:
    """An echo line's subset of {26, TC}, as it will be once a facility's missing 26 is added."""
    if not line.component_modifiers and case.hospital_physician:
        return _WITH_26
    return line.component_modifiers


def technical_echo_in_facility(case: Case, line: CaseLine) -> bool:
    """A physician's echo line for the technical part alone, where the hospital bills that part."""
    return case.hospital_physician and line.echo and line.component_modifiers == {TECHNICAL_COMPONENT}


def _standing_echo(
    case: Case, earlier_codes: frozenset[str], earlier_services: Iterable[tuple[str, frozenset[str]]]
) -> tuple[CaseLine, ...]:
    """The echo lines less the hospital's technical part, repeats, and 93350 beside 93351."""
    seen = set(earlier_services)
    standing = []
    for line in case.family_lines:
        if not line.echo or technical_echo_in_facility(case, line):
            continue
        service = (line.code, service_modifiers(case, line))
        if service not in seen:
            seen.add(service)
            standing.append(line)
    if COMPLETE_STRESS_ECHO in earlier_codes or any(line.code == COMPLETE_STRESS_ECHO for line in standing):
        standing = [line for line in standing if line.code == COMPLETE_STRESS_ECHO]
    return tuple(standing)


def _echo_merge(case: Case, echo: Sequence[CaseLine]) -> tuple[CaseLine, CaseLine] | None:
    """The first 93350 and 93015 lines of one physician and day that should have been billed as one 93351."""
    encounter, owners = case.encounter, case.visit.owners
    if not echo or not case.professional or COMPLETE_STRESS_ECHO in case.codes or GLOBAL not in case.codes:
        return None
    if encounter is None or not encounter.ownership.one_locality:
        return None
    if any(owners[role] != case.biller for role in case.allowed):
        return None
    for imaging in echo:
        # On a facility's claim 26 is right; in an office either modifier says that somebody else did a part.
        if TECHNICAL_COMPONENT in imaging.modifiers or (imaging.component_modifiers and not case.visit.facility):
            continue
        physician = imaging.line.rendering_npi
        if not physician or physician.isspace():
            continue
        for stress in case.stress_lines:
            if (
                stress.code == GLOBAL
                and not stress.component_modifiers
                and stress not in case.duplicates
                and stress.line.rendering_npi == physician
                and stress.line.service_date == imaging.line.service_date
            ):
                return imaging, stress
    return None


def _supply(role: Role, stress_lines: Sequence[CaseLine]) -> CaseLine:
    """The lowest-numbered component line of a role, else the lowest-numbered 93015 line that bills it."""
    lines = [line for line in stress_lines if role in line.roles]
    return next((line for line in lines if ROLE_OF.get(line.code) == role), lines[0])


def _is_global(
    case: Case,
    roles: frozenset[Role],
    supply: dict[Role, CaseLine],
    whole: CaseLine | None,
    echo: frozenset[str],
) -> bool:
    """Whether all three roles stand together, furnished by one entity in one locality, as one 93015."""
    if len(roles) < len(ROLES) or echo or not case.office:
        return False
    if case.encounter is None or not case.encounter.ownership.one_locality:
        return False
    return whole is not None or len({line.line.service_date for line in supply.values()}) == 1


def complete_echo_roles(case: Case, component_modifiers: frozenset[str]) -> frozenset[Role]:
    """The roles inside a 93351 line: all of the place, unless 26 or TC (not both) names a part."""
    roles = split_by_modifier(component_modifiers)
    return case.allowed if len(roles) == len(ROLES) else roles


def _documented(
    case: Case, roles: frozenset[Role], echo: Sequence[CaseLine], merge: tuple[CaseLine, CaseLine] | None
) -> tuple[Role, ...]:
    """The standing roles and those inside a standing 93351."""
    if merge:
        roles = roles | case.allowed
    else:
        for line in echo:
            if line.code == COMPLETE_STRESS_ECHO:
                roles = roles | complete_echo_roles(case, line.component_modifiers)
    return tuple([role for role in ROLES if role in roles])


def role_line(case: Case, role: Role) -> int | None:
    """The line that findings about `role` point at: its supply, else the lowest line that bills it (93351 too)."""
    standing = case.standing
    if standing and role in standing.supply:
        return standing.supply[role].number
    lines = (
        line.number
        for line in case.family_lines
        if role in line.roles
        or (line.code == COMPLETE_STRESS_ECHO and role in complete_echo_roles(case, line.component_modifiers))
    )
    return next(lines, None)
