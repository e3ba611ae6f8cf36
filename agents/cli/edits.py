"""`cleanclaim edits`: what was learned from denials, its evidence, and a person's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agents.cli import options
from agents.cli.edits_backtest import backtest
from agents.cli.edits_decide import add, approve, retire, shadow
from agents.cli.edits_ledger import SHOWN, find, open_ledger
from agents.cli.edits_words import claims_in_words, evidence_in_words, money, share, uncounted
from agents.cli.screen import Column, Screen, clock, counted
from streams.learning import is_counted

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.edit import Edit
    from schemas.edit_decision import EditDecision
    from streams.learning.standing import EditStanding

STATUSES = ("ACTIVE", "SHADOW", "PROPOSED", "RETIRED")
"""In the order in which they matter."""

_COLUMNS = (
    Column("Id"),
    Column("Status"),
    Column("Does"),
    Column("Since"),
    Column("At stake", right=True),
    Column("Precision", right=True),
    Column("Claims", below=True),
    Column("Evidence", below=True),
)


@click.group(short_help="What was learned from denials, and your word on it.")
def edits() -> None:
    """Look at the edits learned from denials, try them on history, and have the last word on each.

    PROPOSED: a first denial, and nothing happens yet. SHADOW: counted on every claim, holds none. ACTIVE: holds the
    claims that it speaks of. RETIRED: at rest.

    \b
      cleanclaim edits list --store day.db
    """


@edits.command("list", short_help="All edits with their evidence.")
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Only edits of this status.")
@click.option("--payer", metavar="ID", help="Only edits that may speak of this payer's claims.")
@options.store
@options.connection
@options.as_json
def list_edits(*, status: str | None, payer: str | None, store: Path, as_json: bool, **given: str | None) -> None:
    """List the edits: an id to go on with, the claims that each speaks of, and what speaks for it.

    At stake: dollars denied within 180 days on lines that it speaks of. Precision: of the lines that it held or, in
    SHADOW, would have held, the share that the payer denied.

    \b
      cleanclaim edits list --status ACTIVE --store day.db
      cleanclaim edits list --payer commercial-2 --bootstrap-servers localhost:9092
    """
    with open_ledger(store, given) as ledger:
        found = [edit for edit in ledger.edits().values() if _wanted(edit, status, payer)]
        standings = ledger.standings(found)
    found.sort(key=lambda edit: (STATUSES.index(edit.status), -edit.provenance.denied, edit.edit_id))
    if as_json:
        for edit in found:
            options.print_json(_described(edit, standings.get(edit.edit_id)))
        return
    screen = Screen()
    if found:
        screen.table(_COLUMNS, [_row(edit, standings.get(edit.edit_id)) for edit in found])
    screen.line(f"{counted(len(found), 'edit')}.", style="dim")


def _wanted(edit: Edit, status: str | None, payer: str | None) -> bool:
    payers = edit.scope.payer_ids
    return (status is None or edit.status == status) and (payer is None or payers is None or payer in payers)


def _row(edit: Edit, standing: EditStanding | None) -> tuple[str, ...]:
    return (
        edit.edit_id[:SHOWN],
        edit.status,
        edit.severity,
        f"{edit.occurred_at:%Y-%m-%d}",
        money(standing.at_stake_cents if standing and is_counted(edit) else None),
        share(standing and standing.precision),
        claims_in_words(edit),
        evidence_in_words(edit.provenance),
    )


def _described(edit: Edit, standing: EditStanding | None) -> dict[str, Any]:
    """What a program reads.

    `now` is null where learning does not know the edit any more, and says nothing where answers are not `counted`.
    """
    now = standing and {
        "by_person": standing.by_person,
        "denied": standing.denied,
        "paid": standing.paid,
        "bound": standing.bound,
        "at_stake_cents": standing.at_stake_cents,
        "hits_denied": standing.hits_denied,
        "hits_paid": standing.hits_paid,
        "precision": standing.precision,
    }
    told = {"edit": edit.model_dump(mode="json"), "claims": claims_in_words(edit)}
    return told | {"counted": is_counted(edit), "now": now}


@edits.command("show", short_help="One edit in full, with its history.")
@click.argument("edit_id", metavar="EDIT")
@options.store
@options.connection
@options.as_json
def show(*, edit_id: str, store: Path, as_json: bool, **given: str | None) -> None:
    """Show one edit: what it says, what speaks for it, and every change of its status. EDIT may be cut short.

    Each change comes with the counts at that time, who made it, and why; people's decisions follow as they were given.

    \b
      cleanclaim edits show 3f9a --store day.db
    """
    with open_ledger(store, given) as ledger:
        edit = find(ledger.edits(), edit_id)
        standing = ledger.standings([edit]).get(edit.edit_id)
        history = ledger.history(edit.edit_id)
        decisions = ledger.decisions(edit.edit_id)
    if as_json:
        said = {
            "history": [each.model_dump(mode="json") for each in history],
            "decisions": [each.model_dump(mode="json", exclude={"edit"}) for each in decisions],
        }
        options.print_json(_described(edit, standing) | said)
        return
    screen = Screen()
    screen.fields(_fields(edit, standing))
    screen.title("How it came to this")
    columns = (Column("When"), Column("Status"), Column("By"), Column("Evidence then"), Column("Why", below=True))
    screen.table(columns, [_change(each) for each in history])
    if decisions:
        screen.title("What people said")
        told = (Column("When"), Column("Decision"), Column("By"), Column("Why", below=True))
        screen.table(told, [_word(each) for each in decisions])


_DOES = {"HOLD": "holds the claim while ACTIVE", "WARN": "warns while ACTIVE, and holds nothing"}


def _fields(edit: Edit, standing: EditStanding | None) -> list[tuple[str, str]]:
    fields = [
        ("edit", edit.edit_id),
        ("status", edit.status),
        ("does", _DOES[edit.severity]),
        ("claims", claims_in_words(edit)),
        ("says", edit.message),
        ("remedy", edit.remedy),
        ("categories", " ".join(edit.provenance.categories) or "none"),
    ]
    if standing is not None:
        who = "a person; evidence no longer changes it" if standing.by_person else "its evidence"
        fields.append(("decided by", who))
        fields += _counts(standing) if is_counted(edit) else [("answers", uncounted(edit))]
    return fields


def _counts(standing: EditStanding) -> list[tuple[str, str]]:
    answered = standing.denied + standing.paid
    hits = standing.hits_denied + standing.hits_paid
    return [
        ("now", f"{standing.denied:,} of {answered:,} denied within 180 days, {standing.bound:.2f} or more at 95 %"),
        ("at stake", money(standing.at_stake_cents)),
        ("precision", f"{share(standing.precision)} of {counted(hits, 'line')} it spoke of" if hits else "not known"),
    ]


def _change(edit: Edit) -> tuple[str, ...]:
    said = edit.provenance
    by = said.decided_by or "learning"
    return clock(edit.occurred_at), edit.status, by, evidence_in_words(said), said.reason or ""


def _word(decision: EditDecision) -> tuple[str, ...]:
    return clock(decision.occurred_at), decision.action, decision.decided_by, decision.reason


for command in (approve, shadow, retire, add, backtest):
    edits.add_command(command)
