"""Each record has two forms, a model for Python and an .avsc for everyone else; here they are held equal."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import re
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from fastavro.schema import expand_schema
from pydantic import AwareDatetime, create_model

from schemas.codec import RECORDS, avsc
from schemas.record import CENTS_MAX, INT_MAX, LONG_MAX, Record

DATE = {"type": "int", "logicalType": "date"}
MOMENT = {"type": "long", "logicalType": "timestamp-millis"}
SCALARS = {str: "string", bool: "boolean", float: "double", dt.date: DATE, AwareDatetime: MOMENT}
WHOLE_NUMBERS = {INT_MAX: "int", CENTS_MAX: "long", LONG_MAX: "long"}


def avro_record(model: type[Record]) -> dict[str, Any]:
    """The record that the model calls for, without the names of enums, which a Literal does not have."""
    return {
        "type": "record",
        "name": model.__name__,
        "doc": " ".join(inspect.getdoc(model).split()),
        "fields": [avro_field(name, field) for name, field in model.model_fields.items()],
    }


def avro_field(name: str, field: Any) -> dict[str, Any]:
    default = {} if field.is_required() else {"default": field.default}
    return {"name": name, "type": avro_type(field.annotation, field.metadata)} | default


def avro_type(annotation: Any, constraints: list[Any]) -> Any:
    if hasattr(annotation, "__metadata__"):
        return avro_type(annotation.__origin__, [*constraints, *annotation.__metadata__])
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin in (Union, UnionType):
            (value,) = (argument for argument in arguments if argument is not NoneType)
            return ["null", avro_type(value, constraints)]
        case origin if origin is Literal:
            if not all(re.fullmatch(r"[A-Za-z_]\w*", symbol) for symbol in arguments):
                return "string"  # Avro symbols are names, so a code such as "7" cannot be one
            return {"type": "enum", "symbols": [*arguments, "UNKNOWN"], "default": "UNKNOWN"}
        case origin if origin is tuple:
            return {"type": "array", "items": avro_type(arguments[0], [])}
    if annotation is int:
        return WHOLE_NUMBERS[upper_bound(constraints)]
    return avro_record(annotation) if issubclass(annotation, Record) else SCALARS[annotation]


def upper_bound(constraints: list[Any]) -> int:
    parts = [part for constraint in constraints for part in (constraint, *getattr(constraint, "metadata", ()))]
    return next(part.le for part in parts if getattr(part, "le", None) is not None)


def written(schema: Any) -> Any:
    """A schema from an .avsc in the terms of `avro_record`: no namespace, no enum names, no tags."""
    match schema:
        case list():
            return [written(branch) for branch in schema]
        case {"type": "record", "fields": fields}:
            shown = [{**field, "type": written(field["type"])} for field in fields]
            for field in shown:
                field.pop("phi", None)
            return {**schema, "name": schema["name"].removeprefix("cleanclaim."), "fields": shown}
        case {"type": "array"}:
            return {**schema, "items": written(schema["items"])}
        case {"type": "enum"}:
            return {key: value for key, value in schema.items() if key != "name"}
    return schema


by_name = pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)


@by_name
def test_a_record_says_the_same_in_python_and_in_avro(model):
    assert avro_record(model) == written(expand_schema(avsc(model)))


def places(schema: Any) -> Any:
    """Every definition in a schema that a careless hand could change: records' fields, enums, and types."""
    match schema:
        case list():
            for branch in schema:
                yield from places(branch)
        case {"type": "record", "fields": fields}:
            yield schema
            for field in fields:
                yield field
                yield from places(field["type"])
        case {"type": "array", "items": items}:
            yield schema
            yield from places(items)
        case {"type": "enum"}:
            yield schema


def changes(place: dict[str, Any]) -> Any:
    """Small edits of one definition, each of which the other side would not know of."""
    if place.get("type") == "record":
        yield lambda it: it["fields"].append({"name": "added", "type": ["null", "string"], "default": None})
        yield lambda it: it["fields"].pop()
        yield lambda it: it["fields"].insert(0, it["fields"].pop())
        yield lambda it: it.pop("doc")
    elif place.get("type") == "enum":
        yield lambda it: it["symbols"].insert(0, "ADDED")
        yield lambda it: it["symbols"].remove("UNKNOWN")
        yield lambda it: it.pop("default")
    elif place.get("type") == "array":
        yield lambda it: it.update(items="bytes")
    else:
        yield lambda it: it.update(name=it["name"] + "s")
        yield lambda it: it.update(type="bytes")
        yield lambda it: it.update(default="")
        if isinstance(place["type"], list):
            yield lambda it: it["type"].reverse()
            yield lambda it: it.pop("default")
        else:
            yield lambda it: it.update(type=["null", it["type"]], default=None)


@by_name
def test_no_change_of_an_avsc_alone_goes_unnoticed(model):
    definition = expand_schema(avsc(model))
    unnoticed = []
    for number, place in enumerate(places(definition)):
        for change in changes(place):
            changed = copy.deepcopy(definition)
            target = list(places(changed))[number]
            before = copy.deepcopy(target)
            change(target)
            if target != before and avro_record(model) == written(changed):
                unnoticed.append((place.get("name"), target))

    assert [] == unnoticed


@by_name
def test_no_field_added_to_a_model_alone_goes_unnoticed(model):
    wider = create_model(model.__name__, __base__=model, __doc__=model.__doc__, added=(str | None, None))

    assert avro_record(wider) != written(expand_schema(avsc(model)))


LEADING = {
    "Encounter": ["event_id", "encounter_id", "revision", "status"],
    "Documentation": ["event_id", "document_id", "encounter_id", "revision", "role", "status"],
    "Claim": ["event_id", "claim_id", "encounter_id", "revision", "status"],
    "Review": ["event_id", "review_id", "encounter_id", "revision"],
    "Decision": ["decision_id", "claim_id", "claim_revision", "encounter_id"],
    "Hold": ["hold_id", "claim_id", "edit_id"],
    "Remittance": ["event_id", "claim_id"],
    "Denial": ["denial_id", "claim_id", "pattern_id"],
    "Edit": ["edit_id", "revision", "status"],
    "EditDecision": ["event_id", "edit_id", "action"],
    "Alert": ["alert_id", "kind", "status"],
}


@by_name
def test_routing_fields_stand_first_so_that_a_reader_can_peek(model):
    expected = LEADING[model.__name__]
    fields = expand_schema(avsc(model))["fields"][: len(expected)]

    assert expected == [field["name"] for field in fields]
    assert all(field["type"] in ("string", "int") or field["type"]["type"] == "enum" for field in fields)
