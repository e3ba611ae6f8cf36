"""What learning keeps of one edit: the last revision as it went out, and what has been counted since."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, cast

from schemas import codec, registry
from schemas.edit import Edit
from schemas.record import DAY
from streams.encounter_state import pack, unpack
from streams.learning.counts import Counts
from streams.learning.evidence import DAYS_KEPT
from streams.learning.lifecycle import silent_at
from streams.learning.patterns import speaks_of, traits_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.learning.lifecycle import Status
    from streams.learning.rows import Row

_HEAD = struct.Struct(
    ">?IIIqq"
)  # a person's word, hits denied, hits paid, first day of the hits, first and last denial


class EditCounts(NamedTuple):
    """Hits denied and paid, first and last denial (ms)."""

    hits_denied: int
    hits_paid: int
    first: int
    last: int


class KeptEdit:
    """One edit, standing or retired.

    edit          its last revision, as it is on edits.v1
    by_person     a person decided on it, so evidence no longer does
    decision      event_id of the last decision
    categories    positions in CATEGORIES whose denials speak for it
    hits_denied, hits_paid  lines that it spoke of while it was SHADOW or ACTIVE, by the payer's answer
    hits_since    day since which they are counted
    traits        what it asks for; None where that is no edit that learning could have made
    first, last   its first and last denial (ms), as of when it was last weighed; 0 without any. Of an active one the
                  first since the day from which it speaks loudest: older ones bear it no more
    """

    __slots__ = (
        "_named",
        "by_person",
        "categories",
        "decision",
        "edit",
        "first",
        "hits_denied",
        "hits_paid",
        "hits_since",
        "last",
        "traits",
    )

    def __init__(self, edit: Edit, categories: Iterable[int] = ()) -> None:
        self.edit = edit
        self.by_person = False
        self.decision = ""
        self.categories = set(categories)
        self.hits_denied = self.hits_paid = self.hits_since = 0
        self.traits = traits_of(edit)
        self.first = self.last = 0
        self._named: bytes | None = None  # what stands behind the counts

    @property
    def status(self) -> Status:
        """As of its last revision."""
        return self.edit.status

    @property
    def stands_alone(self) -> bool:
        """Whether it stands, and evidence decides on it."""
        return not self.by_person and self.edit.status != "RETIRED"

    @property
    def is_weighed(self) -> bool:
        """Whether a line paid may make it fall: it is active, by evidence."""
        return self.edit.status == "ACTIVE" and not self.by_person

    def changed(self) -> None:
        """Say that something was set, so that it is written anew."""
        self._named = None

    @property
    def is_written(self) -> bool:
        """Whether nothing but counts changed since it was last written."""
        return self._named is not None

    @property
    def counts(self) -> EditCounts:
        """What lines change about it."""
        return EditCounts(self.hits_denied, self.hits_paid, self.first, self.last)

    @counts.setter
    def counts(self, counts: EditCounts) -> None:
        self.hits_denied, self.hits_paid, self.first, self.last = counts

    def revise(self, edit: Edit, day: int) -> None:
        """Take the next revision, which is of `day`. Hits are counted from when it first could have held a claim."""
        if edit.status in ("SHADOW", "ACTIVE") and not self.is_counted:
            self.hits_denied = self.hits_paid = 0
            self.hits_since = day
        self.edit = edit
        self._named = None

    def begin(self, day: int) -> None:
        """Count hits from the first revision on."""
        self.hits_since = day

    @property
    def is_counted(self) -> bool:
        """Whether the lines that it speaks of are counted: it holds them, or would."""
        return self.edit.status in ("SHADOW", "ACTIVE")

    def hit(self, day: int, sign: int, *, denied: bool) -> None:
        """Count a line that it speaks of, answered on `day`, or take it back."""
        if self.is_counted and day >= self.hits_since:
            if denied:
                self.hits_denied = max(0, self.hits_denied + sign)
            else:
                self.hits_paid = max(0, self.hits_paid + sign)

    def speaks_of(self, row: Row) -> bool:
        """Whether it speaks of lines with this pattern, as far as a pattern can tell."""
        if self.traits is not None:
            return self.traits <= row.traits
        return speaks_of(self.edit, row.pattern)

    def denied_at(self, time: int) -> None:
        """Note a denial (ms) that speaks for it."""
        self.first = min(self.first, time) if self.first else time
        self.last = max(self.last, time)

    def weigh(self, rows: Iterable[Row]) -> Counts:
        """Count its evidence; notes its first and last denial."""
        counts = Counts([row for row in rows if self.speaks_of(row)], self.categories)
        self.first, self.last = counts.whole.first, counts.whole.last
        return counts

    @property
    def due(self) -> int | None:
        """Stream time (ms) at which age alone changes it; None for never."""
        if not self.stands_alone:
            return None
        if self.edit.status == "ACTIVE":
            return min(silent_at(self.last), _gone(self.first))
        return _gone(self.last)

    def dump(self) -> bytes:
        """As bytes; the revision is written anew only if it is another."""
        if self._named is None:
            framed = codec.frame(registry.package_id(Edit), codec.encode(self.edit))
            self._named = pack([bytes(sorted(self.categories)), self.decision.encode(), framed])
        counted = self.hits_denied, self.hits_paid, self.hits_since, self.first, self.last
        return _HEAD.pack(self.by_person, *counted) + self._named

    @classmethod
    def load(cls, stored: bytes) -> KeptEdit:
        """The inverse of `dump`."""
        named = stored[_HEAD.size :]
        categories, decision, framed = unpack(named)
        kept = cls(cast("Edit", registry.read(framed)), categories)
        counted = _HEAD.unpack_from(stored)
        kept.by_person, kept.hits_denied, kept.hits_paid, kept.hits_since, kept.first, kept.last = counted
        kept.decision = decision.decode()
        kept._named = named
        return kept


def _gone(denial: int) -> int:
    """When a denial no longer counts: the midnight after its 180 days."""
    return (denial // DAY + DAYS_KEPT + 1) * DAY
