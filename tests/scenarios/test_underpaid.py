"""Underpayments: a paid line of $100.00 beside a contract rate of $80.00. A row is the answer and what it comes to."""

from __future__ import annotations

import datetime as dt

import pytest

from streams.feedback.evidence import Received
from streams.rates import Rate, Rates, Service
from streams.underpaid import Finding, Total, Totals, paid_lines
from tests.builders import at, claim, line
from tests.mailroom import A_DAY, answer, decision, released, remittance

EVER = Rate(dt.date(2026, 1, 1), dt.date(2026, 12, 31), 80_00)
RATES = Rates(
    {
        Service("P01", "93015", "", None): [EVER],
        Service("P01", "93350", "26", "22"): [EVER._replace(rate_cents=50_00)],
        Service("P01", "93350", "", None): [EVER._replace(rate_cents=90_00)],
    }
)
GLOBAL = released(line("93015"))


def compared(releases, *remittances, rates=RATES):
    return list(paid_lines(releases, map(Received.of, remittances), rates))


def found(releases, *remittances):
    return [(each.finding, each.allowed_cents, each.short_cents) for each in compared(releases, *remittances)]


def one(*reasons, status="1", **line):
    return remittance(answer("93015", *reasons, **line), status=status)


def met(cents):
    return [(Finding.MET, cents, 0)]


def short(cents):
    return [(Finding.SHORT, cents, 80_00 - cents)]


def named(finding, cents):
    return [(finding, cents, 0)]


ROWS = {
    "paid as agreed": (one(("CO-45", 20_00), paid=80_00), met(80_00)),
    "paid more than agreed": (one(paid=100_00), met(100_00)),
    "paid less than agreed": (one(("CO-45", 25_00), paid=75_00), short(75_00)),
    "the patient's coinsurance is allowed": (one(("CO-45", 20_00), ("PR-2", 16_00), paid=64_00), met(80_00)),
    "so are deductible and copayment": (one(("PR-1", 30_00), ("PR-3", 20_00), paid=30_00), met(80_00)),
    "all of it deductible": (one(("CO-45", 20_00), ("PR-1", 80_00)), met(80_00)),
    "deductible and coinsurance of a hospital's physician": (one(("PR-247", 40_00), ("PR-248", 40_00)), met(80_00)),
    "what the patient bears for another reason is not": (one(("PR-96", 20_00), paid=60_00), short(60_00)),
    "what the provider bears is not, whatever its reason": (one(("CO-2", 20_00), paid=60_00), short(60_00)),
    "sequestration cuts the payment, not what is allowed": (
        one(("PR-2", 16_00), ("CO-253", 1_28), paid=62_72),
        met(80_00),
    ),
    "cut as a further procedure of the day": (
        one(("CO-45", 20_00), ("CO-59", 20_00), paid=60_00),
        named(Finding.REDUCED, 60_00),
    ),
    "a reduction that leaves the rate is none": (one(("CO-59", 20_00), paid=80_00), met(80_00)),
    "a second payer": (one(("OA-23", 64_00), paid=16_00), named(Finding.OTHER_PAYER, 16_00)),
    "a claim processed as the second": (one(paid=16_00, status="2"), named(Finding.OTHER_PAYER, 16_00)),
    "capitation": (one(("CO-24", 100_00)), named(Finding.CAPITATED, 0)),
    "a denied line is no matter of rates": (one(("CO-97", 100_00)), []),
    "a line that says neither": (one(), []),
    "part of the units": (one(paid=80_00, units=2), [(Finding.SHORT, 80_00, 80_00)]),
    "no units given": (one(paid=80_00, units=0), met(80_00)),
}


@pytest.mark.parametrize(("answered", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_paid_line_meets_the_contract_or_not(answered, expected):
    assert expected == found([GLOBAL], answered)


def test_a_service_without_a_rate_is_named():
    release = released(line("93018"))

    assert named(Finding.NO_RATE, 1_00) == found([release], remittance(answer("93018", paid=1_00)))


def test_the_part_of_a_service_and_the_place_choose_the_rate():
    def expected(*modifiers, place="22"):
        release = released(line("93350", *modifiers), place_of_service=place)
        (each,) = compared([release], remittance(answer("93350", paid=1_00, modifiers=modifiers)))
        return each.expected_cents

    assert [50_00, 90_00, 90_00, None, None] == [
        expected("26"),
        expected("26", "TC"),
        expected(),
        expected("TC"),
        expected("26", place="11"),
    ]


def test_the_date_of_service_chooses_the_rate():
    late = dt.date(2027, 1, 1)
    answers = remittance(answer("93015", paid=1_00, service_date=late))

    assert [Finding.SHORT] == [each.finding for each in compared([GLOBAL], answers)]
    assert [Finding.NO_RATE] == [
        each.finding for each in compared([released(line("93015", service_date=late))], answers)
    ]


def test_a_line_that_nobody_billed_is_compared_as_the_payer_has_it():
    (each,) = compared([released(line("93018"))], remittance(answer("93015", paid=1_00)))

    assert (None, "93015", 79_00) == (each.line_number, each.procedure_code, each.short_cents)


def test_of_several_answers_the_latest_counts():
    first, second = (
        one(paid=60_00),
        one(("CO-45", 20_00), paid=80_00).model_copy(update={"received_at": at(30 * A_DAY)}),
    )

    assert met(80_00) == found([GLOBAL], second, first)


def test_what_was_reversed_does_not_count():
    reversed_ = one(paid=-60_00, charge=-100_00, status="22").model_copy(update={"received_at": at(30 * A_DAY)})

    assert [] == found([GLOBAL], one(paid=60_00), reversed_)


def test_a_repeat_counts_once_whatever_its_event_id():
    sent = one(paid=60_00)
    again, other = (
        sent.model_copy(update={"event_id": "again"}),
        one(paid=70_00).model_copy(update={"event_id": sent.event_id}),
    )

    assert 1 == len(compared([GLOBAL, GLOBAL], sent, sent, again))
    assert compared([GLOBAL], sent, other) == compared([GLOBAL], other, sent)


def test_a_claim_that_was_never_released_has_no_lines():
    assert [] == found([], one(paid=60_00))
    assert [] == found([decision(claim(line("93015")), "HOLD")], one(paid=60_00))


def test_totals_add_up_by_payer_and_code_and_leave_out_what_is_not_compared():
    totals = Totals()
    for answered in (one(paid=60_00), one(paid=80_00), one(("CO-59", 1), paid=70_00), one(("CO-24", 1))):
        for each in compared([GLOBAL], answered):
            totals.add(each)
    for each in compared([released(line("93350"))], remittance(answer("93350", paid=50_00))):
        totals.add(each)

    assert [
        Total("P01", "93350", 1, 90_00, 50_00, 1, 40_00, 0),
        Total("P01", "93015", 3, 240_00, 210_00, 1, 20_00, 1),
    ] == totals.totals
    counts = {Finding.MET: 1, Finding.SHORT: 2, Finding.REDUCED: 1, Finding.CAPITATED: 1}
    assert counts == {finding: number for finding, number in totals.findings.items() if number}
