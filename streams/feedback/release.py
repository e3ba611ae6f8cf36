"""Release: what a payer was sent, as far as its answer needs it, in few bytes."""

from __future__ import annotations

import datetime as dt
import json
import struct
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from schemas.record import millis
from streams.case import known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.claim import ClaimType
    from schemas.decision import Decision

_HEAD = struct.Struct(">QI")  # decided at, counted from the least long so that bytes sort as moments do; revision
_LEAST = -(2**63)
_encode = json.JSONEncoder(separators=(",", ":")).encode


class BilledLine(NamedTuple):
    """A line as it was released; modifiers are sorted."""

    number: int
    code: str
    modifiers: tuple[str, ...]
    service_date: dt.date
    diagnosis_pointers: tuple[int, ...]


class Release(NamedTuple):
    """A released revision of a claim. `decided_at` is milliseconds since 1970; blank places of service are None."""

    decided_at: int
    revision: int
    payer_id: str
    claim_type: ClaimType
    place_of_service: str | None
    diagnoses: tuple[str, ...]
    lines: tuple[BilledLine, ...]


def pack_release(decision: Decision) -> bytes:
    """The release that `decision` makes; packed ones sort by time of decision, then revision."""
    claim = decision.claim
    lines = [
        (
            line.line_number,
            line.procedure_code,
            sorted(line.modifiers),
            line.service_date.toordinal(),
            line.diagnosis_pointers,
        )
        for line in claim.lines
    ]
    content = (claim.payer_id, claim.claim_type, known(claim.place_of_service), claim.diagnoses, lines)
    return _HEAD.pack(millis(decision.decided_at) - _LEAST, decision.claim_revision) + _encode(content).encode()


def unpack_release(packed: bytes) -> Release:
    """The inverse of `pack_release`."""
    decided_at, revision = _HEAD.unpack_from(packed)
    payer_id, claim_type, place_of_service, diagnoses, lines = json.loads(packed[_HEAD.size :])
    billed = [
        BilledLine(number, code, tuple(modifiers), dt.date.fromordinal(day), tuple(pointers))
        for number, code, modifiers, day, pointers in lines
    ]
    return Release(
        decided_at + _LEAST, revision, payer_id, claim_type, place_of_service, tuple(diagnoses), tuple(billed)
    )


def answered(releases: Sequence[Release], received_at: int) -> Release:
    """The release that an answer received then is about: the latest decided by then, else the first of all.

    `releases` are sorted as when packed, and not empty.
    """
    at = bisect_right(releases, received_at, key=_decided_at)
    return releases[max(at - 1, 0)]


def _decided_at(release: Release) -> int:
    return release.decided_at
