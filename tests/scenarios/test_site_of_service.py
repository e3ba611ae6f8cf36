"""Site of service: what each edit of the gate says, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.builders import OFF_CAMPUS, claim, encounter, hospital_claim, line
from tests.scenarios.table import Scenarios, hospital, office, physician_claim

UNASSIGNED = [("site-place-of-service-unassigned", None)]
CONFLICT = [("site-registration-conflict", None)]
MISMATCH = [("site-place-of-service-mismatch", None)]
TYPE_OF_BILL = [("site-type-of-bill", None)]
METHOD_TWO = ("site-method-two", None)
CLINIC_RATE = [("site-clinic-encounter-rate", None)]

SCENARIOS: Scenarios = {
    # site-place-of-service-unassigned
    "the registered place of service was never assigned": (
        [*office(place_of_service="28"), claim(line("93015"), place_of_service="28")],
        "HOLD",
        UNASSIGNED,
    ),
    "the registered place of service is empty": (
        [*office(place_of_service=""), claim(line("93015"))],
        "HOLD",
        UNASSIGNED,
    ),
    "the registered place of service is a space": (
        [*office(place_of_service=" "), claim(line("93015"))],
        "HOLD",
        UNASSIGNED,
    ),
    "the registered place of service has one digit": (
        [*office(place_of_service="1"), claim(line("93015"))],
        "HOLD",
        UNASSIGNED,
    ),
    "the registered place of service has a space around it": (
        [*office(place_of_service="11 "), claim(line("93015"))],
        "HOLD",
        UNASSIGNED,
    ),
    "the last assigned code, 99, is a place like any other": (
        [*office(place_of_service="99"), claim(line("93015"), place_of_service="99")],
        "RELEASE",
        [],
    ),
    "a place nobody assigned does not matter before the visit is completed": (
        [*office(place_of_service="28", status="SCHEDULED"), claim(line("93015"))],
        "HOLD",
        [("administrative-encounter-not-completed", None)],
    ),
    "an institutional claim meets an unassigned place too": (
        [*hospital(place_of_service="98"), hospital_claim(line("93017"))],
        "HOLD",
        UNASSIGNED,
    ),
    # site-registration-conflict
    "a hospital outpatient registered in an office": (
        [*hospital(place_of_service="11"), physician_claim(line("93018"))],
        "HOLD",
        CONFLICT,
    ),
    "an ambulatory visit registered in a hospital department": (
        [*office(place_of_service="22"), claim(line("93018"))],
        "HOLD",
        CONFLICT,
    ),
    "an office said to be an off-campus department": (
        [*office(off_campus="EXCEPTED"), claim(line("93015"))],
        "HOLD",
        CONFLICT,
    ),
    "an on-campus department said to be off campus": (
        [*hospital(off_campus="EXCEPTED"), physician_claim(line("93018"))],
        "HOLD",
        CONFLICT,
    ),
    "an off-campus department that nobody said is excepted or not": (
        [*hospital(place_of_service="19", off_campus="NONE"), hospital_claim(line("93017"))],
        "HOLD",
        CONFLICT,
    ),
    "an emergency outside the emergency room": (
        [*hospital(encounter_class="EMERGENCY"), physician_claim(line("93018"))],
        "HOLD",
        CONFLICT,
    ),
    "an inpatient in an outpatient department": (
        [*hospital(encounter_class="INPATIENT"), physician_claim(line("93018"))],
        "HOLD",
        CONFLICT,
    ),
    "off campus is not read for an inpatient": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="51", off_campus="EXCEPTED"),
            physician_claim(line("93018"), place_of_service="51"),
        ],
        "RELEASE",
        [],
    ),
    "off campus is not read in the emergency room": (
        [
            *hospital(encounter_class="EMERGENCY", place_of_service="23", off_campus="NON_EXCEPTED"),
            physician_claim(line("93018"), place_of_service="23"),
        ],
        "RELEASE",
        [],
    ),
    "a registration that does not fit waits for the visit to be completed": (
        [*hospital(place_of_service="11", status="IN_PROGRESS"), physician_claim(line("93018"))],
        "HOLD",
        [("administrative-encounter-not-completed", None)],
    ),
    "a registration that does not fit silences what needs the setting": (
        [*office(place_of_service="22", owners="P/R/R"), claim(line("93015"), line("93017"))],
        "REBUILD",
        [*CONFLICT, ("coding-component-overlap", 2)],
    ),
    # site-place-of-service-mismatch
    "the claim says an office, the patient was in a clinic": (
        [*office(place_of_service="49"), claim(line("93015"))],
        "REBUILD",
        MISMATCH,
    ),
    "a professional claim without a place of service": (
        [*office(), claim(line("93015"), place_of_service=None)],
        "REBUILD",
        MISMATCH,
    ),
    "a professional claim whose place of service is blank": (
        [*office(), claim(line("93015"), place_of_service=" ")],
        "REBUILD",
        MISMATCH,
    ),
    "a reading group bills its own office for a test in the hospital": (
        [*hospital("H/P/R"), claim(line("93018"), billing_entity_id="R", place_of_service="11")],
        "REBUILD",
        MISMATCH,
    ),
    "a reading group bills the place where the patient was": (
        [*hospital("H/P/R"), claim(line("93018"), billing_entity_id="R", place_of_service="22")],
        "RELEASE",
        [],
    ),
    "an institutional claim needs no place of service": (
        [*hospital(), hospital_claim(line("93017"), place_of_service="11")],
        "RELEASE",
        [],
    ),
    "a claim for another setting is judged by the setting of the visit": (
        [*hospital(), claim(line("93018"), place_of_service="11")],
        "REBUILD",
        MISMATCH,
    ),
    # site-global-in-facility
    "a physician bills 93015 in a hospital department": (
        [*hospital(), physician_claim(line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    "a physician bills 93015-26 in a hospital department": (
        [*hospital(), physician_claim(line("93015", "26"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("coding-component-modifier", 1)],
    ),
    "two global lines in a hospital department": (
        [*hospital(), physician_claim(line("93015"), line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("site-global-in-facility", 2), ("coding-duplicate-line", 2)],
    ),
    "a surgery centre is a facility although the visit is ambulatory": (
        [*office("H/P/P", place_of_service="24"), claim(line("93015"), place_of_service="24")],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    "a physician bills supervision and reading in a hospital department": (
        [*hospital(), physician_claim(line("93016"), line("93018"))],
        "RELEASE",
        [],
    ),
    # site-technical-in-facility
    "a physician bills the hospital's tracing": (
        [*hospital(), physician_claim(line("93018"), line("93017"))],
        "REBUILD",
        [("site-technical-in-facility", 2)],
    ),
    "tracing is the hospital's even if the practice is recorded as its owner": (
        [*hospital("P/P/P"), physician_claim(line("93017"))],
        "REBUILD",
        [("site-technical-in-facility", 1)],
    ),
    "a physician bills the technical part of each stress echo in the hospital": (
        [*hospital(), physician_claim(line("93350", "TC"), line("93351", "TC"))],
        "REBUILD",
        [("site-technical-in-facility", 1), ("site-technical-in-facility", 2)],
    ),
    "an echo with 26 and TC in the hospital is not the technical part alone": (
        [*hospital(), physician_claim(line("93350", "26", "TC"))],
        "RELEASE",
        [],
    ),
    "the technical part of an echo in an office": (
        [*office(), claim(line("93350", "TC"))],
        "RELEASE",
        [],
    ),
    "the hospital bills its own tracing": (
        [*hospital(), hospital_claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "93015-TC in a hospital is a global, not a technical line": (
        [*hospital(), physician_claim(line("93015", "TC"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("coding-component-modifier", 1)],
    ),
    # site-stress-echo-needs-26
    "a physician bills 93350 whole in the hospital": (
        [*hospital(), physician_claim(line("93350"))],
        "REBUILD",
        [("site-stress-echo-needs-26", 1)],
    ),
    "a physician bills 93351 whole in the hospital": (
        [*hospital(), physician_claim(line("93351"))],
        "REBUILD",
        [("site-stress-echo-needs-26", 1)],
    ),
    "a physician bills 93350-26 in the hospital": (
        [*hospital(), physician_claim(line("93350", "26"))],
        "RELEASE",
        [],
    ),
    "a stress echo in an office needs no modifier": (
        [*office(), claim(line("93351"))],
        "RELEASE",
        [],
    ),
    "the hospital bills its part of a stress echo without a modifier": (
        [*hospital(), hospital_claim(line("93351"))],
        "RELEASE",
        [],
    ),
    # site-professional-on-institutional
    "a hospital bills all codes of the test": (
        [*hospital(), hospital_claim(line("93015"), line("93016"), line("93018"))],
        "REBUILD",
        [
            ("site-professional-on-institutional", 1),
            ("site-professional-on-institutional", 2),
            ("site-professional-on-institutional", 3),
            ("coding-component-overlap", 2),
            ("coding-component-overlap", 3),
        ],
    ),
    "a critical access hospital bills its physician's reading": (
        [*hospital(), hospital_claim(line("93018", revenue_code="0969"), type_of_bill="0851")],
        "HOLD",
        [METHOD_TWO, ("coding-revenue-code", 1)],
    ),
    "a critical access hospital bills a reading under a revenue code of the department": (
        [*hospital(), hospital_claim(line("93018"), type_of_bill="0851")],
        "REBUILD",
        [("site-professional-on-institutional", 1)],
    ),
    # site-off-campus-modifier
    "a physician's line has PO": (
        [*office(), claim(line("93015", "PO"))],
        "REBUILD",
        [("site-off-campus-modifier", 1)],
    ),
    "a physician's lines off campus have PN": (
        [
            encounter(**OFF_CAMPUS, owners="H/P/P"),
            *hospital()[1:],
            claim(line("93018", "PN"), line("93016"), place_of_service="19"),
        ],
        "REBUILD",
        [("site-off-campus-modifier", 1)],
    ),
    "every line of an off-campus department needs PN, whatever its code": (
        [encounter(**OFF_CAMPUS, owners="H/P/P"), *hospital()[1:], hospital_claim(line("93017", "PN"), line("78452"))],
        "REBUILD",
        [("site-off-campus-modifier", 2)],
    ),
    "an excepted department needs PO": (
        [
            *hospital(place_of_service="19", off_campus="EXCEPTED"),
            hospital_claim(line("93017", "PO"), line("78451"), line("78452", "PN"), line("J2785", "PO", "PN")),
        ],
        "REBUILD",
        [("site-off-campus-modifier", 2), ("site-off-campus-modifier", 3), ("site-off-campus-modifier", 4)],
    ),
    "a department on campus takes neither": (
        [*hospital(), hospital_claim(line("93017", "PO"))],
        "REBUILD",
        [("site-off-campus-modifier", 1)],
    ),
    "the emergency room takes neither, whatever off campus says": (
        [
            *hospital(encounter_class="EMERGENCY", place_of_service="23", off_campus="EXCEPTED"),
            hospital_claim(line("93017"), line("78452", "PO")),
        ],
        "REBUILD",
        [("site-off-campus-modifier", 2)],
    ),
    "an inpatient's line takes neither, whatever off campus says": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="21", off_campus="NON_EXCEPTED"),
            hospital_claim(line("78452", "PN"), type_of_bill="0111"),
        ],
        "REBUILD",
        [("site-off-campus-modifier", 1), ("coding-outside-scope", None)],
    ),
    "an off-campus department with PN on every line": (
        [encounter(**OFF_CAMPUS, owners="H/P/P"), *hospital()[1:], hospital_claim(line("93017", "PN"))],
        "RELEASE",
        [],
    ),
    # site-type-of-bill
    "a hospital claim without a type of bill": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill=None)],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a hospital claim whose type of bill is blank": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="  ")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a type of bill of three digits": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="131")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a type of bill of five digits": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="01311")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a type of bill that does not start with 0": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="1311")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a type of bill with a letter": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="01A1")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a type of bill in other digits than ours": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="0\u0661\u06631")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "an original claim with the bill type of a replacement": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="0137")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "a replacement with the bill type of a replacement": (
        [
            *hospital(),
            hospital_claim(line("93017"), type_of_bill="0137", frequency_code="7", payer_claim_control_number="ICN-1"),
        ],
        "RELEASE",
        [],
    ),
    "an outpatient on an inpatient bill": (
        [*hospital(), hospital_claim(line("93017"), type_of_bill="0111")],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "an emergency on an inpatient bill": (
        [
            *hospital(encounter_class="EMERGENCY", place_of_service="23"),
            hospital_claim(line("93017"), type_of_bill="0121"),
        ],
        "HOLD",
        TYPE_OF_BILL,
    ),
    "an emergency on the bill of a critical access hospital": (
        [
            *hospital(encounter_class="EMERGENCY", place_of_service="23"),
            hospital_claim(line("93017"), type_of_bill="0851"),
        ],
        "RELEASE",
        [],
    ),
    "an inpatient on an outpatient bill": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="21"),
            hospital_claim(line("93017"), type_of_bill="0131"),
        ],
        "HOLD",
        [*TYPE_OF_BILL, ("site-inpatient-technical", None)],
    ),
    "the bill type is not compared with a visit that has not come": (
        [hospital_claim(line("93017"), type_of_bill="0111")],
        "HOLD",
        [("administrative-encounter-missing", None)],
    ),
    "a bill type that is wrong in itself is told before the visit comes": (
        [hospital_claim(line("93017"), type_of_bill="0132")],
        "HOLD",
        [*TYPE_OF_BILL, ("administrative-encounter-missing", None)],
    ),
    "a professional claim has no type of bill": (
        [*office(), claim(line("93015"), type_of_bill="xyz")],
        "RELEASE",
        [],
    ),
    "a bill type that does not start with 0, before the visit comes": (
        [hospital_claim(line("93017"), type_of_bill="1131")],
        "HOLD",
        [*TYPE_OF_BILL, ("administrative-encounter-missing", None)],
    ),
    "a bill type with a letter, before the visit comes": (
        [hospital_claim(line("93017"), type_of_bill="01A1")],
        "HOLD",
        [*TYPE_OF_BILL, ("administrative-encounter-missing", None)],
    ),
    "a bill type in other digits than ours, before the visit comes": (
        [hospital_claim(line("93017"), type_of_bill="0\u0661\u06631")],
        "HOLD",
        [*TYPE_OF_BILL, ("administrative-encounter-missing", None)],
    ),
    "the bill type is not compared with a registration that does not fit": (
        [*hospital(place_of_service="11"), hospital_claim(line("93017"), type_of_bill="0111")],
        "HOLD",
        CONFLICT,
    ),
    # site-institutional-outside-hospital
    "a clinic bills an office visit on an institutional claim": (
        [*office("H/P/P"), hospital_claim(line("93017"), type_of_bill="0711")],
        "HOLD",
        [("site-institutional-outside-hospital", None)],
    ),
    "an office visit on an institutional claim knows no rule of offices": (
        [*office("H/P/P", supervision_mode=None, one_locality=False), hospital_claim(line("93015"))],
        "REBUILD",
        [("site-professional-on-institutional", 1), ("site-institutional-outside-hospital", None)],
    ),
    # site-inpatient-technical
    "the tracing of an inpatient billed outside the stay": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="21"),
            hospital_claim(line("93017"), type_of_bill="0111"),
        ],
        "HOLD",
        [("site-inpatient-technical", None)],
    ),
    "the stress echo of an inpatient billed outside the stay": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="61"),
            hospital_claim(line("93350"), type_of_bill="0121"),
        ],
        "HOLD",
        [("site-inpatient-technical", None)],
    ),
    "another service of an inpatient": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="21"),
            hospital_claim(line("78452"), type_of_bill="0111"),
        ],
        "RELEASE",
        [("coding-outside-scope", None)],
    ),
    "a physician reads the test of an inpatient": (
        [
            *hospital(encounter_class="INPATIENT", place_of_service="21"),
            physician_claim(line("93018"), place_of_service="21"),
        ],
        "RELEASE",
        [],
    ),
    # site-method-two
    "the lowest professional revenue code on a critical access bill": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0960"), type_of_bill="0851")],
        "HOLD",
        [METHOD_TWO, ("coding-revenue-code", 1)],
    ),
    "the highest professional revenue code on a critical access bill": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0989"), type_of_bill="0851")],
        "HOLD",
        [METHOD_TWO, ("coding-revenue-code", 1)],
    ),
    "one of two tests under a professional revenue code": (
        [
            *hospital(),
            hospital_claim(line("93017"), line("93018", revenue_code="0969"), type_of_bill="0851"),
        ],
        "HOLD",
        [METHOD_TWO, ("coding-revenue-code", 2)],
    ),
    "a revenue code of five digits": (
        [*hospital(), hospital_claim(line("93017", revenue_code="09701"), type_of_bill="0851")],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "just below the professional revenue codes": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0959"), type_of_bill="0851")],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "just above the professional revenue codes": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0990"), type_of_bill="0851")],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "a professional revenue code on the bill of another hospital": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0960"))],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "a professional revenue code on a line that is no stress test": (
        [*hospital(), hospital_claim(line("93017"), line("78452", revenue_code="0960"), type_of_bill="0851")],
        "RELEASE",
        [],
    ),
    "a bill of a critical access hospital without revenue codes": (
        [
            *hospital(),
            claim(
                line("93017"),
                claim_type="INSTITUTIONAL",
                billing_entity_id="H",
                place_of_service=None,
                type_of_bill="0851",
            ),
        ],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "method two is told before the visit comes": (
        [hospital_claim(line("93018", revenue_code="0960"), type_of_bill="0851")],
        "HOLD",
        [METHOD_TWO, ("coding-revenue-code", 1), ("administrative-encounter-missing", None)],
    ),
    "a professional claim knows no method two": (
        [*office(), claim(line("93015", revenue_code="0960"), type_of_bill="0851")],
        "RELEASE",
        [],
    ),
    # site-clinic-encounter-rate
    "a global in a federally qualified health center": (
        [*office(place_of_service="50"), claim(line("93015"), place_of_service="50")],
        "HOLD",
        CLINIC_RATE,
    ),
    "tracing in a state health clinic": (
        [*office("P/R/R", place_of_service="71"), claim(line("93017"), place_of_service="71")],
        "HOLD",
        CLINIC_RATE,
    ),
    "tracing in a rural health clinic": (
        [*office("P/R/R", place_of_service="72"), claim(line("93017"), place_of_service="72")],
        "HOLD",
        CLINIC_RATE,
    ),
    "a reading in a rural health clinic": (
        [*office("R/R/P", place_of_service="72"), claim(line("93018"), place_of_service="72")],
        "RELEASE",
        [],
    ),
    "tracing in an independent clinic": (
        [*office("P/R/R", place_of_service="49"), claim(line("93017"), place_of_service="49")],
        "RELEASE",
        [],
    ),
    "an institutional claim of a rural health clinic": (
        [*office("H/P/P", place_of_service="72"), hospital_claim(line("93017"), type_of_bill="0711")],
        "HOLD",
        [("site-institutional-outside-hospital", None)],
    ),
    # several at once
    "every defect of a claim is told": (
        [
            *hospital(),
            claim(line("93015", "PO"), line("93017"), line("93350"), place_of_service="11"),
        ],
        "REBUILD",
        [
            *MISMATCH,
            ("site-global-in-facility", 1),
            ("site-technical-in-facility", 2),
            ("site-stress-echo-needs-26", 3),
            ("site-off-campus-modifier", 1),
            ("coding-component-overlap", 2),
            ("coding-stress-echo-with-global", 1),
        ],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_site_of_service(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (SCENARIOS["a physician's line has PO"][0], "Line 1 (93015) has PO; it must have neither."),
        (
            SCENARIOS["every line of an off-campus department needs PN, whatever its code"][0],
            "Line 2 (78452) has neither PO nor PN; it must have PN.",
        ),
        (
            SCENARIOS["a professional claim without a place of service"][0],
            "The claim says place of service none; the test was done at 11.",
        ),
        (
            SCENARIOS["a hospital outpatient registered in an office"][0],
            "Class HOSPITAL_OUTPATIENT, place of service 11 and off-campus status NONE do not fit each other.",
        ),
        (
            SCENARIOS["an outpatient on an inpatient bill"][0],
            "Type of bill 0111 does not fit class HOSPITAL_OUTPATIENT: expected 013x and 085x.",
        ),
    ],
)
def test_the_message_carries_the_values(facts, message, verdict):
    (finding,) = verdict(facts).findings

    assert message == finding.message


FACILITY = "02 06 08 19 21 22 23 24 26 31 34 41 42 51 52 53 56 61"
NON_FACILITY = "01 03 04 05 07 09 10 11 12 13 14 15 16 17 18 20 25 27 32 33 49 50 54 55 57 58 60 62 65 66 71 72 81 99"
ASSIGNED = dict.fromkeys(FACILITY.split(), "facility") | dict.fromkeys(NON_FACILITY.split(), "not a facility")
OFF_CAMPUS_STATES = ("NONE", "EXCEPTED", "NON_EXCEPTED")
HOSPITAL_PLACES = {"19", "21", "22", "23", "51", "61"}
FITTING = (
    {("INPATIENT", place, state) for place in ("21", "51", "61") for state in OFF_CAMPUS_STATES}
    | {("EMERGENCY", "23", state) for state in OFF_CAMPUS_STATES}
    | {("HOSPITAL_OUTPATIENT", "22", "NONE")}
    | {("HOSPITAL_OUTPATIENT", "19", "EXCEPTED"), ("HOSPITAL_OUTPATIENT", "19", "NON_EXCEPTED")}
    | {("AMBULATORY", place, "NONE") for place in set(ASSIGNED) - HOSPITAL_PLACES}
)


def test_a_registration_fits_or_conflicts_for_every_class_place_and_off_campus_status(verdict):
    fitting = set()
    for encounter_class in ("AMBULATORY", "HOSPITAL_OUTPATIENT", "EMERGENCY", "INPATIENT"):
        for place in ASSIGNED:
            for state in OFF_CAMPUS_STATES:
                visit = encounter(
                    encounter_class=encounter_class, place_of_service=place, off_campus=state, owners="H/P/P"
                )
                found = verdict([visit, claim(line("93018"), place_of_service=place)]).findings
                if found[0].edit_id != "site-registration-conflict":
                    fitting.add((encounter_class, place, state))

    assert FITTING == fitting


def test_every_two_digit_place_is_a_facility_or_not_or_unassigned(verdict):
    said = {}
    for number in range(100):
        place = f"{number:02}"
        encounter_class = "AMBULATORY"
        if place in HOSPITAL_PLACES:
            encounter_class = {"22": "HOSPITAL_OUTPATIENT", "19": "HOSPITAL_OUTPATIENT", "23": "EMERGENCY"}.get(
                place, "INPATIENT"
            )
        visit = encounter(
            encounter_class=encounter_class,
            place_of_service=place,
            off_campus="EXCEPTED" if place == "19" else "NONE",
        )
        findings = {finding.edit_id for finding in verdict([visit, claim(line("93017"))]).findings}
        said[place] = (
            "unassigned"
            if "site-place-of-service-unassigned" in findings
            else "facility"
            if "site-technical-in-facility" in findings
            else "not a facility"
        )

    assert {f"{number:02}": ASSIGNED.get(f"{number:02}", "unassigned") for number in range(100)} == said
