"""Which trace context is passed on, and which is not."""

from __future__ import annotations

import pytest

from agents.tracing import TRACEPARENT, passed_on

VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_valid_traceparent_is_passed_on_unchanged_and_nothing_else_is():
    assert {TRACEPARENT: VALID} == passed_on({TRACEPARENT: VALID, "other": "x"})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Canary",
        VALID.upper(),
        VALID + "-more",
        VALID[:-1],
        VALID + "\n",
        "ff" + VALID[2:],
        "00-" + "0" * 32 + VALID[35:],
        VALID[:36] + "0" * 16 + "-01",
    ],
)
def test_an_invalid_traceparent_is_dropped(value):
    assert passed_on({TRACEPARENT: value}) is None


def test_without_one_there_is_nothing_to_pass_on():
    assert passed_on(None) is None
    assert passed_on({}) is None
    assert passed_on({"other": "x"}) is None
