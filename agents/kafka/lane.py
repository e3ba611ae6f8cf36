"""One processor on one worker: a member of its group, a producer, its shards, its tables.

`poll` brings the next batch, `commit` makes one transaction of it. The two are never under way at the same time, and
the group speaks to this worker only inside `poll`: so no partition ever leaves in the middle of a transaction.
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_INVALID, KafkaException, TopicPartition

from agents.dispatch import Dispatch
from agents.kafka.members import END_OF_PARTITION, FATAL, FENCED, REFUSALS, group_consumer, log, reason_of, translated
from agents.kafka.merge import Arrival, Merge
from agents.kafka.restore import Restore
from agents.kafka.shard import Shard
from agents.kafka.tables import Following
from agents.kafka.transaction import Aborted, Lost, Transactions
from agents.kafka.work import Work
from schemas.errors import Misuse, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from confluent_kafka import Consumer, KafkaError

    from agents.dispatch import Entry
    from agents.kafka.options import Options
    from streams.processor import Processor
    from streams.topics import Topic

_ANSWER = 10.0
"""Seconds for an answer of the cluster."""

_IDLE = 0.1
"""Seconds to wait for a record when there is nothing to do."""


@dataclass(slots=True)
class Batch:
    """What goes into one transaction.

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


class Lane:
    """Runs `processor` as slot `options.slot` of its group.

    Every method but `stop` belongs to one thread at a time. `poll` and `commit` raise `Unavailable` when the cluster
    does not answer (call `poll` again, later), `Misuse` where the cluster refuses or another worker has this slot, and
    `Defect` once the processor fails too often; after those two the lane is of no use.
    """

    def __init__(self, processor: Processor, options: Options) -> None:
        self.processor = processor
        self.counts: Counter[str] = Counter()
        self.restored = 0  # changelog records read so far
        self._options = options
        self._inputs = {options.topic(topic): number for number, topic in enumerate(processor.inputs)}
        self._topics = list(self._inputs)
        self._changelog = options.topic(processor.changelog)
        self._dispatch = Dispatch()
        self._consumer: Consumer | None = None
        self._transactions: Transactions | None = None
        self._following: Following | None = None
        self._restore: Restore | None = None
        self._work: Work | None = None
        self._partitions = 0
        self._forget()
        self._assigned: set[int] = set()
        self._changed = False  # the assignment, and nothing was done about it yet
        self._joined = False
        self._suspect = False  # the producer was lost: another worker may have taken this slot
        self._fatal: KafkaError | None = None
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def _forget(self) -> None:
        """Drop everything that only a restore can make certain."""
        self._shards: dict[int, Shard] = {}
        self._warm: dict[int, Shard] = {}
        self._let_go()

    def _let_go(self) -> None:
        """Drop what belongs to the partitions of the moment."""
        self._merges: dict[int, Merge] = {}
        self._positions: dict[tuple[int, int], int] = {}
        self._arrived: dict[tuple[int, int], int] = {}
        self._paused: set[tuple[int, int]] = set()
        self._first = 0
        self._looked = 0.0
        self._running = False
        if self._restore is not None:
            self._restore.close()
            self._restore = None

    # State

    @property
    def ready(self) -> bool:
        """Whether all partitions of the moment are restored and being read; true of a worker that has none."""
        return self._running or (self._joined and not self._changed and not self._assigned)

    @property
    def idle(self) -> bool:
        """Whether everything that is known of was processed."""
        return (
            self._running
            and all(merge.at_end for merge in self._merges.values())
            and not any(shard.bookmark.sweeps for shard in self._shards.values())
        )

    @property
    def partitions(self) -> list[int]:
        """Partitions that this worker has."""
        return sorted(self._shards)

    @property
    def keys(self) -> int:
        """Keys remembered."""
        return sum(len(shard) for shard in self._shards.values())

    def state(self, key: str) -> bytes | None:
        """What the processor remembers of a key in a partition of this worker."""
        found = (shard.state(key) for shard in self._shards.values())
        return next((state for state in found if state is not None), None)

    def position(self, topic: Topic, partition: int) -> int:
        """The next offset of an input or a table in a partition that this worker has; 0 before it is known."""
        if topic in self.processor.tables and self._following is not None:
            return self._following.position(topic, partition)
        return self._positions.get((self._inputs[self._options.topic(topic)], partition), 0)

    # The group

    def _join(self) -> Consumer:
        consumer = group_consumer(self._options, self.processor)
        try:
            self._partitions = self._count_partitions(consumer)
        except BaseException:
            consumer.close()
            raise
        self._work = Work(self._options, self.processor, self._dispatch, self._partitions, self._send)
        consumer.subscribe(
            list(self._inputs), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
        return consumer

    def _count_partitions(self, consumer: Consumer) -> int:
        """The partitions of the inputs. Raises `Misuse` unless all topics of the processor have the same number."""
        try:
            known = consumer.list_topics(timeout=_ANSWER).topics
        except KafkaException as error:
            raise translated(reason_of(error), "the list of topics") from None
        counts = {}
        for topic in (*self.processor.inputs, self.processor.changelog):
            name = self._options.topic(topic)
            if name not in known:
                raise Misuse(f"{name}: no such topic on the cluster; make it: cleanclaim topics create")
            counts[name] = len(known[name].partitions)
        if len(set(counts.values())) != 1:
            listed = ", ".join(f"{name} {number}" for name, number in counts.items())
            raise Misuse(f"{self.processor.name}: its topics must have equally many partitions, found {listed}")
        return next(iter(counts.values()))

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Nothing is read until all is restored. Not by pausing: librdkafka numbers what it is told before it queues it,
        # and drops what was overtaken, so a pause or resume beside an assign can cost a partition its start for good.
        consumer.assign([])
        self._assigned = {each.partition for each in partitions}
        self._changed = self._joined = True
        if len(partitions) != len(self._assigned) * len(self._inputs):
            log.error("%s: inputs are not assigned together", self.processor.name)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """All partitions go, as they do under range assignment. What is known of them is kept: they may come back."""
        del partitions
        if self._running:
            try:
                for shard in self._shards.values():
                    changelog = TopicPartition(self._changelog, shard.partition)
                    shard.position = consumer.get_watermark_offsets(changelog, _ANSWER)[1]
                    self._warm[shard.partition] = shard
            except KafkaException:
                self._warm = {}  # then they are restored from the beginning
        self._leave(consumer)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Others may have gone on with them for long: nothing known here counts."""
        del partitions
        self._warm = {}
        self._leave(consumer)

    def _leave(self, consumer: Consumer) -> None:
        consumer.unassign()
        self._shards = {}
        self._assigned = set()
        self._changed = True
        self._let_go()

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
        if self._consumer is None:
            self._consumer = self._join()
        if self._changed:
            self._prepare(self._consumer)
        if not self._running:
            self._bring_up(self._consumer)
            return Batch()
        now = time.monotonic()
        ready = self._next(now)
        try:
            self._receive(self._consumer, 0.0 if ready else self._patience(now))
            if not self._changed:
                self._follow()
        except BaseException:
            self._put_back(ready)
            raise
        if self._changed:
            self._put_back(ready)  # the group spoke: these partitions may be another worker's now
            return Batch()
        self._look_at_the_clock(ready)
        return ready or self._next(time.monotonic())

    def _patience(self, now: float) -> float:
        """How long to wait for a record."""
        waits = [wait for merge in self._merges.values() if (wait := merge.wait(now)) is not None]
        return min([_IDLE, *waits]) if not self._sweeping() else 0.0

    def _prepare(self, consumer: Consumer) -> None:
        """The assignment changed: find out where to go on, and begin to restore."""
        self._let_go()
        self._changed = False
        self._shards = {}
        if not self._assigned:
            return
        try:
            if self._suspect:
                self._ask_the_group(consumer)
            if self._transactions is None:
                self._transactions = Transactions(self._options, self.processor)
            self._positions = self._find_positions(consumer)
            # After the positions: they are those of a transaction that ended, so its changes stand below the mark.
            shards = [
                self._warm.pop(partition) if partition in self._warm else Shard(partition)
                for partition in sorted(self._assigned)
            ]
            self._restore = Restore(self._options, self.processor, shards)
            self._restoring = shards
            if self._following is None:
                self._following = Following(self._options, self.processor, self._dispatch)
        except (Lost, Aborted) as error:
            self._changed = True
            self._drop_producer()
            raise Unavailable(f"{self.processor.name}: {error}") from None
        except BaseException:
            self._changed = True
            raise

    def _ask_the_group(self, consumer: Consumer) -> None:
        """A new producer would fence the one of a worker that took this slot: give the group time to say so."""
        end = time.monotonic() + self._options.session_timeout_ms / 2_000
        while time.monotonic() < end:
            self._receive(consumer, _IDLE)
        self._suspect = False

    def _find_positions(self, consumer: Consumer) -> dict[tuple[int, int], int]:
        """Where each input goes on: as committed, or at its beginning."""
        wanted = [TopicPartition(name, partition) for name in self._inputs for partition in sorted(self._assigned)]
        positions = {}
        for found in consumer.committed(wanted, _ANSWER):
            if found.error is not None:
                raise translated(found.error, found.topic)
            offset = found.offset
            if offset == OFFSET_INVALID:
                offset = consumer.get_watermark_offsets(TopicPartition(found.topic, found.partition), _ANSWER)[0]
            positions[self._inputs[found.topic], found.partition] = offset
        return positions

    def _bring_up(self, consumer: Consumer) -> None:
        """A step of restoring; at its end, begin to read."""
        restore, following = self._restore, self._following
        if restore is None or following is None:
            self._receive(consumer, _IDLE)  # no partition is ours at the moment
            return
        try:
            restored = restore.step()
            following.step(0.0 if not restored else 0.05)
            if restored:
                following.join(self._restoring)
        except Unavailable:
            self._changed = True
            raise
        self._receive(consumer, 0.0)
        if self._changed or not restored or not following.whole:
            return
        self.restored += restore.records
        restore.close()
        self._restore = None
        for shard in self._restoring:
            following.catch_up(shard)
            self._shards[shard.partition] = shard
            self._merges[shard.partition] = Merge(len(self._inputs), self._options.merge_wait)
        if self._work is not None:
            self._work.tables = following.tables
        starts = [
            TopicPartition(self._topics[number], partition, offset)
            for (number, partition), offset in self._positions.items()
        ]
        consumer.assign(starts)
        self._running = True
        log.info("%s: %d partitions restored, reading", self.processor.name, len(self._shards))

    def _receive(self, consumer: Consumer, wait: float) -> None:
        """Buffer what has come; wait for a first record, never for more."""
        first = consumer.poll(wait) if wait else None
        now = time.monotonic()
        if first is not None:
            self._arrive(first, now)
        messages = consumer.consume(self._options.batch, 0.0)
        for message in messages:
            self._arrive(message, now)
        if messages or first is not None:
            self._mark_ends(consumer)
        if self._fatal is not None:
            raise self._fallen(self._fatal)
        self._throttle(consumer)

    def _arrive(self, message: Any, now: float) -> None:
        error = message.error()
        if error is not None:
            self._complain(message, error)
            return
        partition = message.partition()
        merge = self._merges.get(partition)
        if merge is None:
            return  # read before the restore ended: it is read again
        number = self._inputs[message.topic()]
        offset = message.offset()
        merge.add(Arrival(message.timestamp()[1], number, offset, message), now)
        self._arrived[number, partition] = offset

    def _mark_ends(self, consumer: Consumer) -> None:
        """Note the inputs that were read to their end, as the answers with these records had it.

        The client tells of an end only after one more answer, which the broker holds back while there is nothing new.
        """
        for (number, partition), offset in self._arrived.items():
            place = TopicPartition(self._topics[number], partition)
            if offset + 1 >= consumer.get_watermark_offsets(place, cached=True)[1]:
                self._merges[partition].end(number)
        self._arrived.clear()

    def _complain(self, message: Any, error: KafkaError) -> None:
        code = error.code()
        if code == END_OF_PARTITION:
            merge = self._merges.get(message.partition())
            if merge is not None:
                merge.end(self._inputs[message.topic()])
        elif error.fatal() or code in FENCED or code == FATAL or code in REFUSALS:
            self._fatal = error
        else:
            log.warning("%s: %s", self.processor.name, error.name())

    def _fallen(self, reason: KafkaError) -> Misuse | Unavailable:
        """The member cannot go on: another one has its name, or a new one is needed."""
        self._fatal = None
        if reason.code() in REFUSALS:
            return translated(reason, self.processor.name)
        if reason.code() in FENCED or "Static consumer fenced" in reason.str():  # a fatal error hides its code
            return Misuse(
                f"{self.processor.name}: another worker runs under slot {self._options.slot}; give each its own --slot"
            )
        self.leave()
        return Unavailable(f"{self.processor.name}: {reason.name()}")

    def _throttle(self, consumer: Consumer) -> None:
        """Pause inputs of which much is buffered, resume those of which little is."""
        for partition, merge in self._merges.items():
            for number, topic in enumerate(self._topics):
                place = (number, partition)
                if place in self._paused:
                    if merge.has_room(number):
                        consumer.resume([TopicPartition(topic, partition)])
                        self._paused.discard(place)
                elif merge.is_full(number):
                    consumer.pause([TopicPartition(topic, partition)])
                    self._paused.add(place)

    # What is next

    def _next(self, now: float) -> Batch:
        """Records that may go on, and a part of the reconsiderations that wait."""
        batch = Batch(sweeps=self._sweeping())
        room = self._options.batch
        partitions = sorted(self._merges)
        for step in range(len(partitions)):
            place = (self._first + step) % len(partitions)
            arrivals = self._merges[partitions[place]].take(room, now) if room else []
            if arrivals:
                batch.records.append((self._shards[partitions[place]], arrivals))
                room -= len(arrivals)
            if not room:
                self._first = place
                break
        return batch

    def _sweeping(self) -> list[Shard]:
        return [shard for shard in self._shards.values() if shard.bookmark.sweeps]

    def _put_back(self, batch: Batch) -> None:
        for shard, arrivals in batch.records:
            merge = self._merges.get(shard.partition)
            if merge is not None:
                merge.give_back(arrivals)

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
            if partition not in busy and self._merges[partition].at_end and shard.move(clock):
                batch.due.append(shard)

    # Committing

    def commit(self, batch: Batch) -> None:
        """Make one transaction of a batch.

        If it comes to nothing, everything is as before and `Unavailable` is raised, unless a record is at fault: then
        each goes alone, and the culprit is set aside.
        """
        try:
            try:
                self._commit(batch)
            except Aborted as error:
                if not error.culprit:
                    raise
                self._commit_one_by_one(batch)
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

    def _commit_one_by_one(self, batch: Batch) -> None:
        for shard, arrivals in batch.records:
            for number, arrival in enumerate(arrivals):
                try:
                    self._commit_alone(shard, arrival)
                except BaseException:
                    shard_rest = arrivals[number:]
                    arrivals[:] = shard_rest  # what went before is committed: only the rest is put back
                    raise
            arrivals.clear()
        if batch.due or batch.sweeps:
            self._commit(Batch(due=batch.due, sweeps=batch.sweeps))

    def _commit_alone(self, shard: Shard, arrival: Arrival) -> None:
        alone = Batch(records=[(shard, [arrival])])
        try:
            self._commit(alone)
        except Aborted as error:
            if not error.culprit:
                raise
            self._commit(alone, culprit=error.cause)

    def _commit(self, batch: Batch, culprit: str | None = None) -> None:
        transactions, work, consumer = self._transactions, self._work, self._consumer
        if transactions is None or work is None or consumer is None:
            raise Lost("no producer")
        shards = batch.shards
        before = copy.deepcopy(self._dispatch.failures), dict(self._positions)
        counted, work.counts = work.counts, Counter()
        for shard in shards:
            shard.begin()
        try:
            transactions.begin()
            self._process(work, batch, culprit)
            for shard in shards:
                for key, value in shard.changes():
                    transactions.produce_to(self._changelog, shard.partition, key, value, shard.time)
            transactions.commit(self._offsets(shards), consumer.consumer_group_metadata())
        except BaseException:
            for shard in shards:
                shard.aborted()
            self._dispatch.failures, self._positions = before
            work.counts = counted
            transactions.abort()
            raise
        for shard in shards:
            shard.committed()
        for (topic, outcome), number in work.counts.items():
            self.outcomes[topic, outcome] += number
        work.counts = counted
        self.counts["transactions"] += 1
        self.counts["records"] += batch.size

    def _process(self, work: Work, batch: Batch, culprit: str | None) -> None:
        now = self._options.now()
        positions = self._positions
        for shard, arrivals in batch.records:
            partition = shard.partition
            for arrival in arrivals:
                if culprit is None:
                    work.take(shard, arrival, now)
                else:
                    work.set_culprit_aside(shard, arrival, culprit)
                positions[arrival.input, partition] = arrival.offset + 1
        left = self._options.sweep
        for shard in batch.due:
            left -= work.wake(shard, max(1, left))
        if batch.sweeps:
            self._reconsider(work, batch.sweeps, max(1, left))

    def _reconsider(self, work: Work, shards: list[Shard], limit: int) -> None:
        """The next keys of the sweeps, over all shards in the order of keys."""
        found = [
            (key, shard.partition, shard)
            for shard in shards
            if shard.bookmark.sweeps
            for key in shard.under(shard.bookmark.sweeps[0], limit)
        ]
        chosen = sorted(found, key=lambda each: each[:2])[:limit]
        for key, _, shard in chosen:
            shard.bookmark.sweeps[0].after = key
            work.reconsider(shard, key)
        for shard in shards:
            if shard.bookmark.sweeps and not shard.under(shard.bookmark.sweeps[0], 1):
                del shard.bookmark.sweeps[0]

    def _send(self, entry: Entry, time_ms: int) -> None:
        key = None if entry.key is None else entry.key.encode()
        value = (
            entry.value
            if self._options.frame is None or entry.topic.record is None
            else self._options.frame(entry.value)
        )
        self._transactions.produce(self._options.topic(entry.topic), key, value, time_ms, entry.headers)  # type: ignore[union-attr]  # there is one while a batch is processed

    def _offsets(self, shards: Iterable[Shard]) -> list[TopicPartition]:
        """Where the inputs of these shards go on. Never none: it is what tells the group that we are still in it."""
        return [
            TopicPartition(topic, shard.partition, self._positions[number, shard.partition])
            for shard in shards
            for number, topic in enumerate(self._topics)
        ]

    # Losing

    def _drop_producer(self) -> None:
        transactions, self._transactions = self._transactions, None
        if transactions is not None:
            transactions.close()

    def _lose(self) -> None:
        """How the last transaction ended is not known here: begin again from what is committed."""
        self._drop_producer()
        self._forget()
        self._changed = self._suspect = True

    def leave(self) -> None:
        """Let go of the cluster; `poll` joins again. A static member's partitions wait for it."""
        self._drop_producer()
        self._forget()
        self._assigned = set()
        self._changed = self._joined = self._suspect = False
        if self._following is not None:
            self._following.close()
            self._following = None
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    close = leave
