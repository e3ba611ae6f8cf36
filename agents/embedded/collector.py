"""Python's cyclic garbage collector, kept off the hot path."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RECORDS = 1 << 17
"""Between two collections. Records make no cycles, so that a collection only looks at everything that is remembered;
at its own pace the collector would spend a sixth of the time of a run on that."""


@contextmanager
def rare_collections() -> Iterator[Callable[[int], None]]:
    """Within it the collector runs only when what is given is told that another 131,072 records have been taken."""
    was_on = gc.isenabled()
    gc.disable()
    collected_at = 0

    def collect(records: int) -> None:
        nonlocal collected_at
        if records - collected_at >= _RECORDS:
            collected_at = records
            gc.collect()

    try:
        yield collect
    finally:
        if was_on:
            gc.enable()
