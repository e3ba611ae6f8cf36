"""Synthetic stress-test billing: seeded events of 40 sites, with the planted truth about every claim.

Imports nothing of streams/, so that a test which compares decisions with this truth compares two opinions.

    for event in generate(encounters=500, seed=7):
        sys.stdout.buffer.write(event.line)
"""

from agents.generate.story import USUAL, Mix
from agents.generate.stream import Event, generate
from agents.generate.truth import Finding, Proposal, Truth

__all__ = ["USUAL", "Event", "Finding", "Mix", "Proposal", "Truth", "generate"]
