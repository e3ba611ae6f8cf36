"""Learning: from payers' answers to edits that hold the next claim like those denied. docs/learning.md tells how."""

from streams.learning.processor import Learning
from streams.learning.standing import EditStanding, is_counted, standing

__all__ = ["EditStanding", "Learning", "is_counted", "standing"]
