"""Reads the reference tables: those of the package, each replaced by the user's own where a directory holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final, TypeVar

from schemas.errors import Misuse
from streams.cms import parse_mue, parse_ptp
from streams.reference import Reference, Tables
from streams.reference.sheets import (
    parse_fees,
    parse_leaves,
    parse_pairs,
    parse_places,
    parse_supports,
    parse_unit_limits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from streams.reference import Pair

T = TypeVar("T")

PLACES: Final = "place_of_service.csv"
PTP_PRACTITIONER: Final = "ptp_practitioner.csv"
PTP_OUTPATIENT: Final = "ptp_outpatient.csv"
MUE_PRACTITIONER: Final = "mue_practitioner.csv"
MUE_OUTPATIENT: Final = "mue_outpatient.csv"
FEES: Final = "fee_schedule.csv"
SUPPORTS: Final = "supporting_diagnoses.csv"
LEAVES: Final = "icd10cm_leaves.txt"
TABLE_FILES: Final = (
    PLACES,
    PTP_PRACTITIONER,
    PTP_OUTPATIENT,
    MUE_PRACTITIONER,
    MUE_OUTPATIENT,
    FEES,
    SUPPORTS,
    LEAVES,
)
"""cleanclaim's own tables; a directory of the user may hold any of them."""

_CMS_FILES: Final = (
    (re.compile(r"ccipra-v(?P<edition>\w+)-f(?P<part>\d+)\.txt", re.IGNORECASE), PTP_PRACTITIONER),
    (re.compile(r"ccioph-v(?P<edition>\w+)-f(?P<part>\d+)\.txt", re.IGNORECASE), PTP_OUTPATIENT),
    (re.compile(r"MCR_MUE_PractitionerServices_Eff_(?P<edition>[\d-]+)\.csv", re.IGNORECASE), MUE_PRACTITIONER),
    (re.compile(r"MCR_MUE_OutpatientHospitalServices_Eff_(?P<edition>[\d-]+)\.csv", re.IGNORECASE), MUE_OUTPATIENT),
)
"""The names under which CMS publishes its quarterly files, and the table that they replace."""

_ACCEPTED: Final = (
    f"expected files named {', '.join(TABLE_FILES)}, or as CMS names them: ccipra-v*-f*.txt, ccioph-v*-f*.txt, "
    "MCR_MUE_PractitionerServices_Eff_*.csv, MCR_MUE_OutpatientHospitalServices_Eff_*.csv, unzipped and side by side"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one table comes from: a file of our own layout, or the parts of a CMS edition in order."""

    files: tuple[Traversable, ...]
    edition: str | None = None


def load_reference(directory: Path | None = None) -> Reference:
    """The reference tables of the package, with each table that `directory` holds in its place.

    Raises `Misuse` that names file and line, or the file whose name is not known; nothing is loaded by half, so the
    tables in use stay.
    """
    return Reference.of(load_tables(directory))


def load_tables(directory: Path | None = None) -> Tables:
    """As `load_reference`, before the tables are indexed."""
    sources = {name: _Source((files("streams") / "tables" / name,)) for name in TABLE_FILES}
    if directory is not None:
        sources |= _in_directory(directory)
    return Tables(
        places=_read(sources[PLACES], parse_places),
        pairs={
            "PROFESSIONAL": _pairs(sources[PTP_PRACTITIONER]),
            "INSTITUTIONAL": _pairs(sources[PTP_OUTPATIENT]),
        },
        unit_limits={
            "PROFESSIONAL": _unit_limits(sources[MUE_PRACTITIONER], "Practitioner"),
            "INSTITUTIONAL": _unit_limits(sources[MUE_OUTPATIENT], "Outpatient Hospital"),
        },
        fees=_read(sources[FEES], parse_fees),
        supports=_read(sources[SUPPORTS], parse_supports),
        leaves=_read(sources[LEAVES], lambda file, lines: parse_leaves(file, "".join(lines))),
    )


def _in_directory(directory: Path) -> dict[str, _Source]:
    """The tables that a directory of the user replaces. Hidden files are passed over."""
    try:
        paths = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError:
        raise Misuse(f"{directory}: expected a directory of reference tables that can be read") from None
    found: dict[str, dict[tuple[str | None, int], Path]] = {}
    for path in paths:
        name, edition, part = _recognise(path)
        found.setdefault(name, {})[edition, part] = path
    return {name: _source(directory, name, parts) for name, parts in found.items()}


def _recognise(path: Path) -> tuple[str, str | None, int]:
    """The table that a file replaces, its CMS edition (None: our own layout) and its part, counted from 1."""
    if path.name in TABLE_FILES:
        return path.name, None, 1
    for pattern, name in _CMS_FILES:
        if match := pattern.fullmatch(path.name):
            return name, match["edition"], int(match.groupdict().get("part") or 1)
    raise Misuse(f"{path}: no table is read from a file of this name; {_ACCEPTED}")


def _source(directory: Path, name: str, parts: dict[tuple[str | None, int], Path]) -> _Source:
    ordered = sorted(parts.items(), key=lambda entry: entry[0][1])
    editions = {edition for edition, _ in parts}
    listed = ", ".join(path.name for _, path in ordered)
    if len(editions) > 1:
        raise Misuse(f"{directory}: expected one source for the table of {name}, got {listed}: keep the newest alone")
    if [part for (_, part), _ in ordered] != list(range(1, len(ordered) + 1)):
        raise Misuse(f"{directory}: expected every part of one quarter, from -f1 on without a gap, got {listed}")
    return _Source(tuple(path for _, path in ordered), editions.pop())


def _pairs(source: _Source) -> tuple[Pair, ...]:
    if source.edition is None:
        return _read(source, parse_pairs)
    pairs = tuple(pair for file in source.files for pair in parse_ptp(str(file), _lines(file, "latin-1")))
    if not pairs:
        raise Misuse(f"{source.files[0]}: expected pairs with a stress-test code in these parts; are they complete?")
    return pairs


def _unit_limits(source: _Source, provider: str) -> dict[str, int]:
    if source.edition is None:
        return _read(source, parse_unit_limits)
    return parse_mue(str(source.files[0]), _lines(source.files[0], "latin-1"), provider)


def _read(source: _Source, parse: Callable[[str, Iterator[str]], T]) -> T:
    """One of our own files. UTF-8, with or without the mark that spreadsheets put in front."""
    return parse(str(source.files[0]), _lines(source.files[0], "utf-8-sig"))


def _lines(file: Traversable, encoding: str) -> Iterator[str]:
    try:
        with file.open(encoding=encoding) as text:
            yield from text
    except UnicodeDecodeError:
        raise Misuse(f"{file}: expected UTF-8 text") from None
    except OSError:
        raise Misuse(f"{file}: expected a file that can be read") from None
