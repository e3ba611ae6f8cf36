"""A value off a wire, or a dead letter that gets its second chance, as the record that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.dispatch import Entry, Header, read_value
from agents.ndjson import read_line
from schemas import codec, registry
from schemas.errors import Misuse, Unreadable
from streams.topics import BY_NAME, FACT_TOPICS, INPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.engine import Logged
    from schemas.record import Record
    from streams.topics import Topic

    Read = Callable[[bytes], tuple[Record, bytes]]


def entry_from_wire(topic: Topic, key: str | None, value: bytes, read: Read = read_value) -> tuple[Entry, bytes]:
    """A value off a wire as it goes into the log, and its Avro body. Raises `Unreadable` if it is out of place."""
    if len(value) > INPUT_BYTES:
        raise Unreadable(f"expected a value of up to {INPUT_BYTES} bytes, got {len(value)}")
    record, body = read(value)
    if type(record) is not topic.record:
        raise Unreadable(f"holds no {type(record).__name__}")
    if key is None and topic.key is not None:
        key = topic.key(record)
    if not key:
        raise Unreadable(f"key: expected {topic.key_words}, got nothing")
    return Entry(topic, key, value, record), body


def second_reading(
    letter_id: str, logged: Logged, replacement: bytes | None, read: Read = read_value
) -> tuple[Entry, bytes]:
    """A dead letter as a record after all, or the line of NDJSON that replaces it, and its Avro body.

    Raises `Unreadable` if it is none this time either, `Misuse` if a line is needed or is for another encounter.
    """
    headers, value = logged.headers, logged.value
    if replacement is None and Header.LENGTH in headers:
        raise Misuse(f"dead letter {letter_id[:12]}: only its beginning was kept; give the line that replaces it")
    if replacement is None and (Header.OFFSET in headers or Header.FILE not in headers):  # from the log, or off a wire
        return entry_from_wire(BY_NAME[headers[Header.TOPIC]], logged.key, value, read)
    topic, key, record = read_line(value if replacement is None else replacement)
    meant = BY_NAME.get(headers.get(Header.TOPIC, ""))
    if meant in FACT_TOPICS and logged.key and (topic not in FACT_TOPICS or key != logged.key):
        raise Misuse(
            f"dead letter {letter_id[:12]}: expected a fact of the same encounter; run the other one as a line of its "
            "own, and confirm the hold of this one's claims by a review"
        )
    body = codec.encode(record)
    return Entry(topic, key, codec.frame(registry.package_id(type(record)), body), record), body
