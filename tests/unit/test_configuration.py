"""The settings: defaults, ranges, and errors that say what to write instead."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from agents.configuration import load_configuration
from schemas.errors import Misuse
from streams.configuration import Configuration

DEFAULTS = {
    "hold_sla_days": 5,
    "filing_limit_days": 365,
    "filing_limit_days_by_payer": {},
    "ordering_npi_exempt_payers": frozenset(),
    "retention_days": 400,
    "settled_retention_days": 120,
}


@pytest.fixture
def load(tmp_path):
    def configuration(text: str) -> Configuration:
        (tmp_path / "s.toml").write_text(text)
        return load_configuration(tmp_path / "s.toml")

    return configuration


@pytest.fixture
def message(load, tmp_path):
    def text(settings: str) -> str:
        with pytest.raises(Misuse) as raised:
            load(settings)
        return str(raised.value).replace(f"{tmp_path}/", "")

    return text


def test_the_defaults_are_those_of_the_design():
    assert DEFAULTS == load_configuration().model_dump()


def test_every_setting_says_why():
    assert all(field.description for field in Configuration.model_fields.values())


def test_an_empty_file_changes_nothing(load):
    assert Configuration() == load("")


def test_a_file_sets_what_it_names(load):
    loaded = load(
        "hold_sla_days = 90\nfiling_limit_days = 180\nretention_days = 3650\nsettled_retention_days = 1\n"
        'ordering_npi_exempt_payers = ["B", "A"]\n[filing_limit_days_by_payer]\nA = 90\n'
    )

    assert (90, 3650, 1) == (loaded.hold_sla_days, loaded.retention_days, loaded.settled_retention_days)
    assert {"A", "B"} == loaded.ordering_npi_exempt_payers
    assert [90, 180] == [loaded.filing_limit(payer) for payer in ("A", "B")]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("hold_sla_days = 0", "s.toml: hold_sla_days: expected a whole number from 1, got 0"),
        ("hold_sla_days = 91", "s.toml: hold_sla_days: expected a whole number up to 90, got 91"),
        ("hold_sla_days = 5.0", "s.toml: hold_sla_days: expected a whole number, got 5.0"),
        ('filing_limit_days = "90"', "s.toml: filing_limit_days: expected a whole number, got '90'"),
        ("retention_days = true", "s.toml: retention_days: expected a whole number, got True"),
        ("retention_days = 3651", "s.toml: retention_days: expected a whole number up to 3650, got 3651"),
        ("retention_days = 119", "s.toml: expected settled_retention_days to be at most retention_days"),
        (
            "filing_limit_days_by_payer = 90",
            "s.toml: filing_limit_days_by_payer: expected a table of payer_id = days, got 90",
        ),
        (
            "[filing_limit_days_by_payer]\nA = 0",
            "s.toml: filing_limit_days_by_payer.A: expected a whole number from 1, got 0",
        ),
        (
            'ordering_npi_exempt_payers = "A"',
            "s.toml: ordering_npi_exempt_payers: expected a list of payer_ids, got 'A'",
        ),
        (
            "ordering_npi_exempt_payers = [1]",
            "s.toml: ordering_npi_exempt_payers.0: expected a payer_id in quotes, got 1",
        ),
        (
            'ordering_npi_exempt_payers = [""]',
            "s.toml: ordering_npi_exempt_payers.0: expected a payer_id that is not empty, got ''",
        ),
        ("\nhold_sla_days 5", "s.toml:2: expected TOML, one `key = value` a line, text in quotes"),
        ("\nordering_npi_exempt_payers = [\n", "s.toml:3: expected TOML, one `key = value` a line, text in quotes"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, expected, message):
    assert expected == message(settings)


def test_every_wrong_setting_is_told_at_once(message):
    assert 2 == len(message("hold_sla_days = 0\nretention_days = 0").splitlines())


def test_an_unknown_setting_names_those_that_there_are(message):
    text = message("hold_sla = 5")

    assert f"s.toml: hold_sla: no such setting; expected one of {', '.join(DEFAULTS)}" == text


@pytest.mark.parametrize("make", [Path.exists, Path.mkdir, lambda path: path.write_bytes(b"\xff")])
def test_a_file_that_cannot_be_read_is_refused(make, tmp_path):
    make(path := tmp_path / "s.toml")

    with pytest.raises(Misuse, match=re.escape(f"{path}: expected a settings file in TOML, UTF-8, that can be read")):
        load_configuration(path)


def test_settings_never_change_in_place():
    with pytest.raises(ValidationError):
        Configuration().hold_sla_days = 6


def test_the_digest_tells_settings_apart_and_not_their_order(load):
    one = load('ordering_npi_exempt_payers = ["A", "B"]\nhold_sla_days = 6\n')
    same = load('hold_sla_days = 6\nordering_npi_exempt_payers = ["B", "A"]\n')

    assert one.digest == same.digest
    assert one.digest != Configuration().digest


def test_the_documentation_names_every_setting_its_default_and_its_range():
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE))

    assert {
        "hold_sla_days": "5 (1 to 90)",
        "filing_limit_days": "365 (1 to 3650)",
        "filing_limit_days_by_payer": "none (each 1 to 3650)",
        "ordering_npi_exempt_payers": "none",
        "retention_days": "400 (1 to 3650)",
        "settled_retention_days": "120 (1 to 3650)",
    } == rows
    assert list(DEFAULTS) == list(rows)
