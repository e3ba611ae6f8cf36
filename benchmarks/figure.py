"""A table of figures, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


class Figure(NamedTuple):
    """One row: what, how much, and what to read it against."""

    what: str
    value: str
    against: str = ""


def print_table(figures: Sequence[Figure]) -> None:
    """Print the rows, the first column in one width."""
    width = max(len(figure.what) for figure in figures)
    click.echo("| what | measured | against |\n|---|---|---|")
    for figure in figures:
        click.echo(f"| {figure.what:{width}} | {figure.value} | {figure.against} |")
