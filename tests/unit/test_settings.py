"""Settings: what wins over what, errors that say what is taken, secrets that stay secret, none that nobody reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.settings import Settings, load_settings
from schemas.errors import Misuse
from tests.integration.command_line import CLEAN, cleanclaim, write

AGENTS = Path(__file__).parents[2] / "agents"
SECRET = "correct-horse"  # noqa: S105 - made up, to be looked for


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CLEANCLAIM_{name.upper()}", raising=False)
    monkeypatch.delenv("CLEANCLAIM_SETTINGS", raising=False)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write the settings file."""

    def put(text):
        path = tmp_path / "settings.toml"
        path.write_text(text)
        monkeypatch.setenv("CLEANCLAIM_SETTINGS", str(path))

    return put


def test_what_is_given_wins_over_the_variable_that_over_the_file_that_over_the_default(file, monkeypatch):
    chosen = [load_settings().partitions]
    file("partitions = 6")
    chosen.append(load_settings().partitions)
    monkeypatch.setenv("CLEANCLAIM_PARTITIONS", "5")
    chosen.append(load_settings().partitions)
    chosen.append(load_settings(partitions=4, namespace=None).partitions)

    assert [12, 6, 5, 4] == chosen


def test_a_command_takes_its_defaults_from_the_file(file, tmp_path):
    file(f'store = "{tmp_path}/here"\nout = "{tmp_path}/there"')

    result = cleanclaim("run", write(tmp_path / "day.ndjson", *CLEAN))

    assert (0, ["here", "there"]) == (result.exit_code, sorted(path.name for path in tmp_path.glob("*here")))


def test_an_option_wins_over_the_file(file, tmp_path):
    file(f'store = "{tmp_path}/wrong.db"\nout = "{tmp_path}/out"')

    cleanclaim("run", write(tmp_path / "day.ndjson", *CLEAN), "--store", tmp_path / "right.db")

    assert ["right.db"] == [path.name for path in tmp_path.glob("*.db")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("partition = 3", "partition: no such setting"),
        ("partitions = 0", "CLEANCLAIM_PARTITIONS (in the settings file: partitions): expected a whole number from 1"),
        ('security_protocol = "TLS"', "expected one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ('namespace = "a b"', "expected letters, digits, dots, dashes and underscores"),
        ('security_protocol = "SASL_SSL"', "security_protocol SASL_SSL: needs sasl_username and sasl_password"),
        ('ssl_key = "k.pem"', "ssl_certificate and ssl_key: each needs the other"),
        ("partitions", "expected TOML"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_taken(file, text, complaint):
    file(text)

    result = cleanclaim("demo", "--encounters", 1)

    assert (2, True) == (result.exit_code, complaint in result.stderr), result.stderr


def test_a_settings_file_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("CLEANCLAIM_SETTINGS", "/nowhere.toml")

    with pytest.raises(Misuse, match=r"CLEANCLAIM_SETTINGS=/nowhere.toml: expected a file in TOML"):
        load_settings()


def test_no_secret_is_printed(monkeypatch):
    for name in ("SASL_PASSWORD", "SSL_KEY_PASSWORD", "SCHEMA_REGISTRY_PASSWORD"):
        monkeypatch.setenv(f"CLEANCLAIM_{name}", SECRET)
    settings = load_settings()
    monkeypatch.setenv("CLEANCLAIM_SECURITY_PROTOCOL", SECRET)

    with pytest.raises(Misuse) as wrong:
        load_settings()

    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {wrong.value}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_read_somewhere(name):
    sources = [path.read_text("utf-8") for path in AGENTS.rglob("*.py") if path.name != "settings.py"]
    reading = re.compile(rf'\bsettings\.{name}\b|_option\("--[a-z-]+", "{name}"')

    assert any(reading.search(source) for source in sources)
