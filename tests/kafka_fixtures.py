"""Fixtures over a real broker; tests that use them carry the marker `kafka`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.kafka_broker import Broker, broker_or_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

_missing: list[str] = []


@pytest.fixture(scope="session")
def _found() -> Iterator[Broker | str]:
    with broker_or_reason() as found:
        yield found


@pytest.fixture(scope="session")
def broker(_found: Broker | str) -> Broker:
    """One broker for all tests of a run. Without one they are skipped, but fail under CLEANCLAIM_REQUIRE_KAFKA=1."""
    if isinstance(_found, Broker):
        return _found
    if os.environ.get("CLEANCLAIM_REQUIRE_KAFKA") == "1":
        pytest.fail(f"CLEANCLAIM_REQUIRE_KAFKA=1, and there is no Kafka broker: {_found}")
    _missing[:] = [_found]
    pytest.skip(f"no Kafka broker: {_found}")


@pytest.fixture
def topics(broker: Broker) -> Broker:
    """The broker with fresh, empty topics of the whole catalogue."""
    broker.reset()
    return broker


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where nobody can miss it: what needs a broker was not tested."""
    if _missing:
        terminalreporter.section("KAFKA NOT TESTED", red=True, bold=True)
        terminalreporter.line(f"{_missing[0]}")
