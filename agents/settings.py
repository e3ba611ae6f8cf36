"""Where cleanclaim keeps and finds things: one entry per setting, with its variable, its default and why.

An option of a command wins over the variable, the variable over the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agents.configuration import load_configuration
from agents.reference import load_reference
from streams.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """One path that a person may set.

    variable     the environment variable
    default      what holds when nobody says otherwise; None: nothing
    description  what lies there, as the help of a command says it
    """

    variable: str
    default: str | None
    description: str


STORE: Final = Setting(
    "CLEANCLAIM_STORE", "cleanclaim.db", "The store: one SQLite file with every event, decision and position."
)
OUT: Final = Setting("CLEANCLAIM_OUT", "out", "Directory for the outputs, one NDJSON file per topic.")
REFERENCE_DIRECTORY: Final = Setting(
    "CLEANCLAIM_REFERENCE_DIR", None, "Directory of reference tables that replace the shipped ones of the same name."
)
CONFIGURATION: Final = Setting("CLEANCLAIM_CONFIG", None, "Settings file in TOML: days allowed, payers exempt.")

SETTINGS: Final = (STORE, OUT, REFERENCE_DIRECTORY, CONFIGURATION)


def load_rules(reference_directory: Path | None = None, configuration: Path | None = None) -> Rules:
    """What claims are judged by: the shipped tables and defaults, each replaced where a path says so.

    Raises `Misuse` that names the file, the line and what was expected.
    """
    return Rules(load_reference(reference_directory), load_configuration(configuration))
