"""Which fields are tagged, spelled out once more: a lost tag is a leak, so losing one takes two edits."""

from __future__ import annotations

import pytest

from schemas.claim import Claim
from schemas.codec import RECORDS
from schemas.edit import Edit
from schemas.phi import is_tagged, tagged

CLAIM = {
    "claim_id",
    "encounter_id",
    "billing_npi",
    "payer_claim_control_number",
    "ordering_npi",
    "diagnoses",
    "lines.service_date",
    "lines.rendering_npi",
}
TAGGED = {
    "Encounter": {"encounter_id", "patient_id", "service_date"},
    "Documentation": {
        "document_id",
        "encounter_id",
        "author_id",
        "signed_at",
        "tracing.vital_signs.at",
        "tracing.started_at",
        "tracing.stopped_at",
    },
    "Claim": CLAIM,
    "Review": {"encounter_id", "claim_id"},
    "Decision": {
        "claim_id",
        "encounter_id",
        "findings.message",
        "rebuild.lines.service_date",
        "rebuild.lines.rendering_npi",
        "facts.id",
        *(f"claim.{name}" for name in CLAIM),
    },
    "Hold": {"claim_id"},
    "Remittance": {"claim_id", "payer_claim_control_number", "lines.service_date"},
    "Denial": {"denial_id", "claim_id"},
    "Edit": set(),
    "EditDecision": set(),
    "Alert": set(),
}


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_what_identifies_a_patient_is_tagged(model):
    assert TAGGED[model.__name__] == {".".join(path) for path in tagged(model)}


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        (("payer_id",), False),
        (("lines", 0, "units"), False),
        (("lines", 1, "modifiers", 0), False),
        (("claim_id",), True),
        (("diagnoses",), True),
        (("diagnoses", 3), True),
        (("lines", 0, "service_date"), True),
    ],
)
def test_the_value_of_a_tagged_field_is_hidden_wherever_it_stands(path, hidden):
    assert hidden == is_tagged(Claim, path)


@pytest.mark.parametrize("path", [(), ("lines",), ("lines", 2)])
def test_a_value_that_holds_a_tagged_field_is_hidden(path):
    assert is_tagged(Claim, path)


@pytest.mark.parametrize("path", [("patient_name",), ("lines", 0, "note"), ("payer_id", "x")])
def test_a_value_that_the_schema_does_not_know_is_hidden(path):
    assert is_tagged(Claim, path)


def test_a_record_without_tags_may_be_shown():
    assert not is_tagged(Edit, ("scope", "payer_ids", 0))
    assert not is_tagged(Edit, ("scope",))
