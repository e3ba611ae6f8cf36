"""What the changelog holds for a key: when it is to be woken, its index terms, and the processor's state as bytes.

The same bytes stand in memory: an encounter costs its payload and a header of 13 bytes, no tree of objects.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from schemas.errors import Misuse

FORMAT = 1
_HEAD = struct.Struct(">Bqi")  # format, wake_at in ms (-1: never), bytes of terms
_COUNT = struct.Struct(">I")
_NEVER = -1


@lru_cache(1 << 14)
def _pack_terms(terms: frozenset[str]) -> bytes:
    return b"".join([_COUNT.pack(len(term)) + term for term in sorted(each.encode() for each in terms)])


def pack(state: bytes, wake_at: int | None, terms: frozenset[str]) -> bytes:
    """State, wake and terms as one value; the same for the same three."""
    packed = _pack_terms(terms) if terms else b""
    return _HEAD.pack(FORMAT, _NEVER if wake_at is None else wake_at, len(packed)) + packed + state


def state_of(kept: bytes) -> bytes:
    """The processor's state. Raises `Misuse` for a value that a later version wrote."""
    written, _, size = _HEAD.unpack_from(kept)
    if written != FORMAT:
        raise Misuse(f"changelog: expected format {FORMAT}, got {written}; run the version that wrote it")
    return kept[_HEAD.size + size :]


def wake_of(kept: bytes | None) -> int | None:
    """Stream time (ms) at which the key is to be woken."""
    if kept is None:
        return None
    at: int = _HEAD.unpack_from(kept)[1]
    return None if at == _NEVER else at


def packed_terms(kept: bytes | None) -> bytes:
    """The terms, packed: two that are equal stand for the same terms."""
    if kept is None:
        return b""
    return kept[_HEAD.size : _HEAD.size + _HEAD.unpack_from(kept)[2]]


def terms_of(packed: bytes) -> list[str]:
    """The terms in what `packed_terms` gives."""
    terms, at = [], 0
    while at < len(packed):
        start = at + _COUNT.size
        at = start + _COUNT.unpack_from(packed, at)[0]
        terms.append(packed[start:at].decode())
    return terms


def asleep(kept: bytes) -> bytes:
    """The same without a wake."""
    return _HEAD.pack(FORMAT, _NEVER, _HEAD.unpack_from(kept)[2]) + kept[_HEAD.size :]
