"""`make bench-kafka`: the Kafka engine beside adjudication alone, stock Faust and a bare pass-through, in one run.

    make bench-kafka FACTS=20000 TURNS=1    # a look, in a minute and a half

The broker runs on the same machine; where it comes from says tests/kafka_broker.py. What is compared takes turns, round
by round, so that other work on the machine falls on all alike: read ratios first. Needs Linux, for /proc.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from benchmarks import machine
from benchmarks.figure import Figure, print_table
from benchmarks.kafka import facts as log
from benchmarks.kafka import latency, peers, restore
from benchmarks.kafka.site import Site
from benchmarks.kafka.worker import Pace, Progress, Worker
from benchmarks.machine import measure
from benchmarks.parts import note
from tests.kafka_broker import NoBroker, find_broker

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from benchmarks.kafka.facts import Fact

_TIMEOUT = 180
"""Seconds for stock Faust."""


def main() -> None:
    """Measure and print."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the broker goes, too
    try:
        broker = find_broker()
    except NoBroker as error:
        sys.exit(f"no broker: {error}")
    try:
        for line in machine.described("benchmarks.kafka", "confluent-kafka", "faust-streaming"):
            click.echo(line)
        click.echo()
        began = time.monotonic()
        with TemporaryDirectory(prefix="bench-") as folder:
            figures = _Bench(options, broker.bootstrap, Path(folder)).run()
        print_table(figures)
        click.echo(f"\nTook {time.monotonic() - began:.0f} s.")
    finally:
        broker.close()


def _options() -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.kafka", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    for name, default, what in (
        ("facts", 40_000, "facts that every part works off"),
        ("faust-facts", 10_000, "facts for stock Faust, which takes longest"),
        ("rounds", 3, "turns of each part"),
        ("rate", 1_000, "facts a second while latency is measured"),
        ("seconds", 15, "for which latency is measured, each turn"),
        ("latency-rounds", 2, "turns of that"),
        ("encounters", 100_000, "encounters to restore"),
        ("partitions", 12, "of every topic"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default: %(default)s)")
    return parser.parse_args()


