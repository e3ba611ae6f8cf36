"""The reference tables, indexed for the questions that the edits ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.codes import ROLE_OF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from streams.reference.tables import Fee, Leaves, Pair, PlaceClass, Support, Tables

_NONE: frozenset[str] = frozenset()
_SHORTEST_FAMILY = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """The tables in use. Immutable: a newer quarter is another `Reference`, made by `Reference.of`.

    digest          sha256 (hex) over what the tables say, whatever layout or order they were read in
    charge_weights  how a global charge splits over its components: their relative values, in hundredths
    """

    digest: str
    charge_weights: Mapping[str, int] = field(compare=False, repr=False)
    _places: Mapping[str, PlaceClass] = field(compare=False, repr=False)
    _pairs: Mapping[str, Mapping[tuple[str, str], tuple[Pair, ...]]] = field(compare=False, repr=False)
    _partners: Mapping[str, Mapping[str, frozenset[str]]] = field(compare=False, repr=False)
    _unit_limits: Mapping[str, Mapping[str, int]] = field(compare=False, repr=False)
    _fees: Mapping[tuple[str, str], Fee] = field(compare=False, repr=False)
    _supports: Mapping[str, Mapping[str, tuple[Support, ...]]] = field(compare=False, repr=False)
    _leaf_codes: frozenset[str] = field(compare=False, repr=False)
    _leaves: Leaves = field(compare=False, repr=False)

    @classmethod
    def of(cls, tables: Tables) -> Reference:
        """Index `tables`. They must hold a fee for each of 93016, 93017 and 93018."""
        fees = {(fee.procedure_code, fee.modifier): fee for fee in tables.fees}
        return cls(
            digest=_digest(tables),
            charge_weights={code: int(fees[code, ""].total_rvu * 100) for code in ROLE_OF},
            _places=tables.places,
            _pairs={kind: _by_codes(pairs) for kind, pairs in tables.pairs.items()},
            _partners={kind: _partners(pairs) for kind, pairs in tables.pairs.items()},
            _unit_limits=tables.unit_limits,
            _fees=fees,
            _supports=_by_procedure(tables.supports),
            _leaf_codes=frozenset(tables.leaves.codes),
            _leaves=tables.leaves,
        )

    def place_class(self, place_of_service: str) -> PlaceClass | None:
        """Who owns the technical part there; None for a code that is not assigned, or is no code at all."""
        return self._places.get(place_of_service)

    def ptp_indicators(self, claim_type: str, column1: str, column2: str, service_date: date) -> frozenset[str]:
        """The modifier indicators ("0", "1") of this pair's rows in force on that day; both, where rows disagree.

        Professional claims are judged by the practitioner table, institutional ones by that of hospital outpatients.
        """
        rows = self._pairs[claim_type].get((column1, column2))
        if rows is None:
            return _NONE
        return frozenset(
            row.modifier_indicator for row in rows if row.effective_from <= service_date <= row.effective_to
        )

    def ptp_partners(self, claim_type: str, code: str) -> frozenset[str]:
        """Every code that shares a row with `code`, in either column and on any day: what is not here pairs never."""
        return self._partners[claim_type].get(code, _NONE)

    def mue(self, claim_type: str, code: str) -> int | None:
        """The most units of `code` for one patient and day; None where the table sets no limit."""
        return self._unit_limits[claim_type].get(code)

    def fee(self, code: str, modifier: str = "") -> Fee | None:
        """How the fee schedule prices `code` with 26, TC or neither; None where it has no such row."""
        return self._fees.get((code, modifier))

    def supports(self, diagnosis: str, procedure_code: str, service_date: date) -> bool:
        """Whether a coverage policy names `diagnosis` (without dot), or a family above it, for this procedure and day.

        A family means the billable codes below it, so a header supports nothing. Policies of one list add up; a row
        that says never alone wins over all others.
        """
        rows = self._supports.get(procedure_code)
        if rows is None or diagnosis not in self._leaf_codes:
            return False
        found = False
        for end in range(_SHORTEST_FAMILY, len(diagnosis) + 1):
            for row in rows.get(diagnosis[:end], ()):
                if row.effective_from <= service_date <= row.effective_to:
                    if row.never_alone:
                        return False
                    found = True
        return found

    def is_billable_leaf(self, diagnosis: str) -> bool:
        """Whether the loaded ICD-10-CM release has `diagnosis` (without dot) and nothing below it."""
        return diagnosis in self._leaf_codes

    def leaves_cover(self, service_date: date) -> bool:
        """Whether the loaded ICD-10-CM release is the one for that date of service."""
        return self._leaves.valid_from <= service_date <= self._leaves.valid_to


def _by_codes(pairs: Iterable[Pair]) -> dict[tuple[str, str], tuple[Pair, ...]]:
    index: dict[tuple[str, str], tuple[Pair, ...]] = {}
    for pair in pairs:
        key = pair.column1, pair.column2
        index[key] = (*index.get(key, ()), pair)
    return index


def _partners(pairs: Iterable[Pair]) -> dict[str, frozenset[str]]:
    partners: dict[str, set[str]] = {}
    for pair in pairs:
        partners.setdefault(pair.column1, set()).add(pair.column2)
        partners.setdefault(pair.column2, set()).add(pair.column1)
    return {code: frozenset(others) for code, others in partners.items()}


def _by_procedure(supports: Iterable[Support]) -> dict[str, dict[str, tuple[Support, ...]]]:
    index: dict[str, dict[str, tuple[Support, ...]]] = {}
    for row in supports:
        for code in row.procedure_codes:
            diagnoses = index.setdefault(code, {})
            diagnoses[row.diagnosis] = (*diagnoses.get(row.diagnosis, ()), row)
    return index


def _digest(tables: Tables) -> str:
    digest = hashlib.sha256()

    def add(name: str, rows: Iterable[str]) -> None:
        digest.update("\n".join((name, *rows, "\n")).encode())

    def unordered(rows: Iterable[tuple[object, ...]]) -> list[str]:
        return sorted("|".join(map(str, row)) for row in rows)

    add("place of service", unordered(tables.places.items()))
    for kind, pairs in sorted(tables.pairs.items()):
        add(f"pairs {kind}", unordered(pairs))
    for kind, limits in sorted(tables.unit_limits.items()):
        add(f"unit limits {kind}", unordered(limits.items()))
    add("fees", unordered(tables.fees))
    add("supports", unordered((*row[:1], " ".join(sorted(row.procedure_codes)), *row[2:]) for row in tables.supports))
    add("leaves", (str(field) for field in tables.leaves[:3]))
    add("leaf codes", tables.leaves.codes)
    return digest.hexdigest()
