"""Coding: codes, modifiers and units that do not go together, on one claim and across claims of one biller."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.builders import (
    OTHER_NPI,
    SERVICE_DATE,
    at,
    chart,
    claim,
    encounter,
    hospital_claim,
    line,
    report,
)
from tests.scenarios.table import Scenarios, earlier, hospital, office, physician_claim

NEXT_DAY = SERVICE_DATE + dt.timedelta(days=1)
OUTSIDE = ("coding-outside-scope", None)
OVERLAP = ("coding-overlap-across-claims", 1)
IN_PARTS = ("coding-global-in-parts", None)
TRACING_WITH_INTERPRETATION = [("coding-tracing-with-interpretation", None)]
MAKE_GLOBAL = [("coding-components-make-global", None)]
ECHO_COMPONENTS = [("coding-stress-echo-components", None)]
COMPONENTS = (line("93016"), line("93017"), line("93018"))


def signed_next_day():
    """A chart whose report was signed the day after the test, so that 93018 may be dated then."""
    return [*chart()[:2], report(signed_at=at(24 * 60))]


SCENARIOS: Scenarios = {
    # coding-malformed-code
    "a code of four digits": (
        [*office(), claim(line("93015"), line("9300"))],
        "REBUILD",
        [("coding-malformed-code", 2)],
    ),
    "a code of six digits": (
        [*office(), claim(line("930150"))],
        "REBUILD",
        [("coding-malformed-code", 1), OUTSIDE],
    ),
    "a code in small letters": (
        [*office(), claim(line("93015"), line("j2785"))],
        "REBUILD",
        [("coding-malformed-code", 2)],
    ),
    "a code with a space behind it": (
        [*office(), claim(line("93015 "))],
        "REBUILD",
        [("coding-malformed-code", 1), OUTSIDE],
    ),
    "a code with a line feed behind it": (
        [*office(), claim(line("93015\n"))],
        "REBUILD",
        [("coding-malformed-code", 1), OUTSIDE],
    ),
    "an empty code": (
        [*office(), claim(line(""))],
        "REBUILD",
        [("coding-malformed-code", 1), OUTSIDE],
    ),
    "a modifier of one digit": (
        [*office(), claim(line("93015", "5"))],
        "REBUILD",
        [("coding-malformed-code", 1)],
    ),
    "a modifier in small letters": (
        [*office(), claim(line("93350", "26", "tc"))],
        "REBUILD",
        [("coding-malformed-code", 1)],
    ),
    "a blank modifier": (
        [*office(), claim(line("93015", ""))],
        "REBUILD",
        [("coding-malformed-code", 1)],
    ),
    "five modifiers": (
        [*office(), claim(line("93015", "GA", "GY", "KX", "Q6", "CR"))],
        "REBUILD",
        [("coding-malformed-code", 1)],
    ),
    "four modifiers": (
        [*office(), claim(line("93015", "GA", "GY", "KX", "Q6"))],
        "RELEASE",
        [],
    ),
    "a code and a modifier that are both malformed are one finding": (
        [*office(), claim(line("93015"), line("x", "y"))],
        "REBUILD",
        [("coding-malformed-code", 2)],
    ),
    # coding-outside-scope
    "a claim without a stress test": (
        [*office(), claim(line("78452"))],
        "RELEASE",
        [OUTSIDE],
    ),
    "a stress echo is in scope": (
        [*office(), claim(line("78452"), line("93350"))],
        "RELEASE",
        [],
    ),
    # coding-component-overlap
    "a component beside the global": (
        [*office(), claim(line("93018"), line("93015"))],
        "REBUILD",
        [("coding-component-overlap", 1)],
    ),
    "every component beside the global": (
        [*office(), claim(line("93015"), *COMPONENTS)],
        "REBUILD",
        [("coding-component-overlap", 2), ("coding-component-overlap", 3), ("coding-component-overlap", 4)],
    ),
    "a component beside the global with 26": (
        [*office(), claim(line("93015", "26"), line("93017"))],
        "REBUILD",
        [("coding-component-overlap", 2), ("coding-component-modifier", 1)],
    ),
    "a component beside the global, before the visit comes": (
        [claim(line("93015"), line("93017"))],
        "REBUILD",
        [("coding-component-overlap", 2), ("administrative-encounter-missing", None)],
    ),
    "components without the global": (
        [*office("R/P/P"), claim(line("93016"), line("93018"))],
        "RELEASE",
        [],
    ),
    # coding-overlap-across-claims
    "a component after the global": (
        [*office(), earlier(claim(line("93015"))), claim(line("93018"))],
        "REBUILD",
        [OVERLAP],
    ),
    "the global after a component": (
        [*office(), earlier(claim(line("93017"))), claim(line("93015"))],
        "REBUILD",
        [OVERLAP, IN_PARTS],
    ),
    "a component after components that were billed as the global": (
        [*office(), earlier(claim(*COMPONENTS)), claim(line("93016"))],
        "REBUILD",
        [OVERLAP],
    ),
    "a component and an echo after the complete stress echo": (
        [*office(), earlier(claim(line("93351"))), claim(line("93350"), line("93017"))],
        "REBUILD",
        [OVERLAP, ("coding-overlap-across-claims", 2)],
    ),
    "the global after the complete stress echo": (
        [*office(), earlier(claim(line("93351"))), claim(line("93015"))],
        "REBUILD",
        [OVERLAP],
    ),
    "the global after the stress echo": (
        [*office(), earlier(claim(line("93350"))), claim(line("93015"))],
        "REBUILD",
        [OVERLAP],
    ),
    "components after the stress echo": (
        [*office("P/P/R"), earlier(claim(line("93350"))), claim(line("93016"), line("93017"))],
        "RELEASE",
        [],
    ),
    "93015-26 after the tracing, whose role it does not bill": (
        [*office("P/P/P"), earlier(claim(line("93017"))), claim(line("93015", "26"))],
        "REBUILD",
        [("coding-component-modifier", 1), IN_PARTS],
    ),
    "a component after a global that was withdrawn": (
        [*office(), earlier(claim(line("93015"), status="WITHDRAWN")), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "a component after the void of a global": (
        [
            *office(),
            earlier(claim(line("93015"), frequency_code="8", payer_claim_control_number="ICN-1")),
            claim(line("93018")),
        ],
        "RELEASE",
        [],
    ),
    "a component after another entity's global": (
        [*office("R/R/P"), earlier(claim(line("93015"), billing_entity_id="R")), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "a component after a claim of the other type": (
        [
            *hospital("P/P/P"),
            earlier(hospital_claim(line("93015"), billing_entity_id="P")),
            physician_claim(line("93018")),
        ],
        "RELEASE",
        [],
    ),
    "a component after a global that does not stand for it": (
        [*office("P/R/R"), earlier(claim(line("93015"))), claim(line("93018"), billing_entity_id="P")],
        "REBUILD",
        [("ownership-not-owner", 1)],
    ),
    "a component before the global": (
        [*office(), earlier(claim(line("93015")), "C9", minutes=61), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "of two claims built at once the smaller id is the earlier": (
        [*office(), earlier(claim(line("93015")), "C0", minutes=60), claim(line("93018"))],
        "REBUILD",
        [OVERLAP],
    ),
    "of two claims built at once the larger id is no earlier one": (
        [*office(), earlier(claim(line("93015")), "C2", minutes=60), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "earlier claims are not compared before the visit comes": (
        [earlier(claim(line("93015"))), claim(line("93018", "59"))],
        "HOLD",
        [("administrative-encounter-missing", None)],
    ),
    # coding-earlier-claim-conflict
    "the complete stress echo after the stress echo": (
        [*office(), earlier(claim(line("93350"))), claim(line("93351"))],
        "HOLD",
        [("coding-earlier-claim-conflict", 1)],
    ),
    "the complete stress echo after a component": (
        [*office(), earlier(claim(line("93018"))), claim(line("93351"))],
        "HOLD",
        [("coding-earlier-claim-conflict", 1)],
    ),
    "the stress echo after the global": (
        [*office(), earlier(claim(line("93015"))), claim(line("93350"))],
        "HOLD",
        [("coding-earlier-claim-conflict", 1)],
    ),
    "the stress echo after components that are not the global": (
        [*office("P/P/R"), earlier(claim(line("93016"), line("93017"))), claim(line("93350"))],
        "RELEASE",
        [],
    ),
    "an echo and a global of one physician after a component are no complete stress echo": (
        [*office(), earlier(claim(line("93018"))), claim(line("93350"), line("93015"))],
        "REBUILD",
        [("coding-overlap-across-claims", 2), ("coding-stress-echo-with-global", 2)],
    ),
    "another part of a stress echo": (
        [*office(), earlier(claim(line("93350", "26"))), claim(line("93350", "TC"))],
        "RELEASE",
        [],
    ),
    "another part of the complete stress echo": (
        [*office(), earlier(claim(line("93351", "26"))), claim(line("93351", "TC"))],
        "RELEASE",
        [],
    ),
    # coding-duplicate-line
    "the global twice": (
        [*office(), claim(line("93015"), line("93015"))],
        "REBUILD",
        [("coding-duplicate-line", 2)],
    ),
    "the global three times": (
        [*office(), claim(line("93015"), line("93015"), line("93015"))],
        "REBUILD",
        [("coding-duplicate-line", 2), ("coding-duplicate-line", 3)],
    ),
    "a line is a repeat by its number, not by its place": (
        [*office("P/R/R"), claim(line("93017", line_number=7), line("93017", line_number=3))],
        "REBUILD",
        [("coding-duplicate-line", 7)],
    ),
    "one encounter has one test, whatever the dates": (
        [*office("P/R/R"), claim(line("93017"), line("93017", service_date=NEXT_DAY))],
        "REBUILD",
        [("coding-duplicate-line", 2), ("administrative-service-date-mismatch", 2)],
    ),
    "26 and TC tell lines apart": (
        [*office(), claim(line("93350", "26"), line("93350", "TC"), line("93350", "TC", "GA"))],
        "REBUILD",
        [("coding-duplicate-line", 3)],
    ),
    "other modifiers do not tell lines apart": (
        [*office("P/R/R"), claim(line("93017", "GA"), line("93017", "59"))],
        "REBUILD",
        [("coding-duplicate-line", 2)],
    ),
    "another service twice": (
        [*office(), claim(line("93015"), line("A9500"), line("A9500"))],
        "RELEASE",
        [],
    ),
    "the global twice, before the visit comes": (
        [claim(line("93015"), line("93015"))],
        "REBUILD",
        [("coding-duplicate-line", 2), ("administrative-encounter-missing", None)],
    ),
    # coding-repeat-service
    "a test repeated by the same physician": (
        [*office(), claim(line("93015"), line("93015", "76"))],
        "HOLD",
        [("coding-repeat-service", 2)],
    ),
    "a test repeated by another physician": (
        [*office(), claim(line("93015", "77"))],
        "HOLD",
        [("coding-repeat-service", 1)],
    ),
    "a repeat is compared with no line": (
        [*office(), claim(line("93015", "76"), line("93015"), line("93015"))],
        "REBUILD",
        [("coding-duplicate-line", 3), ("coding-repeat-service", 1)],
    ),
    "another service repeated": (
        [*office(), claim(line("93015"), line("78452", "76"))],
        "RELEASE",
        [],
    ),
    # coding-units
    "two units of the global": (
        [*office(), claim(line("93015", units=2))],
        "REBUILD",
        [("coding-units", 1)],
    ),
    "two units of an echo": (
        [*office(), claim(line("93350", units=2))],
        "REBUILD",
        [("coding-units", 1)],
    ),
    "three units of a service that has no limit": (
        [*office(), claim(line("93015"), line("A9500", units=3))],
        "RELEASE",
        [],
    ),
    # coding-units-invalid
    "no unit of the global": (
        [*office(), claim(line("93015", units=0))],
        "REBUILD",
        [("coding-units-invalid", 1)],
    ),
    "less than no unit of another service": (
        [*office(), claim(line("93015"), line("A9500", units=-1))],
        "REBUILD",
        [("coding-units-invalid", 2)],
    ),
    # coding-units-over-mue
    "four units of regadenoson": (
        [*office(), claim(line("93015"), line("J2785", units=4))],
        "RELEASE",
        [],
    ),
    "five units of regadenoson": (
        [*office(), claim(line("93015"), line("J2785", units=5))],
        "HOLD",
        [("coding-units-over-mue", 2)],
    ),
    "five units of regadenoson over two lines are told on the first": (
        [*office(), claim(line("93015"), line("J2785", units=2), line("J2785", units=3))],
        "HOLD",
        [("coding-units-over-mue", 2)],
    ),
    "five units of regadenoson over two days": (
        [*office(), claim(line("93015"), line("J2785", units=2), line("J2785", units=3, service_date=NEXT_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 3)],
    ),
    "four tracings of a resting ECG by a physician": (
        [*office(), claim(line("93005", units=4))],
        "HOLD",
        [OUTSIDE, ("coding-units-over-mue", 1)],
    ),
    "four tracings of a resting ECG by a hospital": (
        [*hospital(), hospital_claim(line("93005", units=4))],
        "RELEASE",
        [OUTSIDE],
    ),
    "six tracings of a resting ECG by a hospital": (
        [*hospital(), hospital_claim(line("93005", units=6))],
        "HOLD",
        [OUTSIDE, ("coding-units-over-mue", 1)],
    ),
    # coding-component-modifier
    "93015-26": ([*office("R/P/P"), claim(line("93015", "26"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93015-TC": ([*office("P/R/R"), claim(line("93015", "TC"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93015-26-TC": ([*office(), claim(line("93015", "26", "TC"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93016-26": ([*office("R/P/R"), claim(line("93016", "26"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93017-TC": ([*office("P/R/R"), claim(line("93017", "TC"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93018-26": ([*office("R/R/P"), claim(line("93018", "26"))], "REBUILD", [("coding-component-modifier", 1)]),
    "93350-26": ([*office(), claim(line("93350", "26"))], "RELEASE", []),
    "26 on another service": ([*office(), claim(line("93015"), line("78452", "26"))], "RELEASE", []),
    # coding-modifier-contradicts-code
    "93016-TC": ([*office("R/P/R"), claim(line("93016", "TC"))], "HOLD", [("coding-modifier-contradicts-code", 1)]),
    "93017-26": ([*office("P/R/R"), claim(line("93017", "26"))], "HOLD", [("coding-modifier-contradicts-code", 1)]),
    "93018-TC": ([*office("R/R/P"), claim(line("93018", "TC"))], "HOLD", [("coding-modifier-contradicts-code", 1)]),
    "93017-26-TC": (
        [*office("P/R/R"), claim(line("93017", "TC", "26"))],
        "HOLD",
        [("coding-modifier-contradicts-code", 1)],
    ),
    "93018-26-TC": (
        [*office("R/R/P"), claim(line("93018", "26", "TC"))],
        "HOLD",
        [("coding-modifier-contradicts-code", 1)],
    ),
    # coding-unbundling-modifier
    "59 on a component beside the global": (
        [*office(), claim(line("93015"), line("93018", "59"))],
        "REBUILD",
        [("coding-component-overlap", 2), ("coding-unbundling-modifier", 2)],
    ),
    "XU on the global beside a component": (
        [*office(), claim(line("93015", "XU"), line("93018"))],
        "REBUILD",
        [("coding-component-overlap", 2), ("coding-unbundling-modifier", 1)],
    ),
    "XE, XS and XP on the parts of a complete stress echo": (
        [*office(), claim(line("93351"), line("93350", "XE"), line("93017", "XS"), line("93018", "XP"))],
        "REBUILD",
        [
            ("coding-unbundling-modifier", 2),
            ("coding-unbundling-modifier", 3),
            ("coding-unbundling-modifier", 4),
            ("coding-stress-echo-bundle", 2),
            ("coding-stress-echo-bundle", 3),
            ("coding-stress-echo-bundle", 4),
        ],
    ),
    "59 on an echo beside the global": (
        [*office(), claim(line("93350", "59"), line("93015", rendering_npi=OTHER_NPI))],
        "REBUILD",
        [("coding-unbundling-modifier", 1), ("coding-stress-echo-with-global", 2)],
    ),
    "59 between components separates nothing, and no pair asks for it": (
        [*office("R/P/P"), claim(line("93016", "59"), line("93018"))],
        "RELEASE",
        [],
    ),
    "59 on the echo beside components": (
        [*office("R/P/P"), claim(line("93350", "59"), line("93018", rendering_npi=OTHER_NPI))],
        "RELEASE",
        [],
    ),
    "59 on the global alone": (
        [*office(), claim(line("93015", "59"))],
        "RELEASE",
        [],
    ),
    "25 on a component beside the global is no unbundling modifier": (
        [*office(), claim(line("93015"), line("93018", "25"))],
        "REBUILD",
        [("coding-component-overlap", 2)],
    ),
    "59 on a component after the global": (
        [*office(), earlier(claim(line("93015"))), claim(line("93018", "59"))],
        "REBUILD",
        [OVERLAP, ("coding-unbundling-modifier", 1)],
    ),
    "59 on the same component again is a duplicate": (
        [*office("R/R/P"), earlier(claim(line("93018"))), claim(line("93018", "59"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "59 on a component beside the global, before the visit comes": (
        [claim(line("93015"), line("93018", "59"))],
        "REBUILD",
        [
            ("coding-component-overlap", 2),
            ("coding-unbundling-modifier", 2),
            ("administrative-encounter-missing", None),
        ],
    ),
    # coding-components-make-global
    "three components of one entity": (
        [*office(), claim(*COMPONENTS)],
        "REBUILD",
        MAKE_GLOBAL,
    ),
    "three components, one of unknown owner": (
        [*office("P/?/P"), claim(*COMPONENTS)],
        "HOLD",
        [("ownership-unknown", None)],
    ),
    "three components of three entities": (
        [*office("P/P/R"), claim(*COMPONENTS)],
        "REBUILD",
        [("ownership-not-owner", 3)],
    ),
    "two components of one entity": (
        [*office("P/P/R"), claim(line("93016"), line("93017"))],
        "RELEASE",
        [],
    ),
    "three components in a hospital": (
        [*hospital(), physician_claim(*COMPONENTS)],
        "REBUILD",
        [("site-technical-in-facility", 2)],
    ),
    "three components beside an echo by several physicians": (
        [*office(), claim(line("93350"), line("93016"), line("93017"), line("93018", rendering_npi=OTHER_NPI))],
        "RELEASE",
        [],
    ),
    "93015-26 and 93015-TC make the global by the modifiers' own edit": (
        [*office(), claim(line("93015", "26"), line("93015", "TC"))],
        "REBUILD",
        [("coding-component-modifier", 1), ("coding-component-modifier", 2)],
    ),
    # coding-tracing-with-interpretation
    "tracing and reading of an office whose supervisor bills nothing": (
        [*office(), claim(line("93017"), line("93018"))],
        "HOLD",
        TRACING_WITH_INTERPRETATION,
    ),
    "tracing and reading of an office, supervision of another group": (
        [*office("P/R/P"), claim(line("93017"), line("93018"))],
        "RELEASE",
        [],
    ),
    "reading after the tracing was billed": (
        [*office("P/?/P"), earlier(claim(line("93017"))), claim(line("93018"))],
        "HOLD",
        TRACING_WITH_INTERPRETATION,
    ),
    "tracing before the reading is billed": (
        [*office("P/?/P"), claim(line("93018"), claim_id="C2", built_at=at(90)), claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "the reading again, after tracing and reading were billed": (
        [*office("P/?/P"), earlier(claim(line("93017"), line("93018"))), claim(line("93018"))],
        "REBUILD",
        [("administrative-duplicate-service", 1)],
    ),
    "tracing and supervision of an office": (
        [*office(), claim(line("93017"), line("93016"))],
        "RELEASE",
        [],
    ),
    "supervision after tracing and reading": (
        [*office(), earlier(claim(line("93017"), line("93018"))), claim(line("93016"))],
        "HOLD",
        [IN_PARTS],
    ),
    "the reading of a tracing that the hospital furnished": (
        [*hospital("H/?/P"), physician_claim(line("93018"))],
        "RELEASE",
        [],
    ),
    # coding-global-in-parts
    "the global over two claims": (
        [*office(), earlier(claim(line("93017"))), claim(line("93016"), line("93018"))],
        "HOLD",
        [IN_PARTS],
    ),
    "the global over two days": (
        [encounter(), *signed_next_day(), claim(line("93016"), line("93017"), line("93018", service_date=NEXT_DAY))],
        "HOLD",
        [IN_PARTS],
    ),
    "the components of two localities over two claims": (
        [*office(one_locality=False), earlier(claim(line("93017"))), claim(line("93016"), line("93018"))],
        "RELEASE",
        [],
    ),
    "components over two claims, one of unknown owner": (
        [*office("P/?/P"), earlier(claim(line("93017"))), claim(line("93016"), line("93018"))],
        "HOLD",
        [("ownership-unknown", None)],
    ),
    "two components over two claims": (
        [*office(), earlier(claim(line("93016"))), claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "components over two days beside an echo": (
        [
            encounter(),
            *signed_next_day(),
            claim(
                line("93350"),
                line("93016", rendering_npi=OTHER_NPI),
                line("93017"),
                line("93018", service_date=NEXT_DAY),
            ),
        ],
        "RELEASE",
        [],
    ),
    "components over two claims after an echo": (
        [
            *office(),
            earlier(claim(line("93350")), "C00", minutes=20),
            earlier(claim(line("93017"))),
            claim(line("93016"), line("93018")),
        ],
        "RELEASE",
        [],
    ),
    "a complete stress echo after the parts of a global": (
        [*office(), earlier(claim(line("93017"), line("93016"))), claim(line("93351"), line("93018"))],
        "REBUILD",
        [("coding-earlier-claim-conflict", 1), ("coding-stress-echo-bundle", 2)],
    ),
    # coding-stress-echo-bundle
    "the global and an echo beside the complete stress echo": (
        [*office(), claim(line("93015"), line("93351"), line("93350"))],
        "REBUILD",
        [("coding-stress-echo-bundle", 1), ("coding-stress-echo-bundle", 3)],
    ),
    "a component beside the complete stress echo, before the visit comes": (
        [claim(line("93351"), line("93018"))],
        "REBUILD",
        [("coding-stress-echo-bundle", 2), ("administrative-encounter-missing", None)],
    ),
    "a component beside a complete stress echo that was billed before": (
        [*office(), earlier(claim(line("93351"))), claim(line("93351"), line("93018"))],
        "REBUILD",
        [("coding-overlap-across-claims", 2), ("administrative-duplicate-service", 1)],
    ),
    "a reading beside the technical part of a complete stress echo in the hospital": (
        [*hospital(), physician_claim(line("93351", "TC"), line("93018"))],
        "REBUILD",
        [("site-technical-in-facility", 1)],
    ),
    "the complete stress echo beside another service": (
        [*office(), claim(line("93351"), line("78452"))],
        "RELEASE",
        [],
    ),
    # coding-stress-echo-with-global
    "the global and 93015-TC beside an echo": (
        [*office(), claim(line("93350"), line("93015"), line("93015", "TC"))],
        "REBUILD",
        [
            ("coding-component-modifier", 3),
            ("coding-stress-echo-with-global", 2),
            ("coding-stress-echo-with-global", 3),
        ],
    ),
    "the global beside an echo, before the visit comes": (
        [claim(line("93350"), line("93015"))],
        "REBUILD",
        [("coding-stress-echo-with-global", 2), ("administrative-encounter-missing", None)],
    ),
    "one component beside an echo": (
        [*office("R/R/P"), claim(line("93350"), line("93018"))],
        "RELEASE",
        [],
    ),
    # coding-stress-echo-components
    "one physician's echo and all components in an office": (
        [*office(), claim(line("93350"), *COMPONENTS)],
        "RELEASE",
        ECHO_COMPONENTS,
    ),
    "one physician's echo and reading in a hospital, supervised by another": (
        [*hospital(), physician_claim(line("93350", "26"), line("93018"))],
        "RELEASE",
        [],
    ),
    "a hospital's echo and tracing under one physician": (
        [*hospital(), hospital_claim(line("93350"), line("93017"))],
        "RELEASE",
        ECHO_COMPONENTS,
    ),
    "an echo and all components without a physician": (
        [*hospital(), hospital_claim(line("93350", rendering_npi=None), line("93017", rendering_npi=" "))],
        "RELEASE",
        [],
    ),
    "an echo and components of two physicians": (
        [*office(), claim(line("93350"), *COMPONENTS[:2], line("93018", rendering_npi=OTHER_NPI))],
        "RELEASE",
        [],
    ),
    "two parts of an echo by two physicians beside all components": (
        [
            *office(),
            claim(line("93350", "26"), line("93350", "TC", rendering_npi=OTHER_NPI), *COMPONENTS),
        ],
        "RELEASE",
        [],
    ),
    "one physician's echo and 93015-26 in an office are not components": (
        [*office("R/P/P"), claim(line("93350"), line("93015", "26"))],
        "REBUILD",
        [("coding-component-modifier", 2), ("coding-stress-echo-with-global", 2)],
    ),
    # coding-ptp-bundled
    "oxygen saturation beside the global": (
        [*office(), claim(line("93015"), line("94760"))],
        "REBUILD",
        [("coding-ptp-bundled", 2)],
    ),
    "oxygen saturation with 59 beside the global": (
        [*office(), claim(line("93015"), line("94760", "59"))],
        "REBUILD",
        [("coding-ptp-bundled", 2)],
    ),
    "oxygen saturation beside the tracing, which does not contain it": (
        [*office("P/R/R"), claim(line("93017"), line("94760"))],
        "RELEASE",
        [],
    ),
    "oxygen saturation of the day after": (
        [*office(), claim(line("93015"), line("94760", service_date=NEXT_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 2)],
    ),
    "oxygen saturation beside a global that stands as components": (
        [*hospital(), physician_claim(line("93015"), line("94760"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("coding-ptp-bundled", 2)],
    ),
    "oxygen saturation beside a reading that is another group's": (
        [*office("P/P/R"), claim(line("93018"), line("94760"))],
        "REBUILD",
        [("ownership-not-owner", 1)],
    ),
    "oxygen saturation beside the global, before the visit comes": (
        [claim(line("93015"), line("94760"))],
        "REBUILD",
        [("coding-ptp-bundled", 2), ("administrative-encounter-missing", None)],
    ),
    "oxygen saturation beside an echo and a global that are one 93351": (
        [*office(), claim(line("93350"), line("93015"), line("94760"))],
        "REBUILD",
        [("coding-stress-echo-with-global", 2), ("coding-ptp-bundled", 3)],
    ),
    "oxygen saturation of the day of one part of a complete stress echo": (
        [
            *office(),
            claim(line("93351", "26"), line("93351", "TC", service_date=NEXT_DAY), line("94760")),
        ],
        "REBUILD",
        [("coding-ptp-bundled", 3), ("administrative-service-date-mismatch", 2)],
    ),
    # coding-ptp-stress-bundled
    "an exercise test of the lungs beside the global": (
        [*office(), claim(line("93015"), line("94621"))],
        "HOLD",
        [("coding-ptp-stress-bundled", 1)],
    ),
    "an exercise test of the lungs beside components: one finding for each line that pairs": (
        [*office("P/P/R"), claim(line("93016"), line("93017"), line("94621", "59"))],
        "HOLD",
        [("coding-ptp-stress-bundled", 1), ("coding-ptp-stress-bundled", 2)],
    ),
    "an exercise test of the lungs of the day after": (
        [*office(), claim(line("93015"), line("94621", service_date=NEXT_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 2)],
    ),
    "an exercise test of the lungs beside components that make the global: the lowest line": (
        [*office(), claim(line("94621"), *COMPONENTS)],
        "REBUILD",
        [*MAKE_GLOBAL, ("coding-ptp-stress-bundled", 2)],
    ),
    "an exercise test of the lungs beside a global and its component: the line that stays": (
        [*office(), claim(line("93017"), line("93015"), line("94621"))],
        "REBUILD",
        [("coding-component-overlap", 1), ("coding-ptp-stress-bundled", 2)],
    ),
    # coding-ptp-pair
    "a resting ECG beside the global": (
        [*office(), claim(line("93015"), line("93000"))],
        "HOLD",
        [("coding-ptp-pair", 2)],
    ),
    "a separate resting ECG": (
        [*office(), claim(line("93015"), line("93000", "59"))],
        "RELEASE",
        [],
    ),
    "the separate service is marked on the stress test": (
        [*office(), claim(line("93015", "XU"), line("93000"))],
        "RELEASE",
        [],
    ),
    "a repeat is not a separate service": (
        [*office(), claim(line("93015"), line("93000", "76"))],
        "HOLD",
        [("coding-ptp-pair", 2)],
    ),
    "a resting ECG of the day after": (
        [*office(), claim(line("93015"), line("93000", service_date=NEXT_DAY))],
        "HOLD",
        [("administrative-service-date-mismatch", 2)],
    ),
    "a resting ECG beside two components is told once": (
        [*office("P/P/R"), claim(line("93016"), line("93017"), line("93000"))],
        "HOLD",
        [("coding-ptp-pair", 3)],
    ),
    "a resting ECG beside two components, one of them marked as separate": (
        [*office("P/P/R"), claim(line("93016", "59"), line("93017"), line("93000"))],
        "HOLD",
        [("coding-ptp-pair", 3)],
    ),
    "a reading that is part of another test only maybe": (
        [*office("R/R/P"), claim(line("93018"), line("94621"))],
        "HOLD",
        [("coding-ptp-pair", 1)],
    ),
    "a test of which a part is bundled and another maybe": (
        [*hospital(), physician_claim(line("93015"), line("94621"))],
        "REBUILD",
        [("site-global-in-facility", 1), ("coding-ptp-stress-bundled", 1), ("coding-ptp-pair", 1)],
    ),
    "an echo at rest beside the stress echo": (
        [*office(), claim(line("93306"), line("93350"))],
        "HOLD",
        [("coding-ptp-pair", 1)],
    ),
    "a pair that was deleted before the test": (
        [*office(), claim(line("93015"), line("99201"))],
        "RELEASE",
        [],
    ),
    "nuclear imaging beside the global": (
        [*office(), claim(line("93015"), line("78452"))],
        "RELEASE",
        [],
    ),
    # coding-evaluation-without-25
    "a visit beside the global": (
        [*office(), claim(line("93015"), line("99213"))],
        "HOLD",
        [("coding-evaluation-without-25", 2)],
    ),
    "a visit with 25": (
        [*office(), claim(line("93015"), line("99213", "25"))],
        "RELEASE",
        [],
    ),
    "the first visit code": (
        [*office(), claim(line("93015"), line("99202"))],
        "HOLD",
        [("coding-evaluation-without-25", 2)],
    ),
    "a clinic visit of a hospital": (
        [*hospital(), hospital_claim(line("93017"), line("G0463"))],
        "HOLD",
        [("coding-evaluation-without-25", 2)],
    ),
    "a visit and an ECG": (
        [*office(), claim(line("93015"), line("93000"), line("99213"))],
        "HOLD",
        [("coding-ptp-pair", 2), ("coding-evaluation-without-25", 3)],
    ),
    "a visit beside the stress echo, a pair that no longer applies": (
        [*office(), claim(line("93350"), line("99213"))],
        "RELEASE",
        [],
    ),
    # coding-revenue-code
    "a hospital line without revenue code": (
        [*hospital(), hospital_claim(line("93017"), line("78452", revenue_code=" "))],
        "HOLD",
        [("coding-revenue-code", 2)],
    ),
    "a stress test under an unusual revenue code": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0320"))],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "a stress test under cardiology": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0480"))],
        "RELEASE",
        [],
    ),
    "a stress test under ECG": (
        [*hospital(), hospital_claim(line("93017", revenue_code="0730"))],
        "RELEASE",
        [],
    ),
    "a stress test under a revenue code without its zero": (
        [*hospital(), hospital_claim(line("93017", revenue_code="482"))],
        "HOLD",
        [("coding-revenue-code", 1)],
    ),
    "an echo under the revenue code of echo": (
        [*hospital(), hospital_claim(line("93350", revenue_code="0483"))],
        "RELEASE",
        [],
    ),
    # coding-abn-conflict
    "a notice given and not given": (
        [*office(), claim(line("93015", "GZ", "GA"), line("78452", "GY", "GZ"))],
        "REBUILD",
        [("coding-abn-conflict", 1), ("coding-abn-conflict", 2)],
    ),
    "a notice given for an excluded service": (
        [*office(), claim(line("93015", "GA", "GY"))],
        "RELEASE",
        [],
    ),
    # coding-abn-denial-expected
    "no notice was given": (
        [*office(), claim(line("93015", "GZ"), line("78452", "GZ"))],
        "RELEASE",
        [("coding-abn-denial-expected", 1), ("coding-abn-denial-expected", 2)],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_coding(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


@pytest.mark.parametrize(
    ("lines", "edit_id", "words"),
    [
        ((line("93015", units=3),), "coding-units", ["Line 1", "93015", "3 units"]),
        ((line("93015"), line("J2785", units=5)), "coding-units-over-mue", ["5 units", "J2785", "4"]),
        ((line("93015", "26", "TC"),), "coding-component-modifier", ["Line 1", "93015", "26 and TC"]),
        ((line("93015"), line("93018", "XU", "59")), "coding-unbundling-modifier", ["Line 2", "93018", "59 and XU"]),
        ((line("93015"), line("93000")), "coding-ptp-pair", ["Line 2", "93000", "93015"]),
        ((line("93015"), line("94760")), "coding-ptp-bundled", ["Line 2", "94760", "93015"]),
        ((line("93015"), line("94621")), "coding-ptp-stress-bundled", ["Line 1", "93015", "94621"]),
        ((line("93015", "GA", "GY", "KX", "Q6", "CR"),), "coding-malformed-code", ["Line 1", "93015", "5 modifiers"]),
        ((line("93017", "26"),), "coding-modifier-contradicts-code", ["Line 1", "26 contradicts 93017"]),
        ((line("93018", "26", "TC"),), "coding-modifier-contradicts-code", ["Line 1", "TC contradicts 93018"]),
        ((line("93015", "5", "x"),), "coding-malformed-code", ["Line 1", "93015", "'5' and 'x'"]),
    ],
)
def test_the_message_carries_the_values(lines, edit_id, words, verdict):
    (message,) = [
        finding.message for finding in verdict([*office(), claim(*lines)]).findings if finding.edit_id == edit_id
    ]

    assert [] == [word for word in words if word not in message]