class _Bench:
    """All parts, on one broker."""

    def __init__(self, options: Namespace, bootstrap: str, folder: Path) -> None:
        self._options = options
        self._bootstrap = bootstrap
        self._folder = folder
        note(f"making {options.facts:,} facts ...")
        self._facts: list[Fact] = log.make(options.facts)

    def run(self) -> list[Figure]:
        """Every row of the table."""
        return [self._log(), *self._throughput(), *self._latency(), *self._restore()]

    def _site(self) -> Site:
        return Site(self._bootstrap, self._folder, self._options.partitions)

    def _log(self) -> Figure:
        facts = self._facts
        claims = len({fact.claim_id for fact in facts if fact.claim_id})
        size = sum(len(fact.value) for fact in facts) / len(facts)
        return Figure(
            "facts on the log", f"{len(facts):,}", f"{len(facts) / claims:.1f} to a claim, {size:.0f} bytes each"
        )

    def _throughput(self) -> list[Figure]:
        """The job beside its peers, a turn of each to a round."""
        rates: dict[str, list[float]] = defaultdict(list)
        cpu: dict[str, list[float]] = defaultdict(list)
        parts: dict[str, Callable[[], Pace]] = {
            "alone": self._alone,
            "worker": lambda: self._workers(1),
            "two": lambda: self._workers(2),
            "faust": self._faust,
            "bare": self._pass_through,
        }
        for turn in range(self._options.rounds):
            for name, part in parts.items():
                pace = part()
                rates[name].append(pace.events / pace.seconds)
                cpu[name].append(pace.cpu / pace.events)
                note(f"round {turn + 1}: {name} {rates[name][-1]:,.0f} events/s, {cpu[name][-1] * 1e6:.0f} us of CPU")

        def rate(what: str, name: str, against: str = "") -> Figure:
            spent = f"{min(cpu[name]) * 1e6:.0f} us of CPU an event"
            return Figure(what, f"{max(rates[name]):,.0f} events/s", f"{spent}{against}")

        def ratio(what: str, name: str, other: str, against: str) -> Figure:
            each = [one / two for one, two in zip(rates[name], rates[other], strict=True)]
            best = max(rates[name]) / max(rates[other])
            return Figure(what, f"**{median(each):.2f}**", f"best to best {best:.2f}; {against}")

        return [
            rate("**one worker: whole job, exactly once**", "worker", "; aim 30,000"),
            rate("adjudication alone, in memory", "alone", ", from bytes to bytes"),
            rate("the same on stock Faust, at least once", "faust"),
            rate("bare limit: transactional pass-through", "bare"),
            ratio("**worker to adjudication alone**", "worker", "alone", "aim 0.6"),
            ratio("**worker to stock Faust**", "worker", "faust", "aim 5"),
            rate("two workers", "two"),
            ratio("two workers to one, broker beside them", "two", "worker", "of at most 2"),
        ]

    def _alone(self) -> Pace:
        result = measure(peers.alone, self._facts).result
        return Pace(len(self._facts), result["seconds"], result["cpu"])

    def _workers(self, number: int) -> Pace:
        """Workers that begin with an empty state on a log that is all there: it is filled while they stand."""
        with self._site() as site:
            workers = [Worker(site, f"slot-{each}") for each in range(number)]
            progress = Progress(site)
            try:
                for worker in workers:
                    worker.wait()
                if number > 1:
                    time.sleep(2)  # until the second has its share of the partitions
                for worker in workers:
                    worker.pause()
                site.load(self._facts)
                for worker in workers:
                    worker.resume()
                return progress.follow(workers, len(self._facts))
            finally:
                progress.close()
                for worker in workers:
                    worker.kill()

    def _faust(self) -> Pace:
        facts = self._facts[: self._options.faust_facts]
        with self._site() as site:
            site.load(facts)
            arguments = [self._bootstrap, site.namespace, str(site.partitions), str(len(facts))]
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-m", "benchmarks.kafka.stock_faust", *arguments],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
            )
        if not done.stdout:
            sys.exit(f"stock Faust failed:\n{done.stderr[-3000:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        return Pace(len(facts), result["seconds"], result["cpu"])

    def _pass_through(self) -> Pace:
        with self._site() as site:
            site.load(self._facts)
            result = measure(peers.pass_through, self._bootstrap, site.namespace, len(self._facts)).result
        return Pace(len(self._facts), result["seconds"], result["cpu"])

    def _latency(self) -> list[Figure]:
        rate, seconds = self._options.rate, self._options.seconds
        facts = self._facts[: rate * seconds]
        results = []
        for turn in range(self._options.latency_rounds):
            with self._site() as site, Worker(site, "slot") as worker:
                worker.wait()
                results.append(
                    measure(latency.latency, self._bootstrap, site.namespace, site.partitions, facts, rate).result
                )
            p50, p99 = results[-1]["p50"] * 1e3, results[-1]["p99"] * 1e3
            note(f"latency {turn + 1}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, {results[-1]['unanswered']:.0f} unanswered")
        best = min(results, key=lambda result: result["p99"])
        every = ", ".join(f"{result['p99'] * 1e3:.0f}" for result in results)
        return [
            Figure(
                f"claim to decision at {rate:,} events/s, p50",
                f"{best['p50'] * 1e3:.0f} ms",
                f"{best['claims']:,.0f} claims",
            ),
            Figure(
                f"**claim to decision at {rate:,} events/s, p99**",
                f"**{best['p99'] * 1e3:.0f} ms**",
                f"aim 250 ms; all turns {every}",
            ),
        ]

    def _restore(self) -> list[Figure]:
        number = self._options.encounters
        with self._site() as empty, Worker(empty, "slot") as worker:
            worker.wait()
            before = worker.resident
        with self._site() as site:
            note(f"writing the changelog of {number:,} encounters ...")
            written = measure(restore.write_changelog, self._bootstrap, site.namespace, self._facts, number).result
            read = measure(restore.read_changelog, self._bootstrap, site.namespace, site.partitions).result
            with Worker(site, "slot") as worker:
                worker.wait()
                memory = worker.resident - before
            with Worker(site, "slot") as worker:  # the one before was killed
                ready = worker.wait()
        return [
            Figure(
                "**restore**",
                f"**{read['records'] / read['seconds']:,.0f} records/s**",
                f"aim 100,000; {written['records']:,.0f} of {written['bytes'] / written['records']:.0f} bytes",
            ),
            Figure(
                f"**killed worker ready again, {number:,} encounters**",
                f"**{ready:.1f} s**",
                "aim 15 s; from the start of the process",
            ),
            Figure(
                "RSS of a worker for each open encounter",
                f"{memory / number:,.0f} bytes",
                f"its state {written['state']:.0f} bytes",
            ),
        ]


if __name__ == "__main__":
    main()
