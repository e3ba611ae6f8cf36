"""`cleanclaim edits approve/shadow/retire/add`: a person's word on an edit, as a record of edit-decisions.v1."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

import click

from agents.cli import options
from agents.cli.edits_file import read_edit
from agents.cli.edits_ledger import SHOWN, decide_in_store, decide_on_kafka, find, on_kafka
from agents.cli.edits_words import uncounted
from agents.cli.people import login, one_line
from agents.cli.screen import Screen, counted
from agents.embedded import Options
from agents.settings import load_rules
from schemas.edit_decision import EditDecision
from schemas.errors import Misuse
from schemas.record import millis
from streams.learning import is_counted
from streams.learning.decisions import terms_of
from streams.learning.words import scope_in_words
from streams.naming import name_uuid
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agents.cli.edits_ledger import Decided, Maker
    from schemas.edit import Edit

_TICK = dt.timedelta(milliseconds=1)

Action = Literal["APPROVE", "SHADOW", "RETIRE"]
STATUS: Mapping[Action, str] = {"APPROVE": "ACTIVE", "SHADOW": "SHADOW", "RETIRE": "RETIRED"}
"""What a decision makes of an edit."""


def _deciding(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every decision takes."""
    decorators = (
        click.option("--reason", required=True, metavar="TEXT", help="Why; it stays with the edit. No patient data."),
        click.option("--by", metavar="NAME", help="Who decides.  [default: the name you are logged in with]"),
        options.store,
        options.out_if_named,
        options.clock,
        options.rules,
        options.connection,
        options.as_json,
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@click.command(short_help="Let an edit hold claims.")
@click.argument("edit_id", metavar="EDIT")
@_deciding
def approve(edit_id: str, **said: Any) -> None:
    """Make an edit ACTIVE: from now on it holds the claims that it speaks of, whatever later denials say.

    Claims that wait are judged again; what was released stays released. EDIT may be cut short.

    \b
      cleanclaim edits approve 3f9a --reason "payer bulletin of August" --store day.db
    """
    _decide("APPROVE", edit_id, **said)


@click.command(short_help="Let an edit be counted, and hold nothing.")
@click.argument("edit_id", metavar="EDIT")
@_deciding
def shadow(edit_id: str, **said: Any) -> None:
    """Put an edit back to SHADOW: it is judged and counted on every claim, and holds none.

    Claims that waited for it alone are free. EDIT may be cut short.

    \b
      cleanclaim edits shadow 3f9a --reason "too many clean claims" --store day.db
    """
    _decide("SHADOW", edit_id, **said)


@click.command(short_help="Lay an edit to rest.")
@click.argument("edit_id", metavar="EDIT")
@_deciding
def retire(edit_id: str, **said: Any) -> None:
    """Make an edit RETIRED: it is neither judged nor counted, and later denials do not bring it back.

    Claims that waited for it alone are free. EDIT may be cut short.

    \b
      cleanclaim edits retire 3f9a --reason "contract changed" --store day.db
    """
    _decide("RETIRE", edit_id, **said)


@click.command(short_help="Add an edit of your own.")
@click.argument("file", type=options.FILE)
@_deciding
def add(file: Path, **said: Any) -> None:
    """Add the edit in FILE (JSON): scope, match, severity, message, remedy and, if it is for some time only, dates.

    docs/edits.md has an example. Its id follows from scope and match: where such an edit is there already, the file
    changes its status, severity and dates. Try it first: cleanclaim edits backtest --with.

    \b
      cleanclaim edits add edit.json --reason "payer bulletin of August" --store day.db
    """

    def make(by: str, reason: str) -> Maker:
        def made(edits: dict[str, Edit], now: dt.datetime) -> tuple[EditDecision, Edit]:
            edit = read_edit(file, by, reason, now)
            known = edits.get(edit.edit_id)
            if known is not None:
                if terms_of(known) == terms_of(edit):
                    raise Misuse(
                        f"{file}: edit {edit.edit_id[:SHOWN]} has this scope and match, is {known.status}, and differs "
                        "in nothing that may change: status, severity and dates"
                    )
                said_so = {"decided_by": by, "reason": reason}
                edit = edit.model_copy(update={"provenance": known.provenance.model_copy(update=said_so)})
                now = max(now, known.occurred_at + _TICK)
            return _decision("ADD", edit, by, reason, now, whole=True), edit

        return made

    _carry(make, **said)


def _decide(action: Action, prefix: str, **said: Any) -> None:
    def make(by: str, reason: str) -> Maker:
        def made(edits: dict[str, Edit], now: dt.datetime) -> tuple[EditDecision, Edit]:
            edit = find(edits, prefix)
            # What learning made ACTIVE it may put back; approved by a person it stays. So only a person's own word
            # makes the same word idle.
            if edit.status == STATUS[action] and edit.provenance.decided_by is not None:
                raise Misuse(f"edit {edit.edit_id[:SHOWN]}: is {edit.status} already, by a person's word")
            return _decision(action, edit, by, reason, max(now, edit.occurred_at + _TICK)), edit

        return made

    _carry(make, **said)


def _decision(
    action: Literal["APPROVE", "SHADOW", "RETIRE", "ADD"],
    edit: Edit,
    by: str,
    reason: str,
    now: dt.datetime,
    *,
    whole: bool = False,
) -> EditDecision:
    return EditDecision(
        event_id=name_uuid("edit-decision", edit.edit_id, action, by, reason, millis(now)),
        edit_id=edit.edit_id,
        action=action,
        edit=edit if whole else None,
        decided_by=by,
        reason=reason,
        occurred_at=now,
    )


def _carry(  # noqa: PLR0913 - one parameter per option
    make: Callable[[str, str], Maker],
    *,
    reason: str,
    by: str | None,
    store: Path,
    out: Path | None,
    clock: Literal["events", "wall"],
    reference: Path | None,
    config: Path | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Put the decision where learning reads it, and say what came of it."""
    maker = make(one_line("--by", by or login()), one_line("--reason", reason))
    settings = on_kafka(given)
    if settings is not None:
        decided = decide_on_kafka(settings, maker)
    else:
        decided = decide_in_store(store, load_rules(reference, config), Options(clock=clock, out=out), maker)
    if as_json:
        options.print_json(decided.as_json())
    else:
        _print(Screen(), decided)


def _print(screen: Screen, decided: Decided) -> None:
    decision = decided.decision
    name = f"Edit {decision.edit_id[:SHOWN]}"
    if decided.sent:
        screen.line(
            f"{name}: {decision.action} by {decision.decided_by} is sent. Learning applies it; edits show tells."
        )
    else:
        _print_outcome(screen, name, decided)
    if decision.action == "ADD" and not is_counted(decided.edit):
        screen.line(f"{name}: {uncounted(decided.edit)}")


def _print_outcome(screen: Screen, name: str, decided: Decided) -> None:
    decision, before, after = decided.decision, decided.before, decided.after
    was = before.status if before else "new"
    now = after.status if after else "not known"
    stays = f"stays {now}, from now on by {decision.decided_by}'s word" if was == now else f"was {was}, is {now}"
    screen.line(f"{name} {stays}: {scope_in_words(decided.edit)}.")
    words = [f"{number:,} {_ROUTES[topic]}" for topic, number in decided.decisions.items() if number]
    claims = counted(sum(decided.decisions.values()), "waiting claim")
    screen.line(f"{claims} decided anew" + (f": {', '.join(words)}." if words else "."))


_ROUTES = {
    CLAIMS_RELEASED.name: "released",
    CLAIMS_HELD.name: "held",
    CLAIMS_REBUILD.name: "to be rebuilt",
}
