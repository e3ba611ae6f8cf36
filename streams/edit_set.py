"""The edits that judge, as one set with a name, and the terms by which a changed edit finds the claims it may free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from streams.gates import CATALOGUE_DIGEST
from streams.naming import digest
from streams.topics import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.edit import Edit
    from schemas.record import Record
    from streams.processor import Table


@dataclass(frozen=True, slots=True)
class EditSet:
    """All that judges: `name` stands for the rules and the learned edits in force; `learned` are these, by edit_id."""

    name: str
    learned: tuple[Edit, ...]


class EditSets:
    """The edit set of a table, worked out once for as long as the table does not change."""

    def __init__(self, rules: str) -> None:
        """`rules` is the digest of the tables and settings that the edits judge by."""
        self._rules = rules
        self._edits: tuple[Record, ...] | None = None
        self._set = EditSet("", ())

    def of(self, table: Table) -> EditSet:
        """The set for the edits in `table`; the same object while they stay the same.

        An engine may change a table in place, so its values are compared: by identity, a few nanoseconds each.
        """
        edits = tuple(table.values())
        if edits != self._edits:
            self._edits, self._set = edits, _edit_set(self._rules, edits)
        return self._set


def _edit_set(rules: str, edits: Iterable[Record]) -> EditSet:
    active = sorted(
        [edit for edit in cast("Iterable[Edit]", edits) if edit.status == "ACTIVE"], key=lambda e: e.edit_id
    )
    learned = [part for edit in active for part in (edit.edit_id, edit.revision)]
    return EditSet(digest(CATALOGUE_DIGEST, rules, *learned), tuple(active))


def terms_of_edit(edit: Edit) -> Iterator[str]:
    """One term for each payer and code that the edit names, or any. An edit that names none touches nothing."""
    payers, codes = edit.scope.payer_ids, edit.match.procedure_codes
    for payer_id in (ANY,) if payers is None else payers:
        for code in (ANY,) if codes is None else codes:
            yield _term(payer_id, code)


def terms_of_claim(payer_id: str, codes: Iterable[str]) -> frozenset[str]:
    """Every term under which an edit may touch a claim of this payer with these codes."""
    return _terms(payer_id, tuple(codes))


@lru_cache(maxsize=16_384)  # a payer is billed the same few codes over and over, and every step of such a claim asks
def _terms(payer_id: str, codes: tuple[str, ...]) -> frozenset[str]:
    return frozenset([_term(payer, code) for payer in (ANY, payer_id) for code in (ANY, *codes)])


def _term(payer_id: str, code: str) -> str:
    return f"{payer_id}|{code}"
