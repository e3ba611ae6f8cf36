"""Alerts as an operator meets them: what holds do, window by window of five minutes, and who is told what."""

from __future__ import annotations

import pytest

from benchmarks import alerts as simulation
from tests.alert_room import at_work

Windows = list[tuple[dict[str, int], int]]
SPIKE, CALM = ("HOLD_SPIKE", "FIRING"), ("HOLD_SPIKE", "RESOLVED")

SCENARIOS: dict[str, tuple[dict[str, int], Windows, list[tuple[str, str, str | None]]]] = {
    "nothing unusual": ({"a": 10}, [({"a": 13}, 24)], []),
    "a little more for hours": ({"a": 10}, [({"a": 12}, 100)], []),
    "one window with half as many again": ({"a": 10}, [({"a": 16}, 1), ({"a": 10}, 5)], []),
    "three times as many for half an hour": (
        {"a": 10},
        [({"a": 30}, 6), ({"a": 10}, 12)],
        [(*SPIKE, "a"), (*CALM, "a")],
    ),
    "twice as many of fifty": ({"a": 50}, [({"a": 100}, 2), ({"a": 50}, 6)], [(*SPIKE, "a"), (*CALM, "a")]),
    "a spike that pauses for ten minutes is one spike": (
        {"a": 10},
        [({"a": 40}, 3), ({"a": 10}, 2), ({"a": 40}, 3), ({"a": 10}, 12)],
        [(*SPIKE, "a"), (*CALM, "a")],
    ),
    "two spikes with two hours of rest between": (
        {"a": 10},
        [({"a": 40}, 3), ({"a": 10}, 24), ({"a": 40}, 3), ({"a": 10}, 12)],
        [(*SPIKE, "a"), (*CALM, "a")] * 2,
    ),
    "a quiet site begins to hold": ({"a": 10, "b": 0}, [({"a": 10, "b": 1}, 6)], [(*SPIKE, "b")]),
    "a site that stops holding": ({"a": 10}, [({"a": 0}, 100)], []),
    "one of three sites spikes": (
        {"a": 4, "b": 4, "c": 4},
        [({"a": 4, "b": 30, "c": 4}, 2), ({"a": 4, "b": 4, "c": 4}, 12)],
        [(*SPIKE, "b"), (*CALM, "b")],
    ),
    "all sites rise at once: one alert": (
        {"a": 4, "b": 4, "c": 4},
        [({"a": 16, "b": 16, "c": 16}, 3), ({"a": 4, "b": 4, "c": 4}, 12)],
        [(*SPIKE, None), (*CALM, None)],
    ),
    "all sites rise by what no single one would show": (
        {"a": 2, "b": 2, "c": 2, "d": 2, "e": 2},
        [({"a": 5, "b": 5, "c": 5, "d": 5, "e": 5}, 3)],
        [(*SPIKE, None)],
    ),
    "one site spikes, then all: its alert goes on in that of all": (
        {"a": 4, "b": 4, "c": 4},
        [({"a": 30, "b": 4, "c": 4}, 2), ({"a": 30, "b": 30, "c": 30}, 2), ({"a": 4, "b": 4, "c": 4}, 12)],
        [(*SPIKE, "a"), (*SPIKE, None), (*CALM, "a"), (*CALM, None)],
    ),
    "three times as many for days: the new level becomes usual": (
        {"a": 10},
        [({"a": 30}, 3 * 288)],
        [(*SPIKE, "a"), (*CALM, "a")],
    ),
}


@pytest.mark.parametrize(("usual", "windows", "told"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_spikes(usual, windows, told):
    room = at_work(**usual)
    for holds, number in windows:
        room.windows(holds, number)

    assert told == room.told


@pytest.mark.slow
@pytest.mark.parametrize("shape", simulation.SHAPES)
@pytest.mark.parametrize("level", [0.1, 10.0, 1000.0])
def test_false_alarms_are_rarer_than_one_a_month(shape, level):
    mean, _ = simulation.false_alarms(shape, level, keys=2)

    assert mean < 1


@pytest.mark.slow
@pytest.mark.parametrize(("usual", "times"), [(10, 3), (50, 2)])
def test_a_rise_is_found_within_two_windows(usual, times):
    assert simulation.found_in_time(simulation.Rise(usual, times, days=9), trials=200, histories=4) >= 0.95


@pytest.mark.parametrize("rate", [0.05, 1.0, 50.0])
def test_a_quiet_site_that_begins_to_hold_is_found_within_ten_holds(rate):
    assert simulation.holds_until_found(rate, trials=20) <= 10
