"""The state of one encounter as bytes: its facts as they came over the wire, and what was last decided.

Facts stay framed Avro values behind a small header. So folding a record in decodes none of them, an open encounter
costs about its payload, and a state stays readable when a schema gets its next version.

    state = head, marks, facts, pack(last decisions)
    fact  = name (kind, revision, length of id; id), length of value, framed value
    marks = pack(unreadable, replayed, conflicts), or nothing
    pack  = number of chunks, their lengths, the chunks; nothing at all for no chunks
"""

from __future__ import annotations

import struct
from bisect import insort
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas import registry
from schemas.errors import Misuse
from streams.facts import Facts
from streams.naming import digest
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from schemas.decision import Route
    from schemas.record import Record


class Kind(NamedTuple):
    """One kind of fact: the name of its topic, and what tells one fact of the topic from another."""

    topic: str
    id_of: Callable[[Any], str]


KINDS = (
    Kind(CLAIMS_BUILT.name, attrgetter("claim_id")),
    Kind(DOCUMENTATION.name, attrgetter("document_id")),
    Kind(ENCOUNTERS.name, attrgetter("encounter_id")),
    Kind(REVIEWS.name, attrgetter("review_id")),
)
"""By topic name. A fact's kind is its position here, and the stored bytes hold it: never reorder."""

CLAIM, DOCUMENT, ENCOUNTER, REVIEW = range(len(KINDS))

_FORMAT = 1  # of the stored bytes
_ROUTES: tuple[Route, ...] = ("RELEASE", "HOLD", "REBUILD")

_HEAD = struct.Struct(">BqII")  # format, time of the last change, number of facts, length of the marks
_NAME = struct.Struct(">BII")  # kind, revision, length of the id, which follows
_COUNT = struct.Struct(">I")
_LAST = struct.Struct(">IIB?qq")  # sequence, claim revision, route, settled, decided at, waiting since
_NEVER = -(2**63)  # waiting since, where the claim does not wait


class Fact(NamedTuple):
    """One fact at its standing revision. Facts sort by topic name, then id.

    name   kind, revision and id as bytes: what tells this revision of this fact from every other
    stored the bytes that stand for it in the state: name, length of value, value
    """

    kind: int
    id: str
    revision: int
    name: bytes
    stored: bytes

    @property
    def value(self) -> bytes:
        """The framed Avro value."""
        return self.stored[len(self.name) + _COUNT.size :]


def make_fact(kind: int, fact_id: str, revision: int, value: bytes) -> Fact:
    """The fact that a framed Avro value states."""
    encoded = fact_id.encode()
    name = _NAME.pack(kind, revision, len(encoded)) + encoded
    return Fact(kind, fact_id, revision, name, name + _COUNT.pack(len(value)) + value)


class LastDecision(NamedTuple):
    """What the next decision of a claim must know of the one before it. Times are milliseconds since 1970.

    settled        released, or void: nobody waits for this claim
    waiting_since  `decided_at` of the first HOLD or REBUILD of the present row, None if the claim does not wait
    verdict        digest of findings and rebuild, empty for a RELEASE
    edit_set       what judged
    payer_id       with `codes`, where the claim waits: the payer and procedure codes whose edits may free it
    learned        ids of the learned edits that spoke
    holds          the open holds, as framed Hold records
    """

    claim_id: str
    decision_id: str
    sequence: int
    claim_revision: int
    route: Route
    settled: bool
    decided_at: int
    waiting_since: int | None
    verdict: str
    edit_set: str
    payer_id: str = ""
    codes: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    holds: tuple[bytes, ...] = ()


