"""Metrics as a file in Prometheus' text format, for node_exporter's textfile collector and whoever reads files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import generate_latest

from schemas.errors import Misuse

if TYPE_CHECKING:
    from pathlib import Path

    from prometheus_client import CollectorRegistry


def write(registry: CollectorRegistry, path: Path) -> None:
    """Replace `path` by the metrics of now: a reader sees the old file or the new one whole. Mode 0600.

    Raises `Misuse` if it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(generate_latest(registry))
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Misuse(f"{path}: metrics cannot be written: {error.strerror}; give a path that you can write") from error
