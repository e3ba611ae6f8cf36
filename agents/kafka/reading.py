"""Reading the inputs: from where, how much, in which order, and what to do about an input that falls silent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_INVALID, TopicPartition

from agents.kafka.members import END_OF_PARTITION, log
from agents.kafka.merge import Arrival, Merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from confluent_kafka import Consumer, KafkaError

    from agents.kafka.options import Options

Place = tuple[int, int]
"""An input, by its number among the inputs of the processor, and a partition."""

_LOOK = 1.0
"""Seconds between two looks at how far the inputs reach."""

SILENCE = 10.0
"""Seconds in which an input that began to be read says something: a record, or that it is at its end."""


class Reading:
    """The inputs of the partitions that a worker has, buffered and merged.

    Offsets only go up: what comes again is left out. librdkafka drops an order to a partition that a later one overtook
    in its queues, so a pause or a resume beside an assignment can cost a partition its start, and then it stays silent
    for good, without an error. Therefore a partition is paused only after it delivered, and one that says nothing for
    `silence` seconds after it began, or was resumed, is read anew from where it stands.
    """

    def __init__(self, topics: Sequence[str], options: Options, complain: Callable[[KafkaError], None]) -> None:
        self._topics = topics
        self._numbers = {topic: number for number, topic in enumerate(topics)}
        self._options = options
        self._complain = complain
        self._merges: dict[int, Merge] = {}
        self._expected: dict[Place, int] = {}
        self._arrived: dict[Place, int] = {}
        self._unheard: dict[Place, float] = {}
        self._paused: set[Place] = set()
        self._ends: dict[Place, int] = {}
        self._looked = 0.0
        self._first = 0
        self._assigned = False
        self.silence = SILENCE

    @property
    def running(self) -> bool:
        """Whether the partitions of the moment are being read."""
        return bool(self._merges)

    @property
    def at_end(self) -> bool:
        """Whether nothing is buffered and nothing is known to be left, in any partition."""
        return all(merge.at_end for merge in self._merges.values())

    def lag(self, positions: Mapping[Place, int]) -> dict[Place, int]:
        """Records from `positions` to the ends that brokers told last. May be asked from any thread.

        Offsets that hold no record (markers of transactions) count until the input was read to its end.
        """
        merges, ends = self._merges.copy(), self._ends.copy()
        behind = {}
        for place, expected in self._expected.copy().items():
            merge, end = merges.get(place[1]), ends.get(place)
            if merge is not None and merge.has_ended(place[0]):
                end = expected
            if end is not None and place in positions:
                behind[place] = max(0, max(end, expected) - positions[place])
        return behind

    def is_at_end(self, partition: int) -> bool:
        """As `at_end`, of one partition."""
        return self._merges[partition].at_end

    # Beginning and ending

    def begin(self, consumer: Consumer, positions: Mapping[Place, int]) -> None:
        """Read these inputs from these offsets."""
        self._expected = dict(positions)
        self._merges = {
            partition: Merge(len(self._topics), self._options.merge_wait) for partition in {p for _, p in positions}
        }
        self._first = 0
        self._assign(consumer)

    def _assign(self, consumer: Consumer) -> None:
        self._resume(consumer)
        consumer.assign([self._place(place, offset) for place, offset in self._expected.items()])
        self._assigned = True
        self._ends = {}
        self._unheard = dict.fromkeys(self._expected, time.monotonic() + self.silence)

    def halt(self, consumer: Consumer) -> None:
        """Read nothing any more, and drop what is buffered."""
        self._resume(consumer)
        if self._assigned:
            consumer.assign([])
        self.revoked(consumer)

    def revoked(self, consumer: Consumer) -> None:
        """The same, where the group takes the partitions away."""
        self._resume(consumer)
        self._assigned = False
        self.drop()

    def drop(self) -> None:
        """Drop what is buffered."""
        self._merges = {}
        self._expected = {}
        self._arrived = {}
        self._unheard = {}

    def closed(self) -> None:
        """The consumer is gone."""
        self._assigned = False
        self._paused = set()
        self.drop()

    def _resume(self, consumer: Consumer) -> None:
        """A partition stays paused through assignments, so what begins anew must not be."""
        if self._paused:
            consumer.resume([self._place(place) for place in self._paused])
            self._paused = set()

    def _place(self, place: Place, offset: int = OFFSET_INVALID) -> TopicPartition:
        return TopicPartition(self._topics[place[0]], place[1], offset)

    # Receiving

    def receive(self, consumer: Consumer, wait: float) -> None:
        """Buffer what has come; wait (seconds) for a first record, never for more."""
        first = consumer.poll(wait) if wait else None
        now = time.monotonic()
        messages = [] if first is None else [first]
        messages += consumer.consume(self._options.batch, 0.0)
        for message in messages:
            self._arrive(message, now)
        if messages:
            self._mark_ends(consumer)
        self._throttle(consumer, now)
        if now - self._looked >= _LOOK:
            self._looked = now
            self._note_ends(consumer)
        if self._unheard and now > min(self._unheard.values()):
            log.warning("inputs said nothing: read anew", partitions=len(self._unheard), seconds=self.silence)
            self._assign(consumer)

    def _arrive(self, message: Any, now: float) -> None:
        error = message.error()
        if error is not None and error.code() != END_OF_PARTITION:
            self._complain(error)
            return
        partition = message.partition()
        merge = self._merges.get(partition)
        if merge is None:
            return  # of a partition that has left, or is not restored yet: it is read again
        place = self._numbers[message.topic()], partition
        self._unheard.pop(place, None)
        if error is not None:
            merge.end(place[0])
            return
        offset = message.offset()
        if offset < self._expected[place]:
            return  # it came before
        self._expected[place] = offset + 1
        merge.add(Arrival(message.timestamp()[1], place[0], offset, message), now)
        self._arrived[place] = offset

    def _mark_ends(self, consumer: Consumer) -> None:
        """Note the inputs that were read to their end, as the answers with these records had it.

        The client tells of an end only after one more answer, which the broker holds back while there is nothing new.
        """
        for place, offset in self._arrived.items():
            if offset + 1 >= consumer.get_watermark_offsets(self._place(place), cached=True)[1]:
                self._merges[place[1]].end(place[0])
        self._arrived.clear()

    def _note_ends(self, consumer: Consumer) -> None:
        """Keep what brokers said of the ends, for those who may not ask the client: it may be closed meanwhile."""
        for place in self._expected:
            end = consumer.get_watermark_offsets(self._place(place), cached=True)[1]
            if end >= 0:
                self._ends[place] = end

    def _throttle(self, consumer: Consumer, now: float) -> None:
        """Pause inputs of which much is buffered, resume those of which little is."""
        for partition, merge in self._merges.items():
            for number in range(len(self._topics)):
                place = (number, partition)
                if place in self._paused:
                    if merge.has_room(number):
                        consumer.resume([self._place(place)])
                        self._paused.discard(place)
                        self._unheard[place] = now + self.silence
                elif merge.is_full(number) and place not in self._unheard:
                    consumer.pause([self._place(place)])
                    self._paused.add(place)

    # What is next

    def patience(self, now: float, longest: float) -> float:
        """Seconds to wait for a record: until what is buffered goes on without the inputs that are missing."""
        waits = [wait for merge in self._merges.values() if (wait := merge.wait(now)) is not None]
        return min([longest, *waits])

    def take(self, room: int, now: float) -> list[tuple[int, list[Arrival]]]:
        """Up to `room` records that may go on, by partition, in the order of append times."""
        taken = []
        partitions = sorted(self._merges)
        for step in range(len(partitions)):
            place = (self._first + step) % len(partitions)
            arrivals = self._merges[partitions[place]].take(room, now)
            if arrivals:
                taken.append((partitions[place], arrivals))
                room -= len(arrivals)
            if not room:
                self._first = place
                break
        return taken

    def give_back(self, taken: Iterable[tuple[int, list[Arrival]]]) -> None:
        """Put back what was taken, unless its partition has left."""
        for partition, arrivals in taken:
            merge = self._merges.get(partition)
            if merge is not None:
                merge.give_back(arrivals)
