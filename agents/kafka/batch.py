"""What goes into one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.kafka.merge import Arrival
    from agents.kafka.shard import Shard


@dataclass(slots=True)
class Batch:
    """Work for one transaction.

    records  of each shard, in the order of append times
    due      shards where keys are to be woken
    sweeps   shards where keys are to be reconsidered
    """

    records: list[tuple[Shard, list[Arrival]]] = field(default_factory=list)
    due: list[Shard] = field(default_factory=list)
    sweeps: list[Shard] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.records or self.due or self.sweeps)

    @property
    def shards(self) -> list[Shard]:
        """Every shard that the batch touches, once."""
        touched = {shard.partition: shard for shard, _ in self.records}
        touched |= {shard.partition: shard for shard in (*self.due, *self.sweeps)}
        return list(touched.values())

    @property
    def size(self) -> int:
        """Records from the inputs."""
        return sum(len(arrivals) for _, arrivals in self.records)
