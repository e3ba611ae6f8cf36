"""The files of events that a command is given, looked at before any work."""

from __future__ import annotations

import stat
from pathlib import Path

from schemas.errors import Misuse

STDIN = "-"


def check_inputs(files: tuple[str, ...]) -> int | None:
    """Bytes in all files, None if some have no size. Raises `Misuse` for one that cannot be read, before any work."""
    if files.count(STDIN) > 1:
        raise Misuse("- : standard input can be read only once")
    total: int | None = 0
    for file in files:
        size = None if file == STDIN else _size(Path(file))
        total = None if size is None or total is None else total + size
    return total


def _size(path: Path) -> int | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not path.is_dir():
            return None  # opening a pipe only to look would end it for its writer
        path.open("rb").close()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from error
    return status.st_size
