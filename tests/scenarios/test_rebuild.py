"""Rebuild: the lines that a claim should have had, step by step."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from schemas.record import CENTS_MAX, INT_MAX
from tests.builders import (
    NPI,
    OFF_CAMPUS,
    OTHER_NPI,
    SERVICE_DATE,
    chart,
    claim,
    encounter,
    hospital_claim,
    line,
    report,
    review,
)
from tests.scenarios.table import UNREADABLE, earlier, hospital, office, physician_claim

if TYPE_CHECKING:
    from streams.judge import Judgement

VOID = "void"
ONE_DAY = dt.timedelta(days=1)

Proposed = tuple[str | None, list[tuple[int, str, tuple[str, ...], int, tuple[int, ...]]]] | str | None


def proposed(judgement: Judgement) -> Proposed:
    """The rebuild as the rows write it: None, void, or place of service and lines."""
    rebuild = judgement.rebuild
    if rebuild is None:
        return None
    if rebuild.void:
        assert (rebuild.lines, rebuild.place_of_service) == ((), None)
        return VOID
    return rebuild.place_of_service, [
        (n.line_number, n.procedure_code, n.modifiers, n.charge_cents, n.diagnosis_pointers) for n in rebuild.lines
    ]


def split_in_hospital(charge: int) -> list[Any]:
    """A practice that furnished supervision and reading in a hospital bills globally."""
    return [*hospital(), physician_claim(line("93015", charge=charge))]


def split_in_localities(charge: int) -> list[Any]:
    """A practice that furnished everything, in two payment localities, bills globally."""
    return [*office(one_locality=False), claim(line("93015", charge=charge))]


# name: (facts, proposal as (place of service, [(number, code, modifiers, cents, pointers)]), void, or None)
REBUILDS: dict[str, tuple[list[Any], Proposed]] = {
    # when there is none
    "a claim that is released has none": ([*office(), claim(line("93015"))], None),
    "a claim that is held has none": ([*office(), claim(line("93015"), ordering_npi=None)], None),
    "a value that only a person can supply": (
        [*office(), claim(line("93015", units=2), billing_npi=None)],
        None,
    ),
    "a hold whose answer would change the lines": (
        [*office("P/?/R"), claim(line("93015"))],
        None,
    ),
    "a fact in doubt": ([*office(), UNREADABLE, claim(line("93015", units=2))], None),
    "a repeated test that nobody has confirmed": (
        [*office(), claim(line("93015"), line("93350", "76", units=2))],
        None,
    ),
    "a repeated test that a person confirmed": (
        [*office(), review("coding-repeat-service"), claim(line("93015", "76", units=2, charge=200_00))],
        ("11", [(1, "93015", ("76",), 100_00, (1,))]),
    ),
    "a hold that leaves the lines alone": (
        [*office(), claim(line("93015", units=2, charge=200_00), ordering_npi=None)],
        ("11", [(1, "93015", (), 100_00, (1,))]),
    ),
    "a negative charge of a test": ([*office(), claim(line("93015", units=2, charge=-1))], None),
    "a negative charge of one of two tests": (
        [*office("P/P/R"), claim(line("93016", charge=-1), line("93017", units=2))],
        None,
    ),
    "a negative charge of another service": (
        [*office(), claim(line("93015", units=2, charge=200_00), line("78452", charge=-1))],
        ("11", [(1, "93015", (), 100_00, (1,)), (2, "78452", (), -1, (1,))]),
    ),
    "a fifth modifier on a test": (
        [*hospital(), physician_claim(line("93350", "GA", "GY", "KX", "Q6"))],
        None,
    ),
    "a fifth modifier on another service": (
        [
            encounter(**OFF_CAMPUS, owners="H/P/P"),
            *chart("H/P/P"),
            hospital_claim(line("93017", "PN"), line("78452", "GA", "GY", "KX", "Q6")),
        ],
        None,
    ),
    "a fifth modifier by uniting": (
        [*office(), claim(line("93016", "GA", "GY"), line("93017", "KX"), line("93018", "Q6", "CR"))],
        None,
    ),
    "a line number that a new line cannot count on from": (
        [*hospital(), physician_claim(line("93015", line_number=INT_MAX))],
        None,
    ),
    "a charge that one line cannot hold": (
        [*office(), claim(*(line(code, charge=CENTS_MAX) for code in ("93016", "93017", "93018")))],
        None,
    ),
    "GZ beside GA by uniting": (
        [*office(), claim(line("93016", "GZ"), line("93017", "GA"), line("93018"))],
        None,
    ),
    "GZ beside GY by uniting": (
        [*office(), claim(line("93016", "GZ"), line("93017"), line("93018", "GY"))],
        None,
    ),
    "a fourth modifier": (
        [*hospital(), physician_claim(line("93350", "GA", "GY", "KX"))],
        ("22", [(1, "93350", ("26", "GA", "GY", "KX"), 100_00, (1,))]),
    ),
    "GZ alone": (
        [*office(), claim(line("93015", "GZ", units=2, charge=2))],
        ("11", [(1, "93015", ("GZ",), 1, (1,))]),
    ),
    # void at once
    "a cancelled visit": ([encounter(status="CANCELLED"), claim(line("93015"))], VOID),
    "a cancelled visit and a fact in doubt": (
        [encounter(status="CANCELLED"), UNREADABLE, claim(line("93015"))],
        None,
    ),
    "a withdrawn claim": ([claim(line("93015"), status="WITHDRAWN")], VOID),
    "a withdrawn claim with a fact in doubt": ([UNREADABLE, claim(line("93015"), status="WITHDRAWN")], VOID),
    "a void leaves as it is": (
        [*hospital(), claim(line("93015", units=2), frequency_code="8", payer_claim_control_number="ICN-1")],
        None,
    ),
    # 1. units
    "three units and their charge, rounded down": (
        [*office(), claim(line("93015", units=3, charge=100_01))],
        ("11", [(1, "93015", (), 33_33, (1,))]),
    ),
    "two units of a global that is split": (
        [*hospital(), physician_claim(line("93015", units=2, charge=432_00))],
        ("22", [(1, "93016", (), 62_00, (1,)), (2, "93018", (), 41_00, (1,))]),
    ),
    # 2. site modifiers
    "PO and PN leave a professional claim": (
        [*office(), claim(line("93015", "PO", "GA"), line("78452", "PN", "KX"))],
        ("11", [(1, "93015", ("GA",), 100_00, (1,)), (2, "78452", ("KX",), 100_00, (1,))]),
    ),
    "PN is set last, and only where it is not right": (
        [
            encounter(**OFF_CAMPUS, owners="H/P/P"),
            *chart("H/P/P"),
            hospital_claim(line("93017", "PO", "GA"), line("78452", "PN", "KX"), line("J2785")),
        ],
        (
            None,
            [
                (1, "93017", ("GA", "PN"), 100_00, (1,)),
                (2, "78452", ("PN", "KX"), 100_00, (1,)),
                (3, "J2785", ("PN",), 100_00, (1,)),
            ],
        ),
    ),
    "PO is set in an excepted department": (
        [*hospital(place_of_service="19", off_campus="EXCEPTED"), hospital_claim(line("93017", "PN"))],
        (None, [(1, "93017", ("PO",), 100_00, (1,))]),
    ),
    "PO leaves a department on campus": (
        [*hospital(), hospital_claim(line("93017", "PO"))],
        (None, [(1, "93017", (), 100_00, (1,))]),
    ),
    "26 is set in front of an echo in a hospital": (
        [*hospital(), physician_claim(line("93350", "GA"), line("93351", "TC"))],
        ("22", [(1, "93350", ("26", "GA"), 100_00, (1,))]),
    ),
    # 3. repeats
    "repeats go, charge and all": (
        [*office(), claim(line("93015", charge=1), line("93015", charge=2), line("93350", "TC"), line("93350", "TC"))],
        (
            "11",
            [
                (1, "93016", (), 0, (1,)),
                (3, "93350", ("TC",), 100_00, (1,)),
                (5, "93017", (), 1, (1,)),
                (6, "93018", (), 0, (1,)),
            ],
        ),
    ),
    "the lowest number of a repeat stays": (
        [*office("P/R/R"), claim(line("93017", line_number=9, charge=1), line("93017", line_number=4, charge=2))],
        ("11", [(4, "93017", (), 2, (1,))]),
    ),
    "an echo with and without 26 in a hospital is a repeat": (
        [*hospital(), physician_claim(line("93350", "26", charge=1), line("93350", charge=2))],
        ("22", [(1, "93350", ("26",), 1, (1,))]),
    ),
    "an echo with 26 and TC in a hospital is another service than one with 26": (
        [*hospital(), claim(line("93350", "26"), line("93350", "26", "TC"), place_of_service=None)],
        ("22", [(1, "93350", ("26",), 100_00, (1,)), (2, "93350", ("26", "TC"), 100_00, (1,))]),
    ),
    # 4. stress echo
    "the complete stress echo takes the place of all": (
        [*office(), claim(line("93015"), line("93350"), line("93351", charge=500_00), line("93018"), line("78452"))],
        ("11", [(3, "93351", (), 500_00, (1,)), (5, "78452", (), 100_00, (1,))]),
    ),
    "an echo and a global of one physician in an office": (
        [
            *office(),
            claim(
                line("93350", charge=400_00, diagnosis_pointers=(1, 2)),
                line("93015", charge=216_00, diagnosis_pointers=(2, 3, 4, 5)),
                line("93018"),
                line("93015", "TC"),
                diagnoses=("I25.118", "I10", "I20.9", "R55", "E78.5"),
            ),
        ],
        ("11", [(1, "93351", (), 616_00, (1, 2, 3, 4))]),
    ),
    "an echo and a global of one physician in a hospital": (
        [*hospital(), physician_claim(line("93015", charge=216_00), line("93350", charge=400_00))],
        ("22", [(1, "93351", ("26",), 503_00, (1,))]),
    ),
    "an echo with 26 and a global of one physician in a hospital": (
        [*hospital(), physician_claim(line("93015", "GA", charge=216_00), line("93350", "26", "GA", charge=400_00))],
        ("22", [(1, "93351", ("GA", "26"), 503_00, (1,))]),
    ),
    "both parts of an echo in an office go with the one that makes it complete": (
        [*office(), claim(line("93350", "TC"), line("93350", charge=400_00), line("93015", charge=216_00))],
        ("11", [(2, "93351", (), 616_00, (1,))]),
    ),
    "the global that fits the echo is the first without 26 and TC": (
        [*office(), claim(line("93350", charge=400_00), line("93015", "26"), line("93015", charge=216_00))],
        ("11", [(1, "93351", (), 616_00, (1,))]),
    ),
    "an echo with 59 and a global with XU lose them": (
        [*office(), claim(line("93350", "59", charge=400_00), line("93015", "XU", "GA", charge=216_00))],
        ("11", [(1, "93351", ("GA",), 616_00, (1,))]),
    ),
    "two units of each part of a complete stress echo": (
        [*office(), claim(line("93350", units=2, charge=800_00), line("93015", units=2, charge=432_00))],
        ("11", [(1, "93351", (), 616_00, (1,))]),
    ),
    "two physicians have no complete stress echo": (
        [*office(), claim(line("93350"), line("93015", charge=216_00, rendering_npi=OTHER_NPI))],
        (
            "11",
            [
                (1, "93350", (), 100_00, (1,)),
                (2, "93016", (), 62_00, (1,)),
                (3, "93017", (), 113_00, (1,)),
                (4, "93018", (), 41_00, (1,)),
            ],
        ),
    ),
    "nobody knows the physician of the echo": (
        [
            *hospital(),
            physician_claim(line("93350", rendering_npi=None), line("93015", charge=216_00, rendering_npi=None)),
        ],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "a blank is no physician": (
        [
            *hospital(),
            physician_claim(line("93350", rendering_npi=" "), line("93015", charge=216_00, rendering_npi=" ")),
        ],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "an echo and a global of two days": (
        [
            *hospital(),
            physician_claim(line("93350", "26"), line("93015", charge=216_00, service_date=SERVICE_DATE - ONE_DAY)),
        ],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "an echo and a global of which another group read the test": (
        [*office("P/P/R"), claim(line("93350"), line("93015", charge=216_00))],
        (
            "11",
            [(1, "93350", (), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93017", (), 113_00, (1,))],
        ),
    ),
    "an echo and a global in two localities": (
        [*hospital(one_locality=False), physician_claim(line("93350", "26"), line("93015", charge=216_00))],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "an echo with 26 in an office has a technical part elsewhere": (
        [*office(), claim(line("93350", "26"), line("93015", charge=216_00))],
        (
            "11",
            [
                (1, "93350", ("26",), 100_00, (1,)),
                (2, "93016", (), 62_00, (1,)),
                (3, "93017", (), 113_00, (1,)),
                (4, "93018", (), 41_00, (1,)),
            ],
        ),
    ),
    "an echo and a global after a component": (
        [*office(), earlier(claim(line("93018"))), claim(line("93350"), line("93015", charge=216_00))],
        (
            "11",
            [(1, "93350", (), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (3, "93017", (), 113_00, (1,))],
        ),
    ),
    "an echo and a global after the same echo": (
        [*office(), earlier(claim(line("93350"))), claim(line("93350"), line("93015", charge=216_00))],
        (
            "11",
            [(2, "93016", (), 62_00, (1,)), (3, "93017", (), 113_00, (1,)), (4, "93018", (), 41_00, (1,))],
        ),
    ),
    "an echo and a global after the echo's professional part": (
        [*office(), earlier(claim(line("93350", "26"))), claim(line("93350"), line("93015", charge=216_00))],
        (
            "11",
            [
                (1, "93350", (), 100_00, (1,)),
                (2, "93016", (), 62_00, (1,)),
                (3, "93017", (), 113_00, (1,)),
                (4, "93018", (), 41_00, (1,)),
            ],
        ),
    ),
    "an echo with 26 and TC in a hospital is no part of a complete stress echo": (
        [*hospital(), physician_claim(line("93350", "26", "TC"), line("93015", charge=216_00))],
        (
            "22",
            [
                (1, "93350", ("26", "TC"), 100_00, (1,)),
                (2, "93016", (), 62_00, (1,)),
                (3, "93018", (), 41_00, (1,)),
            ],
        ),
    ),
    "a repeated global is dropped before it could fit the echo": (
        [
            *hospital(),
            physician_claim(
                line("93350", "26"),
                line("93015", charge=216_00, service_date=SERVICE_DATE + ONE_DAY),
                line("93015", charge=216_00),
            ),
        ],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 62_00, (1,)), (4, "93018", (), 41_00, (1,))],
        ),
    ),
    "a component of the echo's physician beside the global of another": (
        [
            *hospital(),
            physician_claim(line("93350", "26"), line("93016"), line("93015", charge=216_00, rendering_npi=OTHER_NPI)),
        ],
        (
            "22",
            [(1, "93350", ("26",), 100_00, (1,)), (2, "93016", (), 100_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "a hospital's echo and global are no complete stress echo": (
        [*hospital(), hospital_claim(line("93350"), line("93015", charge=216_00))],
        (None, [(1, "93350", (), 100_00, (1,)), (2, "93017", (), 113_00, (1,))]),
    ),
    "everything after the complete stress echo goes": (
        [*office(), earlier(claim(line("93351"))), claim(line("93350"), line("93015"), line("93351"))],
        VOID,
    ),
    "another service after the complete stress echo stays": (
        [*office(), earlier(claim(line("93351"))), claim(line("93018"), line("78452"))],
        ("11", [(2, "78452", (), 100_00, (1,))]),
    ),
    # 5, 6. the global or components, and what they charge
    "the first global keeps its number and its charge": (
        [*office(), claim(line("93017", charge=1), line("93015", charge=2), *[line("93015", charge=3)] * 2)],
        ("11", [(2, "93015", (), 2, (1,))]),
    ),
    "the global that keeps its charge is the first without 26 and TC": (
        [*office(), claim(line("93015", "26", charge=1), line("93015", charge=2))],
        ("11", [(2, "93015", (), 2, (1,))]),
    ),
    "the global stays, whatever the dates of its components": (
        [*office(), claim(line("93015", charge=2), line("93017", service_date=SERVICE_DATE + ONE_DAY))],
        ("11", [(1, "93015", (), 2, (1,))]),
    ),
    "three components make one global": (
        [
            *office(),
            claim(
                line("93018", "GA", charge=1, diagnosis_pointers=(3,)),
                line("93017", "KX", charge=20, diagnosis_pointers=(2, 1)),
                line("93016", "GA", charge=300, diagnosis_pointers=(3, 4, 5)),
                diagnoses=("I25.118", "I20.9", "R55", "R07.9", "R94.31"),
            ),
        ],
        ("11", [(1, "93015", ("GA", "KX"), 321, (3, 2, 1, 4))]),
    ),
    "93015-26 and 93015-TC make one global": (
        [*office(), claim(line("93015", "TC", charge=20), line("93015", "26", "GA", charge=3))],
        ("11", [(1, "93015", ("GA",), 23, (1,))]),
    ),
    "93015-26, the tracing and the reading: the share of the reading goes": (
        [*office(), claim(line("93015", "26", charge=103_00), line("93017", charge=1_13), line("93018", charge=41))],
        ("11", [(1, "93015", (), 62_00 + 1_13 + 41, (1,))]),
    ),
    "components of two days stay components": (
        [
            *office(),
            claim(line("93015", "26", charge=103_00), line("93017", charge=1_13, service_date=SERVICE_DATE + ONE_DAY)),
        ],
        (
            "11",
            [(1, "93016", (), 62_00, (1,)), (2, "93017", (), 1_13, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "a component keeps its own charge beside the share of another": (
        [*hospital(), physician_claim(line("93015", charge=216_00), line("93018", charge=7))],
        ("22", [(1, "93016", (), 62_00, (1,)), (2, "93018", (), 7, (1,))]),
    ),
    "the lowest line of a component supplies it": (
        [
            *hospital(),
            physician_claim(line("93018", "26", charge=7, line_number=8), line("93018", charge=9, line_number=3)),
        ],
        ("22", [(3, "93018", (), 9, (1,))]),
    ),
    "the share of a role of another owner goes": (
        [*office("P/R/R"), claim(line("93015", charge=216_00))],
        ("11", [(1, "93017", (), 113_00, (1,))]),
    ),
    "a hospital's global becomes its tracing": (
        [*hospital(), hospital_claim(line("93015", charge=216_00), line("93018"))],
        (None, [(1, "93017", (), 113_00, (1,))]),
    ),
    "a hospital's global whose tracing is another's goes": (
        [*hospital("P/P/P"), hospital_claim(line("93015"))],
        VOID,
    ),
    "the shares of nothing": (
        split_in_localities(0),
        ("11", [(1, "93016", (), 0, (1,)), (2, "93017", (), 0, (1,)), (3, "93018", (), 0, (1,))]),
    ),
    "the shares of one cent": (
        split_in_localities(1),
        ("11", [(1, "93016", (), 0, (1,)), (2, "93017", (), 1, (1,)), (3, "93018", (), 0, (1,))]),
    ),
    "the shares of two cents": (
        split_in_localities(2),
        ("11", [(1, "93016", (), 1, (1,)), (2, "93017", (), 1, (1,)), (3, "93018", (), 0, (1,))]),
    ),
    "the shares of three cents: of equal remainders the lower code": (
        split_in_localities(3),
        ("11", [(1, "93016", (), 1, (1,)), (2, "93017", (), 2, (1,)), (3, "93018", (), 0, (1,))]),
    ),
    "the shares of a hundred dollars: the cent left over to the largest remainder": (
        split_in_localities(100_00),
        ("11", [(1, "93016", (), 28_70, (1,)), (2, "93017", (), 52_32, (1,)), (3, "93018", (), 18_98, (1,))]),
    ),
    "the shares of a global in a hospital": (
        split_in_hospital(300_00),
        ("22", [(1, "93016", (), 86_11, (1,)), (2, "93018", (), 56_94, (1,))]),
    ),
    "the shares of 93015-26 are of two roles": (
        [*hospital(), physician_claim(line("93015", "26", charge=100_00))],
        ("22", [(1, "93016", (), 60_19, (1,)), (2, "93018", (), 39_81, (1,))]),
    ),
    "93015-TC is the tracing alone": (
        [*office("P/R/R"), claim(line("93015", "TC", charge=100_01))],
        ("11", [(1, "93017", (), 100_01, (1,))]),
    ),
    "93015-26-TC is all of it": (
        [*office(), claim(line("93015", "26", "TC", charge=100_01))],
        ("11", [(1, "93015", (), 100_01, (1,))]),
    ),
    # 7. modifiers
    "26 and TC leave the components": (
        [*office("P/P/R"), claim(line("93016", "26", "GA"), line("93017", "KX", "TC"))],
        ("11", [(1, "93016", ("GA",), 100_00, (1,)), (2, "93017", ("KX",), 100_00, (1,))]),
    ),
    "an unbundling modifier stays where it unbundles nothing of the family": (
        [*office(), claim(line("93015", "59", units=2, charge=2), line("78452", "59"))],
        ("11", [(1, "93015", ("59",), 1, (1,)), (2, "78452", ("59",), 100_00, (1,))]),
    ),
    "an unbundling modifier leaves the line that it could not separate": (
        [*office(), claim(line("93015", "XU", "59", "XE"), line("93018"), line("78452", "59"))],
        ("11", [(1, "93015", (), 100_00, (1,)), (3, "78452", ("59",), 100_00, (1,))]),
    ),
    "an unbundling modifier leaves both lines of a split": (
        [
            *hospital(),
            physician_claim(line("93015", "59", charge=216_00), line("93350", "26", rendering_npi=OTHER_NPI)),
        ],
        (
            "22",
            [(1, "93016", (), 62_00, (1,)), (2, "93350", ("26",), 100_00, (1,)), (3, "93018", (), 41_00, (1,))],
        ),
    ),
    "an unbundling modifier that overlaps an earlier claim": (
        [*office("P/P/R"), earlier(claim(line("93017"))), claim(line("93015", "59", charge=216_00))],
        ("11", [(1, "93016", (), 62_00, (1,))]),
    ),
    # 8. bundled others
    "what is part of the global goes": (
        [*office(), claim(line("93015"), line("94760", "59"), line("78452"))],
        ("11", [(1, "93015", (), 100_00, (1,)), (3, "78452", (), 100_00, (1,))]),
    ),
    "what is part of a global that becomes a tracing stays": (
        [*office("P/R/R"), claim(line("93015", charge=216_00), line("94760"))],
        ("11", [(1, "93017", (), 113_00, (1,)), (2, "94760", (), 100_00, (1,))]),
    ),
    "what is part of a complete stress echo to be goes": (
        [*office(), claim(line("94760"), line("93350", charge=400_00), line("93015", charge=216_00))],
        ("11", [(2, "93351", (), 616_00, (1,))]),
    ),
    # 9. numbers
    "further lines count on from the highest of the claim": (
        [
            *office(one_locality=False),
            claim(line("93015", charge=216_00, line_number=5), line("78452", line_number=9)),
        ],
        (
            "11",
            [
                (5, "93016", (), 62_00, (1,)),
                (9, "78452", (), 100_00, (1,)),
                (10, "93017", (), 113_00, (1,)),
                (11, "93018", (), 41_00, (1,)),
            ],
        ),
    ),
    "a claim's lines come out by number": (
        [*office(), claim(line("78452", line_number=3), line("93015", units=2, charge=2, line_number=1))],
        ("11", [(1, "93015", (), 1, (1,)), (3, "78452", (), 100_00, (1,))]),
    ),
    # 10. place of service
    "the place where the patient was": (
        [*office(place_of_service="49"), claim(line("93015"), place_of_service=None)],
        ("49", [(1, "93015", (), 100_00, (1,))]),
    ),
    "an institutional claim has none": (
        [*hospital(), hospital_claim(line("93017", "TC"), place_of_service="22")],
        (None, [(1, "93017", (), 100_00, (1,))]),
    ),
    # 11. void
    "nothing of the claim stands": (
        [*office("R/R/R"), claim(line("93015"), line("94760"))],
        ("11", [(2, "94760", (), 100_00, (1,))]),
    ),
    "nothing at all is left": ([*office("R/R/R"), claim(line("93015"), line("93017"))], VOID),
    "nothing is left of a replacement": (
        [*office("R/R/R"), claim(line("93015"), frequency_code="7", payer_claim_control_number="ICN-1")],
        VOID,
    ),
    "a replacement is rebuilt like any claim": (
        [*office(), claim(line("93015", units=2, charge=2), frequency_code="7", payer_claim_control_number="ICN-1")],
        ("11", [(1, "93015", (), 1, (1,))]),
    ),
}


@pytest.mark.parametrize(("facts", "expected"), REBUILDS.values(), ids=REBUILDS.keys())
def test_rebuild(facts, expected, verdict):
    assert expected == proposed(verdict(facts))


def test_a_split_copies_what_belongs_to_the_service(verdict):
    source = line(
        "93015",
        charge=216_00,
        diagnosis_pointers=(2, 1),
        service_date=SERVICE_DATE,
        revenue_code="0480",
        rendering_npi=OTHER_NPI,
        units=4,
    )
    facts = [*office(one_locality=False), claim(source, diagnoses=("I25.118", "I10"))]

    copied = {(2, 1), SERVICE_DATE, "0480", OTHER_NPI, 1}
    assert [copied] * 3 == [
        {n.diagnosis_pointers, n.service_date, n.revenue_code, n.rendering_npi, n.units}
        for n in verdict(facts).rebuild.lines
    ]


@pytest.mark.parametrize(
    ("supervision", "technical", "interpretation", "expected"),
    [
        (NPI, NPI, OTHER_NPI, OTHER_NPI),
        (OTHER_NPI, NPI, None, OTHER_NPI),
        (" ", OTHER_NPI, "", OTHER_NPI),
        (None, None, None, None),
    ],
)
def test_a_global_made_of_components_names_the_reader_else_the_supervisor(
    supervision, technical, interpretation, expected, verdict
):
    facts = [
        *office(),
        claim(
            line("93016", rendering_npi=supervision),
            line("93017", rendering_npi=technical),
            line("93018", rendering_npi=interpretation),
        ),
    ]
    (made,) = verdict(facts).rebuild.lines

    assert expected == made.rendering_npi


def test_a_complete_stress_echo_keeps_its_physician_date_and_one_unit(verdict):
    facts = [*office(), claim(line("93015", units=2), line("93350", units=2))]
    (made,) = verdict(facts).rebuild.lines

    assert (NPI, SERVICE_DATE, 1) == (made.rendering_npi, made.service_date, made.units)


def test_units_of_other_services_are_left_alone(verdict):
    facts = [*office(), claim(line("93015", units=2), line("A9500", units=3))]

    assert [1, 3] == [n.units for n in verdict(facts).rebuild.lines]


def test_every_change_leaves_a_note(verdict):
    facts = [
        encounter(place_of_service="22", encounter_class="HOSPITAL_OUTPATIENT", owners="H/P/P"),
        *chart("H/P/P"),
        claim(
            line("93015", "59", units=2, charge=432_00),
            line("93350", "PO", rendering_npi=OTHER_NPI),
            line("93017"),
            line("94760"),
        ),
    ]
    notes = verdict(facts).rebuild.notes

    assert (
        "Line 1 (93015): 1 unit instead of 2.",
        "Line 2 (93350): no PO or PN.",
        "Line 2 (93350): 26 added.",
        "Line 1 (93015): 93016 for supervision.",
        "Line 1 (93015): 93018 for interpretation.",
        "Line 3 (93017) dropped: the facility bills the technical part.",
        "Line 1 (93016): 59 removed.",
        "Line 1 (93018): 59 removed.",
        "Line 4 (94760) dropped: it is part of 93016.",
        "Place of service set to 22, where the test was done.",
    ) == notes


def test_the_report_of_the_reader_changes_no_line(verdict):
    facts = [*office(), claim(line("93015", units=2, charge=2))]
    unsigned = [*office()[:3], report(signed_at=None), facts[-1]]

    assert verdict(facts).rebuild == verdict(unsigned).rebuild


@pytest.mark.parametrize(
    ("facts", "notes"),
    [
        ([claim(line("93015"), status="WITHDRAWN")], ("The builder withdrew the claim.",)),
        ([encounter(status="CANCELLED"), claim(line("93015"))], ("The encounter was cancelled.",)),
        (
            [*office(), claim(line("93016"), line("93017", "TC"), line("93018", "GA"))],
            ("Lines 1, 2, 3: one 93015.",),
        ),
        (
            [*office(), claim(line("93350"), line("93015", "59"), line("93018"))],
            ("Line 3 (93018) dropped: 93351 contains it.", "Lines 1 and 2: one 93351 instead of 93350 and 93015."),
        ),
        (
            [*hospital(), physician_claim(line("93350", "TC"), line("93018"), line("93018"))],
            (
                "Line 1 (93350) dropped: the facility bills the technical part.",
                "Line 3 (93018) dropped: it repeats another line.",
            ),
        ),
        (
            [*office(), claim(line("93351"), line("93350"), line("93018"))],
            (
                "Line 2 (93350) dropped: the 93351 kept on this claim contains it.",
                "Line 3 (93018) dropped: the 93351 kept on this claim contains it.",
            ),
        ),
        ([*office("P/P/R"), claim(line("93016", "26", "KX"), line("93017"))], ("Line 1 (93016): 26 removed.",)),
        ([*hospital(), hospital_claim(line("93017", "TC"), place_of_service="11")], ("Line 1 (93017): TC removed.",)),
    ],
)
def test_a_note_says_what_was_done_and_why(facts, notes, verdict):
    assert notes == verdict(facts).rebuild.notes


CONFIRMED = review("coding-repeat-service")
FACILITY_BILLS = "the facility bills the technical part"

# (why, facts, number of the line)
LEFT_OUT = [
    ("the 93015 kept on this claim contains it", [*office(), claim(line("93015"), line("93016"))], 2),
    (
        "the 93015 kept on this claim contains it",
        [*office(), claim(line("93016"), line("93017"), line("93018"), line("93015", "TC"))],
        4,
    ),
    ("the 93351 kept on this claim contains it", [*office(), claim(line("93351"), line("93015"))], 2),
    (
        "the 93351 on an earlier claim contains it",
        [*office(), earlier(claim(line("93351"))), claim(line("93350"), line("93017"))],
        1,
    ),
    (
        "the 93351 on an earlier claim contains it",
        [*office(), earlier(claim(line("93351"))), claim(line("93350"), line("93017"))],
        2,
    ),
    ("93350 stands on an earlier claim", [*office(), earlier(claim(line("93350"))), claim(line("93350"))], 1),
    (
        "93015 on an earlier claim bills the interpretation",
        [*office(), earlier(claim(line("93015"))), claim(line("93018"))],
        1,
    ),
    ("another entity furnished the supervision", [*office("P/R/P"), claim(line("93016"), line("93018"))], 1),
    (FACILITY_BILLS, [*hospital(), physician_claim(line("93017"), line("93018"))], 1),
    (
        "a hospital's claim may not bill the interpretation",
        [*hospital(), hospital_claim(line("93017"), line("93018"))],
        2,
    ),
    ("it repeats line 1", [*office("P/P/R"), CONFIRMED, claim(line("93016", "PO"), line("93016", "76"))], 2),
    ("it repeats line 1", [*office(), CONFIRMED, claim(line("93015", "PO"), line("93015", "76"))], 2),
    ("it repeats another line", [*office(), CONFIRMED, claim(line("93350", "PO"), line("93350", "76"))], 2),
    ("it repeats another line", [*office(), CONFIRMED, claim(line("93351", "PO"), line("93351", "76"))], 2),
    (
        f"{FACILITY_BILLS}; another entity furnished the supervision; line 2 bills the interpretation",
        [*hospital("H/R/P"), physician_claim(line("93015"), line("93018"))],
        1,
    ),
]


@pytest.mark.parametrize(("why", "facts", "number"), LEFT_OUT)
def test_a_line_left_out_says_why(why, facts, number, verdict):
    notes = verdict(facts).rebuild.notes

    assert [f"dropped: {why}."] == [
        note.split(") ", 1)[1] for note in notes if note.startswith(f"Line {number} (") and " dropped: " in note
    ]
