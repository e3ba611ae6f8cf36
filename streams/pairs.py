"""NCCI procedure-to-procedure pairs between the standing stress-test codes of a claim and its other lines.

A pair counts when both services are of one day. A standing code made from several lines pairs by any of them, and a
bypass modifier counts on the line that pairs. Without a basis the stress-test codes count as billed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.reference import BYPASS_MODIFIERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from streams.case import Case, CaseLine

FIRST_VISIT, LAST_VISIT = "99202", "99499"
CLINIC_VISIT = "G0463"


def is_evaluation(code: str) -> bool:
    """Whether a code is an evaluation and management visit."""
    return code == CLINIC_VISIT or (len(code) == len(FIRST_VISIT) and FIRST_VISIT <= code <= LAST_VISIT)


def bundled_lines(case: Case) -> list[tuple[CaseLine, str]]:
    """Other lines that are column 2 of an indicator 0 pair, each with the standing code that contains it."""
    found = []
    for line in case.other_lines:
        for code, billing in _partners(case, line):
            on = line.line.service_date
            if any(supply.line.service_date == on for supply in billing) and "0" in _indicators(
                case, code, line.code, on
            ):
                found.append((line, code))
                break
    return found


def stress_lines_bundled_into_others(case: Case) -> list[tuple[CaseLine, str, str]]:
    """Standing codes that are column 2 of an indicator 0 pair: (lowest line that pairs, its code, the other code)."""
    found: dict[int, tuple[CaseLine, str, str]] = {}
    for line in case.other_lines:
        for code, billing in _partners(case, line):
            on = line.line.service_date
            if "0" in _indicators(case, line.code, code, on):
                supply = next((supply for supply in billing if supply.line.service_date == on), None)
                if supply:
                    found.setdefault(id(supply), (supply, code, line.code))
    return sorted(found.values(), key=lambda hit: hit[0].number)


def separable_pairs(case: Case) -> list[tuple[CaseLine, str, str]]:
    """Indicator 1 pairs that no modifier separates: (line of column 2, column 1, column 2), one for each line."""
    found: dict[int, tuple[CaseLine, str, str]] = {}
    for line in case.other_lines:
        if line.modifiers & BYPASS_MODIFIERS:
            continue
        on = line.line.service_date
        for code, billing in _partners(case, line):
            supply = next(
                (
                    supply
                    for supply in billing
                    if supply.line.service_date == on and not supply.modifiers & BYPASS_MODIFIERS
                ),
                None,
            )
            if supply is None:
                continue
            if "1" in _indicators(case, code, line.code, on):
                found.setdefault(id(line), (line, code, line.code))
            if "1" in _indicators(case, line.code, code, on):
                found.setdefault(id(supply), (supply, line.code, code))
    return sorted(found.values(), key=lambda hit: hit[0].number)


def _indicators(case: Case, column1: str, column2: str, on: date) -> frozenset[str]:
    return case.reference.ptp_indicators(case.claim.claim_type, column1, column2, on)


def _partners(case: Case, line: CaseLine) -> Iterator[tuple[str, tuple[CaseLine, ...]]]:
    """The standing codes that any pair joins with the line's code, in code order, each with the lines that bill it."""
    partners = case.reference.ptp_partners(case.claim.claim_type, line.code)
    if partners:
        for code, billing in sorted(_standing_codes(case).items()):
            if code in partners:
                yield code, billing


def _standing_codes(case: Case) -> Mapping[str, tuple[CaseLine, ...]]:
    if case.standing:
        return case.standing.codes()
    codes: dict[str, tuple[CaseLine, ...]] = {}
    for line in case.family_lines:
        codes[line.code] = (*codes.get(line.code, ()), line)
    return codes
