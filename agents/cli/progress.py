"""How far a long run is, on standard error: a bar at a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from agents.cli.screen import shown

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from agents.ndjson import Position

_PAUSE = 5.0
"""Seconds between plain lines: often enough to see that it lives, seldom enough for a log."""

_COMPLAINTS = 10
"""Dead letters told of one by one; the rest are counted."""


class _StandardError(Console):
    """May lose its reader while a run goes on (`2>&1 | head`). Then nothing more is said, and the run goes on."""

    def on_broken_pipe(self) -> None:
        """Fall silent, where rich would end the program."""
        self.quiet = True


class RunProgress:
    """Hears from the engine how far each input is. `total` is in bytes, None where an input has no known size."""

    def __init__(self, total: int | None, console: Console | None = None) -> None:
        self._console = console or _StandardError(stderr=True, highlight=False, markup=False, emoji=False)
        self._total = total
        self._before = 0  # bytes of the inputs that are done
        self._name = ""
        self._lines = 0
        self._complaints = 0
        self._began = self._told = time.monotonic()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, rate="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, name: str) -> None:
        """The next input."""
        self._name = name
        self._bar.update(self._task, description=shown(name))

    def end(self, size: int) -> None:
        """The input is done; it was `size` bytes long."""
        self._before += size

    def watch(self, position: Position) -> None:
        """The present input was committed as far as `position`."""
        now = time.monotonic()
        done = self._before + position.length
        rate = f"{position.lines:,} lines"
        self._bar.update(self._task, completed=done, rate=rate)
        if not self._console.is_terminal and now - self._told >= _PAUSE:
            self._told = now
            share = f" ({100 * done / self._total:.0f} %)" if self._total else ""
            self._say(
                f"{self._name}: {position.lines:,} lines, {done:,} bytes in all{share}, {now - self._began:.0f} s"
            )

    def complain(self, message: str) -> None:
        """An event could not be read."""
        self._complaints += 1
        if self._complaints <= _COMPLAINTS:
            self._say(f"dead letter: {message}")
        elif self._complaints == _COMPLAINTS + 1:
            self._say("more dead letters: cleanclaim dead-letters list shows each")

    def _say(self, text: str) -> None:
        self._console.print(Text(shown(text)), soft_wrap=True)
