"""Prints for whoever reads: tables and colour for a person at a terminal, plain aligned lines behind a pipe.

Behind a pipe nothing is wrapped, so that a line of output is a line of meaning; at a terminal long text is folded and
never cut, since half an id is no id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

STYLES = {"RELEASE": "green", "HOLD": "yellow", "REBUILD": "red", "WARN": "cyan"}
"""Of a word wherever it is a cell of its own: routes and severities."""

_GAP = "  "

_BETWEEN = 3
"""Blanks that rich puts between the columns of a ruled table."""


class Column(NamedTuple):
    """A column of a table. `right`: numbers. `below`: at a terminal its text has lines of its own below the row."""

    name: str
    right: bool = False
    below: bool = False


class Screen:
    """Standard output. All text is printed as it is: what a fact says is never taken for markup."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, markup=False, emoji=False)

    def title(self, text: str, *, style: str = "") -> None:
        """Begin a section."""
        self.console.print()
        self._print(Text(shown(text), style=f"bold {style}".rstrip()))

    def line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """One line, or a paragraph."""
        self._print(Text(shown(text), style=style), indent)

    def command(self, text: str, *, indent: int = 0) -> None:
        """A line to paste: never broken, however narrow the terminal."""
        self.console.print(Text(" " * indent + shown(text)), soft_wrap=True)

    def fields(self, fields: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """Names and what they say, the latter below one another."""
        rows = list(fields)
        if not self.console.is_terminal:
            self._print_aligned(rows, [False, False], indent)
            return
        grid = Table.grid(padding=(0, len(_GAP)))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, text in rows:
            grid.add_row(Text(name, style="dim"), _cell(text))
        self.console.print(Padding(grid, (0, 0, 0, indent), expand=False))

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
        """A row for each of `rows`, which give one text per column."""
        listed = list(rows)
        if not self.console.is_terminal:
            heading = [column.name.lower() for column in columns]
            self._print_aligned([heading, *listed], [column.right for column in columns], indent)
            return
        if any(column.below for column in columns):
            self._print_stacked(columns, listed, indent)
            return
        table = _ruled(columns)
        for row in listed:
            table.add_row(*map(_cell, row))
        self.console.print(Padding(table, (0, 0, 0, indent), expand=False))

    def _print_stacked(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], indent: int) -> None:
        """Print each row as a table of its own, so that what stands below it may use the whole width."""
        beside = [at for at, column in enumerate(columns) if not column.below]
        natural = [max(cell_len(shown(row[at])) for row in (_names(columns), *rows)) for at in beside]
        widths = _fitted(natural, self.console.width - indent - _BETWEEN * (len(beside) - 1))
        heading = _ruled([columns[at] for at in beside], widths)
        self.console.print(Padding(heading, (0, 0, 0, indent), expand=False))
        for row in rows:
            table = _ruled([columns[at] for at in beside], widths, heading=False)
            table.add_row(*(_cell(row[at]) for at in beside))
            self.console.print(Padding(table, (0, 0, 0, indent), expand=False))
            for column, text in zip(columns, row, strict=True):
                if column.below and text:
                    self.line(text, indent=indent + len(_GAP), style="dim")

    def _print(self, text: Text, indent: int = 0) -> None:
        if self.console.is_terminal:
            self.console.print(Padding(text, (0, 0, 0, indent), expand=False))
        else:
            self.console.print(Text(" " * indent) + text, soft_wrap=True)

    def _print_aligned(self, rows: Sequence[Sequence[str]], right: Sequence[bool], indent: int) -> None:
        rows = [[shown(text) for text in row] for row in rows]
        widths = [max((len(row[at]) for row in rows), default=0) for at in range(len(right))]
        for row in rows:
            cells = [
                text.rjust(width) if to_right else text.ljust(width)
                for text, width, to_right in zip(row, widths, right, strict=True)
            ]
            self.console.print(Text(" " * indent + _GAP.join(cells).rstrip()), soft_wrap=True)


def _cell(text: str) -> Text:
    return Text(shown(text), style=STYLES.get(text, ""))


def shown(text: str) -> str:
    """`text` with what a terminal would obey (escape sequences, line ends) spelled out: ids come from outside."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _ruled(columns: Sequence[Column], widths: Sequence[int] | None = None, *, heading: bool = True) -> Table:
    """A table without rows, of these columns and `widths` if given. Long text is folded."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, show_header=heading, header_style="dim")
    for at, column in enumerate(columns):
        justify = "right" if column.right else "left"
        width = widths[at] if widths else None
        table.add_column(column.name, justify=justify, no_wrap=column.right, overflow="fold", width=width)  # type: ignore[arg-type]  # a literal behind a condition
    return table


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """`widths`, the widest of them narrowed until all together have `room`."""
    fitted = list(widths)
    while sum(fitted) > max(room, len(fitted)):
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def dollars(cents: int) -> str:
    """Cents as people write money: $1,234.50."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def clock(time: dt.datetime | None) -> str:
    """A moment to the minute, in UTC; nothing for None."""
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else ""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 claim, 2,000 claims."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
