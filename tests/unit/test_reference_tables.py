"""What the shipped tables say, against what CMS publishes about the stress test."""

import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from agents.reference import TABLE_FILES, load_reference, load_tables
from streams.codes import ECHO, FAMILY, STRESS
from streams.reference import BYPASS_MODIFIERS
from streams.reference.tables import UNTIL_NOW

REFERENCE = load_reference()
TABLES = load_tables()
TODAY = date(2026, 3, 2)
CLAIM_TYPES = ("PROFESSIONAL", "INSTITUTIONAL")
COMPONENTS = ("93016", "93017", "93018")

NEVER_SEPARATED = [
    *(("93015", code) for code in COMPONENTS),
    ("93350", "93015"),
    *(("93351", code) for code in (*sorted(STRESS), "93350")),
    *((code, other) for code in ("93015", "93016", "93018") for other in ("94619", "94760", "94761")),
    ("93017", "94619"),
    *((code, stress) for code in ("93025", "C8930") for stress in sorted(STRESS)),
    *(("94621", stress) for stress in ("93015", "93016", "93017")),
]
SEPARATED_IF_TRUE = [
    *(
        (stress, other)
        for stress in sorted(STRESS)
        for other in (
            *("93000", "93005", "93010", "93040", "93041", "93042", "36000", "36410", "96372"),
            *("96374", "96375", "96376", "96377", "99202", "99213", "99215", "99221", "99231", "99234"),
        )
    ),
    *((echo, other) for echo in sorted(ECHO) for other in ("93306", "93307", "93308")),
]
NEVER_PAIRED = [
    *((one, other) for one in COMPONENTS for other in COMPONENTS if one != other),
    *(pair for code in COMPONENTS for pair in (("93350", code), (code, "93350"))),
    *(pair for stress in sorted(STRESS) for nuclear in ("78451", "78452") for pair in ((stress, nuclear),)),
    *((stress, echo) for stress in sorted(STRESS) for echo in ("93306", "93307", "93308")),
]


@pytest.mark.parametrize("claim_type", CLAIM_TYPES)
@pytest.mark.parametrize(("column1", "column2"), NEVER_SEPARATED)
def test_nothing_separates_a_pair_of_indicator_0(claim_type, column1, column2):
    assert {"0"} == REFERENCE.ptp_indicators(claim_type, column1, column2, TODAY)


@pytest.mark.parametrize("claim_type", CLAIM_TYPES)
@pytest.mark.parametrize(("column1", "column2"), SEPARATED_IF_TRUE)
def test_a_modifier_separates_a_pair_of_indicator_1(claim_type, column1, column2):
    assert {"1"} == REFERENCE.ptp_indicators(claim_type, column1, column2, TODAY)


@pytest.mark.parametrize("claim_type", CLAIM_TYPES)
@pytest.mark.parametrize(("column1", "column2"), NEVER_PAIRED)
def test_no_row_ever_joined_codes_that_stand_side_by_side(claim_type, column1, column2):
    assert column2 not in REFERENCE.ptp_partners(claim_type, column1)


@pytest.mark.parametrize(("claim_type", "active"), [("PROFESSIONAL", 697), ("INSTITUTIONAL", 679)])
def test_as_many_pairs_are_active_as_cms_publishes(claim_type, active):
    assert active == sum(pair.effective_to == UNTIL_NOW for pair in TABLES.pairs[claim_type])


def test_every_row_that_was_published_is_kept_the_deleted_ones_too():
    texts = [(files("streams") / "tables" / name).read_text() for name in TABLE_FILES if name.startswith("ptp")]
    rows = [line for text in texts for line in text.splitlines()[1:] if not line.startswith(("#", "column1"))]

    assert 4511 == len(rows)


@pytest.mark.parametrize("claim_type", CLAIM_TYPES)
def test_every_pair_touches_a_stress_test_code(claim_type):
    assert all({pair.column1, pair.column2} & FAMILY for pair in TABLES.pairs[claim_type])


def test_a_deleted_pair_is_in_force_up_to_and_on_the_day_of_its_deletion():
    on = [REFERENCE.ptp_indicators("INSTITUTIONAL", "00100", "93015", date(2009, month, 1)) for month in (6, 7)]
    last = REFERENCE.ptp_indicators("INSTITUTIONAL", "00100", "93015", date(2009, 6, 30))

    assert ([{"1"}, set()], {"1"}) == (on, last)


def test_a_pair_that_was_taken_back_at_once_is_never_in_force():
    assert {"0", "1"} == {pair.modifier_indicator for pairs in TABLES.pairs.values() for pair in pairs}


@pytest.mark.parametrize(
    ("place_class", "codes"),
    [
        ("FACILITY", "02 06 08 19 21 22 23 24 26 31 34 41 42 51 52 53 56 61"),
        (
            "NON_FACILITY",
            "01 03 04 05 07 09 10 11 12 13 14 15 16 17 18 20 25 27 32 33 49 50 54 55 57 58 60 62 65 66 71 72 81 99",
        ),
    ],
)
def test_each_assigned_place_has_its_class(place_class, codes):
    assert {place_class} == {REFERENCE.place_class(code) for code in codes.split()}


def test_all_other_places_are_unassigned():
    assigned = [code for number in range(100) if REFERENCE.place_class(code := f"{number:02}")]
    others = ["", "1", "011", " 11", "AB", "1a", "\N{FULLWIDTH DIGIT ONE}1"]

    assert (52, {None}) == (len(assigned), {REFERENCE.place_class(code) for code in others})


