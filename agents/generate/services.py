"""What was done at a visit, and how each party rightly bills its part of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from agents.generate.catalogue import CODE_OF, GLOBAL, ROLES, WEIGHT_OF, Role
from agents.generate.drafts import LineDraft
from agents.generate.operation import CLINIC, HEALTH_CENTER, OFFICE, RURAL_CLINIC, Weighted

if TYPE_CHECKING:
    from random import Random

    from agents.generate.operation import Entity, Kind, Site


class Service(StrEnum):
    """The test, by what is billed for it."""

    ECG = "stress ECG"
    NUCLEAR = "stress ECG with perfusion imaging"
    ECHO = "stress echo, one code"
    """93351: where one entity furnishes all that it may bill at the place."""
    ECHO_PARTS = "stress echo, imaging and components"
    """93350 beside 93016 to 93018: images and stress by different physicians or entities."""
    OTHER = "no stress test"
    """A resting echo that came down the same feed: outside the scope of the edits."""


class Scene(NamedTuple):
    """Where and what: all that says which defects can happen. Few enough to tabulate."""

    kind: Kind
    service: Service

    @property
    def owned_whole(self) -> bool:
        """A practice furnishes everything in its own rooms, and bills one global code for a stress ECG."""
        return self.kind in (OFFICE, CLINIC)

    @property
    def split_office(self) -> bool:
        """Outside a hospital, with more than one entity."""
        return not self.kind.facility and self.kind.owners != "PPP"

    @property
    def encounter_rate(self) -> bool:
        """A clinic paid by the encounter: its technical claims always wait for a person."""
        return self.kind in (HEALTH_CENTER, RURAL_CLINIC)

    @property
    def hospital_bills(self) -> bool:
        """The hospital builds an institutional claim for the technical part."""
        return self.kind.bill_type is not None

    @property
    def one_reader(self) -> bool:
        """Whoever supervises reads as well."""
        return self.kind.owners[1] == self.kind.owners[2]


REVENUE = {
    "93017": "0482", "93015": "0482", "93016": "0482", "93018": "0482", "93350": "0480", "93351": "0480",
    "C8930": "0480", "93306": "0480", "78452": "0341", "A9500": "0343", "J2785": "0636", "93005": "0730",
    "G0463": "0510",
}  # fmt: skip
"""Revenue code of each procedure on a hospital's claim."""


def services(kind: Kind) -> Weighted[Service]:
    """What is done at a kind of site, by share of visits."""
    if kind in (HEALTH_CENTER, RURAL_CLINIC):
        return Weighted(((1, Service.ECG),))
    if kind.owners[1] == kind.owners[2] and (kind.facility or kind.owners == "PPP"):
        return Weighted(
            (
                (66, Service.ECG),
                (20, Service.NUCLEAR),
                (7, Service.ECHO),
                (4, Service.ECHO_PARTS),
                (3, Service.OTHER),
            )
        )
    return Weighted(((68, Service.ECG), (20, Service.NUCLEAR), (8, Service.ECHO_PARTS), (4, Service.OTHER)))


class Part(NamedTuple):
    """One party's share of a visit: who bills which roles on which type of claim."""

    entity: Entity
    claim_type: str
    roles: tuple[Role, ...]


def parts(site: Site) -> tuple[Part, ...]:
    """The claims that a visit at `site` rightly brings: the hospital's, and one of each that furnished a role."""
    kind = site.kind
    professional: dict[str, Part] = {}
    for role in ROLES:
        if role == "technical" and kind.facility:
            continue
        entity = site.owners[role]
        before = professional.get(entity.entity_id)
        roles = (*before.roles, role) if before else (role,)
        professional[entity.entity_id] = Part(entity, "PROFESSIONAL", roles)
    if kind.bill_type is None:
        return tuple(professional.values())
    return (*professional.values(), Part(site.owners["technical"], "INSTITUTIONAL", ("technical",)))


