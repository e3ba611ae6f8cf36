"""What else each fact could have said: the single changes that the counterfactual search may try.

An alternative belongs to the paths that an edit's evidence names, so only what a finding rests on is ever changed.
Nothing here knows an edit; whether a change helps is asked of the gates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schemas.documentation import Documentation, InterpretationReport, SupervisionNote, Tracing, VitalSigns
from schemas.encounter import Encounter, Ownership
from schemas.review import Review
from streams.case import current_document, known
from streams.codes import DOCUMENT_ROLE, FAMILY, ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.claim import Claim, Line
    from schemas.decision import Finding, Rebuild
    from streams.facts import Facts

VALID_NPI = "1234567893"
SUPPORTING_DIAGNOSIS = "I25.10"
ANOTHER_AUTHOR = "another author"
ANOTHER_ENTITY = "another entity"

_REGISTRATIONS = (
    ("AMBULATORY", "11", "NONE"),
    ("HOSPITAL_OUTPATIENT", "22", "NONE"),
    ("HOSPITAL_OUTPATIENT", "19", "EXCEPTED"),
    ("HOSPITAL_OUTPATIENT", "19", "NON_EXCEPTED"),
    ("EMERGENCY", "23", "NONE"),
    ("INPATIENT", "21", "NONE"),
)
_REGISTRATION = ("encounter_class", "place_of_service", "off_campus")
_BILL_TYPE = {"INPATIENT": "011", "AMBULATORY": "013", "HOSPITAL_OUTPATIENT": "013", "EMERGENCY": "013"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one fact that would say something else: where, what it says now, and what it would say."""

    path: str
    now: str
    then: str


Alternative = tuple[Change, "Facts"]
"""A change, and the facts after it."""


def alternatives(facts: Facts, claim_id: str, finding: Finding, rebuild: Rebuild | None) -> Iterator[Alternative]:
    """The single changes to what `finding` rests on; the claim's own rebuild first, a person's review last."""
    claim = next(claim for claim in facts.claims if claim.claim_id == claim_id)
    if rebuild is not None and not rebuild.void:
        rebuilt = claim.model_copy(update={"lines": rebuild.lines, "place_of_service": rebuild.place_of_service})
        yield Change("claim", "as built", "as the rebuild proposes"), _with_claim(facts, rebuilt)
    roots = {path.split(".", 1)[0] for path in finding.evidence}
    if "encounter" in roots:
        yield from _encounter(facts, claim, finding)
    if "documentation" in roots:
        yield from _documents(facts, claim, finding)
    if "claim" in roots:
        yield from _claim(facts, claim, finding)
    if "earlier_claims" in roots:
        yield from _earlier_claims(facts, claim)
    if "dead_letters" in roots and facts.unreadable:
        yield Change("dead letter", "unreadable", "replayed"), replace(facts, unreadable=False)
    if any(path.endswith(".revision") for path in finding.evidence) and facts.conflicts:
        yield Change("revision", "two contents", "a higher one from the sender"), replace(facts, conflicts=frozenset())
    yield _review(facts, claim, finding)


def _reads(finding: Finding, path: str) -> bool:
    """Whether the finding's evidence names `path`, or a part or the whole of it."""
    return any(path == read or path.startswith(f"{read}.") or read.startswith(f"{path}.") for read in finding.evidence)


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# Encounter -----------------------------------------------------------------------------------------------------------


