"""What many tests share: the rules in force and a way to have facts judged."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from agents.reference import load_reference
from schemas.claim import Claim
from schemas.documentation import Documentation
from schemas.encounter import Encounter
from schemas.review import Review
from streams.configuration import Configuration
from streams.facts import Facts
from streams.judge import Judgement, judge
from streams.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.record import Record

pytest_plugins = ["tests.kafka_fixtures", "tests.monitoring", "tests.receiver"]

# A slow moment of a busy machine is no failure; CI=true chooses hypothesis's own profile, whose examples are fixed.
settings.register_profile("house", deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("house")


@cache
def package_rules() -> Rules:
    """The rules as the package ships them, loaded once."""
    return Rules(load_reference(None), Configuration())


def facts_of(records: Sequence[Record], **marks: Any) -> Facts:
    """The facts that these records leave, one revision of each."""

    def of(kind: type) -> tuple[Any, ...]:
        return tuple(record for record in records if isinstance(record, kind))

    return Facts(
        encounter=next(iter(of(Encounter)), None),
        documents=of(Documentation),
        claims=of(Claim),
        reviews=of(Review),
        **marks,
    )


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules as the package ships them."""
    return package_rules()


@pytest.fixture(scope="session")
def verdicts(rules: Rules) -> Callable[..., dict[str, Judgement]]:
    """Judge records: claim_id -> judgement."""

    def run(records: Sequence[Record], **marks: Any) -> dict[str, Judgement]:
        return judge(facts_of(records, **marks), rules)

    return run
