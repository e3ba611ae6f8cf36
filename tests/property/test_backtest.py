"""Promises of back-tests over random encounters: each side is the world it stands for, idle edits change nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from schemas.edit import EditMatch, EditScope
from streams.backtest.passages import passages
from streams.backtest.report import Report
from streams.backtest.tally import ANSWERED, Fate
from streams.backtest.trial import Scope, Trial
from streams.gates import EDITS
from streams.processor import Inbound
from tests.conftest import package_rules
from tests.desk import TOPICS, edit
from tests.property.encounters import FAMILY_CODES, MODIFIERS, encounters

EXAMPLES = settings(max_examples=60)

codes = st.one_of(st.none(), st.lists(st.sampled_from(sorted(set(FAMILY_CODES))), max_size=2, unique=True).map(tuple))
modifiers = st.one_of(st.none(), st.sampled_from(MODIFIERS).map(lambda modifier: (modifier,)))
learned = st.builds(
    lambda number, severity, procedure_codes, modifiers: edit(
        f"learned-{number}",
        severity=severity,
        scope=EditScope(),
        match=EditMatch(procedure_codes=procedure_codes, modifiers=modifiers),
    ),
    st.integers(1, 9),
    st.sampled_from(["HOLD", "HOLD", "WARN"]),
    codes,
    modifiers,
)
several = st.lists(learned, max_size=3, unique_by=lambda each: each.edit_id).map(tuple)
NOTHING = frozenset({"no-such-edit"})
"""A trial of this one has every claim in scope, and adds nothing to either side."""

built_in = st.sets(st.sampled_from([each.edit_id for each in EDITS]), max_size=4).map(frozenset)


def history(drawn):
    facts, claims = drawn
    return [Inbound(TOPICS[type(each)], "E1", each, codec.encode(each), 0) for each in (*facts, *claims)]


def tried(inbound, trial):
    return passages(inbound, package_rules(), trial, Scope(trial))


@EXAMPLES
@given(encounters(), several, built_in)
def test_an_edit_only_ever_keeps_a_claim_longer(drawn, edits, names):
    for passage in tried(history(drawn), Trial(learned=edits, built_in=names)):
        if passage.sent_with is not None:
            assert passage.sent_without is not None
            assert passage.sent_without <= passage.sent_with
        if passage.sent_without is None:
            assert not passage.held


@EXAMPLES
@given(encounters(), several, several)
def test_each_side_is_the_world_that_it_stands_for(drawn, edits, others):
    on_trial = {each.edit_id for each in edits}
    others = tuple(each for each in others if each.edit_id not in on_trial)
    inbound = history(drawn)

    def sent(trial):
        found = tried(inbound, replace(trial, built_in=NOTHING))
        return [(each.claim.claim_id, each.sent_without, each.sent_with) for each in found]

    without = [(claim_id, at) for claim_id, _, at in sent(Trial(others=others))]
    with_them = [(claim_id, at) for claim_id, _, at in sent(Trial(others=(*others, *edits)))]
    both = sent(Trial(learned=edits, others=others))

    assert without == [(claim_id, at) for claim_id, at, _ in both]
    assert with_them == [(claim_id, at) for claim_id, _, at in both]


@EXAMPLES
@given(encounters(), st.sampled_from([EditScope(payer_ids=()), EditScope(payer_ids=("P99",)), EditScope(site_ids=())]))
def test_an_edit_that_matches_nothing_changes_nothing(drawn, scope):
    for passage in tried(history(drawn), Trial(learned=(edit("idle", scope=scope, match=EditMatch()),))):
        assert (None, passage.sent_without) == (passage.routes, passage.sent_with)


@EXAMPLES
@given(encounters(), several, built_in)
def test_every_claim_that_would_be_held_has_one_fate(drawn, edits, names):
    trial = Trial(learned=edits, built_in=names)
    report = Report(Scope(trial))
    found = tried(history(drawn), trial)
    for claim_id in {passage.claim.claim_id for passage in found}:
        report.add([passage for passage in found if passage.claim.claim_id == claim_id], [])

    assert sum(passage.held for passage in found) == report.total.held
    assert 0 == sum(report.total.fates[fate].claims for fate in ANSWERED)
    assert report.total.held == sum(report.total.fates[fate].claims for fate in (Fate.MENDED, Fate.UNANSWERED))
