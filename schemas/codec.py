"""The wire format: Confluent framing around an Avro body. Bytes in, records out; no business rule.

A framed value is byte 0, the schema id (4 bytes, big-endian) and the Avro body, as fastavro reads and would write it.
"""

from __future__ import annotations

import io
import json
import struct
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar, cast

import fastavro

from schemas import reading, writing
from schemas.alert import Alert
from schemas.claim import Claim
from schemas.decision import Decision
from schemas.denial import Denial
from schemas.documentation import Documentation
from schemas.edit import Edit
from schemas.edit_decision import EditDecision
from schemas.encounter import Encounter
from schemas.errors import Unreadable
from schemas.hold import Hold
from schemas.record import Record
from schemas.remittance import Remittance
from schemas.review import Review
from schemas.trusted import build

if TYPE_CHECKING:
    from fastavro.types import Schema

    from schemas.reading import Reader
    from schemas.writing import Writer

R = TypeVar("R", bound=Record)

RECORDS: tuple[type[Record], ...] = (
    Encounter,
    Documentation,
    Claim,
    Review,
    Decision,
    Hold,
    Remittance,
    Denial,
    Edit,
    EditDecision,
    Alert,
)
"""Every record that has a topic; each has `avsc/<name>.avsc`."""

_HEADER = struct.Struct(">bI")


def avsc_name(model: type[Record]) -> str:
    """The file name of a record's schema without its ending: EditDecision -> edit_decision."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in model.__name__).lstrip("_")


@cache
def avsc(model: type[Record]) -> dict[str, Any]:
    """The Avro schema of `model` as its `.avsc` states it, tags included."""
    text = (files("schemas") / "avsc" / f"{avsc_name(model)}.avsc").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def parsed(model: type[Record]) -> Schema:
    """The schema of `model`, ready for fastavro."""
    return fastavro.parse_schema(avsc(model))


def encode(record: Record) -> bytes:
    """The Avro body of a record, without framing."""
    return _writer(type(record))(record)


@cache
def _writer(model: type[Record]) -> Writer:
    return writing.record_writer(avsc(model)["fields"])


def encode_around(record: Record, nested: str, body: bytes) -> bytes:
    """The Avro body of a record whose field `nested` is already encoded as `body`: a decision holds its claim whole."""
    before, after = _around(type(record), nested)
    return before(record) + body + after(record)


@cache
def _around(model: type[Record], nested: str) -> tuple[Writer, Writer]:
    """The writers of what stands before the field `nested`, and after it."""
    fields = avsc(model)["fields"]
    at = [field["name"] for field in fields].index(nested)
    return writing.record_writer(fields[:at]), writing.record_writer(fields[at + 1 :])


def content(body: bytes) -> bytes:
    """An Avro body without its first field: in a fact that is `event_id`, which is no part of what it says."""
    length = at = shift = 0
    while True:
        byte = body[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a variable-length number has no high bit
            return body[at + (length >> 1) :]  # zigzag: a length is stored doubled


def decode(model: type[R], body: bytes, writer: Schema | None = None) -> R:
    """The record in an Avro body that was written with `writer` (by default the package's own schema).

    Raises `Unreadable` when the bytes are no such record, have bytes left over, or carry an enum symbol unknown here.
    """
    try:
        if writer is None:
            record, end = cast("tuple[R, int]", _reader(model)(body, 0))
        else:
            stream = io.BytesIO(body)
            values: Any = fastavro.schemaless_reader(stream, writer, parsed(model))
            record, end = build(model, values), stream.tell()
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - reading raises what the bytes lead it into: EOFError, IndexError, OverflowError
        # From None: the first error may quote the bytes, and a log that prints causes would print them.
        raise Unreadable(f"{model.__name__}: the bytes are not Avro of the schema that they name") from None
    if end > len(body):
        raise Unreadable(f"{model.__name__}: the bytes end before the record does")
    if end < len(body):
        raise Unreadable(f"{model.__name__}: {len(body) - end} bytes left over after the record")
    return record


@cache
def _reader(model: type[R]) -> Reader[R]:
    return reading.record_reader(model, avsc(model))


def frame(schema_id: int, body: bytes) -> bytes:
    """`body` as it travels: magic byte, schema id, body."""
    return _HEADER.pack(0, schema_id) + body


def unframe(value: bytes) -> tuple[int, bytes]:
    """Schema id and body of a framed value. Raises `Unreadable` if it is not framed."""
    if len(value) < _HEADER.size or value[0] != 0:
        raise Unreadable("expected Confluent framing: byte 0 and a 4-byte schema id before the Avro body")
    return _HEADER.unpack_from(value)[1], value[_HEADER.size :]
