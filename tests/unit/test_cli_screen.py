"""What a person sees at a terminal, and what a program gets behind a pipe."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console

from agents.cli.screen import Column, Screen, clock, counted, dollars, shown

LONG_ID = "clm-" + "0123456789" * 12
COLUMNS = (Column("Edit"), Column("Claims", right=True), Column("What to do", below=True))
ROWS = [("documentation-missing", "12", "Obtain the document."), (LONG_ID, "3", "")]


def output(of, *, terminal):
    file = io.StringIO()
    of(Screen(Console(file=file, width=60, force_terminal=terminal, color_system=None, highlight=False, markup=False)))
    return file.getvalue()


def test_behind_a_pipe_a_table_is_aligned_text_with_nothing_cut_or_wrapped():
    text = output(lambda screen: screen.table(COLUMNS, ROWS), terminal=False)

    lines = text.splitlines()
    assert 3 == len(lines)
    assert ["edit", "claims", "what to do"] == [cell.strip() for cell in lines[0].split("  ") if cell]
    assert lines[2].startswith(LONG_ID)
    assert lines[1].endswith("12  Obtain the document.")
    assert all(line == line.rstrip() for line in lines)


def test_at_a_terminal_a_long_id_is_folded_and_not_cut():
    text = output(lambda screen: screen.table(COLUMNS, ROWS), terminal=True)

    first_cells = [line[:51].strip() for line in text.splitlines()]
    assert LONG_ID in "".join(first_cells)
    assert max(map(len, text.splitlines())) <= 60


def test_at_a_terminal_what_to_do_stands_below_the_edit():
    lines = output(lambda screen: screen.table(COLUMNS, ROWS[:1]), terminal=True).splitlines()

    edit = next(at for at, line in enumerate(lines) if "documentation-missing" in line)
    assert "Obtain the document." in lines[edit + 1]
    assert "What to do" not in lines[0]


def test_what_stands_below_a_row_uses_the_whole_width_however_narrow_the_first_column():
    columns = (Column("Id"), Column("Topic"), Column("Reason", below=True))
    rows = [("80a9", "encounters.v1", "expected one of the four statuses, got another")]

    lines = output(lambda screen: screen.table(columns, rows), terminal=True).splitlines()

    assert "  expected one of the four statuses, got another" == lines[-1].rstrip()


def test_a_table_wider_than_the_terminal_narrows_its_widest_column():
    columns = (Column("Id"), Column("Topic"), Column("Reason", below=True))
    rows = [("x" * 100, "encounters.v1", "no JSON")]

    lines = output(lambda screen: screen.table(columns, rows), terminal=True).splitlines()

    assert "x" * 44 + "   encounters.v1" == lines[2]
    assert max(map(len, lines)) <= 60


def test_fields_behind_a_pipe_keep_each_on_its_line():
    text = output(lambda screen: screen.fields([("what", "x" * 100), ("do", "y")], indent=2), terminal=False)

    assert f"  what  {'x' * 100}\n  do    y\n" == text


@pytest.mark.parametrize("terminal", [True, False])
def test_what_a_fact_says_is_neither_markup_nor_a_command_to_the_terminal(terminal):
    text = output(lambda screen: screen.line("[bold]a[/bold]\x1b[2J\nb"), terminal=terminal)

    assert r"[bold]a[/bold]\x1b[2J\nb" == text.strip()


def test_text_of_other_scripts_is_shown_as_it_is():
    assert "Ünïcode-患者" == shown("Ünïcode-患者")


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "$0.00"), (5, "$0.05"), (123_456_789, "$1,234,567.89"), (-250, "-$2.50")]
)
def test_money_is_shown_in_dollars(cents, text):
    assert text == dollars(cents)


def test_a_moment_is_shown_in_utc():
    assert "2026-03-10 12:00 UTC" == clock(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC))
    assert "" == clock(None)


def test_nouns_follow_their_number():
    assert ["0 claims", "1 claim", "2,000 claims", "2 entries"] == [
        counted(0, "claim"),
        counted(1, "claim"),
        counted(2_000, "claim"),
        counted(2, "entry", "entries"),
    ]
