"""The embedded engine: one SQLite file holds log, state and positions."""
