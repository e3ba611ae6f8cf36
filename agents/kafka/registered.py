"""Schemas of topics in a registry: ids on the way out, any version of any id on the way in.

Inside, cleanclaim keeps the ids of the package (states, the embedded log); only what crosses a topic is framed anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastavro
from fastavro.schema import SchemaParseException, to_parsing_canonical_form

from agents.dispatch import read_value
from schemas import codec, registry
from schemas.errors import Misuse, Unreadable
from schemas.registry_client import COMPATIBILITY
from streams.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastavro.types import Schema

    from schemas.record import Record
    from schemas.registry_client import RegistryClient
    from streams.topics import Topic

_MODELS = {model.__name__: model for model in codec.RECORDS}


class Registered:
    """The schemas of the catalogue's topics in one registry. A subject is `<topic>-value`, as Confluent names it.

    `namespace` stands before the name of every topic.
    """

    def __init__(self, client: RegistryClient, namespace: str = "") -> None:
        self._client = client
        self._namespace = namespace
        self._ids: dict[type[Record], int] = {}
        self._readers: dict[int, tuple[type[Record], Schema | None]] = {}

    def register(self) -> dict[str, int]:
        """Subject -> id, given now where there was none, each subject held to FULL_TRANSITIVE from now on.

        Raises `Misuse` where a schema is not compatible with what stands there.
        """
        ids = {}
        for subject, model in self._subjects():
            ids[subject] = self._client.register(subject, codec.avsc(model))
            if self._client.compatibility(subject) != COMPATIBILITY:
                self._client.set_compatibility(subject)
        return ids

    def differences(self) -> list[str]:
        """Where the registry is not as `register` leaves it, and what to do."""
        found = []
        for subject, model in self._subjects():
            if self._client.lookup(subject, codec.avsc(model)) is None:
                found.append(f"{subject}: schema: expected that of this version, found none like it; {_REMEDY}")
                continue
            level = self._client.compatibility(subject)
            if level != COMPATIBILITY:
                found.append(f"{subject}: compatibility: expected {COMPATIBILITY}, found {level}; {_REMEDY}")
        return found

    def frame(self, value: bytes) -> bytes:
        """A value framed with an id of the package, as it leaves: under the registry's id for the same schema.

        Raises `Misuse` where the registry has none, `Unavailable` where it does not answer.
        """
        schema_id, body = codec.unframe(value)
        model = _MODELS[registry.writer_schema(schema_id)[0]]
        if schema_id != registry.package_id(model):
            return value
        return codec.frame(self._id(model), body)

    def read(self, value: bytes) -> tuple[Record, bytes]:
        """The record in a value with either kind of id, and its Avro body in today's schema.

        Raises `Unreadable`, as `agents.dispatch.read_value`, and `Unavailable` where the registry does not answer.
        """
        schema_id, body = codec.unframe(value)
        if schema_id >= registry.FIRST_ID:
            return read_value(value)
        if schema_id not in self._readers:
            self._readers[schema_id] = _reader(schema_id, self._client.schema(schema_id))
        model, writer = self._readers[schema_id]
        record: Record = codec.decode(model, body, writer)
        return record, body if writer is None else codec.encode(record)

    def _id(self, model: type[Record]) -> int:
        if model not in self._ids:
            subject = next(subject for subject, each in self._subjects() if each is model)
            schema_id = self._client.lookup(subject, codec.avsc(model))
            if schema_id is None:
                raise Misuse(f"schema registry: {subject}: the schema is not there; {_REMEDY}")
            self._ids[model] = schema_id
        return self._ids[model]

    def _subjects(self) -> Iterator[tuple[str, type[Record]]]:
        for topic in TOPICS:
            if topic.record is not None:
                yield subject_of(topic, self._namespace), topic.record


_REMEDY = "register it: cleanclaim topics create with --schema-registry-url"


def subject_of(topic: Topic, namespace: str = "") -> str:
    """Where the registry keeps the versions of a topic's value schema."""
    return f"{namespace}{topic.name}-value"


def _reader(schema_id: int, schema: dict[str, Any]) -> tuple[type[Record], Schema | None]:
    """The model for a schema, and the schema to resolve from: None where it writes what today's writes."""
    model = _MODELS.get(str(schema.get("name", "")).rpartition(".")[2])
    if model is None:
        raise Unreadable(f"schema id {schema_id} is not of a record of cleanclaim")
    try:
        writer = fastavro.parse_schema(schema)
    except (SchemaParseException, KeyError, TypeError, ValueError):
        raise Unreadable(f"schema id {schema_id} is no Avro schema") from None
    same = to_parsing_canonical_form(writer) == to_parsing_canonical_form(codec.parsed(model))
    return model, None if same else writer
