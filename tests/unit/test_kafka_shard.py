"""A shard is as before a batch that came to nothing, and as it was when it is loaded from its changelog."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kafka.kept import pack, packed_terms, state_of, terms_of, wake_of
from agents.kafka.shard import Shard, Sweep
from schemas.errors import Misuse
from streams.processor import Step

TERMS = st.frozensets(st.sampled_from(["P1|1", "P1|*", "ü|2", ""]))
STATES = st.none() | st.binary(max_size=5)
STEPS = st.builds(
    Step, STATES, emits=st.just(()), set_aside=st.just(()), wake_at=st.none() | st.integers(0, 50), terms=TERMS
)
CHANGES = st.lists(st.tuples(st.sampled_from("ABCDE"), STEPS))
DAY = 86_400_000


def kept(shard, keys="ABCDE", terms=("P1|1", "P1|*", "ü|2", "")):
    """All that can be seen of a shard."""
    under = {term: shard.under(Sweep((term,)), 10) for term in terms}
    return {key: shard.state(key) for key in keys}, under, shard.time, shard.bookmark.dump()


def woken(shard, time):
    shard.begin()
    shard.move(time)
    keys = []
    while (key := shard.woken()) is not None:
        keys.append(key)
    shard.aborted()
    return keys


def change(shard, changes):
    shard.begin()
    for time, (key, step) in enumerate(changes):
        shard.move(time)
        while shard.woken() is not None:
            pass
        shard.keep(key, step)


@given(CHANGES, CHANGES)
def test_an_aborted_batch_leaves_nothing_behind(first, second):
    shard = Shard(0)
    change(shard, first)
    list(shard.changes())
    shard.committed()
    before = kept(shard), woken(shard, 10_000)
    change(shard, second)
    shard.add_letter("ab" * 32)
    shard.follow("edits.v1", [3], [Sweep(("P1|1",))])
    shard.aborted()

    assert before == (kept(shard), woken(shard, 10_000))
    assert shard.add_letter("ab" * 32)


@given(st.lists(CHANGES, max_size=4))
def test_a_changelog_gives_back_the_shard_that_wrote_it(batches):
    shard, log = Shard(0), {}
    for changes in batches:
        change(shard, changes)
        log.update(shard.changes())
        shard.committed()
    restored = Shard(0)
    restored.load(log, shard.time)

    assert kept(shard) == kept(restored)
    assert woken(shard, 10_000) == woken(restored, 10_000)


def test_a_step_that_changes_nothing_is_not_written_again():
    shard = Shard(0)
    change(shard, [("A", Step(b"1", wake_at=9))])
    shard.committed()
    shard.begin()
    shard.keep("A", Step(b"1", wake_at=9))

    assert [] == list(shard.changes())


def test_a_wake_in_the_past_comes_next_and_never_at_once():
    shard = Shard(0)
    shard.begin()
    shard.move(100)
    shard.keep("A", Step(b"1", wake_at=5))

    assert shard.woken() is None
    assert shard.move(101)
    assert "A" == shard.woken()


def test_a_dead_letter_is_remembered_for_as_long_as_its_topic_keeps_it():
    shard = Shard(0)
    shard.begin()
    shard.move(1)
    first = shard.add_letter("aa" * 32)
    again = shard.add_letter("aa" * 32)
    shard.committed()
    shard.begin()
    shard.move(1 + 30 * DAY)
    shard.add_letter("bb" * 32)

    assert (True, False) == (first, again)
    assert {b"\xff" + b"\xaa" * 32: None, b"\xff" + b"\xbb" * 32: (1 + 30 * DAY).to_bytes(8, "big")} == dict(
        shard.changes()
    )


def test_how_far_a_sweep_came_is_written_and_taken_back():
    shard = Shard(0)
    shard.follow("edits.v1", [1], [Sweep(("P1|1",))])
    shard.begin()
    shard.bookmark.sweeps[0].after = "B"
    written = dict(shard.changes())[b"\xfe"]
    shard.aborted()
    restored = Shard(0)
    restored.load({b"\xfe": written}, 0)

    assert "" == shard.bookmark.sweeps[0].after
    assert [Sweep(("P1|1",), "B")] == restored.bookmark.sweeps


@given(st.binary(), st.none() | st.integers(0, 2**60), TERMS)
def test_what_is_packed_can_be_unpacked(state, wake_at, terms):
    value = pack(state, wake_at, terms)

    assert (state, wake_at, sorted(terms)) == (state_of(value), wake_of(value), sorted(terms_of(packed_terms(value))))


def test_a_value_of_a_later_version_is_refused():
    with pytest.raises(Misuse, match="run the version that wrote it"):
        state_of(b"\x09" + bytes(12))
