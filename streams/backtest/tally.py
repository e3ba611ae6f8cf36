"""What the payer's answers make of claims that would have been held, counted.

Counted are claim revisions: a claim that was corrected and sent again counts again, since it would be held again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from streams.feedback.evidence import denial_id
from streams.feedback.lines import numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.decision import Route
    from schemas.denial import Denial
    from streams.backtest.passages import Passage
    from streams.backtest.trial import Scope


class Fate(StrEnum):
    """What became of a claim that would have been held."""

    CAUGHT = "caught"
    """Denied, for a reason that can be avoided, on a line that an edit on trial spoke of."""
    CLEAN = "clean"
    """Paid: held for nothing."""
    DENIED_OTHERWISE = "denied_otherwise"
    """Denied, but on other lines or for reasons that no edit is learned from."""
    MENDED = "mended"
    """Its facts changed until no edit on trial spoke: what was answered is not what would have been held."""
    UNANSWERED = "unanswered"
    """Not answered, or not yet."""


ANSWERED = (Fate.CAUGHT, Fate.CLEAN, Fate.DENIED_OTHERWISE)
"""The fates that say whether a hold was right; precision is the share of the first among them."""


class Answer(NamedTuple):
    """One line as the payer answered it. `line_number` is None where no line of the claim was found for it."""

    denial: Denial
    line_number: int | None


def net(denials: Iterable[Denial]) -> tuple[Denial, ...]:
    """What stands of the evidence about one claim: the last word on each line under each pattern, if not withdrawn.

    `denials` are in order under each pattern; between patterns, which are partitions apart, order does not matter.
    """
    last = {(denial.denial_id, denial.pattern_id): denial for denial in denials}
    return tuple([denial for denial in last.values() if denial.outcome != "WITHDRAWN"])


def attributed(passages: Sequence[Passage], answers: Iterable[Denial]) -> list[list[Answer]]:
    """The answers to each of the passages of one claim, which are its revisions in order.

    A line of a revision has its own denial_id. What is about no line of any of them goes to the revision that had gone
    out last, or first if none had.
    """
    lines = {
        denial_id(passage.claim.claim_id, (passage.claim.revision, numbered(line.line_number))): (at, line.line_number)
        for at, passage in enumerate(passages)
        for line in passage.claim.lines
    }
    found: list[list[Answer]] = [[] for _ in passages]
    for denial in answers:
        at, line_number = lines.get(denial.denial_id) or (_answered(passages, denial.occurred_at), None)
        found[at].append(Answer(denial, line_number))
    return found


def _answered(passages: Sequence[Passage], at: dt.datetime) -> int:
    """The revision that an answer at this time is about, when only the time can tell."""
    gone = [number for number, passage in enumerate(passages) if passage.sent_without and passage.sent_without <= at]
    return gone[-1] if gone else 0


@dataclass(slots=True)
class Sum:
    """Claims, what they were billed, denied or paid at (cents), and how long they would have waited."""

    claims: int = 0
    cents: int = 0
    waited: dt.timedelta = dt.timedelta()
    longest: dt.timedelta = dt.timedelta()

    def add(self, cents: int, waited: dt.timedelta) -> None:
        """One more claim."""
        self.claims += 1
        self.cents += cents
        self.waited += waited
        self.longest = max(self.longest, waited)


@dataclass(slots=True)
class Tally:
    """A back-test in numbers, or one payer and site of it.

    claims     claim revisions in scope that would have gone out without the edits on trial
    routes     how many revisions would go where: (without, with), where these differ
    fates      of those that would have been held. Cents: for CAUGHT what was denied on the lines spoken of, for CLEAN
               what was paid, else what was billed
    caught     denied lines caught, and their cents
    avoidable  denied lines in scope that could have been avoided, and their cents: what `caught` is a part of
    """

    claims: int = 0
    routes: Counter[tuple[Route, Route]] = field(default_factory=Counter)
    fates: dict[Fate, Sum] = field(default_factory=lambda: {fate: Sum() for fate in Fate})
    caught: int = 0
    caught_cents: int = 0
    avoidable: int = 0
    avoidable_cents: int = 0

    @property
    def held(self) -> int:
        """Claims that would have gone out, and the edits on trial would have kept."""
        return sum(each.claims for each in self.fates.values())

    @property
    def answered(self) -> int:
        """Of those held, the ones whose answer tells whether that was right."""
        return sum(self.fates[fate].claims for fate in ANSWERED)

    @property
    def precision(self) -> float | None:
        """The share of the answered claims that was denied for what held it; None if there are none."""
        return self.fates[Fate.CAUGHT].claims / self.answered if self.answered else None

    @property
    def recall(self) -> float | None:
        """The share of the avoidable denials in scope that would have been caught; None if there are none."""
        return self.caught / self.avoidable if self.avoidable else None

    def add(self, passage: Passage, answers: Sequence[Answer], scope: Scope) -> None:
        """Count one claim revision with the answers to it."""
        if passage.routes is not None:
            self.routes[passage.routes] += 1
        if passage.sent_without is None:
            return
        self.claims += 1
        avoidable = [each for each in answers if _avoidable(each) and scope.has_denial(each.denial)]
        self.avoidable += len(avoidable)
        self.avoidable_cents += _cents(avoidable)
        if not passage.held:
            return
        spoken = {finding.line_number for finding in passage.held_by}
        caught = [each for each in avoidable if None in spoken or each.line_number in spoken]
        fate = _fate(passage, answers, caught)
        cents = sum(line.charge_cents for line in passage.claim.lines)
        if fate is Fate.CAUGHT:
            cents = _cents(caught)
            self.caught += len(caught)
            self.caught_cents += cents
        elif fate is Fate.CLEAN:
            cents = _cents(answers)
        self.fates[fate].add(cents, _waited(passage, answers))


def _avoidable(answer: Answer) -> bool:
    return answer.denial.outcome == "DENIED" and answer.denial.avoidable


def _cents(answers: Iterable[Answer]) -> int:
    return sum(answer.denial.amount_cents for answer in answers)


def _fate(passage: Passage, answers: Sequence[Answer], caught: Sequence[Answer]) -> Fate:
    """What became of a passage that would have been held."""
    if passage.sent_with is not None and not passage.confirmed:
        return Fate.MENDED
    if caught:
        return Fate.CAUGHT
    if any(answer.denial.outcome == "DENIED" for answer in answers):
        return Fate.DENIED_OTHERWISE
    return Fate.CLEAN if answers else Fate.UNANSWERED


def _waited(passage: Passage, answers: Sequence[Answer]) -> dt.timedelta:
    """From when it would have gone out to when it is known that it may: the end of the hold, else the first answer."""
    until = passage.sent_with or min([answer.denial.occurred_at for answer in answers], default=None)
    if until is None or passage.sent_without is None:
        return dt.timedelta()
    return max(dt.timedelta(), until - passage.sent_without)
