"""The README shows what the program prints, so that a newcomer who follows it sees the same."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from tests.integration.command_line import cleanclaim

README = Path(__file__).parents[2] / "README.md"


def test_the_claim_explained_in_the_readme_is_what_explain_prints(tmp_path):
    day, store = tmp_path / "day.ndjson", tmp_path / "day.db"
    day.write_text(cleanclaim("generate", "--encounters", 500, "--seed", 7).stdout)
    cleanclaim("run", day, "--store", store, "--out", tmp_path / "out")

    printed = cleanclaim("explain", "clm-7-0000403-1", "--store", store).stdout

    _, about = printed.split("Claim clm-7-0000403-1\n")
    assert indent(about, "    ").rstrip() in README.read_text()
