"""`cleanclaim generate`: synthetic events of a billing operation."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agents.generate import USUAL, Mix
from agents.generate import generate as events_of
from schemas.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from agents.generate import Event, Truth

_BLOCK = 256 * 1024
"""Bytes gathered before they are written: a write costs as much as making a few events."""


@click.command(short_help="Make synthetic events as NDJSON.")
@click.option("--encounters", type=click.IntRange(min=1), default=500, show_default=True, help="Number of visits.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Another seed, other visits.")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=3650),
    help="Spread the visits over this many days, up to 2026-08-31.  [default: 30, more from 75,000 visits on]",
)
@click.option(
    "--defects",
    type=click.FloatRange(0, 1),
    default=USUAL.defects,
    show_default=True,
    help="Share of visits in which something is wrong.",
)
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write what was planted in each claim, and what must come of it, as NDJSON.",
)
def generate(encounters: int, seed: int, days: int | None, defects: float, truth: Path | None) -> None:
    """Write the events of a made-up billing operation to standard output: 40 sites, ten payers, what goes wrong there.

    The same options give the same bytes. Events come in order of arrival: documents late, repeated and amended, claims
    before them, and now and then a line that cannot be read.

    \b
      cleanclaim generate --encounters 500 --seed 7 | cleanclaim run - --store day.db --out out/
    """
    with _truth_to(truth) as note:
        _write(events_of(encounters, seed, days=days, mix=Mix(defects=defects), truth=note))


@contextmanager
def _truth_to(path: Path | None) -> Iterator[Callable[[Truth], object] | None]:
    """What takes the truth about each claim; the file, for its owner's eyes only, is whole when the block ends."""
    if path is None:
        yield None
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Misuse(f"--truth: expected a file that can be written, got {path}: {error.strerror}") from error
    with os.fdopen(handle, "wb", _BLOCK) as file:
        yield lambda truth: file.write(truth.line())


def _write(events: Iterable[Event]) -> None:
    """Write the lines, and end in silence when the reader has had enough, as `head` has."""
    out = sys.stdout.buffer
    block: list[bytes] = []
    size = 0
    try:
        for event in events:
            block.append(event.line)
            size += len(event.line)
            if size >= _BLOCK:
                out.write(b"".join(block))
                block.clear()
                size = 0
        out.write(b"".join(block))
        out.flush()
    except BrokenPipeError:
        # Python flushes what is left at exit and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
