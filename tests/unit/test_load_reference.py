"""The user's own tables in the place of the package's."""

import re
from datetime import date
from pathlib import Path

import pytest

from agents.reference import TABLE_FILES, load_reference
from schemas.errors import Misuse

SHIPPED = load_reference()
TODAY = date(2026, 3, 2)
HEADING = "notice\nedits\nColumn 1\tColumn 2\n\n\n\n"
PTP = "column1,column2,modifier_indicator,effective_date,deletion_date\n"
FEES = "procedure_code,modifier,pctc_indicator,facility_price,supervision,total_rvu\n"
MUE = "notice,,,\nHCPCS/CPT Code,{} Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n"

# A table of one row or two, by file name, and a question whose answer it changes.
REPLACEMENTS = {
    "place_of_service.csv": ("place_of_service,class\n11,FACILITY\n", lambda r: r.place_class("11")),
    "ptp_practitioner.csv": (
        f"{PTP}93017,93018,0,,\n",
        lambda r: r.ptp_indicators("PROFESSIONAL", "93017", "93018", TODAY),
    ),
    "ptp_outpatient.csv": (
        f"{PTP}93017,93018,0,,\n",
        lambda r: r.ptp_indicators("INSTITUTIONAL", "93017", "93018", TODAY),
    ),
    "mue_practitioner.csv": ("procedure_code,units\n93017,7\n", lambda r: r.mue("PROFESSIONAL", "93017")),
    "mue_outpatient.csv": ("procedure_code,units\n93017,7\n", lambda r: r.mue("INSTITUTIONAL", "93017")),
    "fee_schedule.csv": (
        f"{FEES}93016,,2,Y,02,1.00\n93017,,3,N,02,1.00\n93018,,2,Y,09,1.00\n",
        lambda r: r.charge_weights,
    ),
    "supporting_diagnoses.csv": (
        "policy,procedure_group,diagnosis,supports,effective_from,effective_to,source\nL1,STRESS,M54.50,YES,,,LCD\n",
        lambda r: r.supports("M5450", "93015", TODAY),
    ),
    "icd10cm_leaves.txt": (
        "# release: x\n# valid_from: 2025-10-01\nI2510\n",
        lambda r: r.is_billable_leaf("I10"),
    ),
    "ccipra-v322r0-f1.TXT": (
        f"{HEADING}93017\t93018\t\t20200101\t*\t0\tx\n",
        lambda r: r.ptp_indicators("PROFESSIONAL", "93017", "93018", TODAY),
    ),
    "ccioph-v322r0-f1.txt": (
        f"{HEADING}93017\t93018\t\t20200101\t*\t0\tx\n",
        lambda r: r.ptp_indicators("INSTITUTIONAL", "93017", "93018", TODAY),
    ),
    "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv": (
        f"{MUE.format('Practitioner')}93017,7,1 Line Edit,x\n",
        lambda r: r.mue("PROFESSIONAL", "93017"),
    ),
    "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv": (
        f"{MUE.format('Outpatient Hospital')}93017,7,1 Line Edit,x\n",
        lambda r: r.mue("INSTITUTIONAL", "93017"),
    ),
}

REPLACED_BY_CMS = {
    "ccipra-v322r0-f1.TXT": "ptp_practitioner.csv",
    "ccioph-v322r0-f1.txt": "ptp_outpatient.csv",
    "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv": "mue_practitioner.csv",
    "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv": "mue_outpatient.csv",
}


@pytest.fixture
def write(tmp_path):
    def files(**texts: str) -> Path:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return files


def message(directory) -> str:
    with pytest.raises(Misuse) as raised:
        load_reference(directory)
    return str(raised.value)


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_a_table_in_the_directory_takes_the_place_of_the_shipped_one(name, write):
    text, ask = REPLACEMENTS[name]

    loaded = load_reference(write(**{name: text}))

    assert ask(SHIPPED) != ask(loaded)
    assert SHIPPED.digest != loaded.digest


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_all_other_tables_stay_as_shipped(name, write):
    loaded = load_reference(write(**{name: REPLACEMENTS[name][0]}))
    changed = [other for other, (_, ask) in REPLACEMENTS.items() if ask(SHIPPED) != ask(loaded)]

    assert {REPLACED_BY_CMS.get(name, name)} == {REPLACED_BY_CMS.get(other, other) for other in changed}


def test_an_empty_directory_changes_nothing(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"\x00\xff")

    assert SHIPPED == load_reference(tmp_path)


def test_a_copy_of_the_shipped_tables_judges_alike(write):
    shipped = Path(__file__).parents[2] / "streams" / "tables"

    assert (
        SHIPPED.digest == load_reference(write(**{name: (shipped / name).read_text() for name in TABLE_FILES})).digest
    )


