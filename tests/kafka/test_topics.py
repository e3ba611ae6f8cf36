"""`topics` make the whole catalogue as it must be, on a real broker."""

from __future__ import annotations

import pytest

from agents.kafka.topics import Layout, compare, find
from tests.kafka_broker import PARTITIONS

pytestmark = pytest.mark.kafka


def test_topics_that_were_made_are_as_the_catalogue_wants_them(topics):
    assert [] == compare(find(topics.admin()), Layout(PARTITIONS, replication_factor=1))


def test_a_reset_gives_empty_topics_again(topics):
    topics.reset(partitions=2)

    assert {2} == {found.partitions for found in find(topics.admin()).values()}
