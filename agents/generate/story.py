"""A visit from start to end: drafted, spoilt by a recipe or left right, sent, cured or not, answered by the payer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import agents.generate.recipes  # noqa: F401 - enters every recipe
from agents.generate.clock import DAY, HOUR, MINUTE, is_weekend
from agents.generate.operation import Weighted, pick_payer, pick_site
from agents.generate.recipe import RECIPES, Layer
from agents.generate.remittances import answer
from agents.generate.services import Scene, services
from agents.generate.truth import Truth, listed, route
from agents.generate.visits import visit

if TYPE_CHECKING:
    from random import Random

    from agents.generate.case import Bill, Case
    from agents.generate.catalogue import Role
    from agents.generate.cures import Cure, Planted
    from agents.generate.operation import Kind
    from agents.generate.recipe import Recipe
    from agents.generate.services import Service

LOOKAHEAD = 2 * HOUR
"""How long before its visit the first event of a visit may come."""

TWO_DEFECTS = 0.12
"""Of the visits whose defect goes together with another one, the share that have both."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How much goes wrong.

    defects      share of visits with a defect, 0 to 1; clinics paid by the encounter wait for a person in any case
    cures        how often a defect is cured, relative to what its recipe says; 0 leaves every encounter open
    remittances  whether payers answer
    garbled      lines that are no records at all, per visit
    only         names of the only defects to plant; empty for all
    """

    defects: float = 0.33
    cures: float = 1.0
    remittances: bool = True
    garbled: float = 1 / 800
    only: tuple[str, ...] = ()


USUAL = Mix()


class _Menu(NamedTuple):
    """The defects that can happen in one scene; `beside` by the layer that leaves room for them."""

    recipes: Weighted[Recipe] | None
    beside: dict[Layer, Weighted[Recipe]]


def _weighted(recipes: list[Recipe]) -> Weighted[Recipe] | None:
    return Weighted((each.weight, each) for each in recipes) if recipes else None


@cache
def _menu(scene: Scene, only: tuple[str, ...]) -> _Menu:
    fitting = [each for each in RECIPES.values() if each.when(scene)]
    if only and not scene.encounter_rate:
        fitting = [each for each in fitting if each.name in only]
    beside = {
        layer: weighted
        for layer, other in ((Layer.DOCUMENTS, Layer.HEADER), (Layer.HEADER, Layer.DOCUMENTS))
        if (weighted := _weighted([each for each in fitting if each.layer is other]))
    }
    return _Menu(_weighted(fitting), beside)


@cache
def _services(kind: Kind) -> Weighted[Service]:
    return services(kind)


def _choose(random: Random, scene: Scene, mix: Mix) -> list[Recipe]:
    """The defects of one visit: none, one, or two that do not touch each other."""
    if random.random() >= mix.defects and not scene.encounter_rate:
        return []
    menu = _menu(scene, mix.only)
    if menu.recipes is None:
        return []
    first = menu.recipes.pick(random)
    if first.layer in menu.beside and random.random() < TWO_DEFECTS:
        return [first, menu.beside[first.layer].pick(random)]
    return [first]


def tell(random: Random, key: str, opened: int, mix: Mix) -> tuple[Case, list[Truth]]:
    """Everything about one visit: its case, with all that was sent, and the truth about each of its claims."""
    site = pick_site(random, weekend=is_weekend(opened))
    scene = Scene(site.kind, _services(site.kind).pick(random))
    recipes = _choose(random, scene, mix)
    age_days = 0
    for each in recipes:
        low, high = each.age_days
        age_days = max(age_days, low + int(random.random() * (high - low)))
    case = visit(random, key, scene, site, pick_payer(random), opened, age_days)
    cures: list[tuple[Cure, Planted]] = []
    for each in recipes:
        case.planted = []
        remedies = each.plant(case)
        for bill in _spoilt(case):
            bill.defects.append(each.name)
        cures += [(cure, case.planted) for cure in remedies]
    _send_facts(case)
    _cure(case, cures, mix)
    if mix.remittances:
        answer(case)
    if random.random() < mix.garbled:
        _garble(case)
    return case, [_truth(case, number) for number in range(len(case.bills))]


def _spoilt(case: Case) -> list[Bill]:
    """The claims in which the recipe at work has planted something, in order."""
    return [bill for bill in case.bills if any(each is bill for each, _ in case.planted)]


def _send_facts(case: Case) -> None:
    if not case.encounter_withheld:
        _send_encounter(case)
    for role in case.documents:
        _send_document(case, role)
    for bill in case.bills:
        case.send(bill.claim, bill.built)
    for extra in case.extras:
        draft = extra()
        if isinstance(draft, tuple):
            topic, line = draft
            case.send_raw(line, topic, case.opened + case.between(HOUR, 3 * DAY))
        else:
            case.send(draft, case.opened + case.between(3 * HOUR, 4 * DAY))


def _send_encounter(case: Case) -> None:
    """The encounter, at times with the steps on its way to where it stands."""
    final = case.encounter
    revision = 0
    if case.chance(0.4):
        revision += 1
        early = replace(final, status="SCHEDULED", supervision_mode=None, revision=revision)
        case.send(early, case.visit - case.between(20 * MINUTE, 90 * MINUTE))
    if case.chance(0.25):
        revision += 1
        case.send(replace(final, status="IN_PROGRESS", revision=revision), case.visit)
    final.revision = revision + 1
    case.send(final, case.visit + case.between(HOUR, 3 * HOUR))


def _send_document(case: Case, role: Role) -> None:
    """One role's document, at times with drafts, amendments, or another document that does not count any more."""
    document, signed = case.documents[role], case.signed[role]
    written = case.visit + (signed - case.visit) // 2
    if document.status == "FINAL":
        if case.chance(0.35 if role == "interpretation" else 0.08):
            case.send(replace(document, status="PRELIMINARY", signed_at=None), written)
            document.revision = 2
        if case.chance(0.015):
            status = case.pick(("RETRACTED", "FINAL"))
            case.send(replace(document, document_id=f"{document.document_id}0", status=status, signed_at=None), written)
    elif document.status == "RETRACTED":
        case.send(replace(document, status="FINAL"), signed)
        document.revision = 2
        signed += case.between(HOUR, 3 * DAY)
    case.send(document, signed)
    if document.status == "FINAL" and case.chance(0.02):
        document.revision += 1
        case.send(document, signed + case.between(HOUR, 5 * DAY))


