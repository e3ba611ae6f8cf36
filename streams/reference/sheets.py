"""cleanclaim's own table layouts: comma-separated text with `#` comment lines above a row of column names.

Every reader takes the name of the file and its lines, and raises `Misuse` with `file:line` and what was expected.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, cast, get_args

from schemas.errors import Misuse
from streams.codes import ECHO, FAMILY, ROLE_OF, STRESS
from streams.reference.tables import SINCE_EVER, UNTIL_NOW, Fee, Leaves, Pair, PlaceClass, Support

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROCEDURE = re.compile(r"[0-9A-Z]{5}")
DIAGNOSIS = re.compile(r"[A-Z][0-9A-Z][0-9A-Z](\.?[0-9A-Z]{1,4})?")
NOT_APPLICABLE = "9"
"""The modifier indicator of a pair that was taken back on the day it came; such rows are never in force."""

PROCEDURE_WORDS = "a code of 5 capital letters or digits"
UNITS_WORDS = "a whole number of units"
_GROUPS = {"FAMILY": FAMILY, "STRESS": STRESS, "ECHO": ECHO}
_PLACE_CLASSES = get_args(PlaceClass)
_TWO_DIGITS = re.compile("[0-9]{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEAF_LINES = re.compile(r"(?:[A-Z][0-9A-Z]{2,6}\n)+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. Its readers raise `Misuse` that names the place, the column and what was expected."""

    place: str
    cells: Mapping[str, str]

    def wrong(self, column: str, expected: str) -> Misuse:
        """The error for a cell that is not what was expected."""
        return Misuse(f'{self.place}: {column}: expected {expected}, got "{self.cells[column]}"')

    def text(self, column: str, pattern: re.Pattern[str], expected: str) -> str:
        """The cell, if `pattern` fits it from end to end."""
        value = self.cells[column]
        if not pattern.fullmatch(value):
            raise self.wrong(column, expected)
        return value

    def choice(self, column: str, choices: Iterable[str]) -> str:
        """The cell, if it is one of `choices`."""
        value = self.cells[column]
        if value not in choices:
            raise self.wrong(column, f"one of {', '.join(choices)}")
        return value

    def day(self, column: str, when_blank: date) -> date:
        """The date in the cell, or `when_blank`."""
        value = self.cells[column]
        if not value:
            return when_blank
        try:
            return day(value)
        except ValueError:
            raise self.wrong(column, "a date YYYY-MM-DD or nothing") from None


