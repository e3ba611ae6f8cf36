"""Workers as an operator runs them, on topics of their own, and a look at what they decided."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from agents.kafka.topics import Layout, create
from agents.ndjson import read_line
from agents.ndjson_errors import UnreadableLine
from schemas import registry
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, FACT_TOPICS, TOPICS
from tests.kafka_broker import free_port

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable, Iterator

    from schemas.decision import Decision
    from tests.kafka_broker import Broker

PARTITIONS = 4
ROUTES = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)
CLEANCLAIM = Path(sys.executable).parent / "cleanclaim"
_READY = 60.0

log = logging.getLogger(__name__)


class Worker:
    """One `cleanclaim worker` process."""

    def __init__(self, bootstrap: str, namespace: str, slot: str, log: Path, *arguments: str, **settings: str) -> None:
        """`arguments` follow the command, `settings` are variables of its environment."""
        self.port = free_port()
        self.log = log
        command = [CLEANCLAIM, "worker", "--slot", slot, "--bootstrap-servers", bootstrap, "--web-port", str(self.port)]
        command += arguments
        with log.open("ab") as stream:
            environment = os.environ | {"CLEANCLAIM_NAMESPACE": namespace} | settings
            self.process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment)

    def ready(self) -> dict[str, Any] | None:
        """What /readyz says of the agents once it says yes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                agents: dict[str, Any] = json.load(answer)["agents"]
                return agents
        except OSError:
            return None

    def wait(self) -> dict[str, Any]:
        """Wait until it is ready."""
        end = time.monotonic() + _READY
        while (agents := self.ready()) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        return agents

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self, seconds: float = 30) -> int:
        """Wait for the end; its exit code."""
        return self.process.wait(seconds)


class Site:
    """Topics under a namespace of their own, and the workers on them."""

    def __init__(self, broker: Broker, folder: Path, partitions: int = PARTITIONS) -> None:
        self.namespace = f"s{uuid.uuid4().hex[:8]}."
        self.folder = folder
        self.partitions = partitions
        self.bootstrap = broker.bootstrap
        self._workers: list[Worker] = []
        self._admin = broker.admin()
        create(self._admin, Layout(partitions, 1, self.namespace))
        self._producer = Producer(
            {"bootstrap.servers": broker.bootstrap, "partitioner": "murmur2_random", "log_level": 2}
        )

    def worker(self, slot: str, *arguments: str, **settings: str) -> Worker:
        log = self.folder / f"{slot}.log"
        worker = Worker(self.bootstrap, self.namespace, slot, log, *arguments, **settings)
        self._workers.append(worker)
        return worker

    def publish(self, lines: Iterable[bytes]) -> int:
        """Produce the facts among `lines`; how many."""
        number = 0
        for line in lines:
            try:
                topic, key, record = read_line(line)
            except UnreadableLine:
                continue
            if topic in FACT_TOPICS:
                self._producer.produce(self.namespace + topic.name, registry.write(record), key)
                number += 1
        self._producer.flush()
        return number

    def send(self, topic: str, key: str | None, value: bytes, **keywords: Any) -> None:
        self._producer.produce(self.namespace + topic, value, key, **keywords)
        self._producer.flush()

    def send_all(self, topic: str, records: Iterable[tuple[str, bytes]]) -> None:
        """Produce many records: (key, value)."""
        for number, (key, value) in enumerate(records):
            self._producer.produce(self.namespace + topic, value, key)
            if number % 10_000 == 0:
                self._producer.flush()
        self._producer.flush()

    def read(self, topics: Iterable[str], isolation: str = "read_committed") -> Iterator[Any]:
        """All messages of these topics up to where they end now."""
        names = [self.namespace + topic for topic in topics]
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "look",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "log_level": 2,
            }
        )
        places = [TopicPartition(name, n, OFFSET_BEGINNING) for name in names for n in range(self.partitions)]
        consumer.assign(places)
        left = {(place.topic, place.partition) for place in places}
        end = time.monotonic() + _READY
        try:
            while left:
                assert time.monotonic() < end, f"{len(left)} partitions have no end"
                for message in consumer.consume(10_000, 0.1):
                    error = message.error()
                    if error is None:
                        yield message
                    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's own code
                        left.discard((message.topic(), message.partition()))
        finally:
            consumer.close()

    def decisions(self) -> list[Decision]:
        """Every decision a reader of committed records sees, recalls once."""
        seen = {}
        for message in self.read([topic.name for topic in ROUTES]):
            place = message.topic(), registry.read(message.value()).decision_id  # type: ignore[attr-defined]
            assert place not in seen, "a decision stands twice on one topic"
            seen[place] = registry.read(message.value())
        return list({each.decision_id: each for each in seen.values()}.values())  # type: ignore[attr-defined,misc]

    def _look(self) -> dict[str, Any] | None:
        """What the last decisions are; None where topics that are read one after the other do not fit together yet."""
        try:
            return verdicts_of(self.decisions())
        except AssertionError:
            return None

    def wait_for(self, verdicts: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        """Wait until the last decisions are `verdicts`; what they are at the end. If they differ, the workers' logs."""
        end = time.monotonic() + seconds
        while (found := self._look()) != verdicts and time.monotonic() < end:
            time.sleep(0.3)
        if found is None:
            found = verdicts_of(self.decisions())
        if found != verdicts:
            for worker in self._workers:
                code, agents = worker.process.poll(), worker.ready()
                log.error("%s: exit code %s, ready %s\n%s", worker.log.name, code, agents, worker.log.read_text())
        return found

    def close(self) -> None:
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
        for future in self._admin.delete_topics([self.namespace + topic.name for topic in TOPICS]).values():
            future.result()


def verdicts_of(decisions: Iterable[Decision]) -> dict[str, Any]:
    """The last decision of each claim as what must be the same on every engine. Checks that none is missing between."""
    by_claim: dict[str, dict[int, Decision]] = {}
    for decision in decisions:
        sequence = by_claim.setdefault(decision.claim_id, {})
        assert decision.sequence not in sequence, "two decisions have one place in the sequence of a claim"
        sequence[decision.sequence] = decision
    found = {}
    for claim_id, sequence in by_claim.items():
        assert sorted(sequence) == list(range(1, len(sequence) + 1)), "a decision is missing in a sequence"
        last = sequence[len(sequence)]
        findings = [
            (f.edit_id, f.line_number) for f in last.findings if last.route != "RELEASE" or f.severity != "WARN"
        ]
        found[claim_id] = (last.claim_revision, last.route, findings)
    return found
