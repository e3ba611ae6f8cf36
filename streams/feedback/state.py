"""The state of one claim as bytes: what of it was released, what payers answered, what was said of that so far.

state = format, time of the last change, pack(releases, remittances, denials), each a pack of its own
remittance = append time, framed Avro value
denial = framed Avro value
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from schemas import registry
from schemas.errors import Misuse
from streams.encounter_state import pack, unpack
from streams.feedback.evidence import Received
from streams.feedback.release import unpack_release

if TYPE_CHECKING:
    from schemas.denial import Denial
    from schemas.remittance import Remittance
    from streams.feedback.release import Release

_FORMAT = 1
_HEAD = struct.Struct(">Bq")  # format, time of the last change
_TIME = struct.Struct(">q")


class Kept(NamedTuple):
    """A remittance as it came: `arrived` is its append time in milliseconds, `value` framed Avro."""

    arrived: int
    value: bytes


@dataclass(slots=True)
class ClaimState:
    """What is known of one claim. Mutable while one step runs, bytes between steps.

    changed_at   append time of the last change, in milliseconds since 1970
    releases     packed, sorted, each once
    remittances  in order of arrival
    denials      framed, what stands of what was emitted
    """

    changed_at: int = 0
    releases: list[bytes] = field(default_factory=list)
    remittances: list[Kept] = field(default_factory=list)
    denials: list[bytes] = field(default_factory=list)

    def released(self) -> list[Release]:
        """The releases, sorted."""
        return [unpack_release(packed) for packed in self.releases]

    def received(self) -> list[Received]:
        """The remittances themselves."""
        return [Received.of(cast("Remittance", registry.read(kept.value))) for kept in self.remittances]

    def said(self) -> list[Denial]:
        """The denials that stand."""
        return [cast("Denial", registry.read(value)) for value in self.denials]

    def dump(self) -> bytes:
        """The state as bytes."""
        remittances = [_TIME.pack(kept.arrived) + kept.value for kept in self.remittances]
        parts = [pack(self.releases), pack(remittances), pack(self.denials)]
        return _HEAD.pack(_FORMAT, self.changed_at) + pack(parts)

    @classmethod
    def load(cls, state: bytes | None) -> ClaimState:
        """The inverse of `dump`; a claim of which nothing is known for None.

        Raises `Misuse` for a state that a later version of cleanclaim wrote.
        """
        if state is None:
            return cls()
        written, changed_at = _HEAD.unpack_from(state)
        if written != _FORMAT:
            raise Misuse(f"feedback state: expected format {_FORMAT}, got {written}; run the version that wrote it")
        releases, remittances, denials = map(unpack, unpack(state[_HEAD.size :]))
        kept = [Kept(_TIME.unpack_from(each)[0], each[_TIME.size :]) for each in remittances]
        return cls(changed_at, releases, kept, denials)