def _encounter(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Alternative]:
    encounter = facts.encounter
    if encounter is None:
        yield Change("encounter", "missing", "completed"), replace(facts, encounter=_imagined_encounter(claim))
        return

    def changed(path: str, field: str, value: Any) -> Iterator[Alternative]:
        now = getattr(encounter, field)
        if now != value and _reads(finding, path):
            after = replace(facts, encounter=encounter.model_copy(update={field: value}))
            yield Change(path, _shown(now), _shown(value)), after

    yield from changed("encounter.status", "status", "COMPLETED")
    yield from changed("encounter.supervision_mode", "supervision_mode", "ON_SITE")
    yield from changed("encounter.payer_id", "payer_id", claim.payer_id)
    if _reads(finding, "encounter.ownership"):
        yield from _owners(facts, encounter, claim)
    for registration in _REGISTRATIONS:
        update = dict(zip(_REGISTRATION, registration, strict=True))
        differing = [field for field in _REGISTRATION if getattr(encounter, field) != update[field]]
        if differing and _reads(finding, "encounter.place_of_service"):
            path = "encounter." + ", ".join(differing)
            now = ", ".join(_shown(getattr(encounter, field)) for field in differing)
            then = ", ".join(update[field] for field in differing)
            yield Change(path, now, then), replace(facts, encounter=encounter.model_copy(update=update))


def _owners(facts: Facts, encounter: Encounter, claim: Claim) -> Iterator[Alternative]:
    ownership = encounter.ownership
    for role in ROLES:
        now = known(getattr(ownership, role))
        document = current_document(facts.documents, DOCUMENT_ROLE[role])
        documenting = (document.entity_id,) if document else ()
        for entity in dict.fromkeys((claim.billing_entity_id, *documenting, ANOTHER_ENTITY)):
            if entity != now:
                after = ownership.model_copy(update={role: entity})
                yield Change(f"encounter.ownership.{role}", _shown(now), entity), _with_owners(facts, encounter, after)
    if not ownership.one_locality:
        after = ownership.model_copy(update={"one_locality": True})
        yield Change("encounter.ownership.one_locality", "False", "True"), _with_owners(facts, encounter, after)


def _with_owners(facts: Facts, encounter: Encounter, ownership: Ownership) -> Facts:
    return replace(facts, encounter=encounter.model_copy(update={"ownership": ownership}))


def _imagined_encounter(claim: Claim) -> Encounter:
    """The encounter that would suit the claim: completed, where it says, all parts by its biller."""
    place = known(claim.place_of_service) or ("22" if claim.claim_type == "INSTITUTIONAL" else "11")
    fitting = next((each for each in _REGISTRATIONS if each[1] == place), ("AMBULATORY", place, "NONE"))
    biller = claim.billing_entity_id
    return Encounter.model_validate(
        {
            "event_id": "imagined",
            "encounter_id": claim.encounter_id,
            "revision": 1,
            "status": "COMPLETED",
            "site_id": "",
            "encounter_class": fitting[0],
            "place_of_service": place,
            "off_campus": fitting[2],
            "patient_id": "",
            "payer_id": claim.payer_id,
            "service_date": claim.lines[0].service_date if claim.lines else claim.built_at.date(),
            "ownership": Ownership(technical=biller, supervision=biller, interpretation=biller, one_locality=True),
            "supervision_mode": "ON_SITE",
            "occurred_at": claim.occurred_at,
        }
    )


# Documents -----------------------------------------------------------------------------------------------------------


def _documents(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Alternative]:
    for role in ROLES:
        document = current_document(facts.documents, DOCUMENT_ROLE[role])
        name = f"documentation[{DOCUMENT_ROLE[role]}]"
        if document is None:
            if _reads(finding, "documentation.role"):
                after = replace(facts, documents=(*facts.documents, _imagined_document(facts, claim, role)))
                yield Change(name, "none in force", "final, complete and signed"), after
            continue
        for path, update in _document_updates(facts, claim, role, document):
            if _reads(finding, f"documentation.{path}"):
                now, then = _field(document, path), _field(document.model_copy(update=update), path)
                if now != then:
                    documents = tuple(
                        each.model_copy(update=update) if each is document else each for each in facts.documents
                    )
                    yield Change(f"{name}.{path}", _shown(now), _shown(then)), replace(facts, documents=documents)


