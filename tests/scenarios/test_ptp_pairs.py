"""NCCI pairs: every row of the reference tables that joins a stress test with another service is honoured.

What is expected is read here from the rows themselves. Each row is tried on its last day in force, on the day after,
and with a bypass modifier on either line.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pytest

from streams.judge import judge
from streams.pairs import is_evaluation
from tests.builders import SERVICE_DATE, claim, encounter, hospital_claim, line
from tests.conftest import facts_of
from tests.scenarios.table import hospital

FAMILY = ("93015", "93016", "93017", "93018", "93350", "93351")
STANDS_FOR_A_HOSPITAL = ("93017", "93350", "93351")
ONE_DAY = dt.timedelta(days=1)

PROFESSIONAL = (claim(line("00000"), line("00000")), [encounter()])
INSTITUTIONAL = (hospital_claim(line("00000"), line("00000")), hospital()[:1])
TABLES = {"ptp_practitioner.csv": PROFESSIONAL, "ptp_outpatient.csv": INSTITUTIONAL}
OTHER, STRESS = 1, 2
"""Line numbers of the two services."""

PAIR_EDITS = {
    "coding-ptp-bundled",
    "coding-ptp-stress-bundled",
    "coding-ptp-pair",
    "coding-evaluation-without-25",
}

BYPASS = (
    "24 25 27 57 58 59 78 79 91 LT RT XE XS XP XU E1 E2 E3 E4 FA F1 F2 F3 F4 F5 F6 F7 F8 F9 "
    "TA T1 T2 T3 T4 T5 T6 T7 T8 T9 LC LD LM RC RI"
)


class Row(NamedTuple):
    """One row of a table, as written; a blank date is open."""

    column1: str
    column2: str
    indicator: str
    effective: str
    deleted: str

    def in_force(self, on: dt.date) -> bool:
        """Whether the row counts for a service of that day, its last day included."""
        return (not self.effective or self.effective <= on.isoformat()) and (
            not self.deleted or on.isoformat() <= self.deleted
        )


@cache
def rows_of(file: str) -> dict[frozenset[str], list[Row]]:
    """Two codes -> every row that joins them, either way round."""
    found = defaultdict(list)
    with (files("streams") / "tables" / file).open() as table:
        rows = csv.reader(text for text in table if not text.startswith("#"))
        next(rows)  # the names of the columns
        for cells in rows:
            found[frozenset(cells[:2])].append(Row(*cells))
    return found


def with_code(file: str, code: str) -> list[tuple[str, list[Row]]]:
    """Every other service that a row joins with this code of the family, with the rows."""
    return [
        (other, rows)
        for codes, rows in rows_of(file).items()
        if code in codes and len(codes) == 2
        for other in codes - {code}
        if other not in FAMILY
    ]


def expected(rows: list[Row], code: str, on: dt.date, *, bypass: bool = False) -> set[tuple[str, int]]:
    """What the rows in force say of a line of another service and one of `code`, as (edit_id, line)."""
    found = set()
    for row in rows:
        if row.in_force(on):
            if row.indicator == "0":
                found.add(
                    ("coding-ptp-bundled", OTHER) if row.column1 == code else ("coding-ptp-stress-bundled", STRESS)
                )
            elif row.indicator == "1" and not bypass:
                visit = row.column2 == "G0463" or "99202" <= row.column2 <= "99499"
                edit_id = "coding-evaluation-without-25" if visit else "coding-ptp-pair"
                found.add((edit_id, STRESS if row.column2 == code else OTHER))
    return found


def said(rules, template, records, services) -> set[tuple[str, int]]:
    """What the edits on pairs say of a claim with these (code, modifiers, date) as lines 1 and 2."""
    lines = tuple(
        blank.model_copy(update={"procedure_code": code, "modifiers": modifiers, "service_date": on})
        for blank, (code, modifiers, on) in zip(template.lines, services, strict=True)
    )
    facts = facts_of([*records, template.model_copy(update={"lines": lines})])
    findings = judge(facts, rules)[template.claim_id].findings
    return {(finding.edit_id, finding.line_number) for finding in findings if finding.edit_id in PAIR_EDITS}


@pytest.mark.parametrize("code", FAMILY)
@pytest.mark.parametrize("file", TABLES)
def test_every_row_is_honoured_by_date_of_service(file, code, rules):
    template, visit = TABLES[file]
    stands = file == "ptp_practitioner.csv" or code in STANDS_FOR_A_HOSPITAL
    records = visit if stands else []  # without a visit the codes count as billed
    wrong = []
    for other, rows in with_code(file, code):
        days = {dt.date.fromisoformat(row.deleted) for row in rows if row.deleted}
        for on in {SERVICE_DATE, *days, *[day + ONE_DAY for day in days]}:
            services = (other, (), on), (code, (), on)
            if expected(rows, code, on) != said(rules, template, records, services):
                wrong.append(services)

    assert [] == wrong


@pytest.mark.parametrize("code", FAMILY)
@pytest.mark.parametrize("file", TABLES)
def test_a_bypass_modifier_on_either_line_silences_indicator_1_alone(file, code, rules):
    template, _ = TABLES[file]
    wrong = []
    for other, rows in with_code(file, code):
        on = max((dt.date.fromisoformat(row.deleted) if row.deleted else SERVICE_DATE) for row in rows)
        quiet = expected(rows, code, on, bypass=True)
        marked = ((other, ("59",), on), (code, (), on)), ((other, (), on), (code, ("XU",), on))
        wrong += [services for services in marked if quiet != said(rules, template, [], services)]

    assert [] == wrong


@pytest.mark.parametrize("code", FAMILY)
@pytest.mark.parametrize("file", TABLES)
def test_services_of_two_days_are_no_pair(file, code, rules):
    template, _ = TABLES[file]
    days = SERVICE_DATE, SERVICE_DATE + ONE_DAY

    assert [] == [
        other
        for other, _ in with_code(file, code)
        if said(rules, template, [], ((other, (), days[1]), (code, (), days[0])))
    ]


@pytest.mark.parametrize("modifier", BYPASS.split())
def test_these_modifiers_bypass(modifier, rules):
    services = ("93000", (modifier,), SERVICE_DATE), ("93015", (), SERVICE_DATE)

    assert set() == said(rules, *PROFESSIONAL, services)


@pytest.mark.parametrize("modifier", ["22", "26", "76", "77", "TC", "GA", "PN", "E5", "F0", "T0", "XX", "lt"])
def test_these_modifiers_do_not_bypass(modifier, rules):
    services = ("93000", (modifier,), SERVICE_DATE), ("93015", (), SERVICE_DATE)

    assert {("coding-ptp-pair", OTHER)} == said(rules, *PROFESSIONAL, services)


@pytest.mark.parametrize(
    ("file", "active", "with_others"),
    [("ptp_practitioner.csv", 697, 2_486), ("ptp_outpatient.csv", 679, 2_007)],
)
def test_so_many_rows_are_active_and_so_many_were_tried(file, active, with_others):
    rows = [row for rows in rows_of(file).values() for row in rows]
    tried = [row for code in FAMILY for _, rows in with_code(file, code) for row in rows]

    assert (active, with_others) == (len([row for row in rows if not row.deleted]), len(tried))


def test_pairs_within_the_family():
    never = {
        (row.column1, row.column2)
        for file in TABLES
        for codes, rows in rows_of(file).items()
        if codes <= set(FAMILY)
        for row in rows
    }

    assert {
        ("93015", "93016"),
        ("93015", "93017"),
        ("93015", "93018"),
        ("93350", "93015"),
        *[("93351", code) for code in FAMILY if code != "93351"],
    } == never


@pytest.mark.parametrize(
    ("code", "visit"),
    [
        ("99202", True),
        ("99499", True),
        ("G0463", True),
        ("99201", False),
        ("99500", False),
        ("G0464", False),
        ("9930", False),
        ("993000", False),
    ],
)
def test_visits_are_the_codes_from_99202_to_99499_and_the_clinic_visit(code, visit):
    assert visit == is_evaluation(code)
