"""What must hold of the loop that learns: evidence, edits, alerts."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from agents.embedded.engine import now_ms
from streams.topics import ALERTS, CLAIMS_RELEASED, DENIALS, EDITS
from tests.chaos.expected import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.denial import Denial
    from schemas.edit import Edit
    from tests.chaos.expected import Expected
    from tests.chaos.observed import Observed

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def evidence(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """What denials.v1 says in sum follows from the releases and the payers' answers."""
    expected.feedback.follow(CLAIMS_RELEASED, seen)
    histories: dict[str, list[Denial]] = defaultdict(list)
    for denial in seen.of(DENIALS):
        histories[denial.denial_id].append(denial)
    for history in histories.values():
        outcomes = [denial.outcome for denial in history]
        if any((before == "WITHDRAWN") == (after == "WITHDRAWN") for before, after in pairwise(outcomes)):
            yield Complaint("duplicated", f"the evidence of one line goes {', '.join(outcomes)}")
    found = in_sum(seen.of(DENIALS))
    wanted = in_sum(logged.record for logged in expected.feedback.log(DENIALS))
    for _ in wanted.keys() - found.keys():
        yield Complaint("missing", "a line that was answered is no evidence")
    for denial_id, denial in found.items():
        if wanted.get(denial_id) != denial:
            yield Complaint("differing", f"the evidence of one line is {denial.outcome}")


def edits(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """What edits.v1 says follows from denials.v1, record by record: one key is one partition, so one order."""
    expected.learning.follow(DENIALS, seen)
    before = revisions_of(logged.record for logged in expected.learning.log(EDITS))
    expected.learning.engine.advance(now_ms())  # a worker wakes what is due some seconds later
    wanted = revisions_of(logged.record for logged in expected.learning.log(EDITS))
    found = revisions_of(seen.of(EDITS))
    for edit_id, revisions in found.items():
        numbers = [edit.revision for edit in revisions]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Complaint("gaps", f"edit {edit_id} has revisions {numbers}")
        elif revisions not in (wanted.get(edit_id), before.get(edit_id)):
            turns = [[edit.status for edit in each] for each in (wanted.get(edit_id, []), revisions)]
            yield Complaint("differing", f"edit {edit_id}: expected {turns[0]}, found {turns[1]}")
    for edit_id in wanted.keys() - found.keys():
        yield Complaint("missing", f"edit {edit_id}")


def alerts(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """One FIRING and one RESOLVED for an alert at most."""
    del expected
    for (alert_id, status), times in Counter((each.alert_id, each.status) for each in seen.of(ALERTS)).items():
        if times > 1:
            yield Complaint("duplicated", f"alert {alert_id} is {status} {times} times")


def in_sum(denials: Iterable[Denial]) -> dict[str, Denial]:
    """What stands of evidence when all that was taken back is gone."""
    last = {denial.denial_id: denial for denial in denials}
    return {denial_id: denial for denial_id, denial in last.items() if denial.outcome != "WITHDRAWN"}


def revisions_of(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """All revisions of each edit, but for when they were made."""
    found: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        found[edit.edit_id].append(edit.model_copy(update={"occurred_at": EPOCH}))
    return found
