"""The generated pages say what the code declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agents.docs import pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("path", "text"), list(pages()), ids=lambda value: getattr(value, "name", ""))
def test_a_generated_page_is_current(path: Path, text: str) -> None:
    written = path.read_text("utf-8")

    assert written == text, f"run make docs: {path.name} is out of date"