def day(text: str) -> date:
    """The date written YYYY-MM-DD. Raises `ValueError` for anything else, ISO's week and dashless forms too."""
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def cells(file: str, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The line number and the trimmed cells of every row that is not blank."""
    reader = csv.reader(lines)
    try:
        for row in reader:
            trimmed = [cell.strip() for cell in row]
            if any(trimmed):
                yield reader.line_num, trimmed
    except csv.Error:
        raise Misuse(f"{file}:{reader.line_num}: expected a row of text cells, plain and of moderate length") from None


def table(file: str, lines: Iterable[str], columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a table with exactly these columns and at least one row. Spreadsheets may have quoted anything."""
    header_seen = rows_seen = False
    for number, row in cells(file, lines):
        place = f"{file}:{number}"
        if row[0].startswith("#"):
            continue
        if not header_seen:
            if tuple(row) != columns:
                raise Misuse(f"{place}: expected the column names {','.join(columns)}")
            header_seen = True
            continue
        if len(row) != len(columns):
            raise Misuse(f"{place}: expected {len(columns)} cells ({','.join(columns)}), got {len(row)}")
        rows_seen = True
        yield Row(place, dict(zip(columns, row, strict=True)))
    if not rows_seen:
        raise Misuse(f"{file}: expected the column names {','.join(columns)} and at least one row below them")


def keyed(rows: Iterable[Row], *columns: str) -> Iterator[Row]:
    """The rows, each of which must differ from those before it in `columns`."""
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        key = tuple(row.cells[column] for column in columns)
        if key in seen:
            raise row.wrong(columns[0], "a row that was not there before")
        seen.add(key)
        yield row


def parse_places(file: str, lines: Iterable[str]) -> dict[str, PlaceClass]:
    """Place-of-service code -> payment class; what is not listed is unassigned."""
    return {
        row.text("place_of_service", _TWO_DIGITS, "two digits"): cast("PlaceClass", row.choice("class", _PLACE_CLASSES))
        for row in keyed(table(file, lines, ("place_of_service", "class")), "place_of_service")
    }


def parse_pairs(file: str, lines: Iterable[str]) -> tuple[Pair, ...]:
    """NCCI procedure-to-procedure pairs of one table; rows of modifier indicator 9 are read and left out."""
    columns = ("column1", "column2", "modifier_indicator", "effective_date", "deletion_date")
    return tuple(
        pair
        for row in table(file, lines, columns)
        if (pair := read_pair(row, row.day("effective_date", SINCE_EVER), row.day("deletion_date", UNTIL_NOW)))
    )


def read_pair(row: Row, effective_from: date, effective_to: date) -> Pair | None:
    """The pair in columns column1, column2 and modifier_indicator; None where the indicator is 9."""
    column1 = row.text("column1", PROCEDURE, PROCEDURE_WORDS)
    column2 = row.text("column2", PROCEDURE, PROCEDURE_WORDS)
    indicator = row.choice("modifier_indicator", ("0", "1", NOT_APPLICABLE))
    return None if indicator == NOT_APPLICABLE else Pair(column1, column2, indicator, effective_from, effective_to)


def parse_unit_limits(file: str, lines: Iterable[str]) -> dict[str, int]:
    """Procedure code -> most units for one patient and day, for one type of provider."""
    return unit_limits(table(file, lines, ("procedure_code", "units")))


def unit_limits(rows: Iterable[Row]) -> dict[str, int]:
    """The limits in columns procedure_code and units; 0 means that no unit is payable."""
    return {
        row.text("procedure_code", PROCEDURE, PROCEDURE_WORDS): int(
            row.text("units", re.compile(r"\d{1,6}"), UNITS_WORDS)
        )
        for row in keyed(rows, "procedure_code")
    }


def parse_fees(file: str, lines: Iterable[str]) -> tuple[Fee, ...]:
    """Fee schedule rows. Those of 93016, 93017 and 93018 must be there: they split the charge of a global."""
    columns = ("procedure_code", "modifier", "pctc_indicator", "facility_price", "supervision", "total_rvu")
    fees = tuple(
        Fee(
            procedure_code=row.text("procedure_code", PROCEDURE, PROCEDURE_WORDS),
            modifier=row.choice("modifier", ("", "26", "TC")),
            pctc_indicator=row.text("pctc_indicator", re.compile("[0-9]"), "one digit"),
            facility_price=row.choice("facility_price", ("Y", "N")) == "Y",
            supervision=row.text("supervision", re.compile("[0-9A-Z]{2}"), "two digits"),
            total_rvu=Decimal(row.text("total_rvu", re.compile(r"\d{1,4}\.\d\d"), "a number with two decimals")),
        )
        for row in keyed(table(file, lines, columns), "procedure_code", "modifier")
    )
    valued = {fee.procedure_code for fee in fees if not fee.modifier and fee.total_rvu}
    if missing := sorted(ROLE_OF.keys() - valued):
        raise Misuse(f"{file}: expected a total_rvu above 0 for {', '.join(missing)}: they split the charge of a 93015")
    return fees


def parse_supports(file: str, lines: Iterable[str]) -> tuple[Support, ...]:
    """Coverage policies: which diagnoses, or families of them, support which procedures on which days."""
    columns = ("policy", "procedure_group", "diagnosis", "supports", "effective_from", "effective_to", "source")
    return tuple(
        Support(
            policy=row.text("policy", re.compile(".+"), "the name of a policy"),
            procedure_codes=_procedures(row),
            diagnosis=row.text("diagnosis", DIAGNOSIS, "an ICD-10-CM code or the beginning of one").replace(".", ""),
            never_alone=row.choice("supports", ("YES", "NEVER_ALONE")) == "NEVER_ALONE",
            effective_from=row.day("effective_from", SINCE_EVER),
            effective_to=row.day("effective_to", UNTIL_NOW),
        )
        for row in table(file, lines, columns)
    )


def _procedures(row: Row) -> frozenset[str]:
    group = row.cells["procedure_group"]
    if group in _GROUPS:
        return _GROUPS[group]
    return frozenset({row.text("procedure_group", PROCEDURE, f"{', '.join(_GROUPS)} or {PROCEDURE_WORDS}")})


def parse_leaves(file: str, text: str) -> Leaves:
    """The billable codes of an ICD-10-CM release: comments that name it, then one code a line, without dots.

    The comments must hold `# release: ...` and `# valid_from: YYYY-MM-DD`; `# valid_to:` may be blank or missing.
    """
    lines = text.rstrip().splitlines()
    heading = list(takewhile(lambda line: line.startswith("#"), lines))
    body = "\n".join(lines[len(heading) :]) + "\n"
    if not _LEAF_LINES.fullmatch(body):
        number, line = next(
            (number, line)
            for number, line in enumerate(body.split("\n"), len(heading) + 1)
            if not _LEAF_LINES.fullmatch(f"{line}\n")
        )
        raise Misuse(f'{file}:{number}: expected an ICD-10-CM code without its dot, got "{line}"')
    facts = {key: value.strip() for key, _, value in (line.lstrip("# ").partition(":") for line in heading)}
    try:
        valid_from = day(facts["valid_from"])
        valid_to = day(facts["valid_to"]) if facts.get("valid_to") else UNTIL_NOW
        release = facts["release"]
    except (KeyError, ValueError):
        raise Misuse(
            f"{file}:1: expected the comments `# release: NAME` and `# valid_from: YYYY-MM-DD`, and where the release "
            "has ended `# valid_to: YYYY-MM-DD`"
        ) from None
    return Leaves(release, valid_from, valid_to, tuple(sorted(set(body.split()))))