def _cure(case: Case, cures: list[tuple[Cure, Planted]], mix: Mix) -> None:
    """Apply what cures the defects of this visit, unless chance has it that nobody does."""
    settled = max([*case.signed.values(), *(bill.built for bill in case.bills)], default=case.opened)
    for cure, planted in sorted(cures, key=lambda each: each[0].last):
        if case.chance(cure.chance * mix.cures):
            time = max(case.quiet_after if cure.last else settled, case.opened) + case.between(*cure.after)
            cure.apply(time, planted)


def _garble(case: Case) -> None:
    """A line that is no record: cut off in transit, of a foreign topic, or no text. It says nothing of any claim."""
    arrival, topic, line, _ = case.pick(case.sent)
    garbled, topic = case.pick(
        (
            (line[: len(line) // 2] + b"\n", ""),
            (line.replace(topic.encode(), b"scheduling.v3", 1), "scheduling.v3"),
            (b"\xff\xfe\x00" + case.key.encode() + b"\x00\n", ""),
            (f"# heartbeat of {case.key}\n".encode(), ""),
        )
    )
    case.send_raw(garbled, topic, arrival + case.between(1, DAY))


def _truth(case: Case, number: int) -> Truth:
    bill = case.bills[number]
    way = route(bill.findings)
    return Truth(
        claim_id=bill.claim.claim_id,
        encounter_id=case.encounter.encounter_id,
        defects=tuple(bill.defects),
        claim_revision=bill.claim.revision,
        route=way,
        findings=listed(bill.findings),
        rebuild=bill.proposal if way == "REBUILD" else None,
    )
