"""cleanclaim's own table layouts: what is read, and what an error says."""

import re
from datetime import date
from decimal import Decimal

import pytest

from schemas.errors import Misuse
from streams.codes import ECHO, FAMILY
from streams.reference import Fee, Pair, Support
from streams.reference.sheets import (
    parse_fees,
    parse_leaves,
    parse_pairs,
    parse_places,
    parse_supports,
    parse_unit_limits,
)
from streams.reference.tables import SINCE_EVER, UNTIL_NOW

PLACES = "place_of_service,class"
PAIRS = "column1,column2,modifier_indicator,effective_date,deletion_date"
UNITS = "procedure_code,units"
FEES = "procedure_code,modifier,pctc_indicator,facility_price,supervision,total_rvu"
SUPPORTS = "policy,procedure_group,diagnosis,supports,effective_from,effective_to,source"
COMPONENTS = ("93016,,2,Y,02,0.62", "93017,,3,N,02,1.13", "93018,,2,Y,09,0.41")


def lines(*rows):
    return [f"{row}\n" for row in rows]


def message(parse, *rows):
    with pytest.raises(Misuse) as raised:
        parse("t.csv", lines(*rows))
    return str(raised.value)


def test_a_table_may_come_from_a_spreadsheet():
    rows = ['"# source: ours, and yours",,', "", ",", '"place_of_service","class"', ' 11 ,"NON_FACILITY"\r', ","]

    assert {"11": "NON_FACILITY"} == parse_places("t.csv", lines(*rows))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["place,class"], "t.csv:1: expected the column names place_of_service,class"),
        (["# c", PLACES], "t.csv: expected the column names place_of_service,class and at least one row below them"),
        ([], "t.csv: expected the column names place_of_service,class and at least one row below them"),
        ([PLACES, "# c", "11"], "t.csv:3: expected 2 cells (place_of_service,class), got 1"),
        ([PLACES, "11,FACILITY,"], "t.csv:2: expected 2 cells (place_of_service,class), got 3"),
        ([PLACES, "1,FACILITY"], 't.csv:2: place_of_service: expected two digits, got "1"'),
        ([PLACES, "¹¹,FACILITY"], 't.csv:2: place_of_service: expected two digits, got "¹¹"'),
        ([PLACES, "11,office"], 't.csv:2: class: expected one of FACILITY, NON_FACILITY, got "office"'),
        (
            [PLACES, "11,FACILITY", "11,FACILITY"],
            't.csv:3: place_of_service: expected a row that was not there before, got "11"',
        ),
        ([PLACES, "x" * 200_000], "t.csv:2: expected a row of text cells, plain and of moderate length"),
    ],
)
def test_a_table_of_another_shape_is_refused(rows, expected):
    assert expected == message(parse_places, *rows)


def test_pairs_keep_their_days_in_force_and_lose_those_taken_back():
    rows = ["93015,93000,1,2010-01-01,2019-12-31", "93015,93000,0,,", "93015,93005,9,1996-01-01,1996-01-01"]

    assert (
        Pair("93015", "93000", "1", date(2010, 1, 1), date(2019, 12, 31)),
        Pair("93015", "93000", "0", SINCE_EVER, UNTIL_NOW),
    ) == parse_pairs("t.csv", lines(PAIRS, *rows))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("9301,93000,1,,", 'column1: expected a code of 5 capital letters or digits, got "9301"'),
        ("93015,9300o,1,,", 'column2: expected a code of 5 capital letters or digits, got "9300o"'),
        ("93015,93000,2,,", 'modifier_indicator: expected one of 0, 1, 9, got "2"'),
        ("93015,93000,1,20100101,", 'effective_date: expected a date YYYY-MM-DD or nothing, got "20100101"'),
        ("93015,93000,1,,2010-02-30", 'deletion_date: expected a date YYYY-MM-DD or nothing, got "2010-02-30"'),
        ("93015,93000,9,,never", 'deletion_date: expected a date YYYY-MM-DD or nothing, got "never"'),
    ],
)
def test_a_malformed_pair_is_refused(row, expected):
    assert f"t.csv:3: {expected}" == message(parse_pairs, PAIRS, "93015,93000,1,,", row)


def test_unit_limits_may_forbid_every_unit():
    assert {"93015": 1, "V5364": 0} == parse_unit_limits("t.csv", lines(UNITS, "93015,1", "V5364,0"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("9301,1", 'procedure_code: expected a code of 5 capital letters or digits, got "9301"'),
        ("93016,one", 'units: expected a whole number of units, got "one"'),
        ("93016,-1", 'units: expected a whole number of units, got "-1"'),
        ("93016,", 'units: expected a whole number of units, got ""'),
        ("93015,2", 'procedure_code: expected a row that was not there before, got "93015"'),
    ],
)
def test_a_malformed_unit_limit_is_refused(row, expected):
    assert f"t.csv:3: {expected}" == message(parse_unit_limits, UNITS, "93015,1", row)


