"""A surge of denials is said once when it begins and once when it is over."""

from __future__ import annotations

import datetime as dt

import pytest

from streams.learning.state import LearningState
from tests.answers import CODE, PAYER, START, AnswerDesk, answer


@pytest.fixture
def desk():
    return AnswerDesk()


def days(desk: AnswerDesk, number: int, answered: int, denied: int, **changes) -> None:
    """So many days with so many lines answered, some of them denied for what nobody could have avoided."""
    other = {"category": "OTHER", "avoidable": False, "reason_codes": ("197",)} | changes
    for _ in range(number):
        desk.paid(answered - denied, every=0.01)
        desk.denied(denied, every=0.01, **other)
        desk.wait(1 - answered * 0.01)


def test_a_surge_fires_once_and_is_resolved_once(desk):
    days(desk, 63, 10, 1)
    quiet = list(desk.alerts)
    days(desk, 10, 10, 6)
    days(desk, 20, 10, 1)
    firing, resolved = desk.alerts

    assert [] == quiet
    assert ("FIRING", "RESOLVED") == (firing.status, resolved.status)
    assert firing.alert_id == resolved.alert_id
    assert ("DENIAL_SURGE", PAYER, CODE) == (firing.kind, firing.payer_id, firing.procedure_code)
    assert firing.count > 2 * firing.expected
    assert (float(firing.count), firing.count * 100_00) == (firing.observed, firing.charge_cents)


def test_a_surge_is_on_from_its_first_alert_to_its_last(desk):
    on = []
    for number, denied in ((63, 1), (10, 6), (20, 1)):
        days(desk, number, 10, denied)
        on.append(LearningState.load(desk.state).surge.is_on)

    assert [False, True, False] == on


def test_the_message_says_how_many_against_how_many_since_when(desk):
    days(desk, 63, 10, 1)
    days(desk, 10, 10, 6)
    (alert,) = desk.alerts

    start = alert.window_start.date().isoformat()
    assert f"Payer P07 denied {alert.count} of " in alert.message
    assert f" lines of 93018 since {start}, where {alert.expected:.1f} were expected." in alert.message


def test_a_surge_resolves_though_nothing_comes_any_more(desk):
    days(desk, 63, 10, 1)
    days(desk, 10, 10, 6)
    desk.wait(10)

    assert ["FIRING", "RESOLVED"] == [alert.status for alert in desk.alerts]


def test_a_surge_that_lasts_becomes_what_is_expected(desk):
    days(desk, 63, 10, 1)
    days(desk, 90, 10, 6)

    assert ["FIRING", "RESOLVED"] == [alert.status for alert in desk.alerts]
    assert "which is now what is expected" in desk.alerts[-1].message


def test_a_second_surge_is_another_alert(desk):
    for _ in range(2):
        days(desk, 63, 10, 1)
        days(desk, 10, 10, 6)
        days(desk, 10, 10, 1)
    alerts = [(alert.alert_id, alert.status) for alert in desk.alerts]

    assert 4 == len(set(alerts)) == len(alerts)
    assert 2 == len({alert_id for alert_id, _ in alerts})


def test_a_large_remittance_is_no_surge_by_its_size(desk):
    days(desk, 63, 10, 1)
    days(desk, 1, 90, 9)

    assert [] == desk.alerts


def test_a_few_denials_are_no_surge_where_nothing_was_denied(desk):
    days(desk, 63, 3, 0)
    days(desk, 4, 3, 1)

    assert [] == desk.alerts


def test_without_a_history_there_is_nothing_to_hold_it_against(desk):
    days(desk, 14, 10, 8)

    assert [] == desk.alerts


def test_a_history_of_few_lines_tells_too_little(desk):
    days(desk, 63, 1, 0)
    before = AnswerDesk()
    days(before, 35, 0, 0)
    days(desk, 7, 5, 4)

    assert ["FIRING"] == [alert.status for alert in desk.alerts]
    assert [] == before.alerts


def test_one_bad_week_of_the_past_hides_no_surge(desk):
    days(desk, 28, 10, 1)
    days(desk, 7, 10, 2)
    days(desk, 28, 10, 1)
    days(desk, 7, 10, 6)

    assert "FIRING" == desk.alerts[-1].status


def test_what_is_taken_back_no_longer_counts(desk):
    days(desk, 63, 10, 1)
    for _ in range(7):
        desk.paid(9, every=0.01)
        for number in range(5):
            line = answer("DENIED", number, desk.now, category="OTHER", avoidable=False, reason_codes=("197",))
            desk.send(line, line.model_copy(update={"outcome": "WITHDRAWN"}))
        desk.wait(0.9)

    assert [] == desk.alerts


def test_a_surge_that_is_taken_back_is_not_over_before_it_began(desk):
    days(desk, 63, 10, 1)
    other = {"category": "OTHER", "avoidable": False, "reason_codes": ("197",)}
    lines = [answer("DENIED", number, desk.now, **other) for number in range(13)]
    desk.send(*lines)
    desk.wait(1)
    while not desk.alerts:
        desk.denied(every=0.01, **other)
    desk.send(*[line.model_copy(update={"outcome": "WITHDRAWN"}) for line in lines])
    firing, resolved = desk.alerts

    assert ("FIRING", "RESOLVED") == (firing.status, resolved.status)
    assert firing.occurred_at <= resolved.occurred_at


def test_an_answer_older_than_nine_weeks_is_no_part_of_it(desk):
    desk.wait(70)
    desk.send(*(answer("DENIED", n, on=START) for n in range(9)))

    assert [] == desk.alerts


def test_an_answer_that_comes_late_counts_where_it_belongs(desk):
    days(desk, 63, 10, 1)
    late = [answer("DENIED", n, desk.now - dt.timedelta(days=20), category="OTHER") for n in range(40)]
    desk.send(*late)

    assert [] == desk.alerts


def test_a_state_read_from_bytes_sees_the_same_surge():
    courses = []
    for forgetful in (False, True):
        desk = AnswerDesk(forgetful=forgetful)
        days(desk, 40, 5, 1)
        days(desk, 8, 5, 5)
        desk.wait(10)
        courses.append((desk.alerts, desk.state))

    assert courses[0] == courses[1]
    assert ["FIRING", "RESOLVED"] == [alert.status for alert in courses[0][0]]
