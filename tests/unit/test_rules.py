"""The rules as a value: who judges with the same rules has the same digest."""

from __future__ import annotations

from dataclasses import replace

from streams.configuration import Configuration
from streams.rules import Rules


def test_the_same_rules_have_one_digest(rules):
    assert rules.digest == Rules(rules.reference, Configuration()).digest


def test_another_table_or_setting_has_another_digest(rules):
    tables = Rules(replace(rules.reference, digest="other"), rules.configuration)
    settings = Rules(rules.reference, Configuration(filing_limit_days=90))

    assert len({rules.digest, tables.digest, settings.digest}) == 3
