"""Package ids name schemas for good, and every version of a record can read every other."""

from __future__ import annotations

import copy
import io

import fastavro
import pytest
from fastavro.schema import expand_schema

from schemas import registry
from schemas.codec import RECORDS, avsc, encode, frame
from schemas.compatibility import both_ways, obstacles
from schemas.documentation import Documentation
from schemas.errors import Unreadable
from schemas.review import Review
from tests import builders

by_name = pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)


def test_ids_run_without_a_gap_from_where_no_registry_counts():
    assert list(range(2_000_000_000, 2_000_000_000 + len(registry.history()))) == list(registry.history())


@by_name
def test_the_schema_of_each_record_has_an_id(model):
    assert registry.is_current(model), "give the new text an id with: python -m schemas add"
    assert (model.__name__, avsc(model)) == (
        registry.writer_schema(registry.package_id(model))[0],
        registry.history()[registry.package_id(model)],
    )


@by_name
def test_every_version_of_a_record_reads_every_other(model):
    assert [] == [found for earlier in registry.versions(model).values() for found in both_ways(avsc(model), earlier)]


@pytest.fixture
def earlier_review(monkeypatch):
    """A Review of a time when it had no line_number, but a note; its id is 1 and that of today 2."""
    earlier = copy.deepcopy(avsc(Review))
    earlier["fields"] = [field for field in earlier["fields"] if field["name"] != "line_number"]
    earlier["fields"].append({"name": "note", "type": ["null", "string"], "default": None})
    caches = (registry.package_id, registry.writer_schema, registry._reader)  # noqa: SLF001 - none may outlive the test
    monkeypatch.setattr(registry, "history", lambda: {1: earlier, 2: avsc(Review)})
    for cached in caches:
        cached.cache_clear()
    yield earlier
    for cached in caches:
        cached.cache_clear()


def test_bytes_of_an_earlier_version_are_read_under_the_one_of_today(earlier_review):
    review = builders.review("documentation-unsigned")
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(earlier_review), review.model_dump() | {"note": "seen"})

    assert review == registry.read(frame(1, body.getvalue()))
    assert frame(2, encode(review)) == registry.write(review)


def test_an_earlier_version_with_bytes_left_over_is_unreadable(earlier_review):
    review = builders.review("documentation-unsigned")
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(earlier_review), review.model_dump())

    with pytest.raises(Unreadable, match="1 bytes left over"):
        registry.read(frame(1, body.getvalue() + b"!"))


REVIEW = avsc(Review)


def changed(change):
    schema = copy.deepcopy(expand_schema(REVIEW))
    change(schema["fields"])
    return schema


def at(fields, name):
    return next(field for field in fields if field["name"] == name)


@pytest.mark.parametrize(
    ("change", "new_from_old", "old_from_new"),
    [
        (lambda fields: fields.reverse(), [], []),
        (lambda fields: fields.append({"name": "note", "type": ["null", "string"], "default": None}), [], []),
        (lambda fields: fields.remove(at(fields, "line_number")), [], []),
        (lambda fields: at(fields, "answer")["type"]["symbols"].insert(0, "PARTLY"), [], []),
        (
            lambda fields: fields.append({"name": "note", "type": "string"}),
            ["Review.note: not written, and has no default"],
            [],
        ),
        (
            lambda fields: fields.remove(at(fields, "decided_by")),
            [],
            ["Review.decided_by: not written, and has no default"],
        ),
        (
            lambda fields: at(fields, "revision").update(type="long"),
            ["Review.revision: int cannot be read as long"],
            ["Review.revision: long cannot be read as int"],
        ),
        (
            lambda fields: at(fields, "occurred_at").update(type={"type": "long", "logicalType": "timestamp-micros"}),
            ["Review.occurred_at: timestamp-millis cannot be read as timestamp-micros"],
            ["Review.occurred_at: timestamp-micros cannot be read as timestamp-millis"],
        ),
        (
            lambda fields: at(fields, "decided_by").update(type=["null", "string"]),
            [],
            ["Review.decided_by: null cannot be read as string"],
        ),
        (
            lambda fields: at(fields, "line_number").update(type=["null", "string"]),
            ["Review.line_number: int is none of null or string"],
            ["Review.line_number: string is none of null or int"],
        ),
        (
            lambda fields: at(fields, "decided_by").update(type={"type": "array", "items": "string"}),
            ["Review.decided_by: string cannot be read as array"],
            ["Review.decided_by: array cannot be read as string"],
        ),
    ],
)
def test_a_change_that_breaks_a_reader_is_named(change, new_from_old, old_from_new):
    new = changed(change)

    assert new_from_old == obstacles(new, REVIEW)
    assert old_from_new == obstacles(REVIEW, new)


def test_a_change_deep_inside_is_named_by_its_place():
    new = copy.deepcopy(expand_schema(avsc(Documentation)))
    tracing = at(new["fields"], "tracing")["type"][1]
    vital_signs = at(tracing["fields"], "vital_signs")["type"]["items"]
    at(vital_signs["fields"], "at").update(type="string")
    modality = at(tracing["fields"], "modality")["type"][1]
    modality["symbols"].remove("BICYCLE")
    modality.pop("default")

    assert [
        "Documentation.tracing.modality: BICYCLE may be written, and the enum has no default",
        "Documentation.tracing.vital_signs[].at: timestamp-millis cannot be read as string",
    ] == obstacles(new, avsc(Documentation))
