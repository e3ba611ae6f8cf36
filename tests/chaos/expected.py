"""What the embedded engine makes of what was sent, and what the checks have learned so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.embedded import Embedded
from agents.embedded.engine import Options, now_ms
from streams.adjudication import Adjudication
from streams.feedback import Feedback
from streams.learning import Learning
from streams.topics import FACT_TOPICS, REMITTANCES
from tests.chaos.grounds import Contents, EditsInForce
from tests.chaos.traffic import Sent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.processor import Processor
    from streams.rules import Rules
    from streams.topics import Topic
    from tests.chaos.observed import Observed, Seen


class Complaint(NamedTuple):
    """Something that must not be. `kind` is one of `KINDS`; `what` shows no value of a tagged field."""

    kind: str
    what: str


KINDS = ("missing", "duplicated", "differing", "gaps", "lost dead letters")


class Alone:
    """One processor in the embedded engine. Topics are read on from where the last look at them ended."""

    def __init__(self, processor: Processor) -> None:
        self._now: int | None = None  # ms, while what was appended earlier is followed
        self.engine = Embedded([processor], options=Options(clock="wall", now=self._clock))
        self._fed: Counter[Topic] = Counter()
        self._log: dict[Topic, list[Any]] = defaultdict(list)

    def feed(self, records: Iterable[Sent]) -> None:
        """Take what is sent, as far as the processor reads it."""
        for topic, key, value in records:
            self.engine.feed_bytes(topic, key, value)

    def _clock(self) -> int:
        return now_ms() if self._now is None else self._now

    def follow(self, topic: Topic, seen: Observed) -> None:
        """Take what stands on a topic, in the order of each partition and at the times at which it was appended."""
        new = seen.records[topic][self._fed[topic] :]
        for record in sorted(new, key=lambda each: each.time):
            self._now = record.time
            self.feed([Sent(topic, record.key, record.value)])
        self._now = None
        self._fed[topic] += len(new)

    def log(self, topic: Topic) -> list[Any]:
        """All that came out on a topic."""
        found = self._log[topic]
        found += islice(self.engine.records(topic), len(found), None)
        return found


class Expected:
    """The processors, each alone, and what was sent to them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.adjudication = Alone(Adjudication(rules))
        self.feedback = Alone(Feedback(rules))
        self.learning = Alone(Learning())
        self.contents = Contents()
        self.in_force = EditsInForce(rules)
        self.decided: Counter[Topic] = Counter()  # how many decisions were taken up
        self.doubted: list[Seen] = []  # those of them that nothing speaks for yet

    def send(self, records: list[Sent]) -> None:
        """These are sent now."""
        self.adjudication.feed(each for each in records if each.topic in FACT_TOPICS)
        self.feedback.feed(each for each in records if each.topic is REMITTANCES)
