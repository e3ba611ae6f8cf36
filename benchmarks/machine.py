"""What the numbers were measured on, and how a measured part runs: in a process of its own."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Measured(NamedTuple):
    """What one process took: seconds of wall clock and of CPU (all its threads), and its largest RSS in bytes."""

    wall: float
    cpu: float
    rss: int
    result: dict[str, float]


def measure(part: Callable[..., dict[str, float]], *arguments: object) -> Measured:
    """Run `part` in a fresh process, so that no part finds the caches and the memory of another."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_timed, part, arguments).result()


def _timed(part: Callable[..., dict[str, float]], arguments: tuple[object, ...]) -> Measured:
    wall, cpu = time.perf_counter(), time.process_time()
    result = part(*arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measured(wall, cpu, resident(), result)


def resident() -> int:
    """The largest RSS of this process so far, in bytes."""
    return largest_rss(resource.getrusage(resource.RUSAGE_SELF))


def largest_rss(usage: resource.struct_rusage) -> int:
    """In bytes; the system counts in KiB, or on macOS in bytes."""
    return usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss << 10


def described(program: str, *more: str) -> list[str]:
    """Machine, versions (of `more` packages too) and command, one a line."""
    names = ("cleanclaim", "pydantic", "pydantic-core", "fastavro", *more)
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    return [
        f"Machine   {_processor()}, {os.cpu_count()} CPUs, {_memory() >> 30} GiB, {platform.system()}",
        f"Versions  Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}",
        f"Command   python -m {program} {' '.join(sys.argv[1:])}".rstrip(),
    ]


def _processor() -> str:
    """The model of the processor where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
