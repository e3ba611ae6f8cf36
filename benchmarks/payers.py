"""A made-up year of clean claims, and payers with hidden rules that appear, change and end.

Everything follows from the seed: which visits there are, and what each payer would answer to each line whenever it is
asked. So a year with the loop off and one with the loop on meet the same payers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.claim import Claim, Line
from schemas.documentation import Documentation, InterpretationReport, SupervisionNote, Tracing, VitalSigns
from schemas.encounter import Encounter, Ownership
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Record
    from streams.topics import Topic

FIRST_DAY = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)
NPI = "1234567893"

PLACES = {"11": 55, "49": 10, "22": 25, "19": 10}
"""Places of service and their shares: offices, independent clinics, hospitals on and off their campus."""

OFFICES = frozenset({"11", "49"})
IN_HOSPITALS = (("93016", "93018"), ("93016", "93018"), ("93018",), ("93016",))
"""What the practice bills where the hospital furnished the tracing, and perhaps a reading group the rest."""

FAMILIES = {"I25.118": 30, "R07.9": 20, "I20.89": 15, "R06.02": 15, "R94.31": 12, "I48.91": 8}
MODIFIERS = {"": 80, "KX": 12, "GA": 8}

LAG_DAYS = (14, 30)
"""From release to the payer's answer."""


@dataclass(frozen=True)
class HiddenRule:
    """What one payer denies, from one day of service to another. None asks for nothing.

    share  of the lines that fit, how many it denies
    """

    name: str
    payer_id: str
    code: str
    reason: str
    first_day: int
    last_day: int
    share: float
    place: str | None = None
    family: str | None = None
    modifier: str | None = None
    beside: str | None = None

    def fits(self, visit: Visit, code: str) -> bool:
        """Whether it speaks of that line of the claim of that visit."""
        return (
            self.payer_id == visit.payer_id
            and self.code == code
            and self.first_day <= visit.day <= self.last_day
            and self.place in {None, visit.place}
            and (self.family is None or visit.diagnosis.startswith(self.family))
            and self.modifier in {None, visit.modifier}
            and (self.beside is None or (self.beside != code and self.beside in visit.codes))
        )


YEAR = 364

RULES = (
    HiddenRule("place", "P01", "93018", "5", 75, 250, 0.90, place="22"),
    HiddenRule("diagnosis family", "P02", "93015", "50", 60, YEAR, 0.85, family="R07"),
    HiddenRule("beside", "P03", "93018", "97", 90, 270, 0.85, beside="93016"),
    HiddenRule("modifier", "P04", "93015", "4", 0, YEAR, 0.95, modifier="KX"),
    HiddenRule("payer and code", "P05", "93015", "252", 120, 210, 0.85),
    HiddenRule("place, before its change", "P06", "93015", "5", 40, 180, 0.90, place="49"),
    HiddenRule("place, after its change", "P06", "93015", "5", 181, YEAR, 0.90, place="11", family="R06"),
    HiddenRule("place and diagnosis family", "P07", "93015", "50", 100, YEAR, 0.85, place="11", family="I25"),
    HiddenRule("comes back", "P08", "93016", "150", 30, 120, 0.90, place="22"),
    HiddenRule("comes back, again", "P08", "93016", "150", 240, YEAR, 0.90, place="22"),
    HiddenRule("half and half", "P09", "93015", "151", 50, YEAR, 0.50, place="11"),
)
"""The last is not learnable, and so is any that too few lines fit: see `learnable`."""

PAYERS = tuple(f"P{number:02}" for number in range(1, 11))

LEARNABLE_SHARE = 0.8
LEARNABLE_LINES = 10  # a month

NOISE = (("97", 4), ("50", 5), ("252", 5), ("16", 8), ("197", 8))
"""What payers deny now and then without any rule: reason code and lines of a thousand."""

UNAVOIDABLE = frozenset({"16", "197"})


class Answer(NamedTuple):
    """What the payer says of a line: why it denies it, None if it pays; the rule that fits the line, if one does."""

    reason: str | None
    rule: HiddenRule | None

    @property
    def in_scope(self) -> bool:
        """Whether a rule is in force for the line, though the payer may let it pass."""
        return self.rule is not None

    @property
    def avoidable(self) -> bool:
        """Whether it is denied for a reason that a look before release could have avoided."""
        return self.reason is not None and self.reason not in UNAVOIDABLE


@dataclass(frozen=True)
class Visit:
    """One stress test and its claim, right in every way that a published rule asks for."""

    number: int
    day: int
    minute: int
    payer_id: str
    place: str
    codes: tuple[str, ...]
    diagnosis: str
    modifier: str
    answers: tuple[Answer, ...]
    lag: dt.timedelta

    @property
    def claim_id(self) -> str:
        """Of its one claim."""
        return f"C{self.number}"

    @property
    def at(self) -> dt.datetime:
        """When the claim is built."""
        return FIRST_DAY + dt.timedelta(days=self.day, minutes=self.minute)


def visits(number: int, seed: int) -> list[Visit]:
    """`number` visits over a year, in order of time."""
    random = Random(seed)  # noqa: S311 - repeatable, and nothing here is a secret
    days = sorted(random.randrange(YEAR + 1) for _ in range(number))
    return [_visit(at, day, random) for at, day in enumerate(days)]


def _visit(number: int, day: int, random: Random) -> Visit:
    place = _pick(PLACES, random)
    office = place in OFFICES
    codes = ("93015",) if office else random.choice(IN_HOSPITALS)
    visit = Visit(
        number=number,
        day=day,
        minute=480 + random.randrange(600),
        payer_id=random.choice(PAYERS),
        place=place,
        codes=codes,
        diagnosis=_pick(FAMILIES, random),
        modifier=_pick(MODIFIERS, random) if office else "",
        answers=(),
        lag=dt.timedelta(days=random.uniform(*LAG_DAYS)),
    )
    return Visit(**{**vars(visit), "answers": tuple(_answer(visit, code, random) for code in codes)})


