"""Who speaks at the command line, and what they say."""

from __future__ import annotations

import getpass

from schemas.errors import Misuse


def login() -> str:
    """The name that the person is logged in with. Raises `Misuse` where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise Misuse("--by: expected a name; this login has none") from None


def one_line(option: str, text: str) -> str:
    """What was said with an option, without blanks around it. Raises `Misuse` unless it is text on one line."""
    if not text.strip() or not text.isprintable():
        raise Misuse(f"{option}: expected text on one line")
    return text.strip()