def test_a_spreadsheet_s_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "place_of_service.csv").write_bytes(b"\xef\xbb\xbfplace_of_service,class\r\n11,FACILITY\r\n")

    assert load_reference(tmp_path).place_class("11") == "FACILITY"


def test_the_parts_of_a_quarter_are_read_together(write):
    parts = {
        f"ccipra-v322r0-f{part}.txt": f"{HEADING}9301{part + 4}\t0000{part}\t\t20200101\t*\t0\tx\n"
        for part in (1, 2, 3, 4)
    }
    loaded = load_reference(write(**parts))

    assert [{"0"}] * 4 == [
        loaded.ptp_indicators("PROFESSIONAL", f"9301{part + 4}", f"0000{part}", TODAY) for part in (1, 2, 3, 4)
    ]


def test_an_unknown_file_names_what_may_be_there(write):
    text = message(write(**{"mue.csv": ""}))

    assert "mue.csv: no table is read from a file of this name; expected files named place_of_service.csv, " in text
    assert all(name in text for name in (*TABLE_FILES, "ccipra-v*-f*.txt", "MCR_MUE_PractitionerServices_Eff_*.csv"))


@pytest.mark.parametrize(
    "name", ["ccipra-v322r0-f1.zip", "MCR_MUE_DMESupplierServices_Eff_07-01-2026.csv", "Fee_schedule.csv"]
)
def test_a_name_that_is_nearly_right_is_not_passed_over(name, write):
    assert f"{name}: no table is read from a file of this name" in message(write(**{name: ""}))


def test_two_sources_of_one_table_are_an_error(write):
    directory = write(**{"ptp_practitioner.csv": "", "ccipra-v322r0-f1.txt": ""})

    assert (
        f"{directory}: expected one source for the table of ptp_practitioner.csv, got ccipra-v322r0-f1.txt, "
        "ptp_practitioner.csv: keep the newest alone"
    ) == message(directory)


def test_two_quarters_of_one_table_are_an_error(write):
    directory = write(**{"ccioph-v321r0-f1.txt": "", "ccioph-v322r0-f2.txt": ""})

    assert "expected one source for the table of ptp_outpatient.csv" in message(directory)


@pytest.mark.parametrize("parts", [(2,), (1, 3), (1, 2, 4)])
def test_a_quarter_with_a_part_missing_is_an_error(parts, write):
    directory = write(**{f"ccipra-v322r0-f{part}.txt": "" for part in parts})

    assert "expected every part of one quarter, from -f1 on without a gap" in message(directory)


def test_a_quarter_without_any_stress_test_pair_is_an_error(write):
    directory = write(**{"ccipra-v322r0-f1.txt": f"{HEADING}99284\t36415\t\t20200101\t*\t0\tx\n"})

    assert "f1.txt: expected pairs with a stress-test code in these parts; are they complete?" in message(directory)


def test_a_malformed_row_names_its_line_and_the_tables_in_use_stay(write):
    tables_in_use = load_reference(write(**{"place_of_service.csv": "place_of_service,class\n11,FACILITY\n"}))

    directory = write(**{"place_of_service.csv": "place_of_service,class\n11,FACILITY\nXX,FACILITY\n"})

    assert f'{directory}/place_of_service.csv:3: place_of_service: expected two digits, got "XX"' == message(directory)
    assert "FACILITY" == tables_in_use.place_class("11")


def test_a_file_of_bytes_that_are_no_text_is_refused(tmp_path):
    (tmp_path / "fee_schedule.csv").write_bytes(b"procedure_code\xff\n")

    assert f"{tmp_path}/fee_schedule.csv: expected UTF-8 text" == message(tmp_path)


def test_a_table_that_is_a_directory_is_refused(tmp_path):
    (tmp_path / "fee_schedule.csv").mkdir()

    assert f"{tmp_path}/fee_schedule.csv: expected a file that can be read" == message(tmp_path)


@pytest.mark.parametrize("there", [True, False])
def test_what_is_no_directory_is_refused(there, tmp_path):
    path = tmp_path / "tables"
    if there:
        path.write_text("")

    assert f"{path}: expected a directory of reference tables that can be read" == message(path)


def test_the_awk_line_of_the_documentation_keeps_what_is_loaded():
    text = (Path(__file__).parents[2] / "docs" / "reference-tables.md").read_text()
    kept = re.compile(re.search(r"~ /(.+?)/'", text)[1])

    assert [True] * 6 + [False] == [
        bool(kept.search(f"{code} 36415")) for code in ("93015", "93016", "93017", "93018", "93350", "93351", "93000")
    ]
