"""What the pipeline decides is what the generator planted, claim by claim, down to the line and the cent."""

from __future__ import annotations

import io
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pytest

from agents.embedded import Embedded
from agents.generate import USUAL, Mix, generate
from agents.generate.catalogue import SEVERITY
from streams.adjudication import Adjudication
from streams.gates import EDITS
from streams.processor import Outcome
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED
from tests.conftest import package_rules

if TYPE_CHECKING:
    from agents.generate import Event, Truth
    from schemas.decision import Decision

MIXES = {"usual": (1_500, 41, USUAL), "worst": (1_500, 42, Mix(defects=1))}


@cache
def month(name: str) -> tuple[list[Event], dict[str, Truth]]:
    encounters, seed, mix = MIXES[name]
    truths: dict[str, Truth] = {}
    events = list(generate(encounters, seed, mix=mix, truth=lambda truth: truths.setdefault(truth.claim_id, truth)))
    return events, truths


@cache
def decided(name: str, order: int | None = None) -> tuple[dict[str, Decision], dict[Outcome, int]]:
    """The last decision on every claim of a month, and what became of its events, as they came or in random order."""
    events, _ = month(name)
    if order is not None:
        events = Random(order).sample(events, len(events))
    with Embedded([Adjudication(package_rules())]) as engine:
        engine.run(io.BytesIO(b"".join(event.line for event in events)), "generated.ndjson")
        last: dict[str, Decision] = {}
        for topic in (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD):
            for logged in engine.records(topic):
                decision = logged.record
                if decision.claim_id not in last or last[decision.claim_id].sequence < decision.sequence:
                    last[decision.claim_id] = decision
        return last, dict(engine.outcomes())


def said(decision: Decision, *, warnings: bool) -> dict:
    """A decision in the words of a truth."""
    rebuild = decision.rebuild
    return {
        "claim_id": decision.claim_id,
        "claim_revision": decision.claim_revision,
        "route": decision.route,
        "findings": [
            {"edit_id": each.edit_id, "severity": each.severity, "line_number": each.line_number}
            for each in decision.findings
            if warnings or each.severity != "WARN"
        ],
        "rebuild": rebuild and json.loads(rebuild.model_dump_json(exclude={"notes"})),
    }


def planted(truth: Truth, *, warnings: bool) -> dict:
    """A truth in the words of a decision."""
    whole = json.loads(truth.line())
    findings = [each for each in whole["findings"] if warnings or each["severity"] != "WARN"]
    return {
        "claim_id": truth.claim_id,
        "claim_revision": truth.claim_revision,
        "route": truth.route,
        "findings": findings,
        "rebuild": whole["rebuild"],
    }


@pytest.mark.parametrize("name", MIXES)
def test_every_last_decision_is_the_planted_truth(name):
    _, truths = month(name)
    decisions, _ = decided(name)

    assert truths.keys() == decisions.keys()
    for claim_id, truth in truths.items():
        assert planted(truth, warnings=True) == said(decisions[claim_id], warnings=True), truth.defects


def test_the_planted_truth_comes_out_of_any_order_of_the_events():
    _, truths = month("worst")
    decisions, _ = decided("worst", order=1)

    assert truths.keys() == decisions.keys()
    for claim_id, truth in truths.items():
        # On a release, warnings may be those of the facts that released it.
        warnings = truth.route != "RELEASE"
        assert planted(truth, warnings=warnings) == said(decisions[claim_id], warnings=warnings), truth.defects


def test_every_event_is_accounted_for():
    events, _ = month("worst")
    _, outcomes = decided("worst")
    unreadable = sum(not event.readable for event in events)

    assert len(events) == sum(outcomes.values())
    assert outcomes[Outcome.DEAD_LETTER] > unreadable  # and conflicting revisions


def test_the_generator_and_the_gates_name_the_same_edits():
    assert list(SEVERITY.items()) == [(edit.edit_id, edit.severity) for edit in EDITS]
