"""What payers' answers taught: the edits that they brought into force, and the claims that these hold."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, cast

from agents.cli.edits_words import claims_in_words, evidence_in_words
from agents.cli.explanation import total
from agents.cli.screen import Column, clock, counted, dollars
from streams.topics import CLAIMS_HELD, EDITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.cli.screen import Screen
    from agents.embedded import Reader
    from schemas.decision import Decision
    from schemas.edit import Edit


class Lesson(NamedTuple):
    """An edit that is in force because of what a payer denied.

    history  its revisions, the first one first
    held     the first decision on each claim that it held, in order
    """

    history: tuple[Edit, ...]
    held: tuple[Decision, ...]

    @property
    def edit(self) -> Edit:
        """As it is now."""
        return self.history[-1]

    @property
    def in_force(self) -> Edit:
        """The revision by which it came into force the last time."""
        return next(
            edit
            for before, edit in reversed([*zip((None, *self.history), self.history, strict=False)])
            if edit.status == "ACTIVE" and (before is None or before.status != "ACTIVE")
        )

    @property
    def cents(self) -> int:
        """What the claims that it held were billed at."""
        return sum(total(decision.claim) for decision in self.held)


def lessons(reader: Reader, among: Callable[[str], bool]) -> tuple[Lesson, ...]:
    """Every learned edit in force, the one that held most first; of the claims only those whose id is `among`."""
    history: dict[str, list[Edit]] = defaultdict(list)
    for entry in reader.records(EDITS):
        edit = cast("Edit", entry.record)
        history[edit.edit_id].append(edit)
    held: dict[str, dict[str, Decision]] = defaultdict(dict)
    for entry in reader.records(CLAIMS_HELD):
        decision = cast("Decision", entry.record)
        if among(decision.claim_id):
            for finding in decision.findings:
                if finding.gate == "LEARNED" and finding.severity == "HOLD":
                    held[finding.edit_id].setdefault(decision.claim_id, decision)
    found = [
        Lesson(tuple(edits), tuple(held[edit_id].values()))
        for edit_id, edits in history.items()
        if edits[-1].status == "ACTIVE" and edits[-1].provenance.source == "DENIALS"
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.held), each.edit.edit_id)))


def print_lessons(screen: Screen, learned: tuple[Lesson, ...]) -> None:
    """The edits in force, and what they hold."""
    if not learned:
        return
    screen.title(f"What payers' denials taught: {counted(len(learned), 'edit')} in force")
    columns = (
        Column("Edit"),
        Column("In force since"),
        Column("Claims held", right=True),
        Column("Billed", right=True),
        Column("Lines that it holds", below=True),
        Column("Because", below=True),
    )
    rows = [
        (
            each.edit.edit_id[:8],
            f"{each.in_force.occurred_at:%Y-%m-%d}",
            f"{len(each.held):,}",
            dollars(each.cents),
            claims_in_words(each.edit),
            evidence_in_words(each.in_force.provenance),
        )
        for each in learned
    ]
    screen.table(columns, rows)


def print_story(screen: Screen, lesson: Lesson) -> None:
    """One edit from the first denial to the first claim that it held."""
    edit, evidence = lesson.in_force, lesson.in_force.provenance
    claim, others = lesson.held[0], len(lesson.held) - 1
    steps = [
        (
            clock(evidence.first_seen),
            "The payer denies the first such line. One may be a mistake: no claim waits for it.",
        ),
        (
            clock(edit.occurred_at),
            f"{evidence.denied} of {evidence.denied + evidence.paid} of them are denied: an edit comes into force.",
        ),
        (
            clock(claim.decided_at),
            f"{claim.claim_id}, billed at {dollars(total(claim.claim))}, is the first of the day like them: held.",
        ),
    ]
    if others:
        steps.append(("", f"{counted(others, 'claim')} after it likewise, {dollars(lesson.cents)} in all."))
    screen.title("One of these, from a denial to a claim that was held")
    screen.fields(steps, indent=2)
    screen.fields((("what", edit.message), ("do", edit.remedy)), indent=2)
