"""What can go wrong with a record or a dependency. Callers catch a branch, never `Exception`.

CleanclaimError
├── Unreadable    this record cannot be read: it becomes a dead letter, and the partition moves on
├── Unavailable   a dependency is down: wait and retry, skip nothing
└── Misuse        the person at the command line can fix this: say how, exit 2
"""

from __future__ import annotations


class CleanclaimError(Exception):
    """The root of every error that cleanclaim raises on purpose."""


class Unreadable(CleanclaimError):
    """These bytes are no such record. The text names the field and never the value of a tagged one."""


class Unavailable(CleanclaimError):
    """A broker, a registry or a disk does not answer; nothing is lost, try again later."""


class Misuse(CleanclaimError):
    """A command, a file or a setting is wrong; the text says what was expected and what to do."""
