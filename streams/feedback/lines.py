"""Lines: which claim line each line of a remittance answers. Payers echo line numbers, drop them, or change codes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from schemas.remittance import RemittanceLine
    from streams.feedback.release import BilledLine


class Name(NamedTuple):
    """What tells an answered line from the others of its claim revision: its number.

    A line that nobody billed and that has no number of its own goes by code and modifiers, counted from 1.
    """

    code: str
    modifiers: str
    number: int


def numbered(number: int) -> Name:
    """The name of a line that goes by its number."""
    return Name("", "", number)


class Answered(NamedTuple):
    """One claim line and what a remittance says of it.

    billed  its place among the billed lines, None if the payer changed the code or answers what was not billed
    lines   of the remittance, several where the payer split it
    """

    billed: int | None
    lines: tuple[RemittanceLine, ...]


def answered_lines(billed: Sequence[BilledLine], lines: Sequence[RemittanceLine]) -> dict[Name, Answered]:
    """The answered lines by name."""
    found: dict[Name, Answered] = {}
    strangers = []
    for place, line in zip(match(billed, lines), lines, strict=True):
        if place is None:
            strangers.append(line)
        else:
            name = numbered(billed[place].number)
            parts = found[name].lines if name in found else ()
            found[name] = Answered(place, (*parts, line))
    for line in strangers:
        found[_name(line, found)] = Answered(None, (line,))
    return found


def _name(line: RemittanceLine, taken: Container[Name]) -> Name:
    """A name for a line that answers no billed one."""
    if line.line_number is not None and numbered(line.line_number) not in taken:
        return numbered(line.line_number)
    modifiers = " ".join(sorted(line.modifiers))
    names = (Name(line.procedure_code, modifiers, count) for count in itertools.count(1))
    return next(name for name in names if name not in taken)


def match(billed: Sequence[BilledLine], lines: Sequence[RemittanceLine]) -> list[int | None]:
    """The place in `billed` of what each of `lines` answers, None for none.

    By number and code; else the first that is free with the code, modifiers and date; else the first that is free with
    the code. A billed line is free if no line of the remittance names it by number and none before took it.
    """
    found = [_numbered(billed, line) for line in lines]
    free = [place for place in range(len(billed)) if place not in found]
    for at, line in enumerate(lines):
        if found[at] is None:
            same_code = [place for place in free if billed[place].code == line.procedure_code]
            same_service = [place for place in same_code if _same_service(billed[place], line)]
            for place in (same_service or same_code)[:1]:
                free.remove(place)
                found[at] = place
    return found


def _numbered(billed: Sequence[BilledLine], line: RemittanceLine) -> int | None:
    for place, each in enumerate(billed):
        if each.number == line.line_number and each.code == line.procedure_code:
            return place
    return None


def _same_service(billed: BilledLine, line: RemittanceLine) -> bool:
    return billed.modifiers == tuple(sorted(line.modifiers)) and billed.service_date == line.service_date