@pytest.mark.parametrize(
    ("code", "professional", "institutional"),
    [
        *((code, 1, 1) for code in sorted(FAMILY)),
        ("93000", 3, 3),
        ("93005", 3, 5),
        ("93010", 5, 5),
        *((code, 1, 1) for code in ("78451", "78452", "93306", "96374")),
        ("J2785", 4, 4),
        ("99213", None, None),
    ],
)
def test_units_are_limited_by_type_of_claim(code, professional, institutional):
    assert [professional, institutional] == [REFERENCE.mue(claim_type, code) for claim_type in CLAIM_TYPES]


def test_the_relative_values_of_the_components_are_that_of_the_global():
    values = {code: REFERENCE.fee(code).total_rvu for code in sorted(STRESS)}

    assert {
        "93015": Decimal("2.16"),
        "93016": Decimal("0.62"),
        "93017": Decimal("1.13"),
        "93018": Decimal("0.41"),
    } == values
    assert values["93015"] == sum(values[code] for code in COMPONENTS)


def test_a_global_charge_splits_by_the_relative_values():
    assert {"93016": 62, "93017": 113, "93018": 41} == REFERENCE.charge_weights


@pytest.mark.parametrize(
    ("code", "modifier", "pctc", "facility_price", "supervision"),
    [
        ("93015", "", "4", False, "02"),
        ("93016", "", "2", True, "02"),
        ("93017", "", "3", False, "02"),
        ("93018", "", "2", True, "09"),
        ("93350", "26", "1", True, "09"),
        ("93350", "TC", "1", False, "02"),
        ("93351", "26", "1", True, "09"),
        ("93351", "TC", "1", False, "02"),
        ("93000", "", "4", False, "01"),
        ("93005", "", "3", False, "01"),
        ("93010", "", "2", True, "09"),
    ],
)
def test_the_fee_schedule_says_who_may_bill_what_where(code, modifier, pctc, facility_price, supervision):
    fee = REFERENCE.fee(code, modifier)

    assert (pctc, facility_price, supervision) == (fee.pctc_indicator, fee.facility_price, fee.supervision)


def test_the_fee_schedule_has_no_split_of_a_component():
    assert {None} == {REFERENCE.fee(code, modifier) for code in STRESS for modifier in ("26", "TC")}


@pytest.mark.parametrize(
    "diagnosis",
    [
        *("I200", "I201", "I202", "I2081", "I2089", "I209", "I2510", "I25118", "I252", "I214", "I2481"),
        *("R072", "R0789", "R079", "R0600", "R0602", "R0609", "R55", "R002", "R9431", "R9439", "Z951", "Z955"),
        *("I4720", "I4891", "I493", "I5022"),
    ],
)
@pytest.mark.parametrize("procedure_code", sorted(FAMILY))
def test_the_default_list_supports(diagnosis, procedure_code):
    assert REFERENCE.supports(diagnosis, procedure_code, TODAY)


@pytest.mark.parametrize(
    "diagnosis", ["Z136", "I10", "E785", "Z0000", "Z01810", "R0601", "M5450", "R06", "I25", "I251", "I2", ""]
)
def test_the_default_list_does_not_support(diagnosis):
    assert not REFERENCE.supports(diagnosis, "93015", TODAY)


def test_no_list_speaks_of_codes_outside_the_family():
    assert not REFERENCE.supports("I2510", "93000", TODAY)


def test_every_default_diagnosis_has_a_billable_leaf():
    assert [] == [
        row.diagnosis
        for row in TABLES.supports
        if not any(code.startswith(row.diagnosis) for code in TABLES.leaves.codes)
    ]


@pytest.mark.parametrize("header", ["I20", "I208", "I248", "I25", "I251", "QA0", "C00C75", "I25.10", ""])
def test_a_code_with_others_below_it_is_not_billable(header):
    assert not REFERENCE.is_billable_leaf(header)


@pytest.mark.parametrize("leaf", ["I209", "I2510", "I25118", "I2481", "I2489", "R55", "I10", "U071", "I5A", "Z951"])
def test_a_code_with_none_below_it_is_billable(leaf):
    assert REFERENCE.is_billable_leaf(leaf)


def test_the_release_covers_dates_from_its_first_day_on():
    days = [date(2025, 9, 30), date(2025, 10, 1), date(2031, 1, 1)]

    assert [False, True, True] == [REFERENCE.leaves_cover(day) for day in days]


def test_the_billable_codes_are_those_of_the_package_that_carries_the_release():
    script = Path(__file__).parents[2] / "scripts" / "make_icd10cm.py"
    made = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout

    assert (files("streams") / "tables" / "icd10cm_leaves.txt").read_text() == made
    assert 74_719 == len(TABLES.leaves.codes)


def test_every_shipped_table_names_its_source_edition_and_dates():
    headings = {
        name: Counter(
            line.split(":")[0]
            for line in (files("streams") / "tables" / name).read_text().splitlines()[:6]
            if line.startswith("# ") and ":" in line
        )
        for name in TABLE_FILES
    }
    leaves = headings.pop("icd10cm_leaves.txt")

    assert all(heading[f"# {key}"] for heading in headings.values() for key in ("source", "edition", "effective"))
    assert all(leaves[f"# {key}"] for key in ("source", "release", "valid_from", "valid_to"))


def test_the_bypass_modifiers_are_those_of_the_policy_manual():
    manual = (
        "24 25 27 57 58 59 78 79 91 LT RT XE XS XP XU E1 E2 E3 E4 FA F1 F2 F3 F4 F5 F6 F7 F8 F9 "
        "TA T1 T2 T3 T4 T5 T6 T7 T8 T9 LC LD LM RC RI"
    )

    assert set(manual.split()) == BYPASS_MODIFIERS


def test_the_documentation_names_every_table():
    text = (Path(__file__).parents[2] / "docs" / "reference-tables.md").read_text()

    assert [] == [name for name in TABLE_FILES if f"`{name}`" not in text]
