"""Canaries: marked values in every tagged field of every input, and a way to find them wherever they turn up."""

from __future__ import annotations

import copy
import datetime as dt
import json

from schemas.phi import tagged
from schemas.record import millis
from schemas.remittance import Remittance, RemittanceLine
from streams.topics import BY_NAME, CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS, INPUT_BYTES, REMITTANCES, REVIEWS
from tests.builders import at, chart, claim, encounter, line, review

DAY, MOMENT, NUMBER = "1931-07-13", "1931-07-13T01:02:03Z", 19310713
_MOMENT_MS = millis(dt.datetime.fromisoformat(MOMENT))
_EPOCH_DAYS = (dt.date.fromisoformat(DAY) - dt.date(1970, 1, 1)).days
MARKS = ("canary", DAY, str(NUMBER), str(_MOMENT_MS), str(_EPOCH_DAYS))
"""What no text may show, also as the numbers that Avro holds. Looked for in any case, and over the ends of lines."""

REMITTANCE = Remittance(
    event_id="remit-1",
    claim_id="C1",
    payer_id="P01",
    payer_claim_control_number="ICN1",
    claim_status_code="4",
    received_at=at(900),
    adjustments=(),
    remark_codes=(),
    lines=(
        RemittanceLine(
            procedure_code="93015",
            modifiers=(),
            units=1,
            charge_cents=1,
            paid_cents=0,
            service_date=at().date(),
            adjustments=(),
            remark_codes=(),
        ),
    ),
)
RECORDS = [
    (ENCOUNTERS, encounter()),
    *((DOCUMENTATION, document) for document in chart()),
    (CLAIMS_BUILT, claim(line("93015"), line("93018"), payer_claim_control_number="ICN1")),
    (REVIEWS, review("diagnosis-not-supporting")),
    (REMITTANCES, REMITTANCE),
]
"""Of every topic that has tagged fields, with a value in each of them."""


def change(value, path, new):
    """Let `new(old)` stand at `path`, in each element of a list on the way; what is null stays."""
    if isinstance(value, list) and path:
        for each in value:
            change(each, path, new)
    elif value is not None:
        name, *rest = path
        if rest:
            change(value[name], rest, new)
        elif value[name] is not None:
            value[name] = new(value[name])


def marker(name):
    """A value of the same type that nobody may see."""

    def mark(old):
        if isinstance(old, list):
            return [f"Canary-{name}"]
        digits = old.replace("-", "")[:8].isdigit()
        return (MOMENT if "T" in old else DAY) if digits and "-" in old else f"Canary-{name}"

    return mark


def marked(topic, record):
    """A line that can be read, with a marker in every tagged field."""
    value = record.model_dump(mode="json")
    for path in sorted(tagged(topic.record)):
        # Documents are told apart by their ids.
        name = record.role if path == ("document_id",) else path[-1]
        change(value, path, marker(name))
    return {"topic": topic.name, "value": value}


GOOD = [marked(topic, record) for topic, record in RECORDS]
CLAIM, DOCUMENT, REVIEW = GOOD[4], GOOD[1], GOOD[5]

WRONG_VALUES = (NUMBER, f"{DAY} Canary", {"Canary": "Canary"}, ["Canary", NUMBER], True, f"{MOMENT}canary")


def _fits(value, old):
    """Text fits a field that is neither a day nor a moment."""
    return isinstance(value, str) and isinstance(old, str) and old not in {DAY, MOMENT}


def wrong():
    """Lines that cannot be taken, every value in them a marker."""
    for good in GOOD:
        for path in sorted(tagged(BY_NAME[good["topic"]].record)):
            for value in WRONG_VALUES:
                bad = copy.deepcopy(good)
                change(bad["value"], path, lambda old, value=value: old if _fits(value, old) else value)
                if bad != good:
                    yield bad
        yield good | {"value": good["value"] | {"revision": "x", "received_at": "x"}}
        yield good | {"value": good["value"] | {"Canary field": "Canary"}}
        yield good | {"value": good["value"] | {"unknown": "Canary"}}
        yield good | {"value": good["value"] | {"occurred_at": "2999-01-01T00:00:00Z"}}
        yield good | {"key": "Canary-another"}
        yield good | {"key": NUMBER}
        yield good | {"Canary": "Canary"}
        yield good | {"topic": "Canary"}
        yield good | {"topic": "holds.v1"}
        yield good | {"value": "Canary"}


def texts():
    for bad in wrong():
        yield json.dumps(bad)
    for good in GOOD:
        whole = json.dumps(good)
        yield whole[: len(whole) // 2]
        yield whole + "Canary"
    yield "Canary"
    yield '"Canary"'
    yield f'["Canary", {NUMBER}]'
    yield "Canary" * (INPUT_BYTES // 6 + 1)
    yield json.dumps(DOCUMENT | {"value": DOCUMENT["value"] | {"author_id": "Canary-other"}})  # a conflict


def seen(*parts):
    """The marks in what was said."""
    flat = "".join("".join(part.split()) for part in parts).casefold()
    return {mark for mark in MARKS if mark in flat}
