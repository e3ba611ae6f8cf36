"""What metrics cost: the same work with and without them, in turns, so that a busy machine hits both alike.

    python -m benchmarks.metrics                 # the embedded engine, some minutes
    python -m benchmarks.metrics --kafka         # a lane of the Kafka engine, on a broker of its own

Compared is CPU time. Two embedded engines, one with metrics, take batch after batch in turns, in one process: runs one
after the other differ by more than metrics cost. The file is written when the engine begins, every 15 seconds of the
clock, which runs for both, and at the end. Lanes of Kafka run one after the other, each in a process of its own and
scraped once; of all rounds the least counts, since other work on the machine only ever adds to it.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
from prometheus_client import generate_latest

from agents.embedded import Embedded, Options
from agents.embedded.collector import rare_collections
from agents.generate import generate
from agents.kafka.lane import Lane
from agents.kafka.options import Options as LaneOptions
from agents.metrics.committed import Committed
from agents.metrics.figures import registry_of
from agents.metrics.lanes import Lanes, Meter
from agents.ndjson import Line
from agents.processors import PROCESSORS
from agents.settings import load_rules
from benchmarks import machine
from benchmarks.kafka import facts as log
from benchmarks.kafka.site import Site
from benchmarks.machine import measure
from streams.adjudication import Adjudication
from tests.kafka_broker import find_broker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVENTS_PER_ENCOUNTER = 9


def main() -> None:
    """Measure and print."""
    options = _options()
    for line in machine.described("benchmarks.metrics", "prometheus-client"):
        click.echo(line)
    click.echo()
    with TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
        (_kafka if options.kafka else _embedded)(options, Path(directory))


def _options() -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.metrics", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--kafka", action="store_true", help="a lane of the Kafka engine, not the embedded engine")
    parser.add_argument("--events", type=int, default=36_000, help="events of each run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each kind (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="where to put some 100 MB for the time being (default: TMPDIR)")
    return parser.parse_args()


def _embedded(options: Namespace, directory: Path) -> None:
    lines = b"".join(each.line for each in generate(options.events // _EVENTS_PER_ENCOUNTER, 7))
    without = used = 0.0
    for number in range(options.rounds):
        taken = measure(in_turns, lines, str(directory / str(number)), number % 2 == 0).result
        without, used = without + taken["without"], used + taken["with"]
        click.echo(f"round {number + 1}: {taken['without']:.2f} s without, {taken['with']:.2f} s with")
    click.echo(f"\nTogether: {without:.2f} s without, {used:.2f} s with metrics: {100 * (used / without - 1):+.1f} %.")


def in_turns(lines: bytes, folder: str, metered_first: bool) -> dict[str, float]:  # noqa: FBT001 - `measure` calls by position
    """All lines through two engines, which take a batch each in turns; CPU seconds of the thread that works, for each.

    What slows the machine down for a second slows both, and so do cold caches.
    """
    order = (True, False) if metered_first else (False, True)
    engines: dict[bool, Embedded] = {}
    cpu = dict.fromkeys(order, 0.0)

    @contextmanager
    def timed(metered: bool) -> Iterator[None]:  # noqa: FBT001 - a key, not a switch
        began = time.thread_time()
        yield
        cpu[metered] += time.thread_time() - began

    with rare_collections() as collect:
        for metered in order:
            path = Path(folder) / str(metered)
            path.mkdir(parents=True)
            options = Options(out=path / "out", metrics=path / "metrics.prom" if metered else None)
            with timed(metered):
                processors = [make(load_rules()) for make in PROCESSORS.values()]
                engines[metered] = Embedded(processors, path / "store.db", options)
        events = [Line(number, line) for number, line in enumerate(lines.splitlines(), 1)]
        for start in range(0, len(events), options.batch):
            for metered in order:
                with timed(metered):
                    for line in events[start : start + options.batch]:
                        engines[metered].publish(line, "events")
            order = order[::-1]
            collect(2 * start)
        for metered in order:
            with timed(metered):
                engines[metered].close()
    return {"without": cpu[False], "with": cpu[True]}


def _kafka(options: Namespace, directory: Path) -> None:
    facts = log.make(options.events)
    broker = find_broker()

    def once(_: int, *, metered: bool) -> float:
        with Site(broker.bootstrap, directory, 12) as site:
            site.load(facts)
            return measure(drain, broker.bootstrap, site.namespace, len(facts), metered).result["cpu"]

    try:
        _compare(options.rounds, once)
    finally:
        broker.close()


def drain(bootstrap: str, namespace: str, facts: int, metered: bool) -> dict[str, float]:  # noqa: FBT001 - `measure` calls by position
    """Adjudicate all facts on the topics; CPU seconds from the first record to the last commit, and one scrape."""
    counts = Committed()
    processor = Adjudication(load_rules())
    meter = Meter(processor, counts) if metered else None
    lane = Lane(processor, LaneOptions("slot", {"bootstrap.servers": bootstrap}, namespace), meter)
    while not (batch := lane.poll()):
        pass
    began = time.process_time()
    while lane.counts["records"] < facts:
        if batch:
            lane.commit(batch)
        batch = lane.poll()
    if meter is not None:
        generate_latest(registry_of([counts.show, meter.show, Lanes([lane], counts).show]))
    cpu = time.process_time() - began
    lane.close()
    return {"cpu": cpu}


def _compare(rounds: int, once: Callable[..., float]) -> None:
    """Each kind once to a round, the one or the other first."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds):
        for metered in (True, False) if number % 2 else (False, True):
            taken[metered].append(once(number, metered=metered))
        click.echo(f"round {number + 1}: {taken[False][-1]:.2f} s without, {taken[True][-1]:.2f} s with")
    without, used = min(taken[False]), min(taken[True])
    click.echo(f"\nLeast: {without:.2f} s without, {used:.2f} s with metrics: {100 * (used / without - 1):+.1f} %.")


if __name__ == "__main__":
    main()
