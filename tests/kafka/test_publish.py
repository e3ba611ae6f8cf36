"""`publish`: every line on its topic under its key, or a dead letter with file and line, once."""

from __future__ import annotations

import json

import pytest

from agents.dispatch import Header
from agents.generate import generate
from agents.ndjson import read_line
from agents.partitioner import partition_of
from schemas import registry
from schemas.errors import Unreadable
from streams.topics import DEAD_LETTERS, ENCOUNTERS, INPUT_TOPICS
from tests.integration.command_line import CLEAN, cleanclaim, event, write
from tests.kafka.reading import committed, headers_of
from tests.kafka_broker import PARTITIONS

pytestmark = pytest.mark.kafka

NO_JSON = "{not json}\n"
UNREADABLE_FACT = event(CLEAN[0], encounter_id="E9", patient_id=12345)


def publish(broker, *arguments, **more):
    return cleanclaim("publish", *arguments, "--bootstrap-servers", broker.bootstrap, **more)


def letters(broker, *arguments):
    return cleanclaim("dead-letters", *arguments, "--bootstrap-servers", broker.bootstrap)


@pytest.fixture
def broken(topics, tmp_path):
    """A broker that was sent a day with two lines that cannot be read, and the result of sending it."""
    path = write(tmp_path / "day.ndjson", *CLEAN, NO_JSON, UNREADABLE_FACT)
    return topics, path, publish(topics, path, "--json")


def test_every_record_arrives_under_its_key_where_murmur2_puts_it(topics, tmp_path):
    lines = [each.line for each in generate(60, 3)]
    path = tmp_path / "day.ndjson"
    path.write_bytes(b"".join(lines))
    readable = []
    for line in lines:
        try:
            readable.append(read_line(line))
        except Unreadable:
            continue

    result = publish(topics, path, "--json")

    arrived = []
    for topic in INPUT_TOPICS:
        for message in committed(topics.bootstrap, topic.name):
            key = message.key().decode()
            try:
                record = registry.read(message.value())
            except Unreadable:
                continue  # a fact that cannot be read, for its processors to know
            arrived.append((topic.name, key, record.model_dump_json()))
            assert partition_of(key, PARTITIONS) == message.partition()
    assert sorted((each.topic.name, each.key, each.record.model_dump_json()) for each in readable) == sorted(arrived)
    assert (0, len(readable)) == (result.exit_code, sum(json.loads(result.stdout)["sent"].values()))


def test_records_of_a_key_keep_their_order(topics, tmp_path):
    revisions = [event(CLEAN[0], revision=revision) for revision in range(1, 200)]
    publish(topics, write(tmp_path / "day.ndjson", *revisions))

    arrived = [registry.read(message.value()).revision for message in committed(topics.bootstrap, ENCOUNTERS.name)]
    assert list(range(1, 200)) == arrived


def test_what_cannot_be_read_is_a_dead_letter_with_file_and_line(broken):
    broker, _, result = broken

    found = {
        headers_of(message)[Header.LINE]: headers_of(message)
        for message in committed(broker.bootstrap, DEAD_LETTERS.name)
    }
    assert {"6", "7"} == set(found)
    assert "day.ndjson" == found["7"][Header.FILE]
    assert (
        "day.ndjson:7: encounters.v1: patient_id: expected text, got a number (value not shown)"
        in found["7"][Header.MESSAGE]
    )
    assert (2, 0) == (json.loads(result.stdout)["dead_letters"], result.exit_code)
    assert "12345" not in result.stderr


def test_a_fact_that_cannot_be_read_reaches_the_processors_of_its_encounter(broken):
    broker, _, _ = broken

    arrived = [message.value() for message in committed(broker.bootstrap, ENCOUNTERS.name) if message.key() == b"E9"]
    assert [UNREADABLE_FACT.strip().encode()] == arrived


