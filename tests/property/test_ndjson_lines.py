"""Whatever bytes come, in whatever pieces: every line is given once and ends as exactly one outcome."""

from __future__ import annotations

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.embedded import Embedded, Options
from agents.ndjson import LineReader
from streams.processor import Outcome
from streams.topics import DEAD_LETTERS
from tests.toys import line, toys, visit

GOOD = st.builds(
    lambda key, revision, payer, event: line(visit(key, revision, payer_id=payer, event_id=event)),
    st.sampled_from(["E1", "E2", "E3"]),
    st.integers(1, 3),
    st.sampled_from(["P1", "P2"]),
    st.sampled_from(["a", "b"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def nearly_good(draw):
    """A good line with one value somewhere replaced."""
    tree = json.loads(draw(GOOD))
    place = draw(st.sampled_from([tree, tree["value"], tree["value"]["ownership"]]))
    place[draw(st.sampled_from([*place, "extra"]))] = draw(JSON)
    return json.dumps(tree).encode()


GARBAGE = st.binary(max_size=40).map(lambda data: data.replace(b"\n", b""))
LINES = st.lists(GOOD | nearly_good() | GARBAGE | st.just(b"") | JSON.map(lambda tree: json.dumps(tree).encode()))


class Pieces(io.BytesIO):
    """A stream that gives at most `size` bytes at a time, as a pipe may."""

    def __init__(self, data, size):
        super().__init__(data)
        self.size = size

    def read1(self, size):
        return self.read(min(size, self.size))


@given(st.binary(), st.integers(1, 9))
def test_the_lines_are_those_between_the_line_ends(data, size):
    expected = [
        (number, stripped)
        for number, each in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
        if (stripped := each.removesuffix(b"\r")).strip()
    ]

    assert expected == [(given.number, given.data) for given in LineReader(Pieces(data, size))]


@settings(deadline=None)
@given(LINES)
def test_every_line_that_is_not_blank_ends_as_exactly_one_outcome(lines):
    with Embedded(toys(), options=Options(batch=3)) as engine:
        engine.run(io.BytesIO(b"\n".join(lines)), "day.ndjson")
        outcomes = engine.outcomes()
        letters = list(engine.records(DEAD_LETTERS))

    assert len([each for each in lines if each.strip()]) == sum(outcomes.values())
    assert len(letters) == outcomes[Outcome.DEAD_LETTER]
    assert len({letter.value for letter in letters}) == len(letters)