class LineMaker:
    """Writes the lines of one claim with its entity's prices, dates and physicians."""

    def __init__(self, part: Part, kind: Kind, service_date: str, npi: str, pointers: list[int]) -> None:
        self._prices = part.entity.prices
        self._institutional = part.claim_type == "INSTITUTIONAL"
        self._tail = list(kind.line_modifiers) if self._institutional else []
        self._service_date = service_date
        self._npi = None if self._institutional else npi
        self._pointers = pointers

    def line(self, number: int, code: str, *modifiers: str, units: int = 1, npi: str | None = None) -> LineDraft:
        """A line as it should be. `npi`: another physician than the claim's."""
        price = self._prices.get(f"{code}-{modifiers[0]}") if modifiers else None
        return LineDraft(
            line_number=number,
            procedure_code=code,
            modifiers=[*modifiers, *self._tail],
            units=units,
            diagnosis_pointers=self._pointers.copy(),
            charge_cents=(price or self._prices[code]) * units,
            service_date=self._service_date,
            revenue_code=REVENUE[code] if self._institutional else None,
            rendering_npi=npi or self._npi,
        )

    def components(self, roles: tuple[Role, ...], first: int = 1) -> list[LineDraft]:
        """One line for each of `roles` in code order."""
        ordered = [role for role in WEIGHT_OF if role in roles]
        return [self.line(first + n, CODE_OF[role]) for n, role in enumerate(ordered)]


def _imaging_modifiers(part: Part) -> tuple[str, ...] | None:
    """26 or TC on an imaging code; None where this party has no part in the imaging."""
    technical = "technical" in part.roles
    reading = "interpretation" in part.roles
    if part.claim_type == "INSTITUTIONAL" or (technical and reading):
        return ()
    if technical:
        return ("TC",)
    return ("26",) if reading else None


def right_lines(
    maker: LineMaker, part: Part, scene: Scene, random: Random, *, drug: bool, reader: str
) -> list[LineDraft]:
    """The lines of `part` when nothing is wrong; none where it has nothing to bill.

    `drug`: the heart was stressed by a drug. `reader`: NPI of who read the images, another than who ran the test.
    """
    kind, service = scene
    imaging = _imaging_modifiers(part)
    institutional = part.claim_type == "INSTITUTIONAL"
    if service is Service.OTHER:
        return [] if imaging is None else [maker.line(1, "93306", *imaging)]
    if service is Service.ECHO:
        return [maker.line(1, "93351", *(("26",) if kind.facility and not institutional else ()))]
    if service is Service.ECHO_PARTS:
        images = [] if imaging is None else [maker.line(1, "93350", *imaging, npi=None if institutional else reader)]
        return images + maker.components(part.roles, 1 + len(images))
    whole = len(part.roles) == len(ROLES)
    lines = [maker.line(1, GLOBAL)] if whole else maker.components(part.roles)
    if service is Service.NUCLEAR and imaging is not None:
        lines.append(maker.line(len(lines) + 1, "78452", *imaging))
        if imaging != ("26",):
            lines.append(maker.line(len(lines) + 1, "A9500", units=2))
            if drug:
                lines.append(maker.line(len(lines) + 1, "J2785", units=4))
        return lines
    return lines + _visit_lines(maker, scene, part, random, len(lines) + 1)


def _visit_lines(maker: LineMaker, scene: Scene, part: Part, random: Random, number: int) -> list[LineDraft]:
    """What a practice rightly bills beside a stress ECG, each told apart by its modifier where it needs one."""
    if scene.kind.facility or scene.encounter_rate or "supervision" not in part.roles:
        return []
    chance = random.random()
    if chance < 0.12:
        return [maker.line(number, "99214" if chance < 0.05 else "99213", "25")]
    if chance < 0.15:
        return [maker.line(number, "93000", "59")]
    if chance < 0.2 and scene.owned_whole:
        return [maker.line(number, "93306")]
    return []
