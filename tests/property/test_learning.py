"""Promises of learning: counts do not depend on order, and no learned edit ever loosens a built-in one."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from streams.judge import judge
from streams.learning import evidence, state
from streams.learning.state import LearningState
from tests.answers import START, AnswerDesk, answer
from tests.conftest import facts_of
from tests.property.encounters import encounters

ROUTES = ("RELEASE", "HOLD", "REBUILD")
CATEGORIES = (("COMPONENT_OVERLAP", True, ("97",)), ("DIAGNOSIS", True, ("50",)), ("OTHER", False, ("197",)))


@st.composite
def answers(draw, most=24):
    """Answered lines of one payer and code, over a few weeks."""
    lines = []
    for number in range(draw(st.integers(1, most))):
        category, avoidable, codes = draw(st.sampled_from(CATEGORIES))
        on = START + dt.timedelta(hours=draw(st.integers(0, 700)))
        seen = {"place": draw(st.sampled_from(("11", "22"))), "families": (draw(st.sampled_from(("I25", "R07"))),)}
        if draw(st.booleans()):
            lines.append(
                answer("DENIED", number, on, category=category, avoidable=avoidable, reason_codes=codes, **seen)
            )
        else:
            lines.append(answer("PAID", number, on, **seen))
    return lines


def counts(desk):
    """Pattern -> day -> what was answered on it."""
    if desk.state is None:
        return {}
    rows = LearningState.load(desk.state).evidence.rows
    return {
        pattern: {day: (paid, row.denied.get(day, {})) for day, paid in row.days.items()}
        for pattern, row in rows.items()
    }


def learned_from(lines, *, forgetful=False):
    desk = AnswerDesk(forgetful=forgetful)
    desk.now = START + dt.timedelta(days=30)
    desk.send(*lines)
    return desk


@settings(max_examples=30, deadline=None)
@given(lines=answers(), order=st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_change_the_counts(lines, order):
    shuffled = list(lines)
    order.shuffle(shuffled)

    assert counts(learned_from(lines)) == counts(learned_from(shuffled))


@settings(max_examples=30, deadline=None)
@given(lines=answers(), extra=answers(most=6))
def test_what_is_taken_back_leaves_the_counts_as_if_it_had_never_come(lines, extra):
    avoidable = [line for line in extra if line.avoidable or line.outcome == "PAID"]
    taken = [line.model_copy(update={"outcome": "WITHDRAWN"}) for line in avoidable]
    kept = [line for line in lines if line.category != "OTHER" or line.outcome == "PAID"]

    left = {
        pattern: {day: (paid, {c: each.lines for c, each in denied.items()}) for day, (paid, denied) in days.items()}
        for pattern, days in counts(learned_from([*kept, *avoidable, *taken])).items()
    }
    never = {
        pattern: {day: (paid, {c: each.lines for c, each in denied.items()}) for day, (paid, denied) in days.items()}
        for pattern, days in counts(learned_from(kept)).items()
    }
    assert never == left


@settings(max_examples=25, deadline=None)
@given(lines=answers())
def test_replays_give_the_same_revisions_and_bytes_also_when_every_state_is_read_from_bytes(lines):
    one, other = learned_from(lines), learned_from(lines, forgetful=True)

    assert (one.sent, one.state, one.step.wake_at) == (other.sent, other.state, other.step.wake_at)


@settings(max_examples=200, deadline=None)
@given(
    course=st.lists(
        st.tuples(
            st.sampled_from(("PAID", "PAID", "PAID", "DENIED", "WITHDRAWN", None)),
            st.sampled_from(("11", "19", "22", "49")),
            st.integers(0, 5),
            st.sampled_from((0.0, 0.1, 1.0, 30.0, 100.0)),
        ),
        max_size=60,
    )
)
def test_through_the_years_a_state_read_from_bytes_goes_on_like_the_one_in_memory(course):
    """With a short journal, few patterns and few days, so that each of the bounds is met."""
    one, other = AnswerDesk(), AnswerDesk(forgetful=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(state, "MOST_NOTED", 100)
        patched.setattr(evidence, "MOST_PATTERNS", 4)
        patched.setattr(evidence, "MOST_CELLS", 12)
        for outcome, place, family, days in course:
            for desk in (one, other):
                if outcome is None:
                    desk.wait(days)
                else:
                    desk.answered(outcome, 1, days, {"place": place, "families": (f"I2{family}",)})
            assert one.step == other.step
    assert one.sent == other.sent


@settings(max_examples=25, deadline=None)
@given(lines=answers())
def test_an_edit_that_learning_makes_holds_at_most_and_counts_its_revisions(lines):
    desk = learned_from(lines)

    assert {"HOLD"} >= {edit.severity for edit in desk.revisions}
    for edit_id in desk.edits:
        revisions = [edit for edit in desk.revisions if edit.edit_id == edit_id]
        assert list(range(1, len(revisions) + 1)) == [edit.revision for edit in revisions]
        assert all(one.status != next_.status for one, next_ in itertools.pairwise(revisions))


def learned(number, scope, match, severity):
    return Edit(
        edit_id=f"learned-{number}",
        revision=1,
        status="ACTIVE",
        scope=scope,
        match=match,
        severity=severity,
        message="m",
        remedy="r",
        provenance=EditProvenance(source="DENIALS", denied=4, paid=0, categories=(), reason_codes=()),
        occurred_at=START,
    )


SCOPES = st.builds(
    EditScope,
    payer_ids=st.sampled_from((None, ("P01",), ())),
    places_of_service=st.sampled_from((None, ("11",), ("22",))),
)
MATCHES = st.builds(
    EditMatch,
    procedure_codes=st.sampled_from((None, ("93015",), ("93018", "93016"))),
    modifiers=st.sampled_from((None, ("26",))),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=encounters(), asked=st.lists(st.tuples(SCOPES, MATCHES, st.sampled_from(("HOLD", "WARN"))), max_size=4))
def test_no_learned_edit_loosens_a_built_in_one(rules, drawn, asked):
    notes, claims = drawn
    facts = facts_of([*notes, *claims])
    edits = tuple(learned(number, *each) for number, each in enumerate(asked))
    without, with_ = judge(facts, rules), judge(facts, rules, edits)

    assert without.keys() == with_.keys()
    for claim_id, before in without.items():
        after = with_[claim_id]
        assert list(before.findings) == [finding for finding in after.findings if finding.gate != "LEARNED"]
        assert ROUTES.index(before.route) <= ROUTES.index(after.route)
        assert before.rebuild == after.rebuild