@dataclass(slots=True)
class EncounterState:
    """What is known of one encounter. Mutable while one step runs, bytes between steps.

    changed_at  append time of the last change
    facts       in order: by topic name, then id
    decisions   the last decision per claim id
    unreadable  digests of records that could not be read and were not replaced
    replayed    digests of unreadable records that a replay replaced: they hold nothing, even if they come once more
    conflicts   (kind, id) of a fact -> digests of the contents that came with its highest revision, if several did
    records     (kind, id) of a fact -> its record, where it is known without decoding
    dirty       whether anything changed since the bytes were read
    """

    changed_at: int = 0
    facts: list[Fact] = field(default_factory=list)
    decisions: dict[str, LastDecision] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    replayed: set[str] = field(default_factory=set)
    conflicts: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    records: dict[tuple[int, str], Any] = field(default_factory=dict)
    dirty: bool = False

    @property
    def has_claim(self) -> bool:
        """Whether there is anything to judge; claims come first among the facts."""
        return bool(self.facts) and self.facts[0].kind == CLAIM

    def find(self, kind: int, fact_id: str) -> Fact | None:
        """The standing revision of a fact."""
        for fact in self.facts:
            if fact.id == fact_id and fact.kind == kind:
                return fact
        return None

    def put(self, fact: Fact, record: Record, replaces: Fact | None) -> None:
        """Let `fact`, which is `record`, stand without conflict in the place of `replaces`."""
        if replaces is not None:
            self.facts.remove(replaces)
            self.conflicts.pop((fact.kind, fact.id), None)
        insort(self.facts, fact)
        self.records[fact.kind, fact.id] = record
        self.dirty = True

    def mark_conflict(self, fact: Fact, contents: set[str]) -> None:
        """Remember that the standing revision of `fact` came with all these contents."""
        self.conflicts[fact.kind, fact.id] = contents
        self.dirty = True

    def mark_unreadable(self, digest: str) -> None:
        """Remember a record that could not be read."""
        self.unreadable.add(digest)
        self.dirty = True

    def mark_replayed(self, digest: str) -> None:
        """Remember that an unreadable record was replaced; it may come again, or even come later."""
        if digest not in self.replayed:
            self.replayed.add(digest)
            self.unreadable.discard(digest)
            self.dirty = True

    def marks(self) -> str:
        """A name for what holds the claims beside the facts themselves; empty if nothing does."""
        if not self.unreadable and not self.conflicts:
            return ""
        contents = [
            part
            for kind, fact_id in sorted(self.conflicts)
            for part in (KINDS[kind].topic, fact_id, *sorted(self.conflicts[kind, fact_id]))
        ]
        return digest(*sorted(self.unreadable), *contents)

    def record(self, fact: Fact) -> Any:
        """A fact as its record, decoded once."""
        key = fact.kind, fact.id
        if key not in self.records:
            self.records[key] = registry.read(fact.value)
        return self.records[key]

    def decoded(self) -> Facts:
        """The facts as records."""
        groups: tuple[list[Any], ...] = ([], [], [], [])
        for fact in self.facts:
            groups[fact.kind].append(self.record(fact))
        claims, documents, encounters, reviews = groups
        return Facts(
            encounter=encounters[0] if encounters else None,
            documents=tuple(documents),
            claims=tuple(claims),
            reviews=tuple(reviews),
            conflicts=frozenset([(KINDS[kind].topic, fact_id) for kind, fact_id in self.conflicts]),
            unreadable=bool(self.unreadable),
        )

    def dump(self) -> bytes:
        """The state as bytes; the same for the same facts, marks and decisions."""
        marks = self._pack_marks() if self.unreadable or self.replayed or self.conflicts else b""
        stored = [fact.stored for fact in self.facts]
        decisions = pack([_pack_last(self.decisions[claim_id]) for claim_id in sorted(self.decisions)])
        return b"".join([_HEAD.pack(_FORMAT, self.changed_at, len(self.facts), len(marks)), marks, *stored, decisions])

    def _pack_marks(self) -> bytes:
        conflicts = [
            _pack_texts([str(kind), fact_id, *sorted(self.conflicts[kind, fact_id])])
            for kind, fact_id in sorted(self.conflicts)
        ]
        return pack([_pack_texts(sorted(self.unreadable)), _pack_texts(sorted(self.replayed)), pack(conflicts)])

    def _unpack_marks(self, packed: bytes) -> None:
        unreadable, replayed, conflicts = unpack(packed)
        self.unreadable.update(_unpack_texts(unreadable))
        self.replayed.update(_unpack_texts(replayed))
        for kind, fact_id, *contents in map(_unpack_texts, unpack(conflicts)):
            self.conflicts[int(kind), fact_id] = set(contents)

    @classmethod
    def load(cls, state: bytes | None) -> EncounterState:
        """The inverse of `dump`; an encounter of which nothing is known for None.

        Raises `Misuse` for a state that a later version of cleanclaim wrote.
        """
        if state is None:
            return cls()
        written, changed_at, count, size = _HEAD.unpack_from(state)
        if written != _FORMAT:
            raise Misuse(f"adjudication state: expected format {_FORMAT}, got {written}; run the version that wrote it")
        encounter = cls(changed_at)
        at = _HEAD.size
        if size:
            encounter._unpack_marks(state[at : at + size])
            at += size
        for _ in range(count):
            start, named = at, at + _NAME.size
            kind, revision, size = _NAME.unpack_from(state, at)
            at = named + size
            fact_id, name = state[named:at].decode(), state[start:at]
            at += _COUNT.size + _COUNT.unpack_from(state, at)[0]
            encounter.facts.append(Fact(kind, fact_id, revision, name, state[start:at]))
        for chunk in unpack(state[at:]):
            last = _unpack_last(chunk)
            encounter.decisions[last.claim_id] = last
        return encounter


