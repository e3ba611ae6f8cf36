"""The stress-test vocabulary: codes, roles, modifiers, and which code bills which role.

Source: CPT code structure of 93015 to 93018 and its PC/TC indicators in the Medicare fee schedule (RVU24C).
"""

from __future__ import annotations

from typing import Final, Literal

Role = Literal["technical", "supervision", "interpretation"]

ROLES: Final[tuple[Role, ...]] = ("technical", "supervision", "interpretation")
"""In the order in which findings list them."""

GLOBAL: Final = "93015"
ROLE_OF: Final[dict[str, Role]] = {"93016": "supervision", "93017": "technical", "93018": "interpretation"}
"""Component code -> the role that it bills, in code order."""

CODE_OF: Final[dict[Role, str]] = {role: code for code, role in ROLE_OF.items()}

STRESS: Final = frozenset({GLOBAL, *ROLE_OF})
ECHO: Final = frozenset({"93350", "93351"})
FAMILY: Final = STRESS | ECHO
STRESS_ECHO: Final = "93350"  # the imaging alone
COMPLETE_STRESS_ECHO: Final = "93351"  # the imaging and every stress component, by one physician

DOCUMENT_ROLE: Final[dict[Role, str]] = {
    "technical": "TECHNICIAN",
    "supervision": "SUPERVISING_PHYSICIAN",
    "interpretation": "INTERPRETING_PHYSICIAN",
}

PROFESSIONAL_COMPONENT: Final = "26"
TECHNICAL_COMPONENT: Final = "TC"
COMPONENT_MODIFIERS: Final = frozenset({PROFESSIONAL_COMPONENT, TECHNICAL_COMPONENT})
OFF_CAMPUS_MODIFIERS: Final = frozenset({"PO", "PN"})
REPEAT_MODIFIERS: Final = frozenset({"76", "77"})
SEPARATE_SERVICE_MODIFIERS: Final = frozenset({"59", "XE", "XS", "XP", "XU"})

_ALL: Final = frozenset(ROLES)
_PROFESSIONAL_ROLES: Final[frozenset[Role]] = frozenset({"supervision", "interpretation"})
_TECHNICAL_ROLES: Final[frozenset[Role]] = frozenset({"technical"})
_NONE: Final[frozenset[Role]] = frozenset()
_COMPONENT: Final[dict[str, frozenset[Role]]] = {code: frozenset({role}) for code, role in ROLE_OF.items()}


def split_by_modifier(component_modifiers: frozenset[str]) -> frozenset[Role]:
    """Roles of a code that covers all three, by its subset of {26, TC}: both or neither leave it whole."""
    if len(component_modifiers) != 1:
        return _ALL
    return _PROFESSIONAL_ROLES if PROFESSIONAL_COMPONENT in component_modifiers else _TECHNICAL_ROLES


def billed_roles(code: str, component_modifiers: frozenset[str]) -> frozenset[Role]:
    """The roles that one line bills; none for a code that is not a stress test's own."""
    if code == GLOBAL:
        return split_by_modifier(component_modifiers)
    return _COMPONENT.get(code, _NONE)


def allowed_roles(claim_type: str, setting: str) -> frozenset[Role]:
    """The roles that a claim of this type may bill in this setting; in a facility the tracing is the hospital's."""
    if claim_type == "INSTITUTIONAL":
        return _TECHNICAL_ROLES
    return _PROFESSIONAL_ROLES if setting == "FACILITY" else _ALL
