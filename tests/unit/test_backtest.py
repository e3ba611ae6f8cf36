"""Back-tests: one history judged with and without edits, and what the payer's answers make of the difference."""

from __future__ import annotations

import datetime as dt

import pytest

from schemas import codec
from schemas.denial import Denial, DenialPattern
from schemas.edit import EditMatch, EditScope
from streams.backtest.passages import passages
from streams.backtest.report import Place, Report, Window
from streams.backtest.tally import Fate, attributed, net
from streams.backtest.trial import Scope, Trial
from streams.folding import unreadable_digest
from streams.naming import name_uuid
from streams.processor import Inbound
from streams.topics import DOCUMENTATION
from tests.builders import at, chart, claim, encounter, line, report, review, shift
from tests.desk import TOPICS, edit

HOLDS = edit("learned-1", status="SHADOW")
"""Speaks of 93015 billed to payer P01."""
OFFICE = (encounter(), *chart())
CLAIM = claim(line("93015", charge=290_00))
CHARGED = 290_00


def inbound(record, time=0):
    return Inbound(TOPICS[type(record)], record.encounter_id, record, codec.encode(record), time)


def tried(records, trial, rules):
    return passages(
        [each if isinstance(each, Inbound) else inbound(each) for each in records], rules, trial, Scope(trial)
    )


def one(records, rules, trial=None):
    (passage,) = tried(records, trial or Trial(learned=(HOLDS,)), rules)
    return passage


def answer(outcome="DENIED", line_number=1, *, revision=1, avoidable=True, cents=100_00, minutes=6_000, **pattern):
    values = {
        "payer_id": "P01",
        "claim_type": "PROFESSIONAL",
        "place_of_service": "11",
        "procedure_code": "93015",
        "with_procedure_codes": (),
        "modifiers": (),
        "diagnosis_families": ("I25",),
    } | pattern
    return Denial(
        denial_id=name_uuid("C1", revision, line_number),
        claim_id="C1",
        pattern_id=str(sorted(values.items())),
        pattern=DenialPattern(**values),
        category="COMPONENT_OVERLAP" if outcome == "DENIED" else "OTHER",
        avoidable=avoidable and outcome == "DENIED",
        outcome=outcome,
        reason_codes=("97",),
        remark_codes=(),
        amount_cents=cents,
        occurred_at=at(minutes),
    )


def reported(records, answers, rules, trial=None, window=None):
    trial = trial or Trial(learned=(HOLDS,))
    found = Report(Scope(trial), window or Window())
    found.add(tried(records, trial, rules), answers)
    return found


def total(*arguments, **changes):
    return reported(*arguments, **changes).total


def fate(tally):
    return next(fate for fate, each in tally.fates.items() if each.claims)


# With and without


def test_an_edit_on_trial_holds_the_claim_from_when_it_would_have_gone_out(rules):
    passage = one([*OFFICE, CLAIM], rules)

    assert (("RELEASE", "HOLD"), at(60), None) == (passage.routes, passage.sent_without, passage.sent_with)
    assert (True, "S01", at(60)) == (passage.held, passage.site_id, passage.changed_at)


def test_a_claim_goes_out_when_its_last_fact_came(rules):
    *early, last = chart()
    passage = one([encounter(), CLAIM, *early, shift(last, occurred_at=at(90))], rules)

    assert at(90) == passage.sent_without


def test_what_came_again_or_too_late_changes_nothing(rules):
    older = shift(CLAIM, revision=1, event_id="another")
    newer = shift(CLAIM, revision=2)

    assert [2] == [
        each.claim.revision for each in tried([*OFFICE, newer, older, newer], Trial(learned=(HOLDS,)), rules)
    ]


def test_a_trial_of_nothing_concerns_nothing(rules):
    assert [] == tried([*OFFICE, CLAIM], Trial(), rules)


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": EditScope(payer_ids=("P02",))},
        {"match": EditMatch(procedure_codes=("93018",))},
        {"scope": EditScope(payer_ids=())},
    ],
)
def test_a_claim_of_another_payer_or_code_is_not_even_judged(rules, changes):
    assert [] == tried([*OFFICE, CLAIM], Trial(learned=(shift(HOLDS, **changes),)), rules)


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": "WARN"},
        {"effective_to": dt.date(2026, 3, 9)},
        {"scope": EditScope(payer_ids=("P01",), places_of_service=("22",))},
    ],
)
def test_an_edit_that_holds_nothing_changes_nothing(rules, changes):
    passage = one([*OFFICE, CLAIM], rules, Trial(learned=(shift(HOLDS, **changes),)))

    assert (None, at(60), at(60)) == (passage.routes, passage.sent_without, passage.sent_with)
    assert not passage.held


def test_what_comes_after_a_claim_has_gone_out_changes_nothing(rules):
    warns = Trial(learned=(shift(HOLDS, severity="WARN"),))
    passage = one([*OFFICE, CLAIM, shift(chart()[0], revision=2, status="RETRACTED")], rules, warns)

    assert (at(60), at(60)) == (passage.sent_without, passage.sent_with)


