"""Random encounters with their documents, claims and reviews: near what is right, with a few things wrong.

An encounter draws a setting, owners, and one to three claims, most of them by the practice P. Lines are mostly of the
family, and mostly right in units, dates, pointers and NPIs; what the rebuild works on (codes, modifiers, owners,
repeats, places) is drawn freely. Dates of service stay within the loaded ICD-10-CM release and charges are never
negative: see test_rebuild.py.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from streams.case import Case, Visit
from tests.builders import (
    NPI,
    OTHER_NPI,
    SERVICE_DATE,
    at,
    claim,
    encounter,
    line,
    report,
    review,
    supervision_note,
    technical_note,
)

if TYPE_CHECKING:
    from schemas.claim import Claim
    from streams.facts import Facts
    from streams.rules import Rules

Drawn = tuple[list[Any], list["Claim"]]

SETTINGS = (
    {},
    {},
    {"place_of_service": "72"},
    {"place_of_service": "24"},
    {"encounter_class": "HOSPITAL_OUTPATIENT", "place_of_service": "22"},
    {"encounter_class": "HOSPITAL_OUTPATIENT", "place_of_service": "22"},
    {"encounter_class": "HOSPITAL_OUTPATIENT", "place_of_service": "19", "off_campus": "EXCEPTED"},
    {"encounter_class": "HOSPITAL_OUTPATIENT", "place_of_service": "19", "off_campus": "NON_EXCEPTED"},
    {"encounter_class": "EMERGENCY", "place_of_service": "23"},
    {"encounter_class": "INPATIENT", "place_of_service": "21"},
)
FAMILY_CODES = ("93015", "93015", "93015", "93016", "93017", "93018", "93350", "93350", "93351")
OTHER_CODES = ("94760", "94621", "93000", "99213", "93306", "78452", "A9500")
MODIFIERS = ("26", "TC", "26", "TC", "59", "XU", "PO", "PN", "GA", "GZ", "KX", "25", "76")


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """`usual` about four times out of five."""
    return st.sampled_from([usual] * 4 * len(others) + [*others])


@st.composite
def lines(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One line of a claim."""
    code = draw(st.sampled_from(FAMILY_CODES) if draw(st.integers(0, 4)) else st.sampled_from(OTHER_CODES))
    modifiers = draw(st.one_of(st.just([]), st.lists(st.sampled_from(MODIFIERS), max_size=3, unique=True)))
    return line(
        code,
        *modifiers,
        charge=draw(st.integers(0, 1000)),
        line_number=number,
        units=draw(mostly(1, 2, 3)),
        service_date=draw(mostly(SERVICE_DATE, SERVICE_DATE + dt.timedelta(days=1))),
        diagnosis_pointers=draw(mostly((1,), (2, 1), (3, 1, 2))),
        rendering_npi=draw(mostly(NPI, OTHER_NPI, None, " ")),
        revenue_code=draw(mostly("0482", None, "0960")),
    )


@st.composite
def claims(draw: st.DrawFn, claim_id: str, place: str) -> Claim:
    """One claim; a hospital's is mostly institutional and a practice's professional."""
    institutional = draw(mostly(False, True))
    numbers = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5, unique=True))
    changes: dict[str, Any] = {
        "claim_id": claim_id,
        "billing_entity_id": draw(mostly("H" if institutional else "P", "P", "H")),
        "place_of_service": draw(mostly(place, "11", None)),
        "diagnoses": ("I25.118", "I10", "R07.9"),
        "built_at": at(draw(st.sampled_from([60, 61, 62]))),
    }
    if institutional:
        changes |= {"claim_type": "INSTITUTIONAL", "place_of_service": None}
        changes["type_of_bill"] = draw(st.sampled_from(["0131", "0851"]))
    if draw(mostly(False, True)):
        changes |= {"frequency_code": draw(st.sampled_from("178")), "payer_claim_control_number": "ICN-1"}
    return claim(*[draw(lines(number)) for number in numbers], **changes)


@st.composite
def encounters(draw: st.DrawFn) -> Drawn:
    """The facts of an encounter (visit, documents, reviews), and its claims in no order."""
    setting = draw(st.sampled_from(SETTINGS))
    names = [draw(mostly("P", "H", "R", "?")) for _ in range(3)]
    visit = encounter(
        **setting,
        owners="/".join(names),
        one_locality=draw(mostly(True, False)),
    )
    notes = [
        note(draw(mostly("P" if owner == "?" else owner, "X")), status=draw(mostly("FINAL", "PRELIMINARY")))
        for note, owner in zip((technical_note, supervision_note, report), names, strict=True)
        if draw(mostly(True, False))
    ]
    ids = [f"C{number}" for number in range(1, draw(st.integers(1, 3)) + 1)]
    billed = [draw(claims(claim_id, visit.place_of_service)) for claim_id in ids]
    confirmed = ("coding-repeat-service", "coding-modifier-contradicts-code", "site-method-two")
    reviews = [
        review(edit_id, review_id=f"{claim_id}-{edit_id}", claim_id=claim_id)
        for claim_id in ids
        for edit_id in confirmed
        if draw(mostly(False, True))
    ]
    return [visit, *notes, *reviews], billed


def cases(facts: Facts, rules: Rules) -> dict[str, Case]:
    """Every claim beside its earlier claims: of one biller and type, built before, neither void nor withdrawn."""
    visit = Visit(facts, rules)
    found: dict[str, Case] = {}
    for each in sorted(facts.claims, key=lambda claim: (claim.built_at, claim.claim_id)):
        earlier = tuple(
            case
            for case in found.values()
            if (case.claim.billing_entity_id, case.claim.claim_type) == (each.billing_entity_id, each.claim_type)
            and case.claim.frequency_code != "8"
            and case.claim.status != "WITHDRAWN"
        )
        found[each.claim_id] = Case(each, visit, rules, earlier)
    return found
