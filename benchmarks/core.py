"""`make bench`: how fast, how large. Prints the figures as a Markdown table, with machine, versions and command.

    python -m benchmarks.core --events 100000 --open 20000   # a look, in half a minute

Every part runs alone in a process of its own. CPU seconds are those of all its threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from benchmarks import machine, parts
from benchmarks.figure import Figure, print_table
from benchmarks.machine import measure
from benchmarks.parts import note

if TYPE_CHECKING:
    from argparse import Namespace

_EVENTS_PER_ENCOUNTER = 8.97
_COMPONENTS = 200_000
"""Events over which the cost of each part is taken: enough that a second hardly changes it."""


def main() -> None:
    """Measure and print."""
    options = _options()
    for line in machine.described("benchmarks.core"):
        click.echo(line)
    click.echo()
    began = time.monotonic()
    with TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
        figures = _throughput(options, Path(directory)) if options.events else []
        figures += _open_encounters(options, Path(directory)) if options.open else []
    print_table(figures)
    click.echo(f"\nTook {time.monotonic() - began:.0f} s.")


def _options() -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.core", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events to run end to end, 0: none (default: %(default)s)"
    )
    parser.add_argument(
        "--open", type=int, default=1_000_000, help="encounters to let be open, 0: none (default: %(default)s)"
    )
    parser.add_argument("--probe", type=int, default=20_000, help="events to take at each size (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="where to put a few GB for the time being (default: TMPDIR)")
    return parser.parse_args()


def _throughput(options: Namespace, directory: Path) -> list[Figure]:
    """End to end, and where the time goes."""
    events, part = directory / "events.ndjson", directory / "part.ndjson"
    note(f"making {options.events:,} events ...")
    made = measure(parts.make_events, str(events), round(options.events / _EVENTS_PER_ENCOUNTER))
    number = made.result["events"]
    note("the bare limit: each line parsed as JSON and kept in SQLite ...")
    bare = measure(parts.bare_limit, str(events), str(directory / "bare.db"))
    note("cleanclaim run ...")
    wall, cpu, rss = _command(events, directory)
    figures = [
        Figure("events", f"{number:,.0f}", f"{events.stat().st_size / number:.0f} bytes each"),
        Figure("**`cleanclaim run`, end to end**", f"**{number / wall:,.0f} events/s**", "aim 15,000"),
        Figure("- CPU of it", f"{cpu / number * 1e6:.1f} us an event", "all threads, start-up and summary included"),
        Figure("- RSS of it", f"{rss / 2**20:.0f} MiB"),
        Figure(
            "JSON parsed and kept in SQLite, no more", f"{number / bare.wall:,.0f} events/s", _times(wall, bare.wall)
        ),
    ]
    parts.head(str(events), _COMPONENTS, str(part))
    events.unlink()
    for leftover in directory.glob("*.db*"):
        leftover.unlink()
    return figures + _components(part, directory)


def _command(events: Path, directory: Path) -> tuple[float, float, int]:
    """The command as a person gives it, start-up and summary included: seconds, seconds of CPU, RSS in bytes."""
    code = "from agents.cli import main; main()"
    arguments = ["run", str(events), "--store", str(directory / "run.db"), "--out", str(directory / "out")]
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        sys.exit("cleanclaim run failed; what it says stands above")
    return wall, usage.ru_utime + usage.ru_stime, machine.largest_rss(usage)


def _times(one: float, other: float) -> str:
    return f"run takes {one / other:.1f} times as long"


def _components(part: Path, directory: Path) -> list[Figure]:
    """The cost of each part in microseconds of CPU an event."""
    note("each part alone, in memory ...")
    alone = measure(parts.in_memory, str(part)).result
    note("the engine without projections ...")
    store = measure(parts.run_engine, str(part), str(directory / "store.db"), None).result
    note("the engine with projections ...")
    whole = measure(parts.run_engine, str(part), str(directory / "whole.db"), str(directory / "out2")).result
    number = alone["events"]

    def per_event(seconds: float) -> str:
        return f"{seconds / number * 1e6:.1f} us"

    rest = store["cpu"] - alone["parse"] - alone["encode"] - alone["adjudicate"]
    return [
        Figure("**adjudication alone, in memory**", f"**{number / alone['adjudicate']:,.0f} events/s**", "aim 40,000"),
        Figure("CPU an event, all", per_event(whole["cpu"]), f"over {number:,.0f} events"),
        Figure("- parse and validate", per_event(alone["parse"])),
        Figure("- encode what came", per_event(alone["encode"])),
        Figure(
            "- adjudicate", per_event(alone["adjudicate"]), f"{alone['decisions'] / number:.2f} records out an event"
        ),
        Figure("  - of it: gates, routing, rebuild", per_event(alone["gates"])),
        Figure("  - of it: encode decisions and holds", per_event(alone["encode_decisions"])),
        Figure("- engine and store", per_event(rest), "log, state, wakes, commits, hash of the input"),
        Figure("- projections", per_event(whole["cpu"] - store["cpu"]), f"of it JSON {per_event(alone['project'])}"),
    ]


def _open_encounters(options: Namespace, directory: Path) -> list[Figure]:
    """What an encounter costs that stays open, and what a million of them cost the others."""
    few, many = options.open // 10, options.open
    path = str(directory / "open.db")
    note(f"letting {many:,} encounters be open ...")
    opened = measure(parts.open_encounters, path, [few, many], options.probe)
    note("opening the store again ...")
    again = measure(parts.reopen, path).result
    numbers = opened.result
    disk, states = numbers[f"disk_{many}"], numbers[f"states_{many}"]
    waiting, keys = numbers[f"waiting_{many}"], numbers[f"keys_{many}"]

    def ratio(kind: str) -> Figure:
        one, other = numbers[f"{kind}_{few}"], numbers[f"{kind}_{many}"]
        cpu = numbers[f"{kind}_cpu_{many}"] / numbers[f"{kind}_cpu_{few}"]
        words = {"day": "an event of a usual day", "late": "a late document for an open encounter at random"}[kind]
        return Figure(
            f"**time for {words}, {many:,} open to {few:,}**",
            f"**{other / one:.2f}**",
            f"{one * 1e6:.0f} and {other * 1e6:.0f} us; of CPU time {cpu:.2f}; aim under 1.3",
        )

    grown = (numbers[f"rss_{many}"] - numbers[f"rss_{few}"]) / (many - few)
    return [
        Figure("open encounters", f"{waiting:,.0f}", f"of {keys:,.0f} remembered"),
        Figure(
            "disk per open encounter",
            f"{disk / keys:,.0f} bytes",
            f"of it state {states / keys:,.0f}, the rest log and indexes",
        ),
        Figure(
            "RSS per open encounter",
            f"{grown:,.0f} bytes",
            f"{numbers[f'rss_{few}'] / 2**20:.0f} MiB at {few:,}, {numbers[f'rss_{many}'] / 2**20:.0f} MiB at {many:,}",
        ),
        Figure(
            "store opened again",
            f"{again['open'] * 1e3:,.0f} ms",
            f"first event on disk {again['first'] * 1e3:,.0f} ms later",
        ),
        ratio("day"),
        ratio("late"),
    ]


if __name__ == "__main__":
    main()
