"""One processor on one worker: its place in the group, its producer, its shards, its tables.

`poll` brings the next batch, `commit` makes one transaction of it. The two are never under way at the same time, and
the group speaks to this worker only inside `poll`: so no partition ever leaves in the middle of a transaction.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, TopicPartition

from agents.dispatch import Dispatch
from agents.kafka.batch import Batch
from agents.kafka.committing import Committing
from agents.kafka.members import log, reason_of, translated
from agents.kafka.membership import ANSWER, Membership
from agents.kafka.reading import Reading
from agents.kafka.restore import Restore
from agents.kafka.shard import Shard
from agents.kafka.tables import Following
from agents.kafka.transaction import Aborted, Lost
from schemas.errors import Misuse, Unavailable

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

    from agents.kafka.options import Options
    from agents.metrics.lanes import Meter
    from streams.processor import Outcome, Processor, Tables
    from streams.topics import Topic

_WARM = 3_600.0
"""Seconds for which the state of a partition that left is kept: less than compaction keeps word of what was deleted."""


class Lane:
    """Runs `processor` as slot `options.slot` of its group.

    Every method belongs to one thread at a time, but `ready`, `partitions` and the counters may be looked at from
    others. `poll` and `commit` raise `Unavailable` when the cluster does not answer (call `poll` again, later),
    `Misuse` where the cluster refuses or another worker has this slot, and `Defect` once the processor fails too often;
    after those two the lane is of no use.
    """

    def __init__(self, processor: Processor, options: Options, meter: Meter | None = None) -> None:
        self.processor = processor
        self.restored = 0  # changelog records read so far
        self._restores = 0
        self._options = options
        self._dispatch = Dispatch()
        self._member = Membership(processor, options, self._leaving)
        self._reading = Reading(self._member.inputs, options, self._member.complain)
        self._committing = Committing(options, processor, self._dispatch, meter)
        self._following: Following | None = None
        self._restore: Restore | None = None
        self._shards: dict[int, Shard] = {}
        self._warm: dict[int, tuple[Shard, float]] = {}
        self._looked = 0.0
        self._suspect = False  # the producer was lost: another worker may have taken this slot

    # How it is

    @property
    def ready(self) -> bool:
        """Whether all partitions of the moment are restored and being read; true of a worker that has none."""
        member = self._member
        return self._reading.running or (member.joined and not member.changed and not member.assigned)

    @property
    def idle(self) -> bool:
        """Whether everything that is known of was processed."""
        return self._reading.running and self._reading.at_end and not self._sweeping()

    @property
    def partitions(self) -> list[int]:
        """Partitions that this worker has restored and reads."""
        return sorted(self._shards.copy()) if self._reading.running else []

    @property
    def keys(self) -> int:
        """Keys remembered."""
        return sum(len(shard) for shard in tuple(self._shards.values()))

    @property
    def counts(self) -> Counter[str]:
        """Transactions, records in them, aborts; rebalances; restores, and the records restored."""
        since = {"rebalances": self._member.rebalances, "restores": self._restores, "restored": self.restored}
        return self._committing.counts.copy() + Counter(since)

    @property
    def tables(self) -> Tables:
        """What the processor reads beside its records, as far as it was read."""
        return {} if self._following is None else self._following.tables

    def lag(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> records of the inputs that are not processed yet."""
        behind = self._reading.lag(self._committing.positions.copy())
        return {(self.processor.inputs[number].name, partition): n for (number, partition), n in behind.items()}

    def sizes(self) -> dict[int, tuple[int, int]]:
        """Partition -> keys remembered, and the bytes that are kept for them."""
        return {partition: (len(shard), shard.size) for partition, shard in self._shards.copy().items()}

    def states(self) -> list[tuple[str, bytes]]:
        """The state of every key in the partitions of this worker."""
        return [each for shard in list(self._shards.values()) for each in shard.states()]

    @property
    def outcomes(self) -> Counter[tuple[str, Outcome]]:
        """(topic, outcome) -> records."""
        return self._committing.outcomes

    def state(self, key: str) -> bytes | None:
        """What the processor remembers of a key in a partition of this worker."""
        found = (shard.state(key) for shard in self._shards.values())
        return next((state for state in found if state is not None), None)

    def position(self, topic: Topic, partition: int) -> int:
        """The next offset of an input or a table in a partition that this worker has; 0 before it is known."""
        if topic in self.processor.tables and self._following is not None:
            return self._following.position(topic, partition)
        return self._committing.positions.get((self.processor.inputs.index(topic), partition), 0)

    # Polling

    def poll(self) -> Batch:
        """The next batch; an empty one when there is nothing to do for a moment."""
        try:
            return self._poll()
        except KafkaException as error:
            reason = reason_of(error)
            if reason.fatal():
                raise self._fallen(reason) from None
            raise translated(reason, self.processor.name) from None

    def _poll(self) -> Batch:
        member, reading = self._member, self._reading
        consumer = member.consumer or member.join()
        if member.changed:
            self._prepare(consumer)
        if not reading.running:
            self._bring_up(consumer)
            return Batch()
        ready = self._next()
        try:
            self._receive(
                consumer, 0.0 if ready or self._sweeping() else reading.patience(time.monotonic(), self._options.idle)
            )
            if not member.changed:
                self._follow()
        except BaseException:
            self._put_back(ready)
            raise
        if member.changed:
            self._put_back(ready)  # the group spoke: these partitions may be another worker's now
            return Batch()
        self._look_at_the_clock(ready)
        return ready or self._next()

    def _next(self) -> Batch:
        """Records that may go on, and a part of the reconsiderations that wait."""
        taken = self._reading.take(self._options.batch, time.monotonic())
        return Batch([(self._shards[partition], arrivals) for partition, arrivals in taken], sweeps=self._sweeping())

    def _put_back(self, batch: Batch) -> None:
        self._reading.give_back((shard.partition, arrivals) for shard, arrivals in batch.records)

    def _receive(self, consumer: Consumer, wait: float) -> None:
        self._reading.receive(consumer, wait)
        if self._member.fatal is not None:
            raise self._fallen(self._member.fatal)

    def _sweeping(self) -> list[Shard]:
        return [shard for shard in self._shards.values() if shard.bookmark.sweeps]

    def _follow(self) -> None:
        """Let the tables be as they are now."""
        if self._following is not None and self._following.tables:
            changes = self._following.step()
            if changes:
                self._following.follow(self._shards.values(), changes)

    def _look_at_the_clock(self, batch: Batch) -> None:
        """Move the stream time of partitions that have nothing to read, and wake what is due there."""
        now = time.monotonic()
        if now - self._looked < self._options.tick:
            return
        self._looked = now
        clock = self._options.clock()
        busy = {shard.partition for shard, _ in batch.records}
        for partition, shard in self._shards.items():
            if partition not in busy and self._reading.is_at_end(partition) and shard.move(clock):
                batch.due.append(shard)

    # From an assignment to reading

    def _prepare(self, consumer: Consumer) -> None:
        """The assignment changed: find out where to go on, and begin to restore."""
        member, committing = self._member, self._committing
        self._reading.halt(consumer)
        self._end_restore()
        member.changed = False
        self._shards = {}
        if not member.assigned:
            return
        try:
            if self._suspect:
                self._ask_the_group(consumer)
            committing.open()
            committing.positions = member.positions()
            # After the positions: they are those of a transaction that ended, so its changes stand below the mark.
            self._shards = {partition: self._shard(partition) for partition in sorted(member.assigned)}
            self._restore = Restore(self._options, self.processor, self._shards.values())
            if self._following is None:
                self._following = Following(self._options, self.processor, self._dispatch)
        except (Lost, Aborted) as error:
            member.changed = True
            committing.drop()
            raise Unavailable(f"{self.processor.name}: {error}") from None
        except BaseException:
            member.changed = True
            raise

    def _shard(self, partition: int) -> Shard:
        """As it was when it left not long ago, or empty."""
        shard, left = self._warm.pop(partition, (Shard(partition), time.monotonic()))
        return shard if time.monotonic() - left < _WARM else Shard(partition)

    def _ask_the_group(self, consumer: Consumer) -> None:
        """A new producer would fence the one of a worker that took this slot: give the group time to say so."""
        end = time.monotonic() + self._options.session_timeout_ms / 2_000
        while time.monotonic() < end:
            self._receive(consumer, self._options.idle)
        self._suspect = False

    def _bring_up(self, consumer: Consumer) -> None:
        """A step of restoring; at its end, begin to read."""
        restore, following = self._restore, self._following
        if restore is None or following is None:
            self._receive(consumer, self._options.idle)  # no partition is ours at the moment
            return
        try:
            restored = restore.step()
            following.step(0.05 if restored else 0.0)
            if restored:
                following.join(self._shards.values())
        except Unavailable:
            self._member.changed = True
            raise
        self._receive(consumer, 0.0)
        if self._member.changed or not restored or not following.whole:
            return
        self.restored += restore.records
        self._restores += 1
        self._end_restore()
        for shard in self._shards.values():
            following.catch_up(shard)
        self._committing.begin(self._member.partitions, following.tables)
        self._reading.begin(consumer, self._committing.positions)
        log.info("partitions restored, reading", processor=self.processor.name, partitions=len(self._shards))

    def _end_restore(self) -> None:
        restore, self._restore = self._restore, None
        if restore is not None:
            restore.close()

    # Committing

    def commit(self, batch: Batch) -> None:
        """Make one transaction of a batch.

        If it comes to nothing, everything is as before and `Unavailable` is raised, unless a record is at fault: then
        each goes alone, and the culprit is set aside.
        """
        consumer = self._member.consumer
        try:
            if consumer is None:
                raise Lost("no consumer")  # noqa: TRY301 - one way out
            self._committing.commit(batch, consumer.consumer_group_metadata())
        except Aborted as error:
            self._put_back(batch)
            raise Unavailable(f"{self.processor.name}: {error}") from None
        except Lost as error:
            self._lose()
            raise Unavailable(f"{self.processor.name}: producer lost ({error}); restoring") from None
        except BaseException:
            self._lose()
            raise
        self._dispatch.failures.check()

    # Leaving and losing

    def _leaving(self, consumer: Consumer, *, lost: bool) -> None:
        """The partitions go. What is known of them is kept, as they may come back, unless others had them for long."""
        if lost:
            self._warm = {}
        elif self._reading.running:
            self._keep_warm(consumer)
        self._shards = {}
        self._end_restore()
        self._reading.revoked(consumer)

    def _keep_warm(self, consumer: Consumer) -> None:
        now = time.monotonic()
        changelog = self._options.topic(self.processor.changelog)
        try:
            for partition, shard in self._shards.items():
                shard.position = consumer.get_watermark_offsets(TopicPartition(changelog, partition), ANSWER)[1]
                self._warm[partition] = shard, now
        except KafkaException:
            self._warm = {}  # then they are restored from the beginning

    def _lose(self) -> None:
        """How the last transaction ended is not known here: begin again from what is committed."""
        self._committing.drop()
        self._forget()
        self._member.changed = self._suspect = True

    def _forget(self) -> None:
        """Drop everything that only a restore can make certain."""
        self._shards = {}
        self._warm = {}
        self._end_restore()
        self._reading.drop()

    def _fallen(self, reason: KafkaError) -> Misuse | Unavailable:
        """The member cannot go on: another one has its name, or a new one is needed."""
        ended = self._member.ended(reason)
        if ended is not None:
            return ended
        self.leave()
        return Unavailable(f"{self.processor.name}: {reason.name()}")

    def leave(self) -> None:
        """Let go of the cluster; `poll` joins again. A static member's partitions wait for it."""
        self._committing.drop()
        self._forget()
        self._suspect = False
        if self._following is not None:
            self._following.close()
            self._following = None
        self._member.close()
        self._reading.closed()

    close = leave
