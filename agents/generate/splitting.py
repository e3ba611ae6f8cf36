"""A global line taken apart: what a party may bill of it, by component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.catalogue import CODE_OF, ROLES, WEIGHT_OF, Role, shares

if TYPE_CHECKING:
    from agents.generate.case import Bill
    from agents.generate.drafts import LineDraft


def split_global(
    bill: Bill, line: LineDraft, stands: tuple[Role, ...], billed: tuple[Role, ...] = ROLES
) -> list[LineDraft]:
    """One line for each role of `stands`, in code order, with its share of what `line` charged for the roles `billed`.

    The first takes the number of `line`, further ones go above the highest on the claim. 26 and TC fall away.
    """
    split = shares(line.charge_cents, billed)
    roles = [role for role in WEIGHT_OF if role in stands]
    above = bill.next_number
    numbers = [line.line_number, *range(above, above + len(roles))]
    modifiers = [modifier for modifier in line.modifiers if modifier not in ("26", "TC")]
    return [
        copied(line, line_number=number, procedure_code=CODE_OF[role], charge_cents=split[role], modifiers=modifiers)
        for number, role in zip(numbers, roles, strict=False)
    ]
