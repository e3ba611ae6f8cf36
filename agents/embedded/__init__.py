"""The embedded engine: the log of every topic, the states and the positions in one SQLite file."""

from agents.embedded.engine import Embedded, Options
from agents.embedded.reader import DeadLetter, Reader, open_reader

__all__ = ["DeadLetter", "Embedded", "Options", "Reader", "open_reader"]
