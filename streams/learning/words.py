"""What a learned edit says: to the person whose claim it holds, and to the one who looks through the edits.

Diagnoses are not in a message, only in the match of the edit: messages are shown where tagged fields may not be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.record import moment
from streams.edits import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from schemas.edit import Edit
    from streams.learning.counts import Count

REMEDIES = {
    "COMPONENT_OVERLAP": "Bill only the components that this entity furnished and that nobody has been paid for.",
    "PLACE_OF_SERVICE": "Check the place of service against the registration, and rebuild the claim for the right one.",
    "MODIFIER": "Check the modifiers of the line against the payer's rules; rebuild without those it does not take.",
    "UNITS": "Check the units; a stress test is one.",
    "DIAGNOSIS": "Have a coder look whether the chart supports a diagnosis that this payer takes for this code.",
    "DOCUMENTATION": "Fetch the note that the payer asks for and send it with the claim.",
}
"""By category of denial, the most specific first; what usually cures it."""

_NO_CURE = "Look at the payer's earlier answers to such lines before this one goes."


def scope_in_words(edit: Edit) -> str:
    """The lines that an edit speaks of: "93018 beside 93016 for I25 at place of service 22 of payer P07"."""
    return f"{_lines(edit, diagnoses=True)} of {_named('payer', edit.scope.payer_ids)}"


def _lines(edit: Edit, *, diagnoses: bool) -> str:
    """What they show, but for the payer."""
    scope, match = edit.scope, edit.match
    words = [_either(match.procedure_codes, "any code")]
    if match.with_procedure_codes:
        words.append(f"beside {listed(match.with_procedure_codes)}")
    if match.modifiers:
        words.append(f"with modifier {listed(match.modifiers)}")
    if match.units_over is not None:
        words.append(f"with more than {match.units_over} units")
    if match.diagnosis_families is not None:
        words.append(f"for {_either(match.diagnosis_families)}" if diagnoses else "for certain diagnoses")
    if scope.claim_types is not None:
        words.append(f"on {_either([text.lower() for text in scope.claim_types])} claims")
    if scope.places_of_service is not None:
        words.append(f"at {_named('place of service', scope.places_of_service)}")
    if scope.site_ids is not None:
        words.append(f"from {_named('site', scope.site_ids)}")
    return " ".join(words)


def _named(kind: str, values: Sequence[str] | None) -> str:
    return f"any {kind}" if values is None else f"{kind} {_either(values)}"


def _either(values: Sequence[str] | None, anything: str = "") -> str:
    if values is None:
        return anything
    *head, last = values or ("none",)
    return f"{', '.join(head)} or {last}" if head else last


def message(edit: Edit, count: Count, payer_id: str, reason_codes: Collection[str]) -> str:
    """The evidence: "93018 at place of service 22: denied 14 of 16 since 2026-08-02 by payer P07, CARC 97."."""
    codes = f", CARC {listed(tuple(reason_codes))}" if reason_codes else ""
    since = moment(count.first).date().isoformat()
    lines = _lines(edit, diagnoses=False)
    return f"{lines}: denied {count.denied} of {count.denied + count.paid} since {since} by payer {payer_id}{codes}."


def remedy(categories: Collection[str]) -> str:
    """What usually cures denials of these categories."""
    return " ".join([text for category, text in REMEDIES.items() if category in categories]) or _NO_CURE
