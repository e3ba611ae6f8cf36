"""Schemas in a real registry: registered once, kept compatible, read under whichever id, waited for when it is down."""

from __future__ import annotations

import copy
import io
import json

import fastavro
import pytest

from agents.dispatch import read_value
from agents.kafka.registered import Registered, subject_of
from schemas import codec, registry
from schemas.errors import Misuse, Unavailable, Unreadable
from schemas.registry_client import COMPATIBILITY, RegistryClient
from schemas.review import Review
from streams.topics import ENCOUNTERS, REVIEWS, TOPICS
from tests import builders
from tests.integration.command_line import cleanclaim
from tests.kafka_registry import Registry

pytestmark = pytest.mark.kafka

REVIEW = builders.review("documentation-unsigned")
EVOLVED = codec.avsc(Review) | {
    "fields": [*codec.avsc(Review)["fields"], {"name": "note", "type": ["null", "string"], "default": None}]
}


@pytest.fixture
def another_registry(registry_server):
    """One that may be stopped; only where there can be any."""
    del registry_server
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture
def client(registry_server):
    return RegistryClient(registry_server.url)


@pytest.fixture
def registered(client):
    found = Registered(client)
    found.register()
    return found


def body_of(record, schema, **more):
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(copy.deepcopy(schema)), record.model_dump() | more)
    return body.getvalue()


def test_registering_twice_gives_the_same_ids(registered):
    ids = registered.register()

    assert (ids, sum(topic.record is not None for topic in TOPICS)) == (registered.register(), len(ids))


def test_every_subject_is_held_to_full_compatibility(registered, client):
    levels = {client.compatibility(subject) for subject in registered.register()}

    assert ({COMPATIBILITY}, []) == (levels, registered.differences())


def test_a_value_leaves_under_the_id_of_the_registry_and_is_read_as_what_it_was(registered):
    inside = registry.write(REVIEW)
    outside = registered.frame(inside)

    assert read_value(inside) == registered.read(outside)
    assert registry.FIRST_ID > codec.unframe(outside)[0]


def test_a_value_with_an_id_of_the_package_is_read_too(registered):
    assert REVIEW == registered.read(registry.write(REVIEW))[0]


def test_a_value_under_another_version_of_the_schema_is_read_in_that_of_today(client):
    subject = subject_of(REVIEWS, "evolved.")
    client.register(subject, codec.avsc(Review))
    schema_id = client.register(subject, EVOLVED)
    value = codec.frame(schema_id, body_of(REVIEW, EVOLVED, note="seen"))

    assert (REVIEW, codec.encode(REVIEW)) == Registered(client).read(value)


def test_a_schema_that_cannot_read_what_stands_there_is_refused_by_the_registry(client):
    namespace = "incompatible."
    other = codec.avsc(Review) | {"fields": [{"name": "event_id", "type": "int"}]}
    subject = subject_of(REVIEWS, namespace)
    client.register(subject, other)
    client.set_compatibility(subject)

    with pytest.raises(Misuse, match=r"incompatible\.reviews\.v1-value: the schema of this version"):
        Registered(client, namespace).register()


def test_an_id_never_given_is_unreadable_and_not_an_outage(client):
    with pytest.raises(Unreadable, match="schema id 123456 names no Avro schema in the registry"):
        Registered(client).read(codec.frame(123456, b"body"))


def test_a_schema_of_somebody_else_is_unreadable(client):
    schema_id = client.register("else-value", {"type": "record", "name": "Else", "fields": []})

    with pytest.raises(Unreadable, match="is not of a record of cleanclaim"):
        Registered(client).read(codec.frame(schema_id, b""))


def test_topics_create_registers_and_check_finds_nothing_to_say(broker, registry_server):
    address = ("--bootstrap-servers", broker.bootstrap, "--schema-registry-url", registry_server.url)
    shape = ("--partitions", 2, "--replication-factor", 1)
    env = {"CLEANCLAIM_NAMESPACE": "made."}
    before = cleanclaim("topics", "check", *address, *shape, env=env)
    made = cleanclaim("topics", "create", *address, *shape, env=env)
    after = cleanclaim("topics", "check", *address, *shape, env=env)

    assert (1, 0, 0) == (before.exit_code, made.exit_code, after.exit_code), after.output
    assert "made.encounters.v1: the topic: expected one, found none; make it" in before.output
    assert "18 topics made" in made.output
    assert "13 schemas registered" in made.output


def test_check_names_a_schema_that_is_missing(client):
    namespace = "half."
    client.register(subject_of(ENCOUNTERS, namespace), codec.avsc(ENCOUNTERS.record))
    differences = Registered(client, namespace).differences()

    assert "half.documentation.v1-value: schema: expected that of this version" in " ".join(differences)


def test_a_registry_that_is_down_is_waited_for_and_what_was_read_before_is_still_read(another_registry):
    slept = []
    client = RegistryClient(another_registry.url, sleep=slept.append)
    registered = Registered(client)
    registered.register()
    value = registered.frame(registry.write(REVIEW))
    registered.read(value)
    another_registry.stop()

    with pytest.raises(Unavailable, match=r"schema registry http://localhost:\d+/apis/ccompat/v7 does not answer"):
        client.schema(9)

    assert (REVIEW, 3.4) == (registered.read(value)[0], sum(slept))


def test_the_tags_travel_with_the_schema(registered, client):
    schema_id, _ = codec.unframe(registered.frame(registry.write(REVIEW)))

    assert '"phi": true' in json.dumps(client.schema(schema_id))
