"""A back-test for a manager, and for a program."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.cli.edits_ledger import SHOWN
from agents.cli.edits_words import claims_in_words, days, share
from agents.cli.screen import Column, counted, dollars
from streams.backtest.tally import Fate
from streams.gates import EDITS as BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.cli.screen import Screen
    from streams.backtest.report import Place, Report, Window
    from streams.backtest.tally import Sum, Tally
    from streams.backtest.trial import Trial

_PLACES = 20
"""Payers and sites on a screen, those with most claims held."""

_CONDITION = {edit.edit_id: edit.condition for edit in BUILT_IN}


class _Meaning(NamedTuple):
    """A fate in words, and what its dollars are."""

    words: str
    dollars: str


_MEANINGS = {
    Fate.CAUGHT: _Meaning("denied for it: caught", "denied on these lines"),
    Fate.CLEAN: _Meaning("paid: held for nothing", "paid later"),
    Fate.DENIED_OTHERWISE: _Meaning("denied for something else", "billed"),
    Fate.MENDED: _Meaning("mended while held", "billed"),
    Fate.UNANSWERED: _Meaning("not answered yet", "billed"),
}


def print_report(screen: Screen, report: Report, trial: Trial, records: int) -> None:
    """What a person reads."""
    screen.line(f"{counted(records, 'event')} replayed with and without:")
    screen.table((Column("Edit"), Column("Does"), Column("Claims", below=True)), list(_edits(trial)), indent=2)
    total = report.total
    screen.title("What would change")
    claims = counted(total.claims, "claim")
    screen.line(f"{claims} in their scope would have gone out without them{_window(report.window)}.")
    for (without, with_them), number in sorted(total.routes.items()):
        screen.line(f"{number:,} would go to {with_them} instead of {without}.")
    if not total.routes:
        screen.line("No claim would go another way.")
    if total.held:
        _print_held(screen, total)
    _print_rates(screen, total)
    if total.held:
        _print_places(screen, report)


def _edits(trial: Trial) -> Iterator[tuple[str, str, str]]:
    for edit in trial.learned:
        does = edit.severity if edit.severity == "HOLD" else "WARN (changes no route)"
        yield edit.edit_id[:SHOWN], does, claims_in_words(edit)
    for edit_id in sorted(trial.built_in):
        yield edit_id, "built in", _CONDITION[edit_id]


def _window(window: Window) -> str:
    since = f" from {window.since}" if window.since else ""
    return since + (f" to {window.until}" if window.until else "")


def _print_held(screen: Screen, total: Tally) -> None:
    screen.title(f"What became of the {counted(total.held, 'claim')} that would have been held")
    columns = (
        Column("Answer"),
        Column("Claims", right=True),
        Column("Dollars", right=True),
        Column("These are"),
        Column("Days", right=True),
        Column("Most", right=True),
    )
    rows = [_fate(fate, each) for fate, each in total.fates.items() if each.claims]
    screen.table(columns, rows)
    screen.line(
        "Days: on average from when it would have gone out to the end of the hold, or else to the payer's answer.",
        style="dim",
    )


def _fate(fate: Fate, each: Sum) -> tuple[str, ...]:
    meaning = _MEANINGS[fate]
    waited = ("", "") if fate is Fate.UNANSWERED else (days(each.waited / each.claims), days(each.longest))
    return meaning.words, f"{each.claims:,}", dollars(each.cents), meaning.dollars, *waited


def _print_rates(screen: Screen, total: Tally) -> None:
    screen.title("How good they are")
    caught = total.fates[Fate.CAUGHT].claims
    precision = f"{share(total.precision)} of {total.answered:,} held and answered were denied for it ({caught:,})"
    recall = f"{share(total.recall)} of {counted(total.avoidable, 'avoidable denied line')} in scope ({total.caught:,})"
    screen.fields(
        [
            ("precision", precision if total.precision is not None else "not known: none was held and answered"),
            ("recall", recall if total.recall is not None else "not known: no avoidable denial in scope"),
            ("caught", f"{dollars(total.caught_cents)} of {dollars(total.avoidable_cents)} denied"),
        ]
    )


def _print_places(screen: Screen, report: Report) -> None:
    held = {place: tally for place, tally in report.places.items() if tally.held}
    top = sorted(held, key=lambda place: (-held[place].held, _by_name(place)))[:_PLACES]
    shown = "" if len(top) == len(held) else f": the first {len(top)} of {len(held)}, --json has all"
    screen.title(f"By payer and site{shown}")
    columns = (
        Column("Payer"),
        Column("Site"),
        Column("Claims", right=True),
        Column("Held", right=True),
        Column("Caught", right=True),
        Column("Denied", right=True),
        Column("Held clean", right=True),
        Column("Paid later", right=True),
        Column("Days", right=True),
        Column("Precision", right=True),
    )
    screen.table(columns, [_place(place, held[place]) for place in top])


def _place(place: Place, tally: Tally) -> tuple[str, ...]:
    clean = tally.fates[Fate.CLEAN]
    return (
        place.payer_id,
        place.site_id or "not known",
        f"{tally.claims:,}",
        f"{tally.held:,}",
        f"{tally.fates[Fate.CAUGHT].claims:,}",
        dollars(tally.caught_cents),
        f"{clean.claims:,}",
        dollars(clean.cents),
        days(clean.waited / clean.claims) if clean.claims else "",
        share(tally.precision),
    )


def _by_name(place: Place) -> tuple[str, str]:
    return place.payer_id, place.site_id or ""


def as_json(report: Report, trial: Trial, records: int) -> dict[str, Any]:
    """What a program reads: one object. Money is cents, times are days, shares are from 0 to 1 or null."""
    since, until = report.window
    return {
        "edits": sorted(trial.ids),
        "beside": [edit.edit_id for edit in trial.others],
        "records": records,
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "total": _tally(report.total),
        "places": [
            {"payer_id": place.payer_id, "site_id": place.site_id, **_tally(tally)}
            for place, tally in sorted(report.places.items(), key=lambda each: _by_name(each[0]))
        ],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "claims": tally.claims,
        "routes": [
            {"without": without, "with": with_them, "claims": number}
            for (without, with_them), number in sorted(tally.routes.items())
        ],
        "held": tally.held,
        "fates": {str(fate): _sum(each) for fate, each in tally.fates.items()},
        "denials_caught": tally.caught,
        "denials_caught_cents": tally.caught_cents,
        "avoidable_denials": tally.avoidable,
        "avoidable_denials_cents": tally.avoidable_cents,
        "precision": tally.precision,
        "recall": tally.recall,
    }


def _sum(each: Sum) -> dict[str, Any]:
    return {
        "claims": each.claims,
        "cents": each.cents,
        "days_mean": _in_days(each.waited / each.claims) if each.claims else None,
        "days_most": _in_days(each.longest) if each.claims else None,
    }


def _in_days(span: dt.timedelta) -> float:
    return round(span / dt.timedelta(days=1), 2)