def test_fees_are_kept_exactly():
    fees = parse_fees("t.csv", lines(FEES, *COMPONENTS, "93350,26,1,Y,09,2.02"))

    assert Fee("93350", "26", "1", facility_price=True, supervision="09", total_rvu=Decimal("2.02")) == fees[3]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("?,,4,N,02,2.16", 'procedure_code: expected a code of 5 capital letters or digits, got "?"'),
        ("93015,59,4,N,02,2.16", 'modifier: expected one of , 26, TC, got "59"'),
        ("93015,,,N,02,2.16", 'pctc_indicator: expected one digit, got ""'),
        ("93015,,4,NA,02,2.16", 'facility_price: expected one of Y, N, got "NA"'),
        ("93015,,4,N,2,2.16", 'supervision: expected two digits, got "2"'),
        ("93015,,4,N,02,2.2", 'total_rvu: expected a number with two decimals, got "2.2"'),
        ("93018,,2,Y,09,0.41", 'procedure_code: expected a row that was not there before, got "93018"'),
    ],
)
def test_a_malformed_fee_is_refused(row, expected):
    assert f"t.csv:5: {expected}" == message(parse_fees, FEES, *COMPONENTS, row)


@pytest.mark.parametrize("rows", [COMPONENTS[1:], ("93016,,2,Y,02,0.00", *COMPONENTS[1:])])
def test_a_fee_schedule_must_be_able_to_split_a_global(rows):
    assert "t.csv: expected a total_rvu above 0 for 93016: they split the charge of a 93015" == message(
        parse_fees, FEES, *rows
    )


def test_a_policy_names_codes_and_families_for_groups_and_single_procedures():
    rows = ["A,ECHO,I25.10,YES,2024-01-01,2024-12-31,LCD", "A,93017,R07,NEVER_ALONE,,,"]

    assert (
        Support(
            "A", ECHO, "I2510", never_alone=False, effective_from=date(2024, 1, 1), effective_to=date(2024, 12, 31)
        ),
        Support("A", frozenset({"93017"}), "R07", never_alone=True, effective_from=SINCE_EVER, effective_to=UNTIL_NOW),
    ) == parse_supports("t.csv", lines(SUPPORTS, *rows))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (",FAMILY,I20,YES,,,", 'policy: expected the name of a policy, got ""'),
        (
            "A,stress,I20,YES,,,",
            'procedure_group: expected FAMILY, STRESS, ECHO or a code of 5 capital letters or digits, got "stress"',
        ),
        ("A,FAMILY,I2,YES,,,", 'diagnosis: expected an ICD-10-CM code or the beginning of one, got "I2"'),
        ("A,FAMILY,I20,NO,,,", 'supports: expected one of YES, NEVER_ALONE, got "NO"'),
        ("A,FAMILY,I20,YES,2024,,", 'effective_from: expected a date YYYY-MM-DD or nothing, got "2024"'),
        ("A,FAMILY,I20,YES,,2024-W01-1,", 'effective_to: expected a date YYYY-MM-DD or nothing, got "2024-W01-1"'),
    ],
)
def test_a_malformed_policy_is_refused(row, expected):
    assert f"t.csv:3: {expected}" == message(parse_supports, SUPPORTS, "A,FAMILY,I25,YES,,,", row)


def test_the_family_is_what_the_group_of_that_name_means():
    (row,) = parse_supports("t.csv", lines(SUPPORTS, "A,FAMILY,I25,YES,,,"))

    assert FAMILY == row.procedure_codes


def test_a_release_may_have_ended():
    leaves = parse_leaves(
        "t.txt", "# release: 2024\n#valid_from: 2023-10-01\n# valid_to: 2024-09-30\nI2510\nI10\nI10\n\n"
    )

    assert ("2024", date(2023, 10, 1), date(2024, 9, 30), ("I10", "I2510")) == leaves


@pytest.mark.parametrize("end", ["", "# valid_to:\n"])
def test_a_release_is_open_until_another_comes(end):
    assert UNTIL_NOW == parse_leaves("t.txt", f"# release: 2026\n# valid_from: 2025-10-01\n{end}I10").valid_to


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I10\nI25.10\n", 't.txt:2: expected an ICD-10-CM code without its dot, got "I25.10"'),
        ("# release: x\nI10\n\nI209\n", 't.txt:3: expected an ICD-10-CM code without its dot, got ""'),
        ("# release: x\n", 't.txt:2: expected an ICD-10-CM code without its dot, got ""'),
        ("", 't.txt:1: expected an ICD-10-CM code without its dot, got ""'),
    ],
)
def test_a_list_of_other_things_than_codes_is_refused(text, expected):
    with pytest.raises(Misuse, match=f"^{re.escape(expected)}$"):
        parse_leaves("t.txt", text)


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "# release: x\n",
        "# valid_from: 2025-10-01\n",
        "# release: x\n# valid_from: soon\n",
        "# release: x\n# valid_from: 2025-10-01\n# valid_to: never\n",
    ],
)
def test_a_release_must_say_its_name_and_its_days(heading):
    with pytest.raises(
        Misuse, match=r"t\.txt:1: expected the comments `# release: NAME` and `# valid_from: YYYY-MM-DD`"
    ):
        parse_leaves("t.txt", f"{heading}I10\n")
