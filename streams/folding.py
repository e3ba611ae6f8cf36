"""Folding: what a record that came for an encounter does to what is known of it, whatever order records come in.

Of one fact the highest revision stands. Content is everything but `event_id`. When one revision comes with several
contents, the smallest stands, so that the order of arrival never shows, and the fact is in conflict until a higher
revision comes. Nothing is decoded here unless contents clash.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from schemas import codec, registry
from streams.encounter_state import KINDS, make_fact
from streams.processor import Outcome

if TYPE_CHECKING:
    from schemas.claim import Claim
    from schemas.documentation import Documentation
    from schemas.encounter import Encounter
    from schemas.review import Review
    from streams.encounter_state import EncounterState, Fact
    from streams.processor import Inbound

    FactRecord = Encounter | Documentation | Claim | Review

_KIND_OF = {kind.topic: number for number, kind in enumerate(KINDS)}

Folded = tuple[Outcome, str | None]
"""What became of the record, and why if it is a dead letter or repeats what is in conflict still."""


def unreadable_digest(body: bytes) -> str:
    """The name of bytes that could not be read: SHA-256 in hexadecimal. A replay gives it as `Inbound.replay_of`."""
    return hashlib.sha256(body).hexdigest()


def fold(state: EncounterState, record: Inbound) -> Folded:
    """Fold a record in. `record.body` is in the package's own schema, whatever schema it travelled in."""
    if record.value is None:
        return _fold_unreadable(state, record)
    value = cast("FactRecord", record.value)
    if value.encounter_id != record.key:
        reason = f"{record.topic.name}: encounter_id: expected the key of the record; send it under its encounter_id"
        return Outcome.DEAD_LETTER, reason
    if record.replay_of is not None:
        state.mark_replayed(record.replay_of)
    kind = _KIND_OF[record.topic.name]
    fact_id = KINDS[kind].id_of(value)
    known = state.find(kind, fact_id)
    if known is None or value.revision > known.revision:
        state.put(_fact(kind, fact_id, value, record.body), value, replaces=known)
        return Outcome.APPLIED, None
    if value.revision < known.revision:
        return Outcome.SUPERSEDED, None
    if codec.content(record.body) == codec.content(codec.unframe(known.value)[1]):
        return _fold_repeat(state, known, record)
    return _fold_clash(state, known, value, record)


def _fact(kind: int, fact_id: str, value: FactRecord, body: bytes) -> Fact:
    return make_fact(kind, fact_id, value.revision, codec.frame(registry.package_id(type(value)), body))


def _fold_unreadable(state: EncounterState, record: Inbound) -> Folded:
    """Bytes that could not be read hold the claims of the encounter; a replay that cannot be read either still does."""
    digest = unreadable_digest(record.body)
    if record.replay_of is not None and record.replay_of != digest:
        state.mark_replayed(record.replay_of)
    if digest in state.unreadable or digest in state.replayed:
        return Outcome.DUPLICATE, None
    state.mark_unreadable(digest)
    return Outcome.DEAD_LETTER, f"{record.topic.name}: the record cannot be read; the claims of its encounter hold"


def _fold_clash(state: EncounterState, known: Fact, value: FactRecord, record: Inbound) -> Folded:
    """Bytes that differ from those of the same revision: written otherwise (Avro allows that), or another content."""
    standing, other = _canonical(state.record(known)), _canonical(value)
    key = known.kind, known.id
    contents = state.conflicts.get(key, {_digest(standing)})
    if _digest(other) in contents:
        return _fold_repeat(state, known, record)
    contents = contents | {_digest(other)}
    if other < standing:
        state.put(_fact(known.kind, known.id, value, record.body), value, replaces=known)
    state.mark_conflict(known, contents)
    return Outcome.DEAD_LETTER, _clash(known, record)


def _fold_repeat(state: EncounterState, known: Fact, record: Inbound) -> Folded:
    """Content that came before; if with others, the conflict holds the claims as before."""
    return Outcome.DUPLICATE, _clash(known, record) if (known.kind, known.id) in state.conflicts else None


def _clash(known: Fact, record: Inbound) -> str:
    topic = record.topic.name
    return f"conflicting revision: {topic}: revision {known.revision} came before with other content; send a higher one"


def _canonical(value: FactRecord) -> bytes:
    return codec.content(codec.encode(value))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
