"""What metrics cost: the same events with and without them, in turns, so that a busy machine hits both alike.

    python -m benchmarks.metrics --encounters 5000 --rounds 6

Every run has a process of its own. Compared is CPU time, of all threads.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from agents.embedded import Embedded, Options
from agents.generate import generate
from agents.processors import PROCESSORS
from agents.settings import load_rules
from benchmarks import machine
from benchmarks.machine import measure


def main() -> None:
    """Measure and print."""
    options = _options()
    for line in machine.described("benchmarks.metrics", "prometheus-client"):
        click.echo(line)
    with TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
        events = Path(directory) / "events.ndjson"
        with events.open("wb") as file:
            file.writelines(each.line for each in generate(options.encounters, 7))
        ratios = [_round(events, Path(directory), number) for number in range(options.rounds)]
    click.echo(f"\nWith metrics a run takes {100 * (median(ratios) - 1):+.1f} % of CPU time (median of {len(ratios)}).")


def _options() -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.metrics", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--encounters", type=int, default=5_000, help="to run, 9 events each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each kind (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="where to put some 100 MB for the time being (default: TMPDIR)")
    return parser.parse_args()


def _round(events: Path, directory: Path, number: int) -> float:
    """One run of each kind, the one or the other first; CPU time with metrics over that without."""
    taken = {}
    for metered in (True, False) if number % 2 else (False, True):
        folder = directory / f"{number}-{metered}"
        folder.mkdir()
        taken[metered] = measure(run, str(events), str(folder), metered).result["cpu"]
    click.echo(f"round {number + 1}: {taken[False]:.2f} s without, {taken[True]:.2f} s with")
    return taken[True] / taken[False]


def run(events: str, folder: str, metered: bool) -> dict[str, float]:  # noqa: FBT001 - called by position, in a process of its own
    """One run over `events`; its CPU seconds from before the store is opened until it is closed."""
    rules = load_rules()
    path = Path(folder)
    options = Options(out=path / "out", metrics=path / "metrics.prom" if metered else None)
    processors = [make(rules) for make in PROCESSORS.values()]
    began = time.process_time()
    with Embedded(processors, path / "store.db", options) as engine:
        engine.run_file(events)
    return {"cpu": time.process_time() - began}


if __name__ == "__main__":
    main()
