"""`cleanclaim run`: the embedded engine over files of events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from agents.cli import options
from agents.cli.inputs import STDIN, check_inputs
from agents.cli.overview import print_outcomes
from agents.cli.progress import RunProgress
from agents.cli.screen import Column, Screen, counted
from agents.cli.store import open_engine
from agents.embedded import Options
from agents.settings import load_rules, load_settings
from schemas.errors import Misuse
from streams.processor import Outcome
from streams.topics import (
    ALERTS,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DEAD_LETTERS,
    DENIALS,
    EDITS,
    HOLDS,
    INPUT_TOPICS,
    TOPICS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.embedded import Embedded
    from agents.settings import Settings
    from schemas.alert import Alert


@click.command(short_help="Decide the claims in files of events.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.store
@options.out
@options.clock
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 1 while the store holds an event, of any run, that could not be read and was not replayed.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=Options().batch,
    show_default=True,
    help="Events to a commit. Changes nothing but speed.",
)
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write metrics to FILE in Prometheus' text format, while the run goes on and at its end (docs/metrics.md).",
)
@click.option(
    "--notify",
    is_flag=True,
    help="At the end, tell the Alertmanager and the webhook of the settings of new alerts.",
)
@options.rules
@options.as_json
def run(  # noqa: PLR0913 - one parameter per option
    *,
    files: tuple[str, ...],
    store: Path,
    out: Path,
    clock: Literal["events", "wall"],
    batch: int,
    metrics: Path | None,
    notify: bool,
    reference: Path | None,
    config: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Decide the claims in FILE (NDJSON; - reads standard input), and write each decision to the outputs.

    Goes on from the store: the same command finishes a run that was cut short, and running a file twice changes
    nothing. An event that cannot be read is kept aside with file, line and reason, and the run goes on.

    \b
      cleanclaim generate --encounters 500 --seed 7 | cleanclaim run - --store day.db --out out/
    """
    total = check_inputs(files)
    settings = load_settings() if notify else None
    if settings is not None and not settings.notifies:
        raise Misuse("--notify: nobody to tell; set CLEANCLAIM_ALERTMANAGER_URL or CLEANCLAIM_WEBHOOK_URL")
    rules = load_rules(reference, config)
    engine_options = Options(clock=clock, batch=batch, out=out, metrics=metrics)
    with open_engine(store, rules, engine_options) as engine, RunProgress(total) as progress:
        before = engine.reader.counts()
        engine.on_dead_letter(progress.complain)
        for file in files:
            _run_file(engine, file, progress)
        after = engine.reader.counts()
        waiting = engine.reader.waiting_dead_letters()
        summary = Summary(engine.outcomes(), {name: after[name] - before[name] for name in after}, store, out)
        alerts = [cast("Alert", logged.record) for logged in engine.reader.records(ALERTS)] if notify else []
    if as_json:
        options.print_json(summary.as_json())
    else:
        summary.print(Screen())
    told_all = settings is None or _notify(alerts, before[ALERTS.name], store, settings)
    if strict and waiting:
        told = f"{counted(waiting, 'dead letter')} not replayed; cleanclaim dead-letters list shows each"
        click.echo(f"cleanclaim: --strict: {store}: {told}", err=True)
    if (strict and waiting) or not told_all:
        click.get_current_context().exit(1)


def _notify(alerts: Sequence[Alert], earlier: int, store: Path, settings: Settings) -> bool:
    """Tell of the alerts that are committed by now; whether everybody was told of everything."""
    from agents.notifier.afterwards import tell  # noqa: PLC0415 - an HTTP client takes half a second, and few runs need it

    told = tell(alerts, earlier, store, settings)
    for failure in told.failures:
        click.echo(f"cleanclaim: --notify: {failure}; the next run with --notify tries again", err=True)
    return not told.failures


def _run_file(engine: Embedded, file: str, progress: RunProgress) -> None:
    if file == STDIN:
        progress.begin("stdin")
        engine.run(click.get_binary_stream("stdin"), "stdin", progress.watch)
        return
    progress.begin(Path(file).name)
    engine.run_file(file, progress.watch)
    progress.end(Path(file).stat().st_size)


_WRITTEN = {
    CLAIMS_RELEASED.name: "decisions to release, and those that take a release back",
    CLAIMS_HELD.name: "decisions to hold",
    CLAIMS_REBUILD.name: "decisions to rebuild",
    HOLDS.name: "holds opened and closed, by edit",
    DENIALS.name: "lines that payers denied or paid, and what was taken back",
    EDITS.name: "what was learned from them: edits, and how they change",
    ALERTS.name: "what somebody should look at, when it begins and when it is over",
    DEAD_LETTERS.name: "events that could not be read",
}


_NAMES = {
    Outcome.APPLIED: "applied",
    Outcome.SUPERSEDED: "superseded",
    Outcome.DUPLICATE: "duplicate",
    Outcome.DEAD_LETTER: "dead_letters",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. `written` are the records it added to each topic."""

    outcomes: Mapping[Outcome, int]
    written: Mapping[str, int]
    store: Path
    out: Path

    def as_json(self) -> dict[str, Any]:
        """What a program reads: lines are applied, superseded, duplicate and dead letters together."""
        return {
            "lines": sum(self.outcomes.values()),
            **{_NAMES[outcome]: number for outcome, number in self.outcomes.items()},
            "written": self._outputs(),
            "store": str(self.store),
            "out": str(self.out),
        }

    def print(self, screen: Screen) -> None:
        """What a person reads."""
        print_outcomes(screen, self.outcomes)
        screen.title("What was written")
        columns = (Column("Topic"), Column("New", right=True), Column("What"))
        rows = [(name, f"{number:,}", _WRITTEN.get(name, "")) for name, number in self._outputs().items()]
        screen.table(columns, rows)
        screen.line(f"Outputs: {self.out}/<topic>.ndjson. Store: {self.store}.")

    def _outputs(self) -> dict[str, int]:
        inputs = {topic.name for topic in INPUT_TOPICS}
        return {
            topic.name: self.written[topic.name]
            for topic in TOPICS
            if topic.name not in inputs and (topic.name in _WRITTEN or self.written[topic.name])
        }