def _pick(shares: dict[str, int], random: Random) -> str:
    return random.choices(tuple(shares), tuple(shares.values()))[0]


def _answer(visit: Visit, code: str, random: Random) -> Answer:
    dice, noise = random.random(), random.random() * 1000
    for rule in RULES:
        if rule.fits(visit, code):
            return Answer(rule.reason if dice < rule.share else None, rule)
    for reason, share in NOISE:
        noise -= share
        if noise < 0:
            return Answer(reason, None)
    return Answer(None, None)


def learnable(year: list[Visit]) -> list[HiddenRule]:
    """The rules that can be learned: denied at 80 % or more, and at least 10 lines a month fit."""
    found = []
    for rule in RULES:
        lines = sum(rule.fits(visit, code) for visit in year for code in visit.codes)
        months = (rule.last_day - rule.first_day + 1) / 30.4
        if rule.share >= LEARNABLE_SHARE and lines / months >= LEARNABLE_LINES:
            found.append(rule)
    return found


def facts_of(visit: Visit) -> Iterator[tuple[Topic, Record]]:
    """The encounter, its documents and the claim: complete, consistent, released if no learned edit holds it."""
    encounter_id = f"E{visit.number}"
    office = visit.place in OFFICES
    at, date = visit.at - dt.timedelta(hours=2), visit.at.date()
    yield (
        ENCOUNTERS,
        Encounter(
            event_id=f"e{visit.number}",
            encounter_id=encounter_id,
            revision=1,
            status="COMPLETED",
            site_id=f"S{visit.place}",
            encounter_class="AMBULATORY" if office else "HOSPITAL_OUTPATIENT",
            place_of_service=visit.place,
            off_campus="EXCEPTED" if visit.place == "19" else "NONE",
            patient_id=f"T{visit.number}",
            payer_id=visit.payer_id,
            service_date=date,
            ownership=Ownership(**_owners(visit), one_locality=True),
            supervision_mode="ON_SITE",
            occurred_at=at,
        ),
    )
    for document in _documents(visit, encounter_id, at):
        yield DOCUMENTATION, document
    yield CLAIMS_BUILT, claim_of(visit)


def claim_of(visit: Visit, **changes: Any) -> Claim:
    """The claim of a visit; `changes` for a later revision."""
    modifiers = (visit.modifier,) if visit.modifier else ()
    values: dict[str, Any] = {
        "event_id": f"c{visit.number}",
        "claim_id": visit.claim_id,
        "encounter_id": f"E{visit.number}",
        "revision": 1,
        "status": "BUILT",
        "claim_type": "PROFESSIONAL",
        "billing_entity_id": "P",
        "billing_npi": NPI,
        "payer_id": visit.payer_id,
        "place_of_service": visit.place,
        "frequency_code": "1",
        "ordering_npi": NPI,
        "diagnoses": (visit.diagnosis,),
        "lines": tuple(
            Line(
                line_number=number,
                procedure_code=code,
                modifiers=modifiers,
                units=1,
                diagnosis_pointers=(1,),
                charge_cents=CHARGES[code],
                service_date=visit.at.date(),
                rendering_npi=NPI,
            )
            for number, code in enumerate(visit.codes, 1)
        ),
        "built_at": visit.at,
        "occurred_at": visit.at,
    } | changes
    return Claim(**values)


CHARGES = {"93015": 290_00, "93016": 85_00, "93018": 60_00}


def _owners(visit: Visit) -> dict[str, str]:
    """Who furnished what: the practice P what it bills, a hospital H the tracing, a reading group R the rest."""
    if visit.place in OFFICES:
        return dict.fromkeys(("technical", "supervision", "interpretation"), "P")
    return {
        "technical": "H",
        "supervision": "P" if "93016" in visit.codes else "R",
        "interpretation": "P" if "93018" in visit.codes else "R",
    }


def _documents(visit: Visit, encounter_id: str, at: dt.datetime) -> Iterator[Documentation]:
    owners = _owners(visit)
    begun = at - dt.timedelta(minutes=40)
    tracing = Tracing(
        modality="TREADMILL",
        protocol="Bruce",
        ecg_leads=12,
        ecg_continuous=True,
        ecg_retained=True,
        target_heart_rate=140,
        peak_heart_rate=150,
        vital_signs=(
            VitalSigns(at=begun, heart_rate=70, systolic=130, diastolic=80),
            VitalSigns(at=begun + dt.timedelta(minutes=8), heart_rate=150, systolic=180, diastolic=85),
        ),
        started_at=begun,
        stopped_at=begun + dt.timedelta(minutes=10),
        stop_reason="target reached",
        monitoring_noted=True,
        contains_interpretation=False,
    )
    contents: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("TECHNICIAN", "technical", {"tracing": tracing}),
        ("SUPERVISING_PHYSICIAN", "supervision", {"supervision": SupervisionNote(separate_from_tracing=True)}),
        (
            "INTERPRETING_PHYSICIAN",
            "interpretation",
            {"interpretation": InterpretationReport(separate_from_tracing=True)},
        ),
    )
    for role, part, content in contents:
        values: dict[str, Any] = {
            "event_id": f"d{visit.number}-{part}",
            "document_id": f"d{visit.number}-{part}",
            "encounter_id": encounter_id,
            "revision": 1,
            "role": role,
            "status": "FINAL",
            "author_id": f"author-{part}",
            "entity_id": owners[part],
            "signed_at": at,
            "occurred_at": at,
        }
        yield Documentation(**values, **content)