def test_other_edits_in_force_judge_both_sides(rules):
    beside = edit("learned-2")
    passage = one([*OFFICE, CLAIM], rules, Trial(learned=(HOLDS,), others=(beside,)))

    assert (None, None) == (passage.routes, passage.sent_without)


def test_of_several_edits_on_trial_any_holds(rules):
    beside = edit("learned-2")
    passage = one([*OFFICE, CLAIM], rules, Trial(learned=(HOLDS, beside)))

    assert ["learned-1", "learned-2"] == [finding.edit_id for finding in passage.held_by]


def test_a_built_in_edit_is_tried_against_leaving_it_out(rules):
    unsupported = claim(line("93015"), diagnoses=("Z13.6",))
    passage = one([*OFFICE, unsupported], rules, Trial(built_in=frozenset({"diagnosis-not-supporting"})))

    assert (("RELEASE", "HOLD"), at(60)) == (passage.routes, passage.sent_without)


def test_a_route_may_change_though_the_claim_goes_out_on_neither_side(rules):
    twice = claim(line("93015", units=2), diagnoses=("Z13.6",))
    passage = one([*OFFICE, twice], rules, Trial(built_in=frozenset({"coding-units"})))

    assert (("HOLD", "REBUILD"), None, False) == (passage.routes, passage.sent_without, passage.held)


def test_the_route_of_the_moment_in_which_it_would_have_gone_out_counts(rules):
    draft = report(status="PRELIMINARY")
    twice = claim(line("93015", units=2))
    history = [*OFFICE[:-1], draft, twice, report(revision=2, occurred_at=at(90))]
    passage = one(history, rules, Trial(built_in=frozenset({"coding-units"})))

    assert (("RELEASE", "REBUILD"), at(60), at(90)) == (passage.routes, passage.changed_at, passage.sent_without)


def test_a_claim_without_a_visit_has_no_site(rules):
    passage = one([CLAIM], rules)

    assert (None, None) == (passage.site_id, passage.sent_without)


def test_a_fact_that_cannot_be_read_holds_both_sides_until_it_is_replaced(rules):
    *early, last = chart()
    body = b"garbage"
    unread = Inbound(DOCUMENTATION, "E1", None, body, 0)
    replay_of = unreadable_digest(body)
    replayed = inbound(shift(last, occurred_at=at(200)))._replace(replay_of=replay_of)

    assert None is one([unread, encounter(), *early, last, CLAIM], rules).sent_without
    assert at(200) == one([unread, encounter(), *early, CLAIM, replayed], rules).sent_without


# What the answers make of it


def test_a_denial_that_an_edit_would_have_caught(rules):
    tally = total([*OFFICE, CLAIM], [answer(cents=80_00)], rules)

    assert (Fate.CAUGHT, 1, 80_00, 1.0, 1.0) == (
        fate(tally),
        tally.caught,
        tally.caught_cents,
        tally.precision,
        tally.recall,
    )
    assert {("RELEASE", "HOLD"): 1} == tally.routes
    assert (1, 1, 80_00) == (tally.held, tally.avoidable, tally.avoidable_cents)


def test_a_clean_claim_would_have_waited_until_the_payer_answered(rules):
    tally = total([*OFFICE, CLAIM], [answer("PAID", cents=75_00, minutes=60 + 3 * 24 * 60)], rules)

    clean = tally.fates[Fate.CLEAN]
    assert (1, 75_00, dt.timedelta(days=3), dt.timedelta(days=3)) == (
        clean.claims,
        clean.cents,
        clean.waited,
        clean.longest,
    )
    assert (0.0, None) == (tally.precision, tally.recall)


def test_a_clean_claim_that_a_person_confirmed_waited_until_then(rules):
    confirmed = review("learned-1", occurred_at=at(60 + 24 * 60))
    tally = total([*OFFICE, CLAIM, confirmed], [answer("PAID")], rules)

    assert (Fate.CLEAN, dt.timedelta(days=1)) == (fate(tally), tally.fates[Fate.CLEAN].waited)


def test_an_answer_that_came_before_the_claim_went_out_makes_no_wait(rules):
    tally = total([*OFFICE, CLAIM], [answer("PAID", minutes=0)], rules)

    assert dt.timedelta() == tally.fates[Fate.CLEAN].waited


@pytest.mark.parametrize(
    "answers",
    [
        [answer(avoidable=False)],
        [answer(line_number=2, procedure_code="78452")],
        [answer(line_number=2, procedure_code="78452"), answer("PAID")],
    ],
    ids=["not avoidable", "another line", "another line, this one paid"],
)
def test_a_claim_denied_for_something_else_is_neither_caught_nor_clean(rules, answers):
    billed = claim(line("93015", charge=290_00), line("78452"))
    tally = total([*OFFICE, billed], answers, rules)

    assert (Fate.DENIED_OTHERWISE, 0, 0.0) == (fate(tally), tally.caught, tally.precision)


