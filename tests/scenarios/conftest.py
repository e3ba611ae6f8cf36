"""How the tables of this directory are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.table import Found, judged, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.judge import Judgement
    from streams.rules import Rules


@pytest.fixture(scope="session")
def verdict(rules: Rules) -> Callable[[list[Any]], Judgement]:
    """Judge the claim that a row lists last."""
    return lambda facts: judged(facts, rules)


@pytest.fixture(scope="session")
def routed(rules: Rules) -> Callable[[list[Any]], tuple[str, Found]]:
    """The same as (route, findings), as the rows write them."""

    def run(facts: list[Any]) -> tuple[str, Found]:
        judgement = judged(facts, rules)
        return judgement.route, spoken(judgement)

    return run
