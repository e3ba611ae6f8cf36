"""Category: what kind of denial it is, and whether a look before release could have avoided it.

Codes only: the sentences behind them are X12's. Source: X12 external code lists, CARC and RARC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.denial import DenialCategory
    from streams.feedback.outcome import Answer


class Kind(NamedTuple):
    """A category and the codes that speak for it."""

    category: DenialCategory
    reason_codes: str
    remark_codes: str
    avoidable: bool = True


KINDS = (
    # Preventable too, but by built-in edits: an edit learned from payer, place and code would hold clean claims.
    Kind("DUPLICATE", "18 B13", "M86 N522", avoidable=False),
    Kind("TIMELY_FILING", "29", "", avoidable=False),
    Kind("COMPONENT_OVERLAP", "97 231 234 236 B10 B15 B20", "M15 M80 N19 N20 N390"),
    Kind("PLACE_OF_SERVICE", "5 58 171 282", "M77 M97 N428"),
    Kind("MODIFIER", "4 182", "M78 N519 N822 N823"),
    Kind("UNITS", "151 222", "M53 N362 N430 N640"),
    Kind("DIAGNOSIS", "11 50 146 167", "M64 M76 M81 MA63 N115 N386 N569"),
    Kind("DOCUMENTATION", "112 150 163 226 250 251 252 B12", "M127 N29 N205 N206 N225 N393 N705 N706"),
)
"""In order of precedence: where codes of several speak, the first of these is meant."""

OTHER: DenialCategory = "OTHER"
"""Eligibility, authorization, provider data: for another work queue. So is every code that is in no row above."""

AVOIDABLE = frozenset(kind.category for kind in KINDS if kind.avoidable)

_RANK = {kind.category: rank for rank, kind in enumerate(KINDS)}
_OF_REASON = {code: kind.category for kind in KINDS for code in kind.reason_codes.split()}
_OF_REMARK = {code: kind.category for kind in KINDS for code in kind.remark_codes.split()}


def category_of(denied: Answer) -> DenialCategory:
    """The category of a denied line: by the reasons that deny, else by the remarks, else OTHER."""
    return (
        _first([_OF_REASON.get(reason.code) for reason in denied.denying])
        or _first([_OF_REMARK.get(code) for code in denied.remarks])
        or OTHER
    )


def _first(categories: Iterable[DenialCategory | None]) -> DenialCategory | None:
    return min([category for category in categories if category], key=_RANK.__getitem__, default=None)
