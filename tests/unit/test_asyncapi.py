"""The AsyncAPI document names every topic and is valid; what is wrong with one is found."""

from __future__ import annotations

import copy
import json

import pytest

from agents.asyncapi import document
from agents.docs import DOCS
from scripts.check_asyncapi import breaches
from streams.topics import CLAIMS_RELEASED, DEAD_LETTERS, INPUT_TOPICS, TOPICS


def broken(change):
    tree = copy.deepcopy(document())
    change(tree)
    return list(breaches(tree))


def test_the_document_that_is_committed_is_valid():
    assert [] == list(breaches(json.loads((DOCS / "asyncapi.json").read_text("utf-8"))))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_has_a_channel_with_the_settings_it_is_made_with(topic):
    channel = document()["channels"][topic.name]

    assert topic.name == channel["address"]
    assert 12 == channel["bindings"]["kafka"]["partitions"]
    assert [("compact" if topic.compacted else "delete")] == channel["bindings"]["kafka"]["topicConfiguration"][
        "cleanup.policy"
    ]


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.record], ids=lambda topic: topic.name)
def test_every_message_has_the_schema_of_its_record_with_its_tags(topic):
    tree = document()
    reference = tree["components"]["messages"][topic.name]["payload"]["$ref"]
    schema = tree["components"]["schemas"][reference.rpartition("/")[2]]["schema"]

    assert topic.record.__name__ == schema["name"]


def test_tags_stand_in_the_document():
    fields = document()["components"]["schemas"]["Encounter"]["schema"]["fields"]

    assert {"name": "patient_id", "type": "string", "phi": True} in fields


def test_what_comes_from_outside_is_received_and_all_else_is_sent():
    actions = {name.split()[1]: each["action"] for name, each in document()["operations"].items()}

    assert {topic.name for topic in INPUT_TOPICS} == {name for name, action in actions.items() if action == "receive"}
    assert {"send"} == {actions[CLAIMS_RELEASED.name], actions[DEAD_LETTERS.name]}


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree["info"].pop("version"),
        lambda tree: tree["channels"]["holds.v1"]["bindings"]["kafka"].update(partitions=0),
        lambda tree: tree["components"]["schemas"]["Hold"]["schema"].update(type="recor"),
        lambda tree: tree["components"]["messages"]["holds.v1"].update(payload={"$ref": "#/components/schemas/Held"}),
        lambda tree: tree["operations"]["send holds.v1"].update(action="sends"),
    ],
    ids=["no version", "no partitions", "no Avro", "a reference to nothing", "no such action"],
)
def test_a_document_that_is_wrong_is_found(change):
    assert broken(change)
