"""Run the toys over a file in a process of its own, which a test may kill: run_toys.py FILE STORE OUT BATCH."""

from __future__ import annotations

import sys
from pathlib import Path

from agents.embedded import Embedded, Options
from tests.toys import toys


def main(file: str, store: str, out: str, batch: str) -> None:
    """Say when the work begins, so that a test can kill in the middle of it."""
    with Embedded(toys(), store, Options(out=Path(out), batch=int(batch))) as engine:
        print("ready", flush=True)  # noqa: T201 - heard by the test
        engine.run_file(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
