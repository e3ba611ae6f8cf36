"""Topics of their own on the benchmark's broker."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Self

from confluent_kafka.admin import AdminClient

from agents.kafka.topics import Layout, create
from benchmarks.kafka.facts import load
from streams.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.kafka.facts import Fact


class Site:
    """All topics of the catalogue under one namespace, gone after the block. `folder` takes logs of workers."""

    def __init__(self, bootstrap: str, folder: Path, partitions: int) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.partitions = partitions
        self.namespace = f"bench-{uuid.uuid4().hex[:8]}."
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
        create(self._admin, Layout(partitions, 1, self.namespace))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        futures = self._admin.delete_topics([self.namespace + topic.name for topic in TOPICS], operation_timeout=30)
        for future in futures.values():
            future.result()

    def load(self, facts: Sequence[Fact]) -> None:
        """Put facts on the input topics, and let the broker finish with them before anything is measured."""
        load(facts, self.bootstrap, self.namespace)
        time.sleep(0.5)
