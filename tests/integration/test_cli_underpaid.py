"""`cleanclaim underpaid`: what payers allowed beside what contracts say, from the log of a store."""

from __future__ import annotations

import json

import pytest

from agents.cli import underpaid_claims
from tests.integration.command_line import CLEAN, cleanclaim, decided
from tests.mailroom import answer, event, remittance

CSV = "payer_id,procedure_code,effective_from,rate_cents\nP01,93015,2026-01-01,8000\n"
SHORT = remittance(answer("93015", ("CO-45", 215_00), ("PR-2", 15_00), paid=60_00, charge=290_00))
CUT = remittance(answer("93015", ("CO-45", 210_00), ("CO-59", 20_00), paid=60_00, charge=290_00))


def underpaid(folder, *remittances, rates=CSV, arguments=()):
    store = decided(folder, *CLEAN, *map(event, remittances))
    (folder / "rates.csv").write_text(rates)
    return cleanclaim("underpaid", "--rates", folder / "rates.csv", "--store", store, *arguments)


def test_a_line_that_is_short_is_listed_with_its_payer_and_code(tmp_path):
    rows = [each.split() for each in underpaid(tmp_path, SHORT).stdout.splitlines()]

    assert ["P01", "93015", "1", "$80.00", "$75.00", "1", "$5.00", "0"] in rows
    assert ["C1", "1", "P01", "93015", "2026-03-10", "1", "$80.00", "$75.00", "$5.00", "2", "45"] in rows
    assert "1 line of 1 short, by $5.00 in all." in " ".join(rows[-1])


def test_a_further_procedure_of_the_day_is_counted_and_not_listed(tmp_path):
    text = underpaid(tmp_path, CUT).stdout

    assert "C1" not in text
    assert "0 lines of 1 short, by $0.00 in all. 1 reduced as a further procedure of the day, not listed." in text


def test_what_cannot_be_compared_is_said(tmp_path):
    text = underpaid(tmp_path, SHORT, rates=CSV.replace("93015", "93018")).stdout

    assert "0 lines of 0 short" in text
    assert "Not compared: 1 line for which the rates say nothing." in text


def test_json_has_totals_then_lines_then_counts(tmp_path):
    total, short, lines = map(json.loads, underpaid(tmp_path, SHORT, arguments=["--json"]).stdout.splitlines())

    assert {
        "kind": "total",
        "payer_id": "P01",
        "procedure_code": "93015",
        "lines": 1,
        "expected_cents": 80_00,
        "allowed_cents": 75_00,
        "short_lines": 1,
        "short_cents": 5_00,
        "reduced_lines": 0,
    } == total
    assert {
        "kind": "short",
        "claim_id": "C1",
        "claim_revision": 1,
        "line_number": 1,
        "payer_id": "P01",
        "procedure_code": "93015",
        "service_date": "2026-03-10",
        "units": 1,
        "expected_cents": 80_00,
        "allowed_cents": 75_00,
        "reason_codes": ["2", "45"],
        "short_cents": 5_00,
    } == short
    assert {
        "kind": "lines",
        "met": 0,
        "short": 1,
        "reduced": 0,
        "other_payer": 0,
        "capitated": 0,
        "no_rate": 0,
    } == lines


def test_a_log_too_large_for_memory_is_read_in_shares(tmp_path, monkeypatch):
    others = [SHORT.model_copy(update={"claim_id": f"C{n}", "event_id": f"e{n}"}) for n in range(2, 12)]
    monkeypatch.setattr(underpaid_claims, "_AT_ONCE", 3)

    assert "1 line of 1 short" in underpaid(tmp_path, SHORT, *others).stdout


def test_a_claim_answered_before_it_is_released_is_compared_as_well(tmp_path):
    store = decided(tmp_path, event(SHORT), *CLEAN)
    (tmp_path / "rates.csv").write_text(CSV)

    assert "1 line of 1 short" in cleanclaim("underpaid", "--rates", tmp_path / "rates.csv", "--store", store).stdout


@pytest.mark.parametrize(
    ("rates", "complaint"),
    [
        (CSV.replace("8000", "80.00"), 'rates.csv:2: rate_cents: expected a whole number of cents, got "80.00"'),
        ("", "rates.csv: expected at least one rate"),
    ],
)
def test_a_bad_file_of_rates_is_misuse_that_names_file_line_and_field(tmp_path, rates, complaint):
    result = underpaid(tmp_path, SHORT, rates=rates)

    assert 2 == result.exit_code
    assert complaint in result.stderr


def test_a_file_that_is_not_there_or_no_text_is_misuse(tmp_path):
    (tmp_path / "rates.xlsx").write_bytes(b"PK\xff\xfe")
    missing = cleanclaim("underpaid", "--rates", tmp_path / "none.csv", "--store", tmp_path / "s.db")
    binary = cleanclaim("underpaid", "--rates", tmp_path / "rates.xlsx", "--store", tmp_path / "s.db")

    assert (2, 2) == (missing.exit_code, binary.exit_code)
    assert "none.csv: cannot be read: No such file or directory" in missing.stderr
    assert "rates.xlsx: expected text in UTF-8" in binary.stderr


def test_the_run_writes_what_payers_answered_as_evidence(tmp_path):
    decided(tmp_path, *CLEAN, event(SHORT))

    (denial,) = map(json.loads, (tmp_path / "out" / "denials.v1.ndjson").read_text().splitlines())
    assert "P01|93015" == denial["key"]
    assert ("PAID", 60_00) == (denial["value"]["outcome"], denial["value"]["amount_cents"])