def test_a_claim_without_an_answer_tells_nothing(rules):
    tally = total([*OFFICE, CLAIM], [], rules)

    assert (Fate.UNANSWERED, CHARGED, None, None) == (
        fate(tally),
        tally.fates[Fate.UNANSWERED].cents,
        tally.precision,
        tally.recall,
    )


def test_a_claim_that_was_mended_while_held_is_not_the_one_that_was_answered(rules):
    *early, last = chart()
    late = shift(last, occurred_at=at(60 + 24 * 60))
    tally = total([encounter(), *early, CLAIM, late], [answer()], rules, trial=MISSING)

    assert (Fate.MENDED, dt.timedelta(days=1), 0) == (fate(tally), tally.fates[Fate.MENDED].waited, tally.caught)
    assert 1 == tally.avoidable


MISSING = Trial(built_in=frozenset({"documentation-missing"}))


def test_a_finding_about_the_whole_claim_catches_a_denial_of_any_line(rules):
    trial = Trial(built_in=frozenset({"administrative-control-number-missing"}))
    replaces = claim(line("93015"), line("78452"), frequency_code="7")
    tally = total([*OFFICE, replaces], [answer(line_number=2, procedure_code="78452")], rules, trial=trial)

    assert (Fate.CAUGHT, 1) == (fate(tally), tally.caught)


def test_recall_counts_the_denials_of_the_payer_and_code_that_were_not_held(rules):
    narrow = shift(HOLDS, scope=EditScope(payer_ids=("P01",), places_of_service=("22",)))
    answers = [answer(), answer(line_number=2, procedure_code="78452")]
    tally = total([*OFFICE, CLAIM], answers, rules, trial=Trial(learned=(narrow,)))

    assert (0, 0, 1, 0.0) == (tally.held, tally.caught, tally.avoidable, tally.recall)


# Evidence


def test_what_was_withdrawn_counts_no_more():
    first, back = answer(), answer("WITHDRAWN")
    other = answer("PAID", procedure_code="93016")

    assert () == net([first, back])
    assert (other,) == net([first, back, other])
    assert (other,) == net([other, first, back])  # another code, another partition: no order between the two


def test_the_last_word_on_a_line_stands():
    paid = answer("PAID")

    assert (paid,) == net([answer(), answer("WITHDRAWN"), paid])


def corrected(minutes=3_000):
    return shift(CLAIM, revision=2, occurred_at=at(minutes))


def test_an_answer_belongs_to_the_revision_whose_line_it_names(rules):
    found = tried([*OFFICE, CLAIM, corrected()], Trial(learned=(HOLDS,)), rules)

    assert [[1], [1]] == [
        [each.line_number for each in answers]
        for answers in attributed(found, [answer(revision=1), answer("PAID", revision=2)])
    ]


@pytest.mark.parametrize(("minutes", "of_revision"), [(6_000, 2), (2_000, 1), (0, 1)])
def test_an_answer_about_no_line_belongs_to_the_revision_that_had_gone_out_last(rules, minutes, of_revision):
    found = tried([*OFFICE, CLAIM, corrected()], Trial(learned=(HOLDS,)), rules)
    stranger = answer(line_number=9, minutes=minutes)

    assert [[] if revision != of_revision else [(stranger, None)] for revision in (1, 2)] == attributed(
        found, [stranger]
    )


def test_each_revision_that_would_have_gone_out_counts(rules):
    tally = total([*OFFICE, CLAIM, corrected()], [answer(revision=1), answer("PAID", revision=2)], rules)

    assert (2, 2, 0.5) == (tally.claims, tally.held, tally.precision)


# Window and places

DAY = dt.date(2026, 3, 10)
ONE = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("window", "held"),
    [
        (Window(DAY, DAY), 1),
        (Window(since=DAY + ONE), 0),
        (Window(until=DAY - ONE), 0),
        (Window(since=DAY), 1),
        (Window(until=DAY), 1),
    ],
)
def test_a_window_is_of_days_on_which_a_claim_would_have_gone_out(rules, window, held):
    found = reported([*OFFICE, CLAIM], [answer()], rules, window=window)

    assert (held, held, held) == (found.total.held, found.total.avoidable, len(found.places))


def test_a_claim_that_never_moves_is_in_no_window(rules):
    assert {} == reported([CLAIM], [], rules).places


def test_a_change_of_route_is_in_the_window_of_the_day_on_which_it_began(rules):
    twice = claim(line("93015", units=2), diagnoses=("Z13.6",))
    trial = Trial(built_in=frozenset({"coding-units"}))

    assert {("HOLD", "REBUILD"): 1} == total([*OFFICE, twice], [], rules, trial=trial, window=Window(DAY, DAY)).routes
    assert {} == total([*OFFICE, twice], [], rules, trial=trial, window=Window(since=DAY + ONE)).routes


def test_sums_are_by_payer_and_site(rules):
    found = reported([*OFFICE, CLAIM], [answer()], rules)

    assert [Place("P01", "S01")] == list(found.places)
    assert found.total == found.places[Place("P01", "S01")]
