"""The embedded engine keeps the promises of every engine, in memory and on disk."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from agents.embedded import Embedded
from agents.embedded.store import MEMORY
from tests.integration.engine_contract import EngineContract


class TestEmbedded(EngineContract):
    @pytest.fixture(params=["memory", "disk"])
    def start(self, request, tmp_path):
        with ExitStack() as engines:
            path = MEMORY if request.param == "memory" else tmp_path / "store.db"
            opened = []

            def start(processors):
                opened.append(Embedded(processors, path))
                return opened[-1]

            yield start
            engines.callback(opened[-1].abandon)
