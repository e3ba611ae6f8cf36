"""Fixtures over a real broker; tests that use them carry the marker `kafka`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.kafka_broker import Broker, broker_or_reason
from tests.kafka_registry import Registry, registry_or_reason
from tests.kafka_workers import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")

_missing: dict[str, str] = {}


@pytest.fixture(scope="session")
def _found() -> Iterator[Broker | str]:
    with broker_or_reason() as found:
        yield found


@pytest.fixture(scope="session")
def _found_registry() -> Iterator[Registry | str]:
    with registry_or_reason() as found:
        yield found


@pytest.fixture(scope="session")
def broker(_found: Broker | str) -> Broker:
    """One broker for all tests of a run. Without one they are skipped, but fail under CLEANCLAIM_REQUIRE_KAFKA=1."""
    return _there("Kafka broker", _found)


@pytest.fixture(scope="session")
def registry_server(_found_registry: Registry | str) -> Registry:
    """One schema registry for all tests of a run, with the same rule."""
    return _there("schema registry", _found_registry)


def _there(what: str, found: T | str) -> T:
    if not isinstance(found, str):
        return found
    if os.environ.get("CLEANCLAIM_REQUIRE_KAFKA") == "1":
        pytest.fail(f"CLEANCLAIM_REQUIRE_KAFKA=1, and there is no {what}: {found}")
    _missing[what] = found
    pytest.skip(f"no {what}: {found}")


@pytest.fixture
def topics(broker: Broker) -> Broker:
    """The broker with fresh, empty topics of the whole catalogue."""
    broker.reset()
    return broker


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Iterator[Site]:
    """Topics of the test's own, and room for workers on them."""
    site = Site(broker, tmp_path)
    yield site
    site.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where nobody can miss it: what needs a broker was not tested."""
    if _missing:
        terminalreporter.section("KAFKA NOT TESTED", red=True, bold=True)
    for what, reason in _missing.items():
        terminalreporter.line(f"no {what}: {reason}")
