"""The place of a slot in the group of a processor: which partitions it has, and when that changes."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from confluent_kafka import OFFSET_INVALID, KafkaException, TopicPartition

from agents.kafka.members import FATAL, FENCED, REFUSALS, group_consumer, log, note_word, reason_of, translated
from schemas.errors import Misuse

if TYPE_CHECKING:
    from typing import Protocol

    from confluent_kafka import Consumer, KafkaError

    from agents.kafka.options import Options
    from agents.kafka.reading import Place
    from streams.processor import Processor

    class Leaving(Protocol):
        """Told before partitions go. `lost`: others may have had them for long."""

        def __call__(self, consumer: Consumer, *, lost: bool) -> None:
            """Let go of them."""


ANSWER = 10.0
"""Seconds for an answer of the cluster."""

_ATTEMPTS = 3
_RECENTLY = 60.0
"""So often within so many seconds a member may be fenced, until it is believed that another one has its name."""

_LONG_AGO = 1e9


class Membership:
    """A static member of the group of `processor`.

    The group speaks to it only while its consumer is polled. `changed` says that it did, and nothing was done about it
    yet. Nothing is read of partitions that were assigned until somebody says from where.
    """

    def __init__(self, processor: Processor, options: Options, leaving: Leaving) -> None:
        self._processor = processor
        self._options = options
        self._leaving = leaving
        self.inputs = [options.topic(topic) for topic in processor.inputs]
        self.consumer: Consumer | None = None
        self.assigned: set[int] = set()
        self.changed = False
        self.joined = False
        self.rebalances = 0
        self.partitions = 0  # of each input
        self.fatal: KafkaError | None = None  # what ended the membership
        self._fenced: deque[float] = deque([-_LONG_AGO] * _ATTEMPTS, _ATTEMPTS)  # when it last was
        self._disturbed_at = -_LONG_AGO

    def join(self) -> Consumer:
        """Ask for a place in the group.

        Raises `Misuse` unless all topics of the processor are there, with equally many.
        """
        consumer = group_consumer(self._options, self._processor, self._disturbed)
        try:
            self.partitions = self._count_partitions(consumer)
        except BaseException:
            consumer.close()
            raise
        consumer.subscribe(self.inputs, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)
        self.consumer = consumer
        return consumer

    def close(self) -> None:
        """Let go of the consumer. A static member's partitions wait for it."""
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            consumer.close()
        self.assigned = set()
        self.changed = self.joined = False
        self.fatal = None

    def _count_partitions(self, consumer: Consumer) -> int:
        try:
            known = consumer.list_topics(timeout=ANSWER).topics
        except KafkaException as error:
            raise translated(reason_of(error), "the list of topics") from None
        counts = {}
        for topic in (*self._processor.inputs, self._processor.changelog):
            name = self._options.topic(topic)
            if name not in known:
                raise Misuse(f"{name}: no such topic on the cluster; make it: cleanclaim topics create")
            counts[name] = len(known[name].partitions)
        if len(set(counts.values())) != 1:
            listed = ", ".join(f"{name} {number}" for name, number in counts.items())
            raise Misuse(f"{self._processor.name}: its topics must have equally many partitions, found {listed}")
        return next(iter(counts.values()))

    # What the group says

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign([])  # and not the partitions, paused: see Reading
        self.assigned = {each.partition for each in partitions}
        self.changed = self.joined = True
        self.rebalances += 1
        if len(partitions) != len(self.assigned) * len(self.inputs):
            log.error("inputs are not assigned together", processor=self._processor.name)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """All partitions go, as they do under range assignment."""
        del partitions
        self._leave(consumer, lost=False)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        del partitions
        self._leave(consumer, lost=True)

    def _leave(self, consumer: Consumer, *, lost: bool) -> None:
        self._leaving(consumer, lost=lost)
        consumer.unassign()
        self.assigned = set()
        self.changed = True

    # Errors

    def complain(self, error: KafkaError) -> None:
        """Note an error that came in place of a record."""
        code = error.code()
        if error.fatal() or code in FENCED or code == FATAL or code in REFUSALS:
            self.fatal = error
        else:
            log.warning("an error in place of a record", processor=self._processor.name, error=error.name())

    def ended(self, reason: KafkaError) -> Misuse | None:
        """Why it is of no use to join again; None if it is.

        Who is fenced while it joins, or when a broker was gone, may be alone: a coordinator that died remembers the
        member before. So it asks again, but not for ever, or two workers of one slot would fence each other in turn.
        """
        if reason.code() in REFUSALS:
            refused = translated(reason, self._processor.name)
            return refused if isinstance(refused, Misuse) else None
        if reason.code() in FENCED or "Static consumer fenced" in reason.str():  # a fatal error hides its code
            if self._may_be_alone():
                return None
            return Misuse(
                f"{self._processor.name}: another worker runs under slot {self._options.slot}; give each its own --slot"
            )
        return None

    def _may_be_alone(self) -> bool:
        now = time.monotonic()
        doubtful = not self.joined or now - self._disturbed_at < _RECENTLY
        often = now - self._fenced[0] < _RECENTLY
        self._fenced.append(now)
        return doubtful and not often

    def _disturbed(self, error: KafkaError) -> None:
        """A broker went away, or cannot be reached."""
        self._disturbed_at = time.monotonic()
        note_word(error)

    # Positions

    def positions(self) -> dict[Place, int]:
        """Where each input of the assigned partitions goes on: as committed, or at its beginning.

        Waits while a transaction that may move them is open. Raises `Unavailable` if that takes long.
        """
        consumer = self.consumer
        if consumer is None:
            return {}
        wanted = [TopicPartition(name, partition) for name in self.inputs for partition in sorted(self.assigned)]
        positions = {}
        for found in consumer.committed(wanted, ANSWER):
            if found.error is not None:
                raise translated(found.error, found.topic)
            offset = found.offset
            if offset == OFFSET_INVALID:
                offset = consumer.get_watermark_offsets(TopicPartition(found.topic, found.partition), ANSWER)[0]
            positions[self.inputs.index(found.topic), found.partition] = offset
        return positions
