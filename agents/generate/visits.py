"""A visit at which nothing goes wrong: its encounter, its documents, its claims."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from agents.generate import clinical
from agents.generate.case import Bill, Case
from agents.generate.clock import DAY, HOUR, MINUTE, date, iso
from agents.generate.drafts import ClaimDraft, DocumentationDraft, EncounterDraft, OwnershipDraft
from agents.generate.operation import npi
from agents.generate.services import LineMaker, Service, parts, right_lines
from agents.generate.truth import found

if TYPE_CHECKING:
    from random import Random

    from agents.generate.catalogue import Role
    from agents.generate.operation import Payer, Site
    from agents.generate.services import Scene


@cache
def _referrers() -> tuple[str, ...]:
    return tuple(npi(60_000_000 + 37 * n) for n in range(500))


def visit(random: Random, key: str, scene: Scene, site: Site, payer: Payer, opened: int, age_days: int) -> Case:
    """A visit whose claims all pass, drafted but not sent. Its events begin at `opened`, `age_days` after the test."""
    begins = opened - age_days * DAY
    encounter_id = f"enc-{key}"
    service_date = date(begins)
    owners = site.owners
    encounter = EncounterDraft(
        event_id="",
        encounter_id=encounter_id,
        revision=1,
        status="COMPLETED",
        site_id=site.site_id,
        encounter_class=scene.kind.encounter_class,
        place_of_service=scene.kind.place_of_service,
        off_campus=scene.kind.off_campus,
        patient_id=f"pat-{key.partition('-')[0]}-{int(random.random() * 9_000_000):07}",
        payer_id=payer.payer_id,
        service_date=service_date,
        ownership=OwnershipDraft(
            technical=owners["technical"].entity_id,
            supervision=owners["supervision"].entity_id,
            interpretation=owners["interpretation"].entity_id,
            one_locality=True,
        ),
        supervision_mode=_supervision(random, scene, service_date),
        occurred_at="",
    )
    case = Case(
        random=random,
        key=key,
        scene=scene,
        site=site,
        payer=payer,
        visit=begins,
        opened=opened,
        encounter=encounter,
        documents={},
        signed={},
        bills=[],
    )
    drug = False
    if scene.service is not Service.OTHER:
        drug = _write_documents(case)
    _build_claims(case, drug=drug)
    return case


def _supervision(random: Random, scene: Scene, service_date: str) -> str | None:
    """On site as a rule; by video where that counts as direct supervision; in hospitals at times not recorded."""
    chance = random.random()
    if chance < 0.07 and service_date >= "2026":
        return "LIVE_AUDIO_VIDEO"
    return None if chance > 0.97 and scene.kind.facility else "ON_SITE"


def _write_documents(case: Case) -> bool:
    """Draft one complete document a role. Returns whether a drug stressed the heart."""
    random, site = case.random, case.site
    encounter_id, stem = case.encounter.encounter_id, f"doc-{case.key}"
    trace = clinical.tracing(random, case.scene.service, case.visit + case.between(5 * MINUTE, 25 * MINUTE))
    ended = case.visit + HOUR
    case.signed = {role: ended + wait for role, wait in clinical.turnaround(random).items()}
    owners = site.owners
    documents: dict[Role, DocumentationDraft] = {
        "technical": clinical.technician_note(
            encounter_id, stem, owners["technical"], case.pick(site.technicians), case.signed["technical"], trace
        ),
        "supervision": clinical.supervision_note(
            encounter_id,
            stem,
            owners["supervision"],
            case.pick(owners["supervision"].physicians),
            case.signed["supervision"],
        ),
        "interpretation": clinical.interpretation_report(
            encounter_id,
            stem,
            owners["interpretation"],
            case.pick(owners["interpretation"].physicians),
            case.signed["interpretation"],
        ),
    }
    case.documents = documents
    return trace.modality == "PHARMACOLOGIC"


def _build_claims(case: Case, *, drug: bool) -> None:
    random, scene, encounter = case.random, case.scene, case.encounter
    codes = clinical.diagnoses(random)
    pointers = list(range(1, 1 + case.between(1, min(len(codes), 4) + 1)))
    ordering = case.pick(_referrers())
    for part in parts(case.site):
        entity = part.entity
        physicians = entity.physicians
        first = case.between(0, len(physicians))
        maker = LineMaker(part, scene.kind, encounter.service_date, physicians[first].npi, pointers)
        reader = physicians[first - 1].npi
        lines = right_lines(maker, part, scene, random, drug=drug, reader=reader)
        if not lines:
            continue
        institutional = part.claim_type == "INSTITUTIONAL"
        built = case.opened + case.between(2 * HOUR, 4 * DAY)
        text = iso(built)
        claim = ClaimDraft(
            event_id="",
            claim_id=f"clm-{case.key}-{len(case.bills) + 1}",
            encounter_id=encounter.encounter_id,
            revision=1,
            status="BUILT",
            claim_type=part.claim_type,
            billing_entity_id=entity.entity_id,
            billing_npi=entity.npi,
            payer_id=encounter.payer_id,
            place_of_service=None if institutional else encounter.place_of_service,
            type_of_bill=f"{scene.kind.bill_type}1" if institutional else None,
            frequency_code="1",
            payer_claim_control_number=None,
            ordering_npi=ordering,
            diagnoses=[code.replace(".", "") for code in codes] if entity.dotless else codes.copy(),
            lines=lines,
            built_at=text,
            occurred_at=text,
        )
        bill = Bill(claim, part, maker, built)
        bill.settle_roles(facility=scene.kind.facility)
        if scene.service is Service.OTHER:
            bill.findings.append(found("coding-outside-scope"))
        case.bills.append(bill)
