"""The AsyncAPI 3 document of every topic, made from the catalogue and the Avro schemas.

What tools read that draw, generate and check event-driven interfaces. The document is that of an installation as
`cleanclaim topics create` makes it by default: a namespace would stand before every address.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from agents.dispatch import Header
from agents.kafka.topics import Layout, config_of
from agents.tracing import TRACEPARENT
from schemas.codec import avsc
from streams.topics import DEAD_LETTERS, INPUT_TOPICS, TOPICS

if TYPE_CHECKING:
    from schemas.record import Record
    from streams.topics import Topic

_AVRO = "application/vnd.apache.avro+json;version=1.9.0"
_BINDING = {"bindingVersion": "0.5.0"}
_CONTENT_TYPE = "application/octet-stream"
_TEXT = {"type": "string"}

_ABOUT = (
    "cleanclaim decides for every stress-test claim whether it may go to the clearinghouse: release, hold or rebuild. "
    "Values are Confluent-framed Avro (byte 0, a 4-byte big-endian schema id, the body); keys are UTF-8 text, "
    "partitioned by murmur2 as Kafka's Java clients do. Read with isolation.level=read_committed. Fields tagged "
    '"phi": true identify a patient, a provider or a claim, or could.'
)


def document() -> dict[str, Any]:
    """The document as a tree of JSON."""
    layout = Layout()
    records = list(dict.fromkeys(topic.record for topic in TOPICS if topic.record))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "cleanclaim",
            "version": version("cleanclaim"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _CONTENT_TYPE,
        "servers": {
            "cluster": {
                "host": "{broker}",
                "protocol": "kafka",
                "description": "Any Kafka cluster with transactions.",
                "variables": {"broker": {"default": "localhost:9092", "description": "CLEANCLAIM_BOOTSTRAP_SERVERS"}},
            }
        },
        "channels": {topic.name: _channel(topic, layout) for topic in TOPICS},
        "operations": dict(_operation(topic) for topic in TOPICS if not topic.compacted),
        "components": {
            "messages": {topic.name: _message(topic) for topic in TOPICS},
            "schemas": {model.__name__: {"schemaFormat": _AVRO, "schema": avsc(model)} for model in records}
            | {"Headers": _headers(), "DeadLetterHeaders": _letter_headers()},
        },
    }


def _channel(topic: Topic, layout: Layout) -> dict[str, Any]:
    config = config_of(topic, layout)
    # The binding knows these by type; what it does not know it takes as text.
    typed: dict[str, Any] = {"cleanup.policy": [config["cleanup.policy"]]}
    typed |= {name: int(config[name]) for name in ("retention.ms", "max.message.bytes") if name in config}
    return {
        "address": topic.name,
        "description": _purpose(topic),
        "messages": {"value": {"$ref": f"#/components/messages/{topic.name}"}},
        "bindings": {
            "kafka": {
                "partitions": layout.partitions,
                "replicas": layout.replication_factor,
                "topicConfiguration": config | typed,
                **_BINDING,
            }
        },
    }


def _purpose(topic: Topic) -> str:
    if topic.compacted:
        return "What a processor remembers, by key. For its workers alone: the bytes are no interface."
    if topic is DEAD_LETTERS:
        return "What could not be read or processed, byte for byte; headers say why and where it came from."
    if topic in INPUT_TOPICS:
        return f"{_name(topic.record)} records from senders, keyed by {topic.key_words}."
    return f"{_name(topic.record)} records, keyed by {topic.key_words}. Only cleanclaim writes here."


def _name(record: type[Record] | None) -> str:
    return "" if record is None else record.__name__


def _operation(topic: Topic) -> tuple[str, dict[str, Any]]:
    """What cleanclaim itself does with a topic, as others see it."""
    action = "receive" if topic in INPUT_TOPICS else "send"
    return f"{action} {topic.name}", {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(topic: Topic) -> dict[str, Any]:
    kafka: dict[str, Any] = {"key": _TEXT | {"description": topic.key_words}, **_BINDING}
    message: dict[str, Any] = {"name": _name(topic.record) or topic.name, "contentType": _CONTENT_TYPE}
    if topic.record is not None:
        kafka |= {"schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent"}
        kafka |= {"schemaLookupStrategy": "TopicNameStrategy"}
        message |= {
            "payload": {"$ref": f"#/components/schemas/{topic.record.__name__}"},
            "headers": {"$ref": "#/components/schemas/Headers"},
        }
    elif topic is DEAD_LETTERS:
        message["headers"] = {"$ref": "#/components/schemas/DeadLetterHeaders"}
    return message | {"bindings": {"kafka": kafka}}


def _headers() -> dict[str, Any]:
    trace = "W3C trace context. Goes unchanged from a fact to the decisions and holds that it brought about."
    replay = "On a record that replaces a dead letter: the SHA-256 of the bytes that could not be read."
    properties = {
        TRACEPARENT: _TEXT | {"description": trace},
        str(Header.REPLAY_OF): _TEXT | {"description": replay},
    }
    return {"type": "object", "properties": properties}


def _letter_headers() -> dict[str, Any]:
    names = [str(header) for header in Header if header is not Header.REPLAY_OF]
    return {
        "type": "object",
        "properties": dict.fromkeys([*names, TRACEPARENT], _TEXT),
        "required": [str(Header.EXCEPTION), str(Header.MESSAGE)],
    }
