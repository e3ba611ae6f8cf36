"""Whether a line bills again what an earlier claim of the same biller bills: by the same code, or by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.codes import COMPLETE_STRESS_ECHO, GLOBAL, STRESS_ECHO
from streams.standing import service_modifiers

if TYPE_CHECKING:
    from streams.case import Case, CaseLine


def repeats_earlier_claim(case: Case, line: CaseLine) -> bool:
    """The same service stands on an earlier claim under the same code: a duplicate."""
    standing = case.standing
    if standing is None:
        return False
    if line.echo:
        return (line.code, service_modifiers(case, line)) in standing.earlier_services
    return any(standing.earlier_roles.get(role) == line.code for role in line.roles)


def overlaps_earlier_claim(case: Case, line: CaseLine) -> bool:
    """What the line bills stands on an earlier claim under another code. Never true of a duplicate."""
    standing = case.standing
    if repeats_earlier_claim(case, line) or standing is None:
        return False
    if COMPLETE_STRESS_ECHO in standing.earlier_echo and line.code != COMPLETE_STRESS_ECHO:
        return True
    if line.code == GLOBAL and STRESS_ECHO in standing.earlier_echo:
        return True
    return any(role in standing.earlier_roles for role in line.roles)
