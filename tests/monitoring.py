"""Programs of Prometheus and Alertmanager for tests: Debian packages prometheus and prometheus-alertmanager."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGES = "apt-get install prometheus prometheus-alertmanager"
_NAMES = {"alertmanager": ("prometheus-alertmanager", "alertmanager")}
_missing: list[str] = []


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of a program. Without it the test is skipped, but fails under CLEANCLAIM_REQUIRE_MONITORING=1."""

    def find(name: str) -> str:
        found = next(filter(None, map(shutil.which, _NAMES.get(name, (name,)))), None)
        if found is not None:
            return found
        if os.environ.get("CLEANCLAIM_REQUIRE_MONITORING") == "1":
            pytest.fail(f"CLEANCLAIM_REQUIRE_MONITORING=1, and there is no {name}; {_PACKAGES}")
        _missing.append(name)
        pytest.skip(f"no {name}; {_PACKAGES}")

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where nobody can miss it: what rules and configuration do was not tested."""
    if _missing:
        terminalreporter.section("MONITORING NOT TESTED", red=True, bold=True)
        terminalreporter.line(f"missing: {', '.join(sorted(set(_missing)))}; {_PACKAGES}")
