"""Ownership: a biller bills what it furnished, and only that."""

from __future__ import annotations

import pytest

from schemas.encounter import Ownership
from tests.builders import chart, claim, encounter, hospital_claim, line, report, supervision_note, technical_note
from tests.scenarios.table import Scenarios, hospital, office, physician_claim

UNKNOWN = ("ownership-unknown", None)
NOT_OWNER = ("ownership-not-owner", 1)
GLOBAL_SPLIT = ("ownership-global-split", 1)
ECHO_SPLIT = [("ownership-stress-echo-split", 1)]
OTHER_ENTITY = ("ownership-documented-by-other-entity", 1)

SCENARIOS: Scenarios = {
    # ownership-unknown
    "nobody recorded who supervised a global": (
        [*office("P/?/P"), claim(line("93015"))],
        "HOLD",
        [UNKNOWN],
    ),
    "nobody recorded any owner": (
        [*office("?/?/?"), claim(line("93015"))],
        "HOLD",
        [UNKNOWN],
    ),
    "an owner recorded as blank is no owner": (
        [
            encounter(ownership=Ownership(technical=" ", supervision="", interpretation="P", one_locality=True)),
            *chart(),
            claim(line("93015")),
        ],
        "HOLD",
        [UNKNOWN],
    ),
    "an unknown owner of a role that is not billed": (
        [*office("P/?/?"), claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "an unknown owner of the tracing that a hospital's reader does not bill": (
        [*hospital("?/?/P"), physician_claim(line("93018"))],
        "RELEASE",
        [],
    ),
    "an unknown owner of the tracing that a physician may not bill in a hospital": (
        [*hospital("?/P/P"), physician_claim(line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    "an unknown owner of the tracing that the hospital bills": (
        [*hospital("?/P/P"), hospital_claim(line("93017"))],
        "HOLD",
        [UNKNOWN],
    ),
    "an unknown owner is told before there is any document": (
        [encounter(owners="P/?/R"), claim(line("93016"))],
        "HOLD",
        [UNKNOWN, ("documentation-missing", 1)],
    ),
    # ownership-documented-by-other-entity
    "the report comes from another entity than the owner": (
        [encounter(), *chart()[:2], report("R"), claim(line("93015"))],
        "HOLD",
        [OTHER_ENTITY],
    ),
    "every document comes from another entity than the owner": (
        [
            encounter(owners="P/P/R"),
            technical_note("X"),
            supervision_note("X"),
            report("X"),
            claim(line("93016"), line("93017")),
        ],
        "HOLD",
        [("ownership-documented-by-other-entity", 2), ("ownership-documented-by-other-entity", 1)],
    ),
    "the document of a role of another owner that the claim bills": (
        [encounter(owners="P/R/R"), technical_note(), supervision_note("X"), report("R"), claim(line("93015"))],
        "REBUILD",
        [OTHER_ENTITY, GLOBAL_SPLIT],
    ),
    "another entity's document that is not final yet": (
        [encounter(), *chart()[:2], report("R", status="PRELIMINARY"), claim(line("93015"))],
        "HOLD",
        [("documentation-not-final", 1)],
    ),
    "another entity's document that was retracted": (
        [*office(), report("R", document_id="D-other", status="RETRACTED"), claim(line("93015"))],
        "RELEASE",
        [],
    ),
    "another entity's document of a role whose owner is unknown": (
        [encounter(owners="P/?/P"), *chart()[::2], supervision_note("R"), claim(line("93015"))],
        "HOLD",
        [UNKNOWN],
    ),
    "another entity's document of a role that is not billed": (
        [encounter(owners="P/R/R"), technical_note(), supervision_note("X"), report("X"), claim(line("93017"))],
        "RELEASE",
        [],
    ),
    "another entity's tracing that a physician may not bill in a hospital": (
        [*hospital(), technical_note("X", document_id="D-other"), physician_claim(line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    "an echo bills no role of its own": (
        [encounter(), *chart()[:2], report("R"), claim(line("93350"))],
        "RELEASE",
        [],
    ),
    # ownership-not-owner
    "a practice bills the reading of another group": (
        [*office("P/P/R"), claim(line("93018"))],
        "REBUILD",
        [NOT_OWNER],
    ),
    "two entities bill one reading, and the second does not own it": (
        [*office("P/P/R"), claim(line("93018"), claim_id="C0", billing_entity_id="R"), claim(line("93018"))],
        "REBUILD",
        [NOT_OWNER],
    ),
    "the owner of a reading bills it, whoever else has": (
        [*office("P/P/R"), claim(line("93018"), claim_id="C0"), claim(line("93018"), billing_entity_id="R")],
        "RELEASE",
        [],
    ),
    "a modifier does not hide that a component is another entity's": (
        [*office("P/P/R"), claim(line("93016"), line("93018", "26"))],
        "REBUILD",
        [("ownership-not-owner", 2), ("coding-component-modifier", 2)],
    ),
    "a hospital bills the tracing of a practice": (
        [*hospital("P/P/P"), hospital_claim(line("93017"))],
        "REBUILD",
        [NOT_OWNER],
    ),
    "a hospital bills globally and does not own the tracing": (
        [*hospital("P/P/P"), hospital_claim(line("93015"))],
        "REBUILD",
        [("site-professional-on-institutional", 1), NOT_OWNER],
    ),
    "a hospital bills 93015-TC and does not own the tracing": (
        [*hospital("P/P/P"), hospital_claim(line("93015", "TC"))],
        "REBUILD",
        [("site-professional-on-institutional", 1), NOT_OWNER, ("coding-component-modifier", 1)],
    ),
    "a hospital bills 93015 with both parts and does not own the tracing": (
        [*hospital("P/P/P"), hospital_claim(line("93015", "26", "TC"))],
        "REBUILD",
        [("site-professional-on-institutional", 1), NOT_OWNER, ("coding-component-modifier", 1)],
    ),
    "a hospital bills 93015-26, which is no tracing": (
        [*hospital("P/P/P"), hospital_claim(line("93015", "26"))],
        "REBUILD",
        [("site-professional-on-institutional", 1), ("coding-component-modifier", 1)],
    ),
    "a component that may not be billed here at all has no second finding": (
        [*hospital("H/R/P"), physician_claim(line("93017")), hospital_claim(line("93016"), claim_id="C2")],
        "REBUILD",
        [("site-professional-on-institutional", 1)],
    ),
    # ownership-global-split
    "a global of which two roles are another entity's": (
        [*office("P/R/R"), claim(line("93015"))],
        "REBUILD",
        [GLOBAL_SPLIT],
    ),
    "a global of which no role is the biller's": (
        [*office("R/R/R"), claim(line("93015"))],
        "REBUILD",
        [GLOBAL_SPLIT],
    ),
    "a global across two payment localities": (
        [*office(one_locality=False), claim(line("93015"))],
        "REBUILD",
        [GLOBAL_SPLIT],
    ),
    "93015-26 is split only by the owners of its own roles": (
        [*office("R/P/P"), claim(line("93015", "26"))],
        "REBUILD",
        [("coding-component-modifier", 1)],
    ),
    "93015-TC of another entity's tracing": (
        [*office("R/P/P"), claim(line("93015", "TC"))],
        "REBUILD",
        [GLOBAL_SPLIT, ("coding-component-modifier", 1)],
    ),
    "93015-26 across two payment localities": (
        [*office(one_locality=False), claim(line("93015", "26"))],
        "REBUILD",
        [GLOBAL_SPLIT, ("coding-component-modifier", 1)],
    ),
    "components across two payment localities": (
        [*office(one_locality=False), claim(line("93016"), line("93017"), line("93018"))],
        "RELEASE",
        [],
    ),
    "an unknown owner does not split a global": (
        [*office("?/P/P"), claim(line("93015"))],
        "HOLD",
        [UNKNOWN],
    ),
    "an unknown and another owner": (
        [*office("P/?/R"), claim(line("93015"))],
        "REBUILD",
        [UNKNOWN, GLOBAL_SPLIT],
    ),
    "in a facility the setting speaks, not the owners": (
        [*hospital("H/R/P"), physician_claim(line("93015"))],
        "REBUILD",
        [("site-global-in-facility", 1)],
    ),
    # ownership-stress-echo-split
    "a complete stress echo of which another group read the test": (
        [*office("P/P/R"), claim(line("93351"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "a complete stress echo whose supervisor nobody recorded": (
        [*office("P/?/P"), claim(line("93351"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "a complete stress echo of one entity": (
        [*office(), claim(line("93351"))],
        "RELEASE",
        [],
    ),
    "93351-26 beside another entity's tracing": (
        [*office("R/P/P"), claim(line("93351", "26"))],
        "RELEASE",
        [],
    ),
    "93351-TC beside another entity's reading": (
        [*office("P/R/R"), claim(line("93351", "TC"))],
        "RELEASE",
        [],
    ),
    "93351-TC of another entity's tracing": (
        [*office("R/P/P"), claim(line("93351", "TC"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "93351 with 26 and TC is all of it": (
        [*office("R/P/P"), claim(line("93351", "26", "TC"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "93351-26 in a hospital, which owns the tracing": (
        [*hospital(), physician_claim(line("93351", "26"))],
        "RELEASE",
        [],
    ),
    "93351 with 26 and TC in a hospital is the professional part": (
        [*hospital(), physician_claim(line("93351", "26", "TC"))],
        "RELEASE",
        [],
    ),
    "93351-26 in a hospital of which another group read the test": (
        [*hospital("H/P/R"), physician_claim(line("93351", "26"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "93351 of a hospital is the technical part": (
        [*hospital(), hospital_claim(line("93351"))],
        "RELEASE",
        [],
    ),
    "93351 of a hospital that does not own the tracing": (
        [*hospital("P/P/P"), hospital_claim(line("93351"))],
        "HOLD",
        ECHO_SPLIT,
    ),
    "93350 contains no role that could be another's": (
        [*office("R/R/R"), claim(line("93350"))],
        "RELEASE",
        [],
    ),
    "a repeated 93351 does not stand, so it is not split": (
        [*office("P/P/R"), claim(line("93351"), line("93351"))],
        "REBUILD",
        [*ECHO_SPLIT, ("coding-duplicate-line", 2)],
    ),
}


@pytest.mark.parametrize(("facts", "route", "findings"), SCENARIOS.values(), ids=SCENARIOS.keys())
def test_ownership(facts, route, findings, routed):
    assert (route, findings) == routed(facts)


def test_the_roles_without_an_owner_are_named_in_their_order(verdict):
    (finding,) = verdict([*office("?/P/?"), claim(line("93018"), line("93015", "TC"))]).findings[:1]

    assert ("ownership-unknown", "Nobody is recorded as having furnished technical and interpretation.") == (
        finding.edit_id,
        finding.message,
    )
