"""`cleanclaim edits backtest`: what edits would have done to the claims of the past."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console

from agents.backtest import Replay
from agents.cli import options
from agents.cli.backtest_report import as_json as report_as_json
from agents.cli.backtest_report import print_report
from agents.cli.edits_file import read_edit
from agents.cli.edits_ledger import find_id, open_ledger
from agents.cli.screen import Screen
from agents.settings import load_rules
from schemas.record import EPOCH
from streams.backtest.report import Window
from streams.backtest.trial import Trial
from streams.gates import EDITS as BUILT_IN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from schemas.edit import Edit

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(short_help="What edits would have done to the claims of the past.")
@click.argument("edit_ids", metavar="[EDIT]...", nargs=-1)
@click.option(
    "--with", "files", type=options.FILE, metavar="FILE", multiple=True, help="Also the edit in FILE, not yet added."
)
@click.option("--since", type=_DAY, metavar="DAY", help="Only claims that would have gone out on DAY or later.")
@click.option("--until", type=_DAY, metavar="DAY", help="Only claims that would have gone out on DAY or earlier.")
@options.store
@options.rules
@options.connection
@options.as_json
def backtest(  # noqa: PLR0913 - one parameter per option
    *,
    edit_ids: tuple[str, ...],
    files: tuple[Path, ...],
    since: dt.datetime | None,
    until: dt.datetime | None,
    store: Path,
    reference: Path | None,
    config: Path | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Replay the log with and without edits: claims held, denials caught, clean claims that would have waited.

    EDIT is a learned edit of any status, taken as ACTIVE within its dates, or a built-in one by its name: what it is
    worth, against leaving it out. Both sides are judged by today's rules and the other ACTIVE edits. Reads only.
    docs/edits.md says how each figure is counted.

    \b
      cleanclaim edits backtest 3f9a --since 2026-01-01 --store day.db
      cleanclaim edits backtest --with edit.json --store day.db
    """
    if not edit_ids and not files:
        raise click.UsageError("name the edits to try, or give one --with FILE")
    if since and until and until < since:
        raise click.UsageError("--until: expected a day from --since on, got one before it")
    rules = load_rules(reference, config)
    window = Window(since and since.date(), until and until.date())
    with open_ledger(store, given) as ledger, _watching() as watch:
        trial = _trial(edit_ids, [read_edit(file, None, None, EPOCH) for file in files], ledger.edits())
        replay = Replay(ledger.source(rules), rules, trial, watch)
        report = replay.run(window)
    if as_json:
        options.print_json(report_as_json(report, trial, replay.records))
    else:
        print_report(Screen(), report, trial, replay.records)


def _trial(edit_ids: Sequence[str], written: Sequence[Edit], standing: dict[str, Edit]) -> Trial:
    """The edits on trial, and those beside them. Raises `Misuse` where an id is none."""
    built_in = {edit.edit_id for edit in BUILT_IN}
    hint = "edits list shows the learned ones, docs/rules.md the built-in ones"
    named = {find_id({*standing, *built_in}, prefix, hint) for prefix in edit_ids}
    learned = {edit_id: standing[edit_id] for edit_id in named if edit_id in standing}
    learned |= {edit.edit_id: edit for edit in written}
    return Trial(
        learned=tuple(learned[edit_id] for edit_id in sorted(learned)),
        built_in=frozenset(named & built_in),
        others=tuple(edit for edit_id, edit in standing.items() if edit.status == "ACTIVE" and edit_id not in learned),
    )


@contextmanager
def _watching() -> Iterator[Callable[[int, int], None]]:
    """How far it is, at a terminal."""
    with Console(stderr=True).status("Reading the log ...") as status:

        def watch(read: int, replayed: int) -> None:
            status.update(f"Replaying: {replayed:,} of {read:,} events" if replayed else f"Read {read:,} events")

        yield watch
