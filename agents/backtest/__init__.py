"""Back-tests: the facts of a log, grouped by encounter, replayed with and without some edits beside the answers.

The log is in order of time and a judgement needs an encounter whole, so the log is read once, front to back, and sorted
on disk. Only the encounters of claims that the edits may touch are decoded; only one of them is in memory at a time.
"""

from agents.backtest.replay import Replay, Source

__all__ = ["Replay", "Source"]