def pack(chunks: Collection[bytes]) -> bytes:
    """Chunks behind their number and lengths, so that `unpack` finds each again."""
    if not chunks:
        return b""
    count = len(chunks)
    return struct.pack(f">I{count}I", count, *map(len, chunks)) + b"".join(chunks)


def unpack(packed: bytes) -> list[bytes]:
    """The inverse of `pack`."""
    if not packed:
        return []
    (count,) = _COUNT.unpack_from(packed)
    at = _COUNT.size * (1 + count)
    chunks = []
    for length in struct.unpack_from(f">{count}I", packed, _COUNT.size):
        chunks.append(packed[at : at + length])
        at += length
    return chunks


def cut(stored: bytes, start: int, lengths: Iterable[int]) -> Iterator[bytes]:
    """Chunks of these lengths, and what follows them."""
    for length in lengths:
        yield stored[start : start + length]
        start += length
    yield stored[start:]


def _pack_texts(texts: Collection[str]) -> bytes:
    return pack([text.encode() for text in texts])


def _unpack_texts(packed: bytes) -> tuple[str, ...]:
    return tuple([text.decode() for text in unpack(packed)])


def _pack_last(last: LastDecision) -> bytes:
    return pack(
        [
            _LAST.pack(
                last.sequence,
                last.claim_revision,
                _ROUTES.index(last.route),
                last.settled,
                last.decided_at,
                _NEVER if last.waiting_since is None else last.waiting_since,
            ),
            _pack_texts([last.claim_id, last.decision_id, last.verdict, last.edit_set, last.payer_id]),
            _pack_texts(last.codes),
            _pack_texts(last.learned),
            pack(last.holds),
        ]
    )


def _unpack_last(packed: bytes) -> LastDecision:
    numbers, texts, codes, learned, holds = unpack(packed)
    sequence, claim_revision, route, settled, decided_at, waiting_since = _LAST.unpack(numbers)
    claim_id, decision_id, verdict, edit_set, payer_id = _unpack_texts(texts)
    return LastDecision(
        claim_id=claim_id,
        decision_id=decision_id,
        sequence=sequence,
        claim_revision=claim_revision,
        route=_ROUTES[route],
        settled=settled,
        decided_at=decided_at,
        waiting_since=None if waiting_since == _NEVER else waiting_since,
        verdict=verdict,
        edit_set=edit_set,
        payer_id=payer_id,
        codes=_unpack_texts(codes),
        learned=_unpack_texts(learned),
        holds=tuple(unpack(holds)),
    )
