"""Learned edits in the words of a billing office."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from agents.cli.edits_ledger import SHOWN
from agents.cli.screen import dollars
from streams.learning.words import scope_in_words

if TYPE_CHECKING:
    from schemas.edit import Edit, EditProvenance


def claims_in_words(edit: Edit) -> str:
    """The lines that an edit speaks of, and the dates of service for which it does."""
    first, last = edit.effective_from, edit.effective_to
    dates = f", served{f' from {first}' if first else ''}{f' up to {last}' if last else ''}" if first or last else ""
    return scope_in_words(edit) + dates


def evidence_in_words(provenance: EditProvenance) -> str:
    """What speaks for an edit: `14 of 16 denied since 2026-08-02, CARC 97`, and the person who added it, if one did."""
    denied, answered = provenance.denied, provenance.denied + provenance.paid
    words = f"{denied:,} of {answered:,} denied" if answered else "no answers"
    if provenance.first_seen:
        words += f" since {provenance.first_seen:%Y-%m-%d}"
    if provenance.reason_codes:
        words += f", CARC {' '.join(provenance.reason_codes)}"
    return f"a person's; {words}" if provenance.source == "PERSON" else words


def uncounted(edit: Edit) -> str:
    """What a biller has to know, and can do, where `is_counted` says no."""
    return (
        "no denials or payments can be counted for it, since it does not name exactly one payer and one code, or asks "
        "for a site or units; its precision will not be known. To see what it is worth, try it on past claims: "
        f"cleanclaim edits backtest {edit.edit_id[:SHOWN]}"
    )


def share(value: float | None) -> str:
    """A share as people write it; nothing where there is none."""
    return "" if value is None else f"{100 * value:.1f} %"


def money(cents: int | None) -> str:
    """Cents as dollars; nothing where they are not known."""
    return "" if cents is None else dollars(cents)


def days(span: dt.timedelta) -> str:
    """A span of time in days: 12.3."""
    return f"{span / dt.timedelta(days=1):,.1f}"
