"""A chaos run: rounds of traffic and incidents, each followed by a look at all that was committed so far."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from agents.kafka.options import Options
from agents.processors import PROCESSORS
from agents.settings import load_rules
from tests.chaos.checks import CHECKS
from tests.chaos.expected import KINDS, Complaint, Expected
from tests.chaos.fleet import Fleet
from tests.chaos.incidents import LONG, SHORT
from tests.chaos.observed import Observed
from tests.chaos.traffic import Sender, operation
from tests.chaos.watch import Watch
from tests.kafka_workers import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka_broker import Java

REST = 1.0
"""Seconds without anything new after which the workers are at rest."""


@dataclass(slots=True)
class Report:
    """What a run came to."""

    rounds: int = 0
    records: int = 0
    decisions: int = 0
    edits: int = 0
    incidents: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    open_kills: int = 0
    stall: float = 0.0
    complaints: list[Complaint] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.complaints and not self.failures

    def lines(self) -> list[str]:
        """As a person reads it."""
        kinds = Counter(complaint.kind for complaint in self.complaints)
        return [
            f"{self.rounds} rounds, {self.records:,} records sent, {self.decisions:,} decisions, {self.edits} edits",
            ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(self.incidents.items())),
            f"{self.kills} kills, {self.open_kills} of them with a transaction open that had records in the log",
            f"longest stall {self.stall:.1f} s",
            ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS),
            *sorted({f"  {complaint.kind}: {complaint.what}" for complaint in self.complaints})[:20],
            *self.failures,
        ]


class Run:
    """One site on a broker of its own, from the first round to the last."""

    def __init__(self, broker: Java, folder: Path, *, seed: int, encounters: int, seconds: float) -> None:
        self._broker = broker
        self._seed = seed
        self._encounters = encounters
        self._seconds = seconds
        self._rnd = random.Random(seed)
        self._site = Site(broker, folder)
        self._fleet = Fleet(self._site, self._site.worker)
        namespace = self._site.namespace
        rules = load_rules()
        options = Options("", {}, namespace)
        processors = [make(rules) for make in PROCESSORS.values()]
        groups = {options.group(each): [options.topic(topic) for topic in each.inputs] for each in processors}
        self._watch = Watch(broker.bootstrap, groups, self._site.partitions)
        self._sender = Sender(broker.bootstrap, namespace)
        self._expected = Expected(rules)
        self._seen = Observed(broker.bootstrap, namespace, self._site.partitions)
        self.report = Report()

    def begin(self) -> None:
        """Start two workers and wait until they are ready."""
        for slot in ("a", "b"):
            self._fleet.start(slot)
        for worker in self._fleet.workers.values():
            worker.wait()
        self._watch.begin()

    def round(self, say: Callable[[str], None]) -> bool:
        """One round; whether all is well so far."""
        report, began = self.report, time.monotonic()
        number = report.rounds
        records = operation(self._encounters, self._seed * 1_000 + number, poison=3)
        incidents = [self._rnd.choice(SHORT), LONG[(self._seed + number) % len(LONG)], self._rnd.choice(SHORT)]
        self._rnd.shuffle(incidents)
        sending = self._sender.begin(records, self._seconds)
        for incident in incidents:
            incident(self._fleet, self, self._rnd)
            report.incidents[incident.__name__] += 1
            self._fleet.check()
        sending.join()
        self._sender.check()
        self._expected.send(records)
        report.complaints = self._judge()
        report.rounds += 1
        report.records += len(records)
        self._count()
        names = ", ".join(incident.__name__.replace("_", " ") for incident in incidents)
        say(f"round {report.rounds}: {names}; {time.monotonic() - began:.1f} s; {len(report.complaints)} complaints")
        for complaint in report.complaints[:5]:
            say(f"  {complaint.kind}: {complaint.what}")
        return report.sound

    def _judge(self) -> list[Complaint]:
        """What does not hold once the workers are at rest, or after a minute."""
        end = time.monotonic() + 60
        while True:
            self._rest(end)
            complaints = [complaint for check in CHECKS for complaint in check(self._expected, self._seen)]
            if not complaints or time.monotonic() > end:
                return complaints
            time.sleep(1.0)

    def _rest(self, end: float) -> None:
        quiet = time.monotonic()
        while time.monotonic() < end:
            moving = True
            with contextlib.suppress(KafkaException):  # a broker that has just come back
                moving = bool(self._seen.look() or self._watch.behind(self._seen.last_offsets()))
            if moving:
                quiet = time.monotonic()
            elif time.monotonic() > quiet + REST:
                return
            time.sleep(0.1)

    def _count(self) -> None:
        report = self.report
        report.kills, report.open_kills = self._fleet.kills, self._fleet.open_kills
        report.failures = self._fleet.failures
        report.decisions, report.edits = self._seen.counted()
        report.stall = self._watch.longest

    # The broker, as incidents see it. No client of the checker looks on: librdkafka may crash over a broker that goes.

    def kill(self) -> None:
        """kill -9 the broker."""
        self._look_away()
        self._broker.kill()

    def stop(self) -> None:
        """Stop the broker in good order."""
        self._look_away()
        self._broker.stop()

    def start(self) -> None:
        """Start the broker again."""
        self._broker.start()
        self._fleet.open()
        self._seen.open()
        self._watch.begin()

    def _look_away(self) -> None:
        self._watch.end()
        self._seen.close()
        self._fleet.let_go()

    def close(self) -> None:
        """End everything that this run started."""
        self._fleet.close()
        self._watch.end()
        self._seen.close()


def settings_for_children() -> None:
    """Nothing of the caller's own settings may reach the workers."""
    for name in list(os.environ):
        if name.startswith("CLEANCLAIM_"):
            del os.environ[name]