def _field(document: Documentation, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = getattr(value, name, None)
    return len(value) if isinstance(value, tuple) else value


def _document_updates(
    facts: Facts, claim: Claim, role: Role, document: Documentation
) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "status", {"status": "FINAL"}
    yield "signed_at", {"signed_at": document.signed_at or document.occurred_at}
    owner = known(getattr(facts.encounter.ownership, role)) if facts.encounter else None
    yield "entity_id", {"entity_id": owner or claim.billing_entity_id}
    if role == "supervision":
        yield "supervision.separate_from_tracing", {"supervision": SupervisionNote(separate_from_tracing=True)}
    elif role == "interpretation":
        yield "author_id", {"author_id": ANOTHER_AUTHOR}
        yield (
            "interpretation.separate_from_tracing",
            {"interpretation": InterpretationReport(separate_from_tracing=True)},
        )
    else:
        complete = _complete_tracing(facts, claim)
        for field in Tracing.model_fields:
            if document.tracing is None:
                yield "tracing", {"tracing": complete}
                return
            update = {"tracing": document.tracing.model_copy(update={field: getattr(complete, field)})}
            if field == "stopped_at":
                # A test stops after it started, so the two times are right or wrong together.
                update = {"tracing": document.tracing.model_copy(update=_times(complete))}
            if not _is_right(document.tracing, field):
                yield f"tracing.{field}", update


def _times(tracing: Tracing) -> dict[str, Any]:
    return {"started_at": tracing.started_at, "stopped_at": tracing.stopped_at}


def _is_right(tracing: Tracing, field: str) -> bool:
    """Fields whose present value is as good as the imagined one: text and measures that somebody did write down."""
    value = getattr(tracing, field)
    return field in {"modality", "protocol", "stop_reason", "target_heart_rate"} and value is not None and value != ""


def _complete_tracing(facts: Facts, claim: Claim) -> Tracing:
    day = facts.encounter.service_date if facts.encounter else claim.built_at.date()
    start = claim.built_at.replace(year=day.year, month=day.month, day=day.day)
    signs = (VitalSigns(at=start, heart_rate=70, systolic=120, diastolic=80),) * 2
    return Tracing(
        modality="TREADMILL",
        protocol="Bruce",
        ecg_leads=12,
        ecg_continuous=True,
        ecg_retained=True,
        target_heart_rate=140,
        peak_heart_rate=150,
        vital_signs=signs,
        started_at=start,
        stopped_at=start + timedelta(minutes=10),
        stop_reason="target reached",
        monitoring_noted=True,
        contains_interpretation=False,
    )


def _imagined_document(facts: Facts, claim: Claim, role: Role) -> Documentation:
    owner = known(getattr(facts.encounter.ownership, role)) if facts.encounter else None
    return Documentation(
        event_id="imagined",
        document_id=f"imagined {role}",
        encounter_id=claim.encounter_id,
        revision=1,
        role=DOCUMENT_ROLE[role],  # type: ignore[arg-type]  # the map's values are the record's symbols
        status="FINAL",
        author_id=f"author of {role}",
        entity_id=owner or claim.billing_entity_id,
        signed_at=claim.occurred_at,
        occurred_at=claim.occurred_at,
        tracing=_complete_tracing(facts, claim) if role == "technical" else None,
        supervision=SupervisionNote(separate_from_tracing=True) if role == "supervision" else None,
        interpretation=InterpretationReport(separate_from_tracing=True) if role == "interpretation" else None,
    )


# Claims and reviews --------------------------------------------------------------------------------------------------


def _with_claim(facts: Facts, claim: Claim) -> Facts:
    return replace(facts, claims=tuple(claim if each.claim_id == claim.claim_id else each for each in facts.claims))


def _claim(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Alternative]:
    for field, values in _claim_values(facts, claim).items():
        for value, words in values:
            now = getattr(claim, field)
            if now != value and _reads(finding, f"claim.{field}"):
                after = _with_claim(facts, claim.model_copy(update={field: value}))
                yield Change(f"claim.{field}", _shown(now), words), after
    for line in claim.lines:
        yield from _line(facts, claim, line, finding)


def _claim_values(facts: Facts, claim: Claim) -> dict[str, list[tuple[Any, str]]]:
    """Field -> other values, each with words where the value itself is only an example."""
    encounter = facts.encounter
    values: dict[str, list[tuple[Any, str]]] = {
        "frequency_code": [("1", "1"), ("7", "7")],
        "payer_claim_control_number": [("ICN", "the payer's claim number"), (None, "nothing")],
        "billing_npi": [(VALID_NPI, "a valid NPI")],
        "ordering_npi": [(VALID_NPI, "a valid NPI")],
        "diagnoses": [((SUPPORTING_DIAGNOSIS,) * min(max(len(claim.diagnoses), 1), 12), "billable, supporting codes")],
    }
    if encounter is not None:
        bill = _BILL_TYPE[encounter.encounter_class] + claim.frequency_code
        values["type_of_bill"] = [(bill, bill)]
        values["payer_id"] = [(encounter.payer_id, encounter.payer_id)]
        values["place_of_service"] = [(encounter.place_of_service, encounter.place_of_service)]
    return values


def _line(facts: Facts, claim: Claim, line: Line, finding: Finding) -> Iterator[Alternative]:
    name = f"claim.lines[{line.line_number}]"
    if finding.line_number not in (None, line.line_number):
        return

    def lines(new: Iterable[Line]) -> Facts:
        return _with_claim(facts, claim.model_copy(update={"lines": tuple(new)}))

    day = facts.encounter.service_date if facts.encounter else claim.built_at.date()
    values: tuple[tuple[str, Any, str], ...] = (
        ("units", 1, "1"),
        ("charge_cents", max(line.charge_cents, 1), "a positive charge"),
        ("diagnosis_pointers", (1,), "1"),
        ("revenue_code", "0482", "0482"),
        ("service_date", day, str(day)),
        ("rendering_npi", VALID_NPI, "a valid NPI"),
        *(("modifiers", _less(line, modifier), f"without {modifier}") for modifier in line.modifiers),
        *(("modifiers", (*line.modifiers, added), f"with {added}, if true") for added in ("25", "59")),
    )
    for field, value, words in values:
        now = getattr(line, field)
        path = f"{name}.{field}"
        if now != value and (_reads(finding, path) or _reads(finding, f"claim.lines[].{field}")):
            after = lines(each.model_copy(update={field: value}) if each is line else each for each in claim.lines)
            yield Change(path, _shown(now), words), after
    if line.procedure_code not in FAMILY and _reads(finding, f"{name}.procedure_code"):
        yield Change(name, line.procedure_code, "not billed"), lines(each for each in claim.lines if each is not line)


def _less(line: Line, modifier: str) -> tuple[str, ...]:
    return tuple(each for each in line.modifiers if each != modifier)


def _earlier_claims(facts: Facts, claim: Claim) -> Iterator[Alternative]:
    for other in facts.claims:
        same_biller = (other.billing_entity_id, other.claim_type) == (claim.billing_entity_id, claim.claim_type)
        if other is not claim and same_biller and other.status == "BUILT":
            after = _with_claim(facts, other.model_copy(update={"status": "WITHDRAWN"}))
            yield Change(f"claim[{other.claim_id}].status", "BUILT", "WITHDRAWN"), after


def _review(facts: Facts, claim: Claim, finding: Finding) -> Alternative:
    """A person's confirmation; the gates say whether it counts."""
    latest = max((review.occurred_at for review in facts.reviews), default=claim.occurred_at)
    review = Review(
        event_id="imagined",
        review_id=f"imagined {finding.edit_id}",
        encounter_id=claim.encounter_id,
        revision=1,
        claim_id=claim.claim_id,
        claim_revision=claim.revision,
        edit_id=finding.edit_id,
        line_number=finding.line_number,
        answer="CONFIRMED",
        decided_by="",
        reason_code="imagined",
        occurred_at=latest + timedelta(milliseconds=1),
    )
    return Change(f"review of {finding.edit_id}", "none", "confirmed"), replace(facts, reviews=(*facts.reviews, review))
