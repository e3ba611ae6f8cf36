"""Ownership: did this biller furnish what it bills?

A role has one owner, so two entities can never both pass with the same component. An owner that nobody has recorded
matters only for a role that the claim bills and may bill in its setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.codes import COMPLETE_STRESS_ECHO, GLOBAL, PROFESSIONAL_COMPONENT, ROLE_OF, ROLES, TECHNICAL_COMPONENT
from streams.edits import BuiltInEdit, Hit, Proposal, declare, listed
from streams.standing import complete_echo_roles, role_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.case import Case

edit = declare("OWNERSHIP", confirmable=False)

_COMPONENTS = "Component billing by the entity that furnished the part (CPT 93015 to 93018)"
_MANUAL = "Medicare Claims Processing Manual (100-04), chapter 13, section 150"
_CODE = "claim.lines[n].procedure_code"
_BILLER = "claim.billing_entity_id"
_OWNERSHIP = "encounter.ownership"


@edit(
    "ownership-unknown",
    "HOLD",
    Proposal.BLOCKING,
    basis=True,
    remedy="Record who furnished the role.",
    source=_COMPONENTS,
    reads=(_OWNERSHIP, "claim.lines[].procedure_code"),
)
def unknown(case: Case) -> Iterator[Hit]:
    """A role that the claim bills, and may bill here, has no recorded owner."""
    wanted = case.billed & case.allowed
    roles = [role for role in ROLES if role in wanted and case.visit.owners[role] is None]
    if roles:
        yield None, f"Nobody is recorded as having furnished {listed([*roles])}."


@edit(
    "ownership-documented-by-other-entity",
    "HOLD",
    Proposal.BLOCKING,
    basis=True,
    remedy="Correct the owner on the encounter, or the document.",
    source=_COMPONENTS,
    reads=(_OWNERSHIP, "documentation.entity_id"),
)
def documented_by_other_entity(case: Case) -> Iterator[Hit]:
    """A billed role has a final document of another entity than its recorded owner."""
    wanted = case.billed & case.allowed
    for role in ROLES:
        owner = case.visit.owners[role]
        if role in wanted and owner is not None:
            document = case.visit.final(role)
            if document is not None and document.entity_id != owner:
                yield (
                    role_line(case, role),
                    f"{role.capitalize()} is owned by {owner} and documented by {document.entity_id}.",
                )


@edit(
    "ownership-not-owner",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    remedy="Drop the line; the owner of the component bills it.",
    source=_COMPONENTS,
    reads=(_OWNERSHIP, _BILLER, _CODE),
)
def not_owner(case: Case) -> Iterator[Hit]:
    """A line bills one component (a hospital's 93015: the tracing) whose recorded owner is another entity."""
    for line in case.stress_lines:
        if line.code != GLOBAL:
            role = ROLE_OF[line.code]
        elif case.institutional and (
            PROFESSIONAL_COMPONENT not in line.modifiers or TECHNICAL_COMPONENT in line.modifiers
        ):
            role = "technical"
        else:
            continue
        owner = case.visit.owners[role]
        if role in case.allowed and owner is not None and owner != case.biller:
            yield line.number, f"Line {line.number} ({line.code}) is billed by {case.biller}; {owner} owns {role}."


@edit(
    "ownership-global-split",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("office",),
    remedy="Bill only the components that this entity furnished, each by its own code.",
    source=_MANUAL,
    reads=(_OWNERSHIP, _BILLER, _CODE),
)
def global_split(case: Case) -> Iterator[Hit]:
    """A professional 93015 outside a facility covers a role of another entity, or spans two payment localities."""
    if not case.office or case.encounter is None:
        return
    for line in case.stress_lines:
        if line.code == GLOBAL:
            owners = case.visit.owners
            others = [role for role in ROLES if role in line.roles and owners[role] not in (None, case.biller)]
            if others:
                owned = listed([f"{role} is owned by {owners[role]}" for role in others])
                yield line.number, f"Line {line.number} bills 93015 (global) for {case.biller}, but {owned}."
            elif not case.encounter.ownership.one_locality:
                yield line.number, f"Line {line.number} bills 93015 (global) across two payment localities."


@edit(
    "ownership-stress-echo-split",
    "HOLD",
    basis=True,
    needs=("echo",),
    remedy="Bill 93350 with the components that this entity furnished, or correct the owner.",
    source="CPT guidance on 93350 and 93351",
    reads=(_OWNERSHIP, _BILLER, _CODE, "claim.lines[n].modifiers"),
)
def stress_echo_split(case: Case) -> Iterator[Hit]:
    """A standing 93351 covers a role whose owner is another entity or not recorded."""
    for line in case.standing.echo if case.standing else ():
        if line.code == COMPLETE_STRESS_ECHO:
            roles = complete_echo_roles(case, line.component_modifiers)
            owners = case.visit.owners
            others = [role for role in ROLES if role in roles and owners[role] != case.biller]
            if others:
                owned = listed([f"{role} is owned by {owners[role] or 'nobody on record'}" for role in others])
                yield line.number, f"Line {line.number} bills 93351 for {case.biller}, but {owned}."


EDITS: tuple[BuiltInEdit, ...] = (
    unknown,
    documented_by_other_entity,
    not_owner,
    global_split,
    stress_echo_split,
)
