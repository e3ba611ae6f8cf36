"""The shelf of a back-test: what goes in as it comes comes out key by key, however much it is."""

from __future__ import annotations

import pytest

from agents.backtest.shelf import Kept, Shelf


@pytest.fixture
def shelf():
    with Shelf() as shelf:
        yield shelf


def test_entries_come_out_key_by_key_in_their_order(shelf):
    for key, order, kind in (("b", 2, 0), ("a", 9, 3), ("b", 1, 2), ("a", 9, 1)):
        shelf.put(key, Kept(order, kind, b"v", "note"))

    found = [(key, [(kept.order, kept.kind) for kept in entries]) for key, entries in shelf.by_key()]

    assert [("a", [(9, 1), (9, 3)]), ("b", [(1, 2), (2, 0)])] == found


def test_one_key_is_looked_up(shelf):
    for order in (2, 1):
        shelf.put("a", Kept(order, 0, bytes([order])))
    shelf.index()

    assert [Kept(1, 0, b"\x01"), Kept(2, 0, b"\x02")] == shelf.of("a")
    assert [] == shelf.of("b")


def test_an_empty_shelf_has_no_keys(shelf):
    assert [] == list(shelf.by_key())


def test_more_than_a_batch_comes_out_whole(shelf):
    for number in range(2_500):
        shelf.put(f"k{number % 7}", Kept(number, 0, b""))

    assert 2_500 == sum(len(entries) for _, entries in shelf.by_key())


def test_nothing_is_left_behind(shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    shelf.put("a", Kept(0, 0, b"x" * 100_000))
    list(shelf.by_key())

    assert [] == list(tmp_path.iterdir())
