"""Contract rates: what a payer has agreed to allow for a service, as the practice that has the contract supplies them.

Comma-separated text with column names and `#` comments, or NDJSON with the same names. Readers raise `Misuse` with
file, line and field.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import Misuse
from streams.reference.sheets import PROCEDURE, PROCEDURE_WORDS, Row, cells
from streams.reference.tables import UNTIL_NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

REQUIRED = ("payer_id", "procedure_code", "effective_from", "rate_cents")
OPTIONAL = ("effective_to", "place_of_service", "modifier")

_NEVER = UNTIL_NOW  # in the place of a date that must be there, and is checked before
_CENTS = re.compile("[0-9]{1,9}")
_PLACE = re.compile("(?:[0-9]{2})?")
_ANYTHING = re.compile(".+")


class Service(NamedTuple):
    """What a rate is for. `place_of_service` None: any; `modifier` "" is the service whole, 26 or TC a part of it."""

    payer_id: str
    procedure_code: str
    modifier: str
    place_of_service: str | None


class Rate(NamedTuple):
    """Cents for one unit from one date of service to another, both included."""

    effective_from: date
    effective_to: date
    rate_cents: int


class Rates:
    """Finds rates. Of one service no two are in force on one day."""

    def __init__(self, rates: Mapping[Service, Sequence[Rate]]) -> None:
        self._rates = rates

    def find(self, service: Service, on: date) -> int | None:
        """Cents for a unit on a date of service: the rate of the place before one of any; None without either."""
        for each in (service, service._replace(place_of_service=None)):
            for rate in self._rates.get(each, ()):
                if rate.effective_from <= on <= rate.effective_to:
                    return rate.rate_cents
        return None


def parse_rates(file: str, lines: Sequence[str]) -> Rates:
    """The rates in a file: NDJSON if it begins with `{`, else comma-separated text below a row of column names.

    Columns in any order: payer_id, procedure_code, effective_from, rate_cents, and if wanted effective_to,
    place_of_service and modifier. Dates are YYYY-MM-DD, rate_cents whole cents for one unit; blank is open, or any.
    """
    first = next((line for line in lines if not line.isspace()), "")
    rows = _objects(file, lines) if first.lstrip().startswith("{") else _table(file, lines)
    rates: dict[Service, list[Rate]] = {}
    for row in rows:
        service, rate = _read(row)
        standing = rates.setdefault(service, [])
        if any(_overlap(rate, each) for each in standing):
            raise row.wrong("effective_from", "a period that no row above has for this service")
        standing.append(rate)
    if not rates:
        raise Misuse(f"{file}: expected at least one rate")
    return Rates(rates)


def _overlap(one: Rate, other: Rate) -> bool:
    return one.effective_from <= other.effective_to and other.effective_from <= one.effective_to


def _read(row: Row) -> tuple[Service, Rate]:
    service = Service(
        row.text("payer_id", _ANYTHING, "the payer_id of claims"),
        row.text("procedure_code", PROCEDURE, PROCEDURE_WORDS),
        row.choice("modifier", ("", "26", "TC")),
        row.text("place_of_service", _PLACE, "two digits or nothing") or None,
    )
    if not row.cells["effective_from"]:
        raise row.wrong("effective_from", "a date YYYY-MM-DD")
    first, last = row.day("effective_from", _NEVER), row.day("effective_to", UNTIL_NOW)
    if last < first:
        raise row.wrong("effective_to", "a date from effective_from on, or nothing")
    return service, Rate(first, last, int(row.text("rate_cents", _CENTS, "a whole number of cents")))


def _table(file: str, lines: Iterable[str]) -> Iterator[Row]:
    columns: list[str] | None = None
    for number, values in cells(file, lines):
        place = f"{file}:{number}"
        if values[0].startswith("#"):
            continue
        if columns is None:
            columns = _columns(place, values)
        elif len(values) != len(columns):
            raise Misuse(f"{place}: expected {len(columns)} cells ({','.join(columns)}), got {len(values)}")
        else:
            yield _row(place, dict(zip(columns, values, strict=True)))


def _columns(place: str, names: list[str]) -> list[str]:
    _check(place, names)
    if len(set(names)) < len(names):
        raise Misuse(f"{place}: expected each column once")
    return names


def _objects(file: str, lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        place = f"{file}:{number}"
        try:
            values = json.loads(line)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise Misuse(f"{place}: expected one JSON object a line, with {', '.join(REQUIRED)}")
        _check(place, values)
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, str | int | None):
                raise Misuse(f"{place}: {name}: expected {'a whole number' if name == 'rate_cents' else 'text'}")
        yield _row(place, {name: "" if value is None else str(value).strip() for name, value in values.items()})


def _check(place: str, names: Iterable[str]) -> None:
    """Raise `Misuse` for a column that is missing or unknown."""
    for name in REQUIRED:
        if name not in names:
            raise Misuse(f"{place}: {name}: expected such a column, beside {', '.join(REQUIRED)}")
    for name in names:
        if name not in (*REQUIRED, *OPTIONAL):
            raise Misuse(f"{place}: {name}: no such column; there are {', '.join((*REQUIRED, *OPTIONAL))}")


def _row(place: str, values: Mapping[str, str]) -> Row:
    return Row(place, dict.fromkeys(OPTIONAL, "") | dict(values))
