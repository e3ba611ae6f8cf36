"""The gates: one file each, edits only."""
