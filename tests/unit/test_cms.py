"""The layouts of CMS's quarterly NCCI files."""

import re
from datetime import date

import pytest

from schemas.errors import Misuse
from streams.cms import parse_mue, parse_ptp
from streams.reference import Pair
from streams.reference.tables import UNTIL_NOW

HEADING = (
    "CPT only copyright American Medical Association.\t\t\t\t\t\t\n",
    "Column1/Column2 Edits\t\t\t\t\t\t\n",
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n",
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n",
    "\t\t\t\t*=no data\t1=allowed\t\n",
    "\t\t\t\t\t9=not applicable\t\n",
)
MUE = (
    '"CPT codes are copyright of the AMA,\n',
    'whoever asks.",,,\n',
    '"HCPCS/\n',
    'CPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n',
)


def pairs(*rows):
    return list(parse_ptp("f1.txt", [*HEADING, *(f"{row}\r\n" for row in rows)]))


def test_a_pair_is_in_force_between_its_days():
    assert [
        Pair("93015", "93000", "1", date(2010, 1, 1), date(2019, 12, 31)),
        Pair("99284", "93018", "0", date(1996, 1, 1), UNTIL_NOW),
        Pair("93351", "93015", "0", date(2009, 1, 1), UNTIL_NOW),
    ] == pairs(
        "93015\t93000\t\t20100101\t20191231\t1\tMisuse of column two code with column one code",
        "99284\t93018\t*\t19960101\t*\t0\tStandards of medical / surgical practice",
        "93351\t93015\t\t20090101\t\t0",
    )


def test_rows_of_other_codes_and_rows_taken_back_are_left_out():
    assert [] == pairs("99284\t36415\t\t20260101\t*\t1\tx", "93015\t93005\t\t19960101\t19960101\t9\tx")


def test_a_pair_may_come_more_than_once():
    rows = ("93015\t99213\t\t20100101\t20191231\t1\tx", "93015\t99213\t\t20210101\t*\t1\tx")

    assert [date(2010, 1, 1), date(2021, 1, 1)] == [pair.effective_from for pair in pairs(*rows)]


@pytest.mark.parametrize("code", ["93015", "99284"])
@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("9300\t\t20100101\t*\t1\tx", 'column2: expected a code of 5 capital letters or digits, got "9300"'),
        ("93000\t+\t20100101\t*\t1\tx", 'before_1996: expected one of , *, got "+"'),
        ("93000\t\t\t*\t1\tx", 'effective_date: expected a date yyyymmdd, got ""'),
        ("93000\t\t2010-01-01\t*\t1\tx", 'effective_date: expected a date yyyymmdd, got "2010-01-01"'),
        ("93000\t\t20101301\t*\t1\tx", 'effective_date: expected a date yyyymmdd, got "20101301"'),
        ("93000\t\t*\t20100101\t1\tx", 'effective_date: expected a date yyyymmdd, got "*"'),
        ("93000\t\t20100101\t-\t1\tx", 'deletion_date: expected a date yyyymmdd, * or nothing, got "-"'),
        ("93000\t\t20100101\t20100132\t1\tx", 'deletion_date: expected a date yyyymmdd, * or nothing, got "20100132"'),
        ("93000\t\t20100101\t*\t2\tx", 'modifier_indicator: expected one of 0, 1, 9, got "2"'),
        ("93000\t\t20100101\t*", "expected 7 cells separated by tabs, got 5"),
    ],
)
def test_a_malformed_row_is_refused_whatever_its_codes(code, rest, expected):
    with pytest.raises(Misuse, match=f"^{re.escape(f'f1.txt:8: {expected}')}$"):
        pairs("93015\t93000\t\t20100101\t*\t1\tx", f"{code}\t{rest}")


def test_a_kept_row_with_too_many_cells_is_refused():
    with pytest.raises(Misuse, match=r"^f1\.txt:7: expected 7 cells separated by tabs, got 8$"):
        pairs("93015\t93000\t\t20100101\t*\t1\tx\ty")


def test_a_malformed_first_code_is_refused():
    with pytest.raises(Misuse, match=r"^f1\.txt:7: column1: expected a code of 5 capital letters or digits, got"):
        pairs("93o15\t93000\t\t20100101\t*\t1\tx")


def test_a_blank_line_is_no_row():
    with pytest.raises(Misuse, match=r"^f1\.txt:7: expected 7 cells separated by tabs, got 1$"):
        pairs("")


@pytest.mark.parametrize("kept", range(6))
def test_rows_are_never_taken_for_heading(kept):
    rows = ["99284\t36415\t\t20260101\t*\t1\tx\n"] * 6

    with pytest.raises(Misuse, match=rf"^f1\.txt:{kept + 1}: expected 6 heading lines above the first row$"):
        list(parse_ptp("f1.txt", [*HEADING[:kept], *rows]))


@pytest.mark.parametrize("count", [0, 3, 6])
def test_a_file_without_rows_is_refused(count):
    with pytest.raises(Misuse, match=rf"^f1\.txt: expected 6 heading lines and rows below them, got {count} lines$"):
        list(parse_ptp("f1.txt", HEADING[:count]))


def limits(*rows, provider="Practitioner"):
    return parse_mue("mue.csv", [*MUE, *(f"{row}\r\n" for row in rows)], provider)


def test_unit_limits_are_read_below_a_notice_of_any_length():
    assert {"93017": 1, "J2785": 4} == limits(
        "93017,1,2 Date of Service Edit: Policy,Nature of Service", '"J2785",4,3 Date of Service Edit: Clinical,"A, b"'
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "9301,1,1 Line Edit,x",
            'procedure_code: expected a code of 5 capital letters or digits, got "9301"',
        ),
        ("93015,,1 Line Edit,x", 'units: expected a whole number of units, got ""'),
        (
            "93015,1,Line Edit,x",
            'adjudication_indicator: expected an adjudication indicator 1, 2 or 3, got "Line Edit"',
        ),
        ("93015,1,1 Line Edit", "expected 4 cells, got 3"),
        ("93017,1,1 Line Edit,x", 'procedure_code: expected a row that was not there before, got "93017"'),
    ],
)
def test_a_malformed_unit_limit_is_refused(row, expected):
    with pytest.raises(Misuse, match=f"^{re.escape(f'mue.csv:6: {expected}')}$"):
        limits("93017,1,2 Date of Service Edit: Policy,x", row)


def test_the_table_of_another_provider_is_refused():
    with pytest.raises(Misuse, match=r"^mue\.csv:4: expected a second column named Outpatient Hospital Services MUE"):
        limits("93017,1,2 x,x", provider="Outpatient Hospital")


@pytest.mark.parametrize(("text", "line"), [([], 0), (["a,b\n", "93017,1,2,x\n"], 2)])
def test_a_file_without_the_heading_row_is_refused(text, line):
    with pytest.raises(Misuse, match=rf"^mue\.csv:{line}: expected a heading row that begins with HCPCS/CPT Code$"):
        parse_mue("mue.csv", text, "Practitioner")


def test_a_heading_without_rows_is_refused():
    with pytest.raises(Misuse, match=r"^mue\.csv: expected rows below the heading$"):
        limits()
