"""The billing operation that is simulated: 40 sites, who owns what there, ten payers. The same for every seed.

Ids are made up, and NPIs are made to pass the check digit: nobody real is meant.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from agents.generate.catalogue import Role

T = TypeVar("T")


class Weighted(Generic[T]):
    """A choice among items by weight."""

    def __init__(self, items: Iterable[tuple[float, T]]) -> None:
        pairs = tuple(items)
        self.items = tuple(item for _, item in pairs)
        self._until = tuple(accumulate(weight for weight, _ in pairs))

    def pick(self, random: Random) -> T:
        """One item."""
        return self.items[bisect(self._until, random.random() * self._until[-1], 0, len(self.items) - 1)]


class Kind(NamedTuple):
    """A kind of site.

    owners        who furnishes technical, supervision and interpretation: P practice, H hospital, R reading group,
                  I testing company
    bill_type     first three digits of the hospital's type of bill; None where no institutional claim is built
    """

    name: str
    encounter_class: str
    place_of_service: str
    off_campus: str
    owners: str
    bill_type: str | None = None

    @property
    def facility(self) -> bool:
        """Whether a hospital owns the technical part by the place of service."""
        return self.encounter_class != "AMBULATORY"

    @property
    def line_modifiers(self) -> tuple[str, ...]:
        """What every line of an institutional claim carries here."""
        return {"EXCEPTED": ("PO",), "NON_EXCEPTED": ("PN",)}.get(self.off_campus, ())


OFFICE = Kind("office", "AMBULATORY", "11", "NONE", "PPP")
OFFICE_READ_OUTSIDE = Kind("office, read outside", "AMBULATORY", "11", "NONE", "PPR")
OFFICE_EQUIPMENT_ONLY = Kind("office, supervised and read outside", "AMBULATORY", "11", "NONE", "PRR")
TESTING_SITE = Kind("independent testing site", "AMBULATORY", "11", "NONE", "IPR")
CLINIC = Kind("independent clinic", "AMBULATORY", "49", "NONE", "PPP")
HEALTH_CENTER = Kind("federally qualified health center", "AMBULATORY", "50", "NONE", "PPP")
RURAL_CLINIC = Kind("rural health clinic", "AMBULATORY", "72", "NONE", "PPP")
OUTPATIENT = Kind("hospital outpatient", "HOSPITAL_OUTPATIENT", "22", "NONE", "HPP", "013")
OUTPATIENT_READ_OUTSIDE = Kind("hospital outpatient, read outside", "HOSPITAL_OUTPATIENT", "22", "NONE", "HPR", "013")
OUTPATIENT_EMPLOYED = Kind(
    "hospital outpatient, employed physicians", "HOSPITAL_OUTPATIENT", "22", "NONE", "HHH", "013"
)
CRITICAL_ACCESS = Kind("critical access hospital", "HOSPITAL_OUTPATIENT", "22", "NONE", "HPP", "085")
OFF_CAMPUS_EXCEPTED = Kind("off-campus, excepted", "HOSPITAL_OUTPATIENT", "19", "EXCEPTED", "HPP", "013")
OFF_CAMPUS = Kind("off-campus, non-excepted", "HOSPITAL_OUTPATIENT", "19", "NON_EXCEPTED", "HPP", "013")
EMERGENCY = Kind("emergency department", "EMERGENCY", "23", "NONE", "HPP", "013")
INPATIENT = Kind("inpatient unit", "INPATIENT", "21", "NONE", "HPP")

SITE_COUNTS: tuple[tuple[Kind, int, float], ...] = (
    (OFFICE, 10, 1.0),
    (OFFICE_READ_OUTSIDE, 4, 0.9),
    (OFFICE_EQUIPMENT_ONLY, 3, 0.7),
    (TESTING_SITE, 2, 1.2),
    (CLINIC, 2, 0.8),
    (HEALTH_CENTER, 1, 0.2),
    (RURAL_CLINIC, 1, 0.15),
    (OUTPATIENT, 5, 1.6),
    (OUTPATIENT_READ_OUTSIDE, 2, 1.4),
    (OUTPATIENT_EMPLOYED, 2, 1.8),
    (CRITICAL_ACCESS, 1, 0.5),
    (OFF_CAMPUS_EXCEPTED, 2, 0.9),
    (OFF_CAMPUS, 2, 1.0),
    (EMERGENCY, 2, 0.7),
    (INPATIENT, 1, 0.8),
)
"""Sites of each kind and the volume of one of them, relative to a physician office."""

PRICES = {
    "93000": 6000, "93005": 3500, "93010": 2800, "93015": 29000, "93016": 8500, "93017": 16500, "93018": 6500,
    "93025": 41000, "93306": 72000, "93306-26": 19500, "93306-TC": 52500, "93350": 64000, "93350-26": 21000,
    "93350-TC": 43000, "93351": 82000, "93351-26": 26000, "78452": 145000, "78452-26": 26000, "78452-TC": 119000,
    "A9500": 18000, "J2785": 6500, "94621": 26000, "94760": 1800, "96374": 9500, "99213": 16500, "99214": 23500,
    "C8930": 150000, "G0463": 13500,
}  # fmt: skip
"""List prices in cents of one unit at an average practice; entities scale them."""


@dataclass(frozen=True, slots=True, eq=False)
class Clinician:
    """A physician."""

    author_id: str
    npi: str


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """Who furnishes a part of the test and bills for it.

    prices    cents of one unit, by code or code-modifier
    dotless   its system sends diagnoses without the dot
    """

    entity_id: str
    npi: str
    prices: dict[str, int]
    dotless: bool
    physicians: tuple[Clinician, ...]
    technicians: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A place where tests are done; `volume` relative to other sites."""

    site_id: str
    kind: Kind
    owners: dict[Role, Entity]
    volume: float
    technicians: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Payer:
    """A payer and its ways.

    allowed           share of the charge that it allows
    echoes_lines      whether its remittances repeat our line numbers
    denies            of the lines it sees, the share it denies for no reason that a claim shows
    """

    payer_id: str
    share: float
    allowed: float
    echoes_lines: bool
    denies: float


