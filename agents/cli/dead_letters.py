"""`cleanclaim dead-letters`: what could not be read, and its second chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from agents.cli import options
from agents.cli.letters import SHOWN, open_letters
from agents.cli.screen import Column, Screen, clock, counted
from agents.dispatch import Header
from agents.embedded import Options
from agents.ndjson import LineReader
from schemas.errors import Misuse, Unreadable
from schemas.record import moment
from streams.topics import INPUT_BYTES

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from agents.cli.letters import Chance, Letters
    from agents.embedded import DeadLetter

_COLUMNS = (
    Column("Id"),
    Column("When"),
    Column("Topic"),
    Column("Replayed"),
    Column("Where", below=True),
    Column("Reason", below=True),
)


@click.group("dead-letters", short_help="What could not be read, and its second chance.")
def dead_letters() -> None:
    """Look at what could not be read, and read it again after a fix.

    An event that could not be read is kept once, whatever it says, and the claims of its encounter hold until it is
    replayed.

    \b
      cleanclaim dead-letters list --store day.db
    """


@dead_letters.command("list", short_help="All that could not be read.")
@options.store
@options.connection
@options.as_json
def list_letters(*, store: Path, as_json: bool, **given: str | None) -> None:
    """List what could not be read: an id to go on with, where it came from, what was wrong, whether it was replayed.

    \b
      cleanclaim dead-letters list --store day.db
      cleanclaim dead-letters list --bootstrap-servers localhost:9092
    """
    rows: list[tuple[str, ...]] = []
    waiting = 0
    with open_letters(store, given) as letters:
        for letter in letters.all():
            waiting += letter.replayed_at is None
            if as_json:
                options.print_json(_described(letter))
            else:
                rows.append(_row(letter))
    if as_json:
        return
    screen = Screen()
    if rows:
        screen.table(_COLUMNS, rows)
    screen.line(f"{counted(len(rows), 'dead letter')}, {waiting:,} not replayed.", style="dim")


@dead_letters.command("show", short_help="One of them in full.")
@click.argument("letter_id", metavar="ID")
@click.option("--reveal", is_flag=True, help="Also the key and the bytes themselves, which may identify a patient.")
@options.store
@options.connection
@options.as_json
def show(*, letter_id: str, store: Path, reveal: bool, as_json: bool, **given: str | None) -> None:
    """Show one dead letter: what was wrong and all that is known about where it came from. ID may be cut short.

    \b
      cleanclaim dead-letters show 3f9a --store day.db
    """
    with open_letters(store, given) as letters:
        letter = letters.one(letter_id)
        body = _body(letters, letter.logged.value) if reveal else ""
    described = _described(letter) | {"headers": dict(letter.logged.headers)}
    revealed = {"key": letter.logged.key or "", "body": body} if reveal else {}
    if as_json:
        options.print_json(described | revealed)
        return
    screen = Screen()
    screen.fields(
        [
            ("id", letter.id),
            ("when", clock(_time(letter)) or "before any event"),
            ("replayed", _replayed(letter) or "no"),
            ("bytes", letter.logged.headers.get(Header.LENGTH, str(len(letter.logged.value)))),
            *letter.logged.headers.items(),
            *revealed.items(),
        ]
    )
    if not reveal:
        screen.line("The bytes may identify a patient; --reveal shows them.", style="dim")


@dead_letters.command("replay", short_help="Read them again, after a fix.")
@click.argument("letter_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were not replayed yet.")
@click.option("--with", "replacement", type=options.FILE, metavar="FILE", help="The corrected line for one ID.")
@options.store
@options.out_if_named
@options.clock
@options.rules
@options.connection
@options.as_json
def replay(  # noqa: PLR0913 - one parameter per option
    *,
    letter_ids: tuple[str, ...],
    replacement: Path | None,
    store: Path,
    out: Path | None,
    clock: Literal["events", "wall"],
    reference: Path | None,
    config: Path | None,
    every: bool,
    as_json: bool,
    **given: str | None,
) -> None:
    """Read dead letters again: with today's code, or as the corrected line in a file. Each one says how it went.

    What can be read at last is decided like any other event, and the claims that held for it are free again. What
    cannot stays, and the exit code is 1. On Kafka it is sent again, and workers decide.

    \b
      cleanclaim dead-letters replay 3f9a --with corrected.ndjson --store day.db
      cleanclaim dead-letters replay --all --store day.db
    """
    if every == bool(letter_ids):
        raise click.UsageError("name the dead letters to replay, or --all of them")
    if replacement is not None and len(letter_ids) != 1:
        raise click.UsageError("--with FILE replaces one dead letter: name its ID")
    line = None if replacement is None else _only_line(replacement)
    engine = Options(clock=clock, out=out)
    with open_letters(store, given, (reference, config), engine) as letters:
        results = letters.replay(letter_ids, line)
    _report(results, as_json=as_json)


def _report(results: list[Chance], *, as_json: bool) -> None:
    """Say how each went. Exits with 1 if any could not be read this time either."""
    done = sum(result.outcome is not None for result in results)
    if as_json:
        for result in results:
            options.print_json(result.as_json())
    else:
        screen = Screen()
        if results:
            columns = (Column("Id"), Column("Outcome"), Column("Reason", below=True))
            rows = [(each.id[:SHOWN], each.outcome or "not replayed", each.reason or "") for each in results]
            screen.table(columns, rows)
        screen.line(f"{done:,} of {counted(len(results), 'dead letter')} replayed.", style="dim")
    if done < len(results):
        click.get_current_context().exit(1)


def _only_line(path: Path) -> bytes:
    """The one line of a file that is not blank. Raises `Misuse` if there is another number of them."""
    try:
        with path.open("rb") as file:
            lines = [line for line in LineReader(file) if line is not None]
    except OSError as error:
        raise Misuse(f"--with {path}: cannot be read: {error.strerror}") from error
    if len(lines) != 1 or lines[0].length is not None:
        found = counted(len(lines), "line")
        raise Misuse(f"--with {path}: expected one line of up to {INPUT_BYTES} bytes, got {found}")
    return lines[0].data


def _described(letter: DeadLetter) -> dict[str, Any]:
    headers = letter.logged.headers
    time = _time(letter)
    return {
        "id": letter.id,
        "time": time and time.isoformat().replace("+00:00", "Z"),
        "topic": headers.get(Header.TOPIC),
        "where": _where(letter),
        "reason": headers[Header.MESSAGE],
        "replayed": letter.replayed_at is not None,
    }


def _row(letter: DeadLetter) -> tuple[str, ...]:
    headers = letter.logged.headers
    reason = headers[Header.MESSAGE].removeprefix(f"{_where(letter)}: ")
    return (
        letter.id[:SHOWN],
        clock(_time(letter)) or "before any event",
        headers.get(Header.TOPIC, "not known"),
        _replayed(letter),
        _where(letter),
        reason,
    )


def _body(letters: Letters, value: bytes) -> str:
    """The bytes as text: a record off a wire as JSON, of all else what is no text as escapes."""
    try:
        return letters.read(value)[0].model_dump_json()
    except Unreadable:
        return value.decode("utf-8", "backslashreplace")


def _where(letter: DeadLetter) -> str:
    """File and line, or partition and offset; of a step that no record brought, the processor."""
    headers = letter.logged.headers
    if Header.FILE in headers:
        return f"{headers[Header.FILE]}:{headers[Header.LINE]}"
    if Header.OFFSET in headers:
        return f"partition {headers[Header.PARTITION]}, offset {headers[Header.OFFSET]}"
    return headers.get(Header.PROCESSOR, "not known")


def _time(letter: DeadLetter) -> dt.datetime | None:
    """When it came, by the clock of the run; None if no event had set that clock."""
    return moment(letter.logged.time) if letter.logged.time else None


def _replayed(letter: DeadLetter) -> str:
    return "" if letter.replayed_at is None else clock(moment(letter.replayed_at))
