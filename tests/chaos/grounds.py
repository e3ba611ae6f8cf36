"""What a decision rests on, found again on the topics: the contents of its facts, and the edits that judged."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import product
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from schemas import codec
from streams.edit_set import EditSets
from streams.encounter_state import CLAIM, DOCUMENT, ENCOUNTER, KINDS, REVIEW
from streams.facts import Facts
from streams.topics import EDITS, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schemas.decision import FactReference
    from schemas.edit import Edit
    from schemas.record import Record
    from streams.rules import Rules
    from tests.chaos.observed import Observed

LAG = 30_000
"""Milliseconds by which a worker may be behind with edits.v1."""

_ID_OF = {kind.topic: kind.id_of for kind in KINDS}


class Standing(NamedTuple):
    """A fact as it stands once some of its contents have come, and whether they were several."""

    record: Any
    in_conflict: bool


class Contents:
    """All contents in which each revision of each fact came, and the encounters of which something is unreadable."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, str, str, int], dict[bytes, Record]] = defaultdict(dict)
        self._unreadable: set[str | None] = set()
        self._read = dict.fromkeys(FACT_TOPICS, 0)

    def follow(self, seen: Observed) -> None:
        """Take what is new on the topics of facts."""
        for topic, read in self._read.items():
            for record in seen.records[topic][read:]:
                fact: Any = record.record
                if fact is None:
                    self._unreadable.add(record.key)
                elif fact.encounter_id == record.key:  # any other is a dead letter
                    place = fact.encounter_id, topic.name, _ID_OF[topic.name](fact), fact.revision
                    self._contents[place].setdefault(content(fact), fact)
            self._read[topic] = len(seen.records[topic])

    def standing(self, encounter_id: str, reference: FactReference) -> list[Standing]:
        """How this revision of the fact stood after the first content, the second, and so on; nothing if none came."""
        contents = self._contents.get((encounter_id, reference.topic, reference.id, reference.revision), {})
        came = list(contents)
        return [Standing(contents[min(came[: count + 1])], count > 0) for count in range(len(came))]

    def unreadable(self, encounter_id: str) -> tuple[bool, ...]:
        """Whether something of the encounter may have been unreadable at some time: both, if anything ever was."""
        return (False, True) if encounter_id in self._unreadable else (False,)


class _Change(NamedTuple):
    time: int  # ms, of appending
    edit: Edit


class EditsInForce:
    """The learned edits that workers may have judged by, by the name of their edit set.

    A worker reads each partition of edits.v1 as far as it has come, so partitions combine. That stays cheap since only
    records that change what is in force count, of those only the ones of the time in question, the newest first, and
    no table is worked out twice.
    """

    def __init__(self, rules: Rules) -> None:
        self._edit_sets = EditSets(rules.digest)
        self._learned: dict[str, tuple[Edit, ...]] = {}
        self._looked_up: set[tuple[int, ...]] = set()  # tables, by how many changes of each partition they have
        self._changes: dict[int, list[_Change]] = defaultdict(list)  # by partition, in order
        self._status: dict[str, str] = {}
        self._read = 0

    def follow(self, seen: Observed) -> None:
        """Take what is new on edits.v1."""
        for record in seen.records[EDITS][self._read :]:
            edit = cast("Edit", record.record)
            if "ACTIVE" in (edit.status, self._status.get(edit.edit_id)):
                self._changes[record.partition].append(_Change(record.time, edit))
            self._status[edit.edit_id] = edit.status
        self._read = len(seen.records[EDITS])

    def learned(self, name: str, time: int) -> tuple[Edit, ...] | None:
        """The learned edits of the set of this name; None if no worker can have judged by it until `time` (ms)."""
        if name not in self._learned:
            for table in self._tables(time):
                edit_set = self._edit_sets.of(table)
                self._learned[edit_set.name] = edit_set.learned
                if edit_set.name == name:
                    break
        return self._learned.get(name)

    def _tables(self, time: int) -> Iterator[dict[str, Edit]]:
        """The tables that a worker may have seen at this time, but for those that were looked up before."""
        spans = [
            range(
                bisect_right(changes, time, key=attrgetter("time")),
                bisect_left(changes, time - LAG, key=attrgetter("time")) - 1,
                -1,
            )
            for changes in self._changes.values()
        ]
        for counts in product(*spans):
            if counts in self._looked_up:
                continue
            self._looked_up.add(counts)
            read = zip(self._changes.values(), counts, strict=True)
            yield {edit.edit_id: edit for changes, count in read for _, edit in changes[:count]}


def content(fact: Record) -> bytes:
    """All that a fact says."""
    return codec.content(codec.encode(fact))


def facts_in(references: Sequence[FactReference], standing: Iterable[Standing], *, unreadable: bool) -> Facts:
    """The facts of these references, which are by topic name, then id, as a judge sees them."""
    groups: dict[str, list[Any]] = defaultdict(list)
    conflicts = set()
    for reference, (record, in_conflict) in zip(references, standing, strict=True):
        groups[reference.topic].append(record)
        if in_conflict:
            conflicts.add((reference.topic, reference.id))
    claims, documents, encounters, reviews = (
        groups[KINDS[kind].topic] for kind in (CLAIM, DOCUMENT, ENCOUNTER, REVIEW)
    )
    return Facts(
        encounter=next(iter(encounters), None),
        documents=tuple(documents),
        claims=tuple(claims),
        reviews=tuple(reviews),
        conflicts=frozenset(conflicts),
        unreadable=unreadable,
    )
