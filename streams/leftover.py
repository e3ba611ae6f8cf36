"""Why a stress-test or echo line has no place in the proposal, for the person who reads its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.codes import COMPLETE_STRESS_ECHO, GLOBAL, ROLES, Role
from streams.overlap import repeats_earlier_claim

if TYPE_CHECKING:
    from streams.case import Case, CaseLine
    from streams.standing import Standing

_PART: Final[dict[Role, str]] = {
    "technical": "technical part",
    "supervision": "supervision",
    "interpretation": "interpretation",
}
_FACILITY_BILLS = "the facility bills the technical part"
_CONTAINED = "the {} kept on this claim contains it"
_CONTAINED_EARLIER = "the {} on an earlier claim contains it"


def why_echo(case: Case, standing: Standing, line: CaseLine) -> str:
    """Why an echo line does not stand."""
    if repeats_earlier_claim(case, line):
        return f"{line.code} stands on an earlier claim"
    if line.code != COMPLETE_STRESS_ECHO:
        if COMPLETE_STRESS_ECHO in standing.echo_codes:
            return _CONTAINED.format(COMPLETE_STRESS_ECHO)
        if COMPLETE_STRESS_ECHO in standing.earlier_echo:
            return _CONTAINED_EARLIER.format(COMPLETE_STRESS_ECHO)
    return "it repeats another line"


def why_stress(case: Case, standing: Standing, line: CaseLine) -> str:
    """Why a stress line supplies nothing: for each role that it bills, each reason once."""
    return "; ".join(dict.fromkeys([_why_role(case, standing, line, role) for role in ROLES if role in line.roles]))


def _why_role(case: Case, standing: Standing, line: CaseLine, role: Role) -> str:
    part = _PART[role]
    if role not in case.allowed:
        return f"a hospital's claim may not bill the {part}" if case.institutional else _FACILITY_BILLS
    if case.visit.owners[role] not in {None, case.biller}:
        return f"another entity furnished the {part}"
    if COMPLETE_STRESS_ECHO in standing.echo_codes:
        return _CONTAINED.format(COMPLETE_STRESS_ECHO)
    if COMPLETE_STRESS_ECHO in standing.earlier_echo:
        return _CONTAINED_EARLIER.format(COMPLETE_STRESS_ECHO)
    if role in standing.earlier_roles:
        return f"{standing.earlier_roles[role]} on an earlier claim bills the {part}"
    kept = standing.whole if standing.is_global and standing.whole else standing.supply[role]
    if (kept.code, kept.component_modifiers) == (line.code, line.component_modifiers):
        return f"it repeats line {kept.number}"
    return _CONTAINED.format(GLOBAL) if standing.is_global else f"line {kept.number} bills the {part}"