PAYERS = (
    Payer("medicare-b", 31, 0.38, echoes_lines=True, denies=0.02),
    Payer("advantage-1", 15, 0.37, echoes_lines=True, denies=0.06),
    Payer("advantage-2", 9, 0.36, echoes_lines=False, denies=0.05),
    Payer("medicaid", 8, 0.27, echoes_lines=True, denies=0.05),
    Payer("blue-1", 13, 0.62, echoes_lines=True, denies=0.03),
    Payer("commercial-1", 9, 0.66, echoes_lines=False, denies=0.04),
    Payer("commercial-2", 6, 0.58, echoes_lines=True, denies=0.04),
    Payer("commercial-3", 4, 0.61, echoes_lines=True, denies=0.03),
    Payer("workers-comp", 2, 0.7, echoes_lines=False, denies=0.03),
    Payer("military", 3, 0.39, echoes_lines=True, denies=0.02),
)


def npi(number: int) -> str:
    """The NPI that begins with 1 and `number` (8 digits): its last digit makes the Luhn sum of 80840 + NPI fit."""
    body = f"1{number:08d}"
    total = 24  # what the prefix 80840 adds
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{body}{-total % 10}"


def _entity(entity_id: str, number: int, level: float) -> Entity:
    return Entity(
        entity_id=entity_id,
        npi=npi(20_000_000 + number * 1000),
        prices={code: round(cents * level) for code, cents in PRICES.items()},
        dotless=number % 7 == 3,
        physicians=tuple(
            Clinician(f"{entity_id}-md{n}", npi(20_000_000 + number * 1000 + 100 + n)) for n in range(1, 5)
        ),
        technicians=tuple(f"{entity_id}-tech{n}" for n in range(1, 4)),
    )


@cache
def sites() -> tuple[Site, ...]:
    """The 40 sites. Three reading groups serve all that are read outside."""
    made: list[Site] = []
    readers = [_entity(f"readers-{n}", 900 + n, 1.0 + 0.05 * n) for n in range(1, 4)]
    for kind, number_of_sites, volume in SITE_COUNTS:
        for _ in range(number_of_sites):
            n = len(made) + 1
            level = 0.85 + 0.0173 * (n * 7 % 40)
            by_letter = {
                "P": _entity(f"practice-{n:02}", n, level),
                "H": _entity(f"hospital-{n:02}", 100 + n, level * 2.6),
                "I": _entity(f"testing-{n:02}", 200 + n, level * 1.1),
                "R": readers[n % 3],
            }
            technical, supervision, interpretation = (by_letter[letter] for letter in kind.owners)
            owners: dict[Role, Entity] = {
                "technical": technical,
                "supervision": supervision,
                "interpretation": interpretation,
            }
            busy = volume * (0.7 + 0.02 * (n * 11 % 30))
            made.append(Site(f"site-{n:02}", kind, owners, busy, technical.technicians))
    return tuple(made)


@cache
def _weighted_sites(*, weekend: bool) -> Weighted[Site]:
    return Weighted((site.volume, site) for site in sites() if site.kind.facility or not weekend)


_WEIGHTED_PAYERS = Weighted((payer.share, payer) for payer in PAYERS)


def pick_site(random: Random, *, weekend: bool) -> Site:
    """A site by volume; at weekends a hospital."""
    return _weighted_sites(weekend=weekend).pick(random)


def pick_payer(random: Random) -> Payer:
    """A payer by its share of patients."""
    return _WEIGHTED_PAYERS.pick(random)
