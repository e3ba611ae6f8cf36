"""What else the encounter could have said."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from schemas.encounter import Encounter, Ownership
from streams.alternatives.change import IMAGINED, Change, reads, shown, with_encounter
from streams.case import current_document, known
from streams.codes import DOCUMENT_ROLE, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.claim import Claim
    from schemas.decision import Finding
    from streams.facts import Facts

_FIELDS = ("encounter_class", "place_of_service", "off_campus")
_REGISTRATIONS = (
    ("AMBULATORY", "11", "NONE"),
    ("HOSPITAL_OUTPATIENT", "22", "NONE"),
    ("HOSPITAL_OUTPATIENT", "19", "EXCEPTED"),
    ("HOSPITAL_OUTPATIENT", "19", "NON_EXCEPTED"),
    ("EMERGENCY", "23", "NONE"),
    ("INPATIENT", "21", "NONE"),
)
"""One that fits for each kind of setting."""


def of_visit(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """Single changes to the encounter, or its arrival."""
    encounter = facts.encounter
    if encounter is None:
        if reads(finding, "encounter"):
            come = _imagined(claim)
            yield Change(
                "encounter", "missing", "completed, as the claim says", lambda facts: replace(facts, encounter=come)
            )
        return
    values: tuple[tuple[str, Any], ...] = (
        ("status", "COMPLETED"),
        ("supervision_mode", "ON_SITE"),
        ("payer_id", claim.payer_id),
    )
    for field, value in values:
        now = getattr(encounter, field)
        if now != value and reads(finding, f"encounter.{field}"):
            yield Change(f"encounter.{field}", shown(now), shown(value), partial(with_encounter, **{field: value}))
    if reads(finding, "encounter.ownership"):
        yield from _owners(facts, encounter, claim)
    if reads(finding, "encounter.place_of_service"):
        yield from _registrations(encounter)


def of_visit_at_last(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """What is rather wrong on the claim than in the registration: the date of service, and who furnished a role."""
    encounter = facts.encounter
    if encounter is None:
        return
    dates = {line.service_date for line in claim.lines} - {encounter.service_date}
    if dates and reads(finding, "encounter.service_date"):
        date = min(dates)
        now = shown(encounter.service_date)
        yield Change("encounter.service_date", now, shown(date), partial(with_encounter, service_date=date))
    if reads(finding, "encounter.ownership"):
        for role in ROLES:
            yield _owner(encounter, role, "another entity")


def _owners(facts: Facts, encounter: Encounter, claim: Claim) -> Iterator[Change]:
    for role in ROLES:
        document = current_document(facts.documents, DOCUMENT_ROLE[role])
        documenting = (document.entity_id,) if document else ()
        for entity in dict.fromkeys((claim.billing_entity_id, *documenting)):
            if entity != getattr(encounter.ownership, role):
                yield _owner(encounter, role, entity)
    if not encounter.ownership.one_locality:
        yield Change("encounter.ownership.one_locality", "False", "True", partial(_with_owner, one_locality=True))


def _owner(encounter: Encounter, role: str, entity: str) -> Change:
    now = known(getattr(encounter.ownership, role))
    update: dict[str, Any] = {role: entity}
    return Change(f"encounter.ownership.{role}", shown(now), entity, partial(_with_owner, **update))


def _with_owner(facts: Facts, **update: Any) -> Facts:
    encounter = facts.encounter
    return with_encounter(facts, ownership=encounter and encounter.ownership.model_copy(update=update))


def _registrations(encounter: Encounter) -> Iterator[Change]:
    now = {field: getattr(encounter, field) for field in _FIELDS}
    for registration in _REGISTRATIONS:
        fitting: dict[str, Any] = dict(zip(_FIELDS, registration, strict=True))
        update = {field: value for field, value in fitting.items() if now[field] != value}
        if update:
            yield Change(
                "encounter." + ", ".join(update),
                ", ".join(shown(now[field]) for field in update),
                ", ".join(update.values()),
                partial(with_encounter, **update),
            )


def _imagined(claim: Claim) -> Encounter:
    """The encounter that suits the claim: completed, where it says, every part by its biller."""
    place = known(claim.place_of_service) or _place_of_bill(claim)
    setting = next((each for each in _REGISTRATIONS if each[1] == place), ("AMBULATORY", place, "NONE"))
    biller = claim.billing_entity_id
    return Encounter.model_validate(
        {
            **dict(zip(_FIELDS, setting, strict=True)),
            "event_id": IMAGINED,
            "encounter_id": claim.encounter_id,
            "revision": 1,
            "status": "COMPLETED",
            "site_id": "",
            "patient_id": "",
            "payer_id": claim.payer_id,
            "service_date": min((line.service_date for line in claim.lines), default=claim.built_at.date()),
            "ownership": Ownership(technical=biller, supervision=biller, interpretation=biller, one_locality=True),
            "supervision_mode": "ON_SITE",
            "occurred_at": claim.occurred_at,
        }
    )


def _place_of_bill(claim: Claim) -> str:
    if claim.claim_type == "PROFESSIONAL":
        return "11"
    return "21" if (claim.type_of_bill or "").startswith(("011", "012")) else "22"