def test_a_dead_letter_is_kept_once_however_often_its_file_is_sent(broken):
    broker, path, _ = broken
    again = json.loads(publish(broker, path, "--json").stdout)

    assert (0, 2, 2) == (
        again["dead_letters"],
        again["dead_letters_known"],
        len(committed(broker.bootstrap, DEAD_LETTERS.name)),
    )


def test_strict_makes_a_line_that_cannot_be_read_an_error(broken):
    broker, path, _ = broken

    assert 1 == publish(broker, path, "--strict").exit_code


def test_standard_input_is_sent_too(topics):
    result = publish(topics, "-", stdin=event(CLEAN[0]))

    assert (0, 1) == (result.exit_code, len(committed(topics.bootstrap, ENCOUNTERS.name)))


def test_a_cluster_that_does_not_answer_ends_with_its_own_code(tmp_path, monkeypatch):
    monkeypatch.setattr("agents.kafka.connection._SECONDS", 1.0)
    result = cleanclaim("publish", write(tmp_path / "day.ndjson", *CLEAN), "--bootstrap-servers", "localhost:1")

    assert (3, True) == (result.exit_code, "does not answer" in result.stderr)


def test_topics_that_are_missing_are_named_before_anything_is_sent(topics, tmp_path):
    env = {"CLEANCLAIM_NAMESPACE": "nowhere."}
    result = publish(topics, write(tmp_path / "day.ndjson", *CLEAN), env=env)

    assert (2, True) == (
        result.exit_code,
        "nowhere.encounters.v1: the topic: expected one, found none" in result.stderr,
    )


def test_dead_letters_are_listed_and_shown_without_their_bytes(broken):
    broker, _, _ = broken
    listed = letters(broker, "list")
    letter_id = next(line.split()[0] for line in listed.stdout.splitlines() if "day.ndjson:6" in line)
    shown = letters(broker, "show", letter_id)
    revealed = letters(broker, "show", letter_id, "--reveal")

    assert "2 dead letters, 2 not replayed." in listed.stdout
    assert "day.ndjson:7" in listed.stdout
    assert (False, True) == ("not json" in shown.stdout, "not json" in revealed.stdout)


def test_a_dead_letter_that_is_mended_is_sent_once_with_word_of_what_it_replaces(broken, tmp_path):
    broker, _, _ = broken
    listed = [json.loads(line) for line in letters(broker, "list", "--json").stdout.splitlines()]
    letter = next(each for each in listed if each["topic"] == ENCOUNTERS.name)
    mended = write(tmp_path / "mended.ndjson", event(CLEAN[0], encounter_id="E9"))

    first = letters(broker, "replay", letter["id"], "--with", mended)
    second = letters(broker, "replay", letter["id"], "--with", mended)

    sent = [each for each in committed(broker.bootstrap, ENCOUNTERS.name) if Header.REPLAY_OF in headers_of(each)]
    assert (0, 1, "replayed before") == (
        first.exit_code,
        second.exit_code,
        second.stdout.splitlines()[1].split("  ")[-1],
    )
    assert [(b"E9", letter["id"])] == [(each.key(), headers_of(each)[Header.REPLAY_OF]) for each in sent]
    assert "2 dead letters, 1 not replayed." in letters(broker, "list").stdout


def test_a_dead_letter_that_still_cannot_be_read_stays(broken):
    broker, _, _ = broken
    result = letters(broker, "replay", "--all")

    assert (1, True) == (result.exit_code, "0 of 2 dead letters replayed." in result.stdout)


def test_values_leave_under_the_ids_of_a_registry(topics, registry_server, tmp_path):
    address = ("--bootstrap-servers", topics.bootstrap, "--schema-registry-url", registry_server.url)
    cleanclaim("topics", "create", *address, "--replication-factor", 1)
    cleanclaim("publish", write(tmp_path / "day.ndjson", *CLEAN), *address)

    ids = {int.from_bytes(each.value()[1:5]) for each in committed(topics.bootstrap, ENCOUNTERS.name)}
    assert registry.FIRST_ID > max(ids)
