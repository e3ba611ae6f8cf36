"""The layouts in which CMS publishes its quarterly NCCI tables. Only what touches a stress test is kept.

The rationale columns carry text that is not ours to pass on; they are read over.
Source: CMS, Medicare NCCI procedure-to-procedure edits and medically unlikely edits, text and CSV downloads.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from schemas.errors import Misuse
from streams.codes import FAMILY
from streams.reference.sheets import Row, cells, read_pair, unit_limits
from streams.reference.tables import UNTIL_NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.reference.tables import Pair

_PAIR_COLUMNS = ("column1", "column2", "before_1996", "effective_date", "deletion_date", "modifier_indicator")
_HEADING_LINES = 6
_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_WELL_FORMED = re.compile(rf"([0-9A-Z]{{5}})\t([0-9A-Z]{{5}})\t\*?\t{_DAY}\t(?:{_DAY}|\*?)\t[019](?:\t.*)?\s*")


def parse_ptp(file: str, lines: Iterable[str]) -> Iterator[Pair]:
    """The pairs that touch a stress test, of one part of a quarterly procedure-to-procedure file.

    Tab-separated, six heading lines, then: column 1, column 2, `*` if it existed before 1996, effective date,
    deletion date (yyyymmdd; `*` or nothing: not deleted), modifier indicator 0, 1 or 9, rationale. A part has some
    650,000 rows, nearly all about other codes: those are only checked for their form. Rows of indicator 9 are left out.
    Raises `Misuse` with `file:line` at the first row that is not so.
    """
    number = 0
    for number, line in enumerate(lines, 1):
        if number <= _HEADING_LINES:
            if _WELL_FORMED.fullmatch(line):
                raise Misuse(f"{file}:{number}: expected {_HEADING_LINES} heading lines above the first row")
            continue
        known = _WELL_FORMED.fullmatch(line)
        if known and known[1] not in FAMILY and known[2] not in FAMILY:
            continue
        pair = _pair(f"{file}:{number}", line)
        if pair is not None:
            yield pair
    if number <= _HEADING_LINES:
        raise Misuse(f"{file}: expected {_HEADING_LINES} heading lines and rows below them, got {number} lines")


def _pair(place: str, line: str) -> Pair | None:
    values = [value.strip() for value in line.split("\t")]
    if len(values) not in (len(_PAIR_COLUMNS), len(_PAIR_COLUMNS) + 1):
        raise Misuse(f"{place}: expected 7 cells separated by tabs, got {len(values)}")
    row = Row(place, dict(zip(_PAIR_COLUMNS, values, strict=False)))
    row.choice("before_1996", ("", "*"))
    return read_pair(row, _day(row, "effective_date"), _day(row, "deletion_date"))


def _day(row: Row, column: str) -> date:
    value = row.cells[column]
    if column == "deletion_date" and value in ("", "*"):
        return UNTIL_NOW
    expected = "a date yyyymmdd" if column == "effective_date" else "a date yyyymmdd, * or nothing"
    try:
        return date.fromisoformat(row.text(column, re.compile(r"\d{8}"), expected))
    except ValueError:
        raise row.wrong(column, expected) from None


def parse_mue(file: str, lines: Iterable[str], provider: str) -> dict[str, int]:
    """Procedure code -> most units, of a quarterly medically-unlikely-edits CSV.

    A copyright notice, a heading row `HCPCS/CPT Code, <provider> Services MUE Values, MUE Adjudication Indicator, MUE
    Rationale`, then the rows. `provider` is Practitioner or Outpatient Hospital: the file must be theirs. Raises
    `Misuse` with `file:line`.
    """
    rows = cells(file, lines)
    number = 0
    for number, row in rows:
        if re.fullmatch(r"HCPCS/\s*CPT Code", row[0]):
            if len(row) < 4 or " ".join(row[1].split()) != f"{provider} Services MUE Values":  # noqa: PLR2004 - the four columns above
                raise Misuse(f"{file}:{number}: expected a second column named {provider} Services MUE Values")
            return unit_limits(_limits(file, rows))
    raise Misuse(f"{file}:{number}: expected a heading row that begins with HCPCS/CPT Code")


def _limits(file: str, rows: Iterable[tuple[int, list[str]]]) -> Iterator[Row]:
    seen = False
    for number, values in rows:
        place = f"{file}:{number}"
        if len(values) != 4:  # noqa: PLR2004 - the columns that parse_mue names
            raise Misuse(f"{place}: expected 4 cells, got {len(values)}")
        row = Row(place, dict(zip(("procedure_code", "units", "adjudication_indicator"), values, strict=False)))
        row.text("adjudication_indicator", re.compile("[123].*"), "an adjudication indicator 1, 2 or 3")
        seen = True
        yield row
    if not seen:
        raise Misuse(f"{file}: expected rows below the heading")
