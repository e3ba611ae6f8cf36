"""From evidence to edits: which edit a denial speaks for, and what becomes of those that there are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from schemas.edit import Edit, EditProvenance
from schemas.record import DAY, millis, moment
from streams.edit_id import edit_id_of
from streams.learning import words
from streams.learning.causes import CLEAN_LINES, Cause, find
from streams.learning.counts import Count
from streams.learning.evidence import DAYS_KEPT
from streams.learning.kept import KeptEdit
from streams.learning.lifecycle import ACTIVE_BOUND, fallen, grown, holds
from streams.learning.patterns import scope_and_match
from streams.learning.rows import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.learning.lifecycle import Status
    from streams.learning.patterns import Traits
    from streams.learning.rows import Row
    from streams.learning.state import LearningState

MOST_STANDING = 24
"""Edits of one payer and code that learning lets stand beside the one that asks for nothing else; nobody reads more."""

SETTLING_DAYS = 30
"""After a change of the payer's mind it still pays what it took in before: for so long an edit gives way to none of
its parts."""

REASONS_NAMED = 3
"""Reason codes in a message: those given most often."""

_RANK = {"PROPOSED": 0, "SHADOW": 1, "ACTIVE": 2}

_ALL: Traits = frozenset()
_WIDER = "a wider edit stands for it"
_NARROWER = "narrower edits stand for it"


class Learner:
    """Works on one state for one step. `revisions` are the edits to send, in order.

    time   stream time (ms)
    event  time of what happened (ms): of the record, or the stream time of a wake
    """

    __slots__ = ("_state", "_time", "event", "revisions")

    def __init__(self, state: LearningState, time: int, event: int) -> None:
        self._state = state
        self._time = time
        self.event = event
        self.revisions: list[Edit] = []

    @property
    def _rows(self) -> Iterable[Row]:
        return self._state.evidence.rows.values()

    # What happened

    def denied(self, row: Row, category: int) -> None:
        """A line was denied for a reason that could have been avoided."""
        speaking = self._state.speaking_of(row)
        for kept in speaking.standing:
            if kept.stands_alone and category in kept.categories:
                kept.denied_at(self.event)
        if speaking.active:
            return  # it left before the edit was there: nothing new
        alone = [kept for kept in speaking.standing if kept.stands_alone]
        unexplained = [each for each in self._rows if not self._state.speaking_of(each).active]
        cause = find(unexplained, row, category, [kept.traits for kept in alone if kept.traits is not None])
        if cause is None:
            at_home = [kept for kept in alone if category in kept.categories and kept.traits]
            cause = Cause((at_home[0].traits if at_home else None) or _ALL, holds=False)
        self._stand(cause, category)

    def paid(self, row: Row) -> None:
        """A line was paid: too many of those, and an active edit falls, or gives way to a narrower one."""
        for kept in self._state.speaking_of(row).standing:
            if kept.is_weighed:
                is_settled = self.event - millis(kept.edit.occurred_at) >= SETTLING_DAYS * DAY
                if self._judge(kept).paid >= CLEAN_LINES and is_settled:
                    self._narrow(kept)

    def judge(self, row: Row) -> None:
        """A line was taken back."""
        for kept in self._state.speaking_of(row).standing:
            if kept.stands_alone:
                self._judge(kept)

    def judge_due(self) -> None:
        """Time has passed: age changes some."""
        if self._state.due is None or self._state.due > self._time:
            return
        for kept in self._state.edits.values():
            if kept.due is not None and kept.due <= self._time:
                self._judge(kept)

    # What becomes of it

    def _judge(self, kept: KeptEdit) -> Count:
        """Let an edit fall if its evidence no longer bears it. The strongest evidence of one that stays active."""
        counts = kept.weigh(self._rows)
        if not counts.whole.denied:
            self._revise(kept, "RETIRED", counts.whole, f"no denial left within {DAYS_KEPT} days")
        elif kept.status == "ACTIVE":
            strongest = counts.strongest()
            why = fallen(strongest, self._time)
            if why is None:
                kept.first = strongest.first
                return strongest
            self._revise(kept, "SHADOW", strongest, why)
        return Count()

    def _narrow(self, kept: KeptEdit) -> None:
        """Where the evidence within an active edit now points to a part of it, let that part take its place."""
        category, seed = max(
            (
                (category, row)
                for row in self._rows
                if kept.speaks_of(row)
                for category in kept.categories
                if any(category in denied for denied in row.denied.values())
            ),
            key=lambda found: _last_denial(found[1], found[0]),
        )
        rows = [
            row
            for row in self._rows
            if not any(each.status == "ACTIVE" and each is not kept for each in self._state.speaking_of(row).standing)
        ]
        if seed not in rows or kept.traits is None:
            return
        cause = find(rows, seed, category, [kept.traits])
        if cause is not None and cause.holds and cause.traits > kept.traits:
            self._stand(cause, category)
            self._revise(kept, "RETIRED", kept.weigh(self._rows).strongest(), _NARROWER)

    def _stand(self, cause: Cause, category: int) -> None:
        """Let the edit for a cause stand, at the status that its evidence bears."""
        kept = next((each for each in self._state.edits.values() if each.traits == cause.traits), None)
        is_new = kept is None
        if kept is None:
            kept = self._proposed(cause.traits, category)
            if not self._make_room(cause) or not self._state.add(kept):
                return
        elif kept.by_person:
            return
        elif category not in kept.categories:
            kept.categories.add(category)
            kept.changed()
        if is_new or cause.holds or kept.status != "SHADOW":  # else it stands as high as its evidence bears
            self._raise(kept, cause, is_new=is_new)
        self._tidy(kept)

    def _proposed(self, traits: Traits, category: int) -> KeptEdit:
        scope, match = scope_and_match(self._state.payer_id, self._state.procedure_code, traits)
        edit = Edit(
            edit_id=edit_id_of(scope, match),
            revision=1,
            status="PROPOSED",
            scope=scope,
            match=match,
            severity="HOLD",
            message="",
            remedy="",
            provenance=EditProvenance(source="DENIALS", denied=0, paid=0, categories=(), reason_codes=()),
            occurred_at=moment(self.event),
        )
        return KeptEdit(edit, {category})

    def _raise(self, kept: KeptEdit, cause: Cause, *, is_new: bool) -> None:
        """Raise an edit to the status that its evidence bears, never lower it."""
        counts = kept.weigh(self._rows)
        count = counts.strongest() if cause.holds else Count()
        if holds(count.denied, count.paid) and fallen(count, self._time) is None:
            kept.first = count.first
            status: Status = "ACTIVE"
            why = f"lower bound of denied of all at least {ACTIVE_BOUND}"
        else:
            count = counts.whole
            status = grown(count.denied)
            why = "first denial" if status == "PROPOSED" else f"denied {count.denied} times"
            if not is_new and kept.status != "RETIRED" and _RANK[kept.status] >= _RANK[status]:
                status = kept.status
        if is_new or status != kept.status:
            self._revise(kept, status, count, why, is_new=is_new)

    def _make_room(self, cause: Cause) -> bool:
        standing = [kept for kept in self._state.edits.values() if kept.stands_alone and kept.traits]
        if len(standing) < MOST_STANDING or not cause.traits:
            return True
        waiting = [kept for kept in standing if kept.status != "ACTIVE"]
        if not cause.holds or not waiting:
            return False
        oldest = min(waiting, key=lambda kept: (kept.last, kept.edit.edit_id))
        self._revise(oldest, "RETIRED", oldest.weigh(self._rows).whole, f"more than {MOST_STANDING} edits stand")
        return True

    def _tidy(self, kept: KeptEdit) -> None:
        """Retire what `kept` makes superfluous: narrower edits no further than it, wider ones without denials of their
        own.
        """
        for each in [each for each in self._state.edits.values() if each.stands_alone]:
            is_better = kept.status == "ACTIVE" or (kept.traits and each.status != "ACTIVE")
            if is_better and _is_wider(kept, each):
                self._revise(each, "RETIRED", each.weigh(self._rows).whole, _WIDER)
            elif _is_wider(each, kept) and each.status != "ACTIVE" and not self._has_own(each):
                self._revise(each, "RETIRED", each.weigh(self._rows).whole, _NARROWER)

    def _has_own(self, wide: KeptEdit) -> bool:
        """Whether any of its denials is of a line that no narrower edit speaks of."""
        narrower = [each for each in self._state.edits.values() if each.stands_alone and _is_wider(wide, each)]
        return any(
            wide.speaks_of(row)
            and any(not wide.categories.isdisjoint(denied) for denied in row.denied.values())
            and not any(each.speaks_of(row) for each in narrower)
            for row in self._rows
        )

    def _revise(self, kept: KeptEdit, status: Status, count: Count, why: str, *, is_new: bool = False) -> None:
        """Send the next revision of an edit, with its evidence as it is now."""
        before = kept.edit
        categories = [CATEGORIES[category] for category in sorted(kept.categories)]
        codes = self._reason_codes(kept)
        has_denials = bool(count.denied)
        provenance = before.provenance.model_copy(
            update={
                "denied": count.denied,
                "paid": count.paid,
                "categories": tuple(categories),
                "reason_codes": codes or before.provenance.reason_codes,
                "first_seen": moment(count.first) if has_denials else before.provenance.first_seen,
                "last_seen": moment(count.last) if has_denials else before.provenance.last_seen,
                "reason": why,
            }
        )
        edit = before.model_copy(
            update={
                "revision": before.revision + (not is_new),
                "status": status,
                "provenance": provenance,
                "occurred_at": max(moment(self.event), before.occurred_at),
            }
        )
        if has_denials:
            text = words.message(edit, count, self._state.payer_id, codes[:REASONS_NAMED])
            edit = edit.model_copy(update={"message": text, "remedy": words.remedy(categories)})
        if is_new:
            kept.begin(self.event // DAY)
        kept.revise(edit, self.event // DAY)
        self._state.revised()
        self.revisions.append(edit)

    def _reason_codes(self, kept: KeptEdit) -> tuple[str, ...]:
        """The reason codes of its denials, the most frequent first."""
        codes: Counter[str] = Counter()
        for row in self._rows:
            if kept.speaks_of(row):
                for category in kept.categories:
                    codes.update(row.reasons.get(category, {}))
        return tuple(sorted(codes, key=lambda code: (-codes[code], code)))


def _last_denial(row: Row, category: int) -> int:
    return max(denied[category].last for denied in row.denied.values() if category in denied)


def _is_wider(wide: KeptEdit, narrow: KeptEdit) -> bool:
    """Whether it asks for less, and so speaks of every line that the other speaks of. A person's edit may not tell."""
    return wide.traits is not None and narrow.traits is not None and wide.traits < narrow.traits
