"""What the reference tables say, as rows: parsed from text elsewhere, looked up elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

# fmt: off
BYPASS_MODIFIERS: Final = frozenset({
    "24", "25", "27", "57", "58", "59", "78", "79", "91", "XE", "XS", "XP", "XU",  # another session, visit or service
    "LT", "RT", "E1", "E2", "E3", "E4", "LC", "LD", "LM", "RC", "RI",              # side, eyelid, coronary artery
    "FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9",                    # finger
    "TA", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9",                    # toe
})
# fmt: on
"""Modifiers that separate a pair of indicator 1 where they are true. 22, 76 and 77 do not.

Source: NCCI Policy Manual for Medicare Services, chapter I, on modifiers associated with PTP edits.
"""

PlaceClass = Literal["FACILITY", "NON_FACILITY"]

SINCE_EVER: Final = date.min
"""The first day in force of a row whose source gives none."""

UNTIL_NOW: Final = date.max
"""The last day in force of a row that has not ended."""


class Pair(NamedTuple):
    """One row of an NCCI procedure-to-procedure table: with `column1` paid, `column2` is not.

    modifier_indicator  "0": nothing separates the pair; "1": a bypass modifier can
    effective_from, effective_to  first and last day in force, both included
    """

    column1: str
    column2: str
    modifier_indicator: str
    effective_from: date
    effective_to: date


class Support(NamedTuple):
    """One row of a coverage policy: a diagnosis code, or a family (everything below it), without dot.

    never_alone  the diagnosis does not support the test, even where a wider row of the list would include it
    effective_from, effective_to  first and last date of service, both included
    """

    policy: str
    procedure_codes: frozenset[str]
    diagnosis: str
    never_alone: bool
    effective_from: date
    effective_to: date


class Fee(NamedTuple):
    """How the Medicare Physician Fee Schedule prices one code and modifier ("" for none).

    pctc_indicator  "1": may be split by 26 and TC; "2": professional only; "3": technical only; "4": global only
    facility_price  whether it has a price where a facility is paid as well
    supervision     level for diagnostic tests: "01" general, "02" direct, "09" does not apply
    total_rvu       work, practice expense and malpractice together, two decimals
    """

    procedure_code: str
    modifier: str
    pctc_indicator: str
    facility_price: bool
    supervision: str
    total_rvu: Decimal


class Leaves(NamedTuple):
    """The billable codes of one ICD-10-CM release, without dots, ascending; valid from day to day, both included."""

    release: str
    valid_from: date
    valid_to: date
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the edits look up. `pairs` and `unit_limits` go by claim type."""

    places: Mapping[str, PlaceClass]
    pairs: Mapping[str, tuple[Pair, ...]]
    unit_limits: Mapping[str, Mapping[str, int]]
    fees: tuple[Fee, ...]
    supports: tuple[Support, ...]
    leaves: Leaves
