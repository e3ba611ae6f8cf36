"""Reference tables as values: dated facts of CMS and of coverage policies, parsed from text and looked up by the edits.

Reading files is the business of agents/.
"""

from streams.reference.lookup import Reference
from streams.reference.tables import (
    BYPASS_MODIFIERS,
    Fee,
    Leaves,
    Pair,
    PlaceClass,
    Support,
    Tables,
)

__all__ = [
    "BYPASS_MODIFIERS",
    "Fee",
    "Leaves",
    "Pair",
    "PlaceClass",
    "Reference",
    "Support",
    "Tables",
]
