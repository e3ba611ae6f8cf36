"""`cleanclaim review`: a person's answer to a hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

from agents.cli import options
from agents.cli.claims import decisions_of, facts_of
from agents.cli.explanation import print_decision, stands
from agents.cli.people import login, one_line
from agents.cli.screen import Screen
from agents.cli.store import open_engine, require_store
from agents.embedded import Options
from agents.settings import load_rules
from schemas.errors import Misuse
from schemas.record import moment
from schemas.review import Review
from streams.edit_set import EditSets
from streams.edits import listed
from streams.naming import name_uuid
from streams.reviews import is_confirmable
from streams.topics import EDITS, REVIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.decision import Decision, Finding
    from streams.facts import Facts

_TICK = dt.timedelta(milliseconds=1)


@click.command(short_help="Confirm a hold, or take a confirmation back.")
@click.argument("claim_id")
@click.argument("edit_id")
@click.option("--reason-code", required=True, metavar="CODE", help="Why, as a code of your own; no patient data.")
@click.option("--line", "line_number", type=int, metavar="N", help="Only the hold on this line.  [default: all lines]")
@click.option("--revoke", is_flag=True, help="Take back what was confirmed.")
@click.option("--by", "decided_by", metavar="NAME", help="Who answers.  [default: the name you are logged in with]")
@options.store
@options.out_if_named
@options.clock
@options.rules
@options.as_json
def review(  # noqa: PLR0913 - one parameter per option
    *,
    claim_id: str,
    edit_id: str,
    reason_code: str,
    line_number: int | None,
    decided_by: str | None,
    store: Path,
    out: Path | None,
    clock: Literal["events", "wall"],
    reference: Path | None,
    config: Path | None,
    revoke: bool,
    as_json: bool,
) -> None:
    """Answer the hold that EDIT_ID puts on a claim: confirmed, it becomes a warning, and the claim is decided again.

    Some holds cannot be confirmed, since only the missing fact can lift them; then this says what would. An answer
    holds for one revision of a claim.

    \b
      cleanclaim review clm-7-00012-1 coding-repeat-service --reason-code CHECKED-CHART --store day.db
    """
    said_by = one_line("--by", decided_by or login())
    reason_code = one_line("--reason-code", reason_code)
    rules = load_rules(reference, config)
    require_store(store)
    with open_engine(store, rules, Options(clock=clock, out=out)) as engine:
        before = decisions_of(engine.reader, claim_id)
        facts = _facts(facts_of(engine.reader, before[-1].encounter_id))
        hold = _Hold(before[-1], facts, edit_id, line_number)
        if revoke:
            hold.check_confirmed()
        else:
            hold.check_confirmable()
        if not stands(before[-1], facts, rules, EditSets(rules.digest).of(engine.reader.table(EDITS)).learned):
            click.echo(
                "cleanclaim: the rules at hand would decide otherwise than the last decision did; "
                "--reference and --config as then?",
                err=True,
            )
        # With the clock of events an answer happens when the latest event did: the real time could be months ahead,
        # and everything that waits would be overdue at once.
        now = moment(engine.reader.time()) if clock == "events" else dt.datetime.now(dt.UTC)
        answer = hold.answered("REVOKED" if revoke else "CONFIRMED", said_by, reason_code, now)
        engine.feed(REVIEWS, answer)
        after = decisions_of(engine.reader, claim_id)
    decided = after[-1] if len(after) > len(before) else None
    if as_json:
        options.print_json(
            {
                "review": answer.model_dump(mode="json"),
                "decision": None if decided is None else decided.model_dump(mode="json"),
            }
        )
        return
    screen = Screen()
    screen.line(f"{'Taken back' if revoke else 'Confirmed'} by {said_by}: {edit_id} ({reason_code}).")
    if decided is None:
        screen.line("The decision stays as it was.")
    else:
        print_decision(screen, decided, before[-1])


@dataclass(frozen=True, slots=True)
class _Hold:
    """What a person may answer: an edit, on one line or all, in the last decision of a claim."""

    decision: Decision
    facts: Facts
    edit_id: str
    line_number: int | None

    def findings(self) -> list[Finding]:
        """What the edit found. Raises `Misuse` if it found nothing there."""
        found = [finding for finding in self.decision.findings if finding.edit_id == self.edit_id]
        if not found:
            waiting = {finding.edit_id: None for finding in self.decision.findings if finding.severity != "WARN"}
            held = f"it waits for {listed(tuple(waiting))}" if waiting else "it waits for nothing"
            raise Misuse(f"expected an edit that holds this claim, got {self.edit_id}: {held}")
        on_line = [finding for finding in found if self.line_number in (None, finding.line_number)]
        if not on_line:
            lines = sorted({finding.line_number for finding in found if finding.line_number is not None})
            where = f"expected --line {' or '.join(map(str, lines))}" if lines else "leave out --line"
            raise Misuse(f"{self.edit_id} does not speak of line {self.line_number} of this claim: {where}")
        return on_line

    def check_confirmable(self) -> None:
        """Raise `Misuse` unless a confirmation would lift something."""
        for finding in self.findings():
            if is_confirmable(finding):
                return
        if finding.severity == "WARN":
            raise Misuse(f"{self.edit_id} is a warning here, which holds nothing: there is nothing to confirm")
        if finding.severity == "REBUILD":
            raise Misuse(f"{self.edit_id} cannot be confirmed: the claim as built can never be right. {finding.remedy}")
        raise Misuse(f"{self.edit_id} cannot be confirmed: only the fact itself can lift it. {finding.remedy}")

    def check_confirmed(self) -> None:
        """Raise `Misuse` unless the latest answer about this hold is a confirmation."""
        answers = [
            review
            for review in self.facts.reviews
            if review.claim_id == self.decision.claim_id
            and review.claim_revision == self.decision.claim_revision
            and review.edit_id == self.edit_id
            and (self.line_number is None or review.line_number in (None, self.line_number))
        ]
        latest = max(answers, key=lambda review: (review.occurred_at, review.review_id), default=None)
        if latest is None or latest.answer != "CONFIRMED":
            raise Misuse(
                f"{self.edit_id} is not confirmed on this revision of the claim: there is nothing to take back"
            )

    def answered(self, answer: Literal["CONFIRMED", "REVOKED"], by: str, reason_code: str, now: dt.datetime) -> Review:
        """The review that says so: the same id for the same hold, its next revision, later than every other answer."""
        claim_id, claim_revision = self.decision.claim_id, self.decision.claim_revision
        review_id = name_uuid("review", claim_id, claim_revision, self.edit_id, self.line_number or "")
        standing = [review for review in self.facts.reviews if review.claim_id == claim_id]
        revision = 1 + max([review.revision for review in standing if review.review_id == review_id], default=0)
        return Review(
            event_id=name_uuid("event", review_id, revision),
            review_id=review_id,
            encounter_id=self.decision.encounter_id,
            revision=revision,
            claim_id=claim_id,
            claim_revision=claim_revision,
            edit_id=self.edit_id,
            line_number=self.line_number,
            answer=answer,
            decided_by=by,
            reason_code=reason_code,
            occurred_at=max([now, *[review.occurred_at + _TICK for review in standing]]),
        )


def _facts(facts: Facts | None) -> Facts:
    if facts is None:
        raise Misuse("expected a claim whose facts are in the store; those of this encounter have left it")
    return facts
