"""Dead letters on a cluster, as the topic tells of them: once each, and which still wait for a second chance."""

from __future__ import annotations

import hashlib

import pytest

from agents.dispatch import Header
from agents.kafka import letters
from streams.topics import DEAD_LETTERS

VALUE = b"what came"
ID = hashlib.sha256(VALUE).hexdigest()


class Message:
    """A committed record of the topic, as confluent-kafka hands it over."""

    def __init__(self, time, value, **headers):
        self._time, self._value = time, value
        self._headers = [(str(Header[name]), text.encode()) for name, text in headers.items()]

    def timestamp(self):
        return 2, self._time

    def value(self):
        return self._value

    def headers(self):
        return self._headers

    def key(self):
        return b"C1"

    def partition(self):
        return 0

    def offset(self):
        return self._time


def letter(time):
    return Message(time, VALUE, MESSAGE="refused")


def replay(time):
    return Message(time, b"", REPLAY_OF=ID)


HISTORIES = {
    "it came": ([letter(1)], (1, None)),
    "it came and was replayed": ([letter(1), replay(2)], (1, 2)),
    "partitions are read one after another": ([replay(2), letter(1)], (1, 2)),
    "it came again after its replay": ([letter(1), replay(2), letter(3)], (1, None)),
    "and was replayed again": ([letter(1), replay(2), letter(3), replay(4)], (1, 4)),
    "in whatever order that is read": ([replay(4), letter(3), replay(2), letter(1)], (1, 4)),
}


@pytest.mark.parametrize(("messages", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_a_letter_waits_unless_it_was_replayed_since_it_last_came(messages, expected, monkeypatch):
    monkeypatch.setattr(letters, "read_committed", lambda *_: [(DEAD_LETTERS, message) for message in messages])

    (found,) = letters.read_letters({}).values()
    assert expected == (found.logged.time, found.replayed_at)
