"""What a command about edits reads of a changelog."""

from __future__ import annotations

from types import SimpleNamespace

from agents.kafka import edits
from agents.kafka.shard import Shard
from streams.processor import Step
from streams.topics import LEARNING_STATE


def test_dead_letters_and_bookmarks_among_the_states_are_passed_over(monkeypatch):
    shard = Shard(0)
    shard.begin()
    shard.keep("P07|93018", Step(b"state"))
    shard.add_letter("ab" * 32)
    shard.follow("edits.v1", [3])
    changes = [
        SimpleNamespace(key=lambda key=key: key, value=lambda value=value: value) for key, value in shard.changes()
    ]
    monkeypatch.setattr(edits, "read_committed", lambda *_: ((LEARNING_STATE, change) for change in changes))

    states = edits.read_states({}, "", LEARNING_STATE)

    assert 3 == len(changes)
    assert {"P07|93018": b"state"} == states
