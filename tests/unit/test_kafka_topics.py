"""What is compared between a cluster and the catalogue, and what is said of a difference."""

from __future__ import annotations

import pytest

from agents.kafka.topics import Found, Layout, compare, config_of
from streams.topics import ADJUDICATION_STATE, CLAIMS_BUILT, EDITS, ENCOUNTERS, TOPICS

LAYOUT = Layout()


def cluster(layout=LAYOUT, **changes):
    """All topics as they must be, but for the changes of one: its name with _ for every dot and dash."""
    found = {}
    for topic in TOPICS:
        change = changes.get(topic.name.replace(".", "_").replace("-", "_"), {})
        partitions = change.get("partitions", layout.partitions)
        copies = change.get("copies", layout.replication_factor)
        config = config_of(topic, layout) | {k: v for k, v in change.items() if "." in k}
        found[layout.namespace + topic.name] = Found(partitions, copies, config)
    return found


def test_a_cluster_that_is_as_the_catalogue_wants_it_shows_no_difference():
    assert [] == compare(cluster(), LAYOUT)


def test_a_topic_that_is_missing_is_named_with_how_to_make_it():
    found = cluster()
    del found[ENCOUNTERS.name]

    assert [
        "encounters.v1: the topic: expected one, found none; make it: cleanclaim topics create",
    ] == list(map(str, compare(found, LAYOUT)))


@pytest.mark.parametrize(
    ("change", "what", "critical"),
    [
        ({"partitions": 6}, "partitions", True),
        ({"message.timestamp.type": "CreateTime"}, "message.timestamp.type", True),
        ({"cleanup.policy": "compact"}, "cleanup.policy", True),
        ({"copies": 1}, "replication factor", False),
        ({"max.message.bytes": "1000000"}, "max.message.bytes", False),
        ({"min.insync.replicas": "1"}, "min.insync.replicas", False),
        ({"retention.ms": "604800000"}, "retention.ms", False),
    ],
)
def test_a_difference_is_named_and_some_are_no_ground_to_start_on(change, what, critical):
    differences = compare(cluster(claims_built_v1=change), LAYOUT)

    assert [(CLAIMS_BUILT.name, what, critical)] == [(each.topic, each.what, each.critical) for each in differences]


def test_the_namespace_stands_before_every_name():
    layout = Layout(namespace="test.")

    assert ([], len(TOPICS)) == (compare(cluster(layout), layout), len(compare(cluster(), layout)))


def test_changelogs_are_compacted_and_edits_kept_for_ever():
    state, edits = config_of(ADJUDICATION_STATE, LAYOUT), config_of(EDITS, LAYOUT)

    assert ("compact", "delete", "-1") == (state["cleanup.policy"], edits["cleanup.policy"], edits["retention.ms"])


@pytest.mark.parametrize(("copies", "needed"), [(1, 1), (2, 1), (3, 2), (5, 4)])
def test_one_broker_may_be_down_where_there_is_more_than_one(copies, needed):
    assert needed == Layout(replication_factor=copies).min_insync_replicas
