"""What the generator knows of the trade: topics to write to, code families, and every built-in edit it expects.

All of it is stated here once more on purpose. The planted truth is a second opinion about what the pipeline decides, so
it must not be read out of the pipeline.
"""

from __future__ import annotations

from typing import Final, Literal

Role = Literal["technical", "supervision", "interpretation"]
Severity = Literal["REBUILD", "HOLD", "WARN"]

ENCOUNTERS = "encounters.v1"
DOCUMENTATION = "documentation.v1"
CLAIMS_BUILT = "claims.built.v1"
REVIEWS = "reviews.v1"
REMITTANCES = "remittances.v1"

TOPICS = (ENCOUNTERS, DOCUMENTATION, CLAIMS_BUILT, REVIEWS, REMITTANCES)
"""Every topic that the generator writes."""

ROLES: tuple[Role, ...] = ("technical", "supervision", "interpretation")
CODE_OF: dict[Role, str] = {"supervision": "93016", "technical": "93017", "interpretation": "93018"}
ROLE_OF: dict[str, Role] = {code: role for role, code in CODE_OF.items()}
WEIGHT_OF: dict[Role, int] = {"supervision": 62, "technical": 113, "interpretation": 41}
"""Relative value of each component in hundredths, July 2024; iterates in code order."""

GLOBAL = "93015"
STRESS = frozenset({GLOBAL, *ROLE_OF})
ECHO_STRESS = "93351"
ECHO_IMAGES = "93350"
FAMILY = STRESS | {ECHO_STRESS, ECHO_IMAGES}

_REBUILD: Final = "REBUILD"
_HOLD: Final = "HOLD"
_WARN: Final = "WARN"

SEVERITY: dict[str, Severity] = {
    "site-place-of-service-unassigned": _HOLD,
    "site-registration-conflict": _HOLD,
    "site-place-of-service-mismatch": _REBUILD,
    "site-global-in-facility": _REBUILD,
    "site-technical-in-facility": _REBUILD,
    "site-stress-echo-needs-26": _REBUILD,
    "site-professional-on-institutional": _REBUILD,
    "site-off-campus-modifier": _REBUILD,
    "site-type-of-bill": _HOLD,
    "site-institutional-outside-hospital": _HOLD,
    "site-inpatient-technical": _HOLD,
    "site-method-two": _HOLD,
    "site-clinic-encounter-rate": _HOLD,
    "ownership-unknown": _HOLD,
    "ownership-documented-by-other-entity": _HOLD,
    "ownership-not-owner": _REBUILD,
    "ownership-global-split": _REBUILD,
    "ownership-stress-echo-split": _HOLD,
    "documentation-missing": _HOLD,
    "documentation-retracted": _HOLD,
    "documentation-not-final": _HOLD,
    "documentation-unsigned": _HOLD,
    "documentation-not-separate": _HOLD,
    "documentation-same-author": _HOLD,
    "documentation-tracing-incomplete": _HOLD,
    "documentation-tracing-contains-interpretation": _HOLD,
    "documentation-date-mismatch": _HOLD,
    "documentation-target-not-reached": _WARN,
    "documentation-supervision-unknown": _HOLD,
    "documentation-supervision-insufficient": _HOLD,
    "documentation-supervision-virtual": _WARN,
    "coding-malformed-code": _REBUILD,
    "coding-outside-scope": _WARN,
    "coding-component-overlap": _REBUILD,
    "coding-overlap-across-claims": _REBUILD,
    "coding-earlier-claim-conflict": _HOLD,
    "coding-duplicate-line": _REBUILD,
    "coding-repeat-service": _HOLD,
    "coding-units": _REBUILD,
    "coding-units-invalid": _REBUILD,
    "coding-units-over-mue": _HOLD,
    "coding-component-modifier": _REBUILD,
    "coding-modifier-contradicts-code": _HOLD,
    "coding-unbundling-modifier": _REBUILD,
    "coding-components-make-global": _REBUILD,
    "coding-tracing-with-interpretation": _HOLD,
    "coding-global-in-parts": _HOLD,
    "coding-stress-echo-bundle": _REBUILD,
    "coding-stress-echo-with-global": _REBUILD,
    "coding-stress-echo-components": _WARN,
    "coding-ptp-bundled": _REBUILD,
    "coding-ptp-stress-bundled": _HOLD,
    "coding-ptp-pair": _HOLD,
    "coding-evaluation-without-25": _HOLD,
    "coding-revenue-code": _HOLD,
    "coding-abn-conflict": _REBUILD,
    "coding-abn-denial-expected": _WARN,
    "diagnosis-malformed": _REBUILD,
    "diagnosis-not-billable": _REBUILD,
    "diagnosis-billability-unverified": _WARN,
    "diagnosis-count": _REBUILD,
    "diagnosis-pointer-invalid": _REBUILD,
    "diagnosis-not-supporting": _HOLD,
    "diagnosis-acute-review": _WARN,
    "administrative-fact-conflict": _HOLD,
    "administrative-fact-unreadable": _HOLD,
    "administrative-encounter-missing": _HOLD,
    "administrative-encounter-not-completed": _HOLD,
    "administrative-encounter-cancelled": _REBUILD,
    "administrative-encounter-cancelled-but-documented": _HOLD,
    "administrative-claim-withdrawn": _REBUILD,
    "administrative-no-lines": _REBUILD,
    "administrative-charge-not-positive": _HOLD,
    "administrative-billing-npi-missing": _REBUILD,
    "administrative-npi-invalid": _REBUILD,
    "administrative-ordering-npi-missing": _HOLD,
    "administrative-rendering-npi-missing": _WARN,
    "administrative-payer-mismatch": _HOLD,
    "administrative-service-date-mismatch": _HOLD,
    "administrative-service-date-future": _HOLD,
    "administrative-control-number-missing": _HOLD,
    "administrative-control-number-unexpected": _HOLD,
    "administrative-duplicate-service": _REBUILD,
    "administrative-filing-limit-near": _WARN,
    "administrative-filing-limit-passed": _HOLD,
}
"""Every built-in edit in the order in which findings are listed."""

RANK = {edit_id: rank for rank, edit_id in enumerate(SEVERITY)}


def shares(charge_cents: int, roles: tuple[Role, ...]) -> dict[Role, int]:
    """`charge_cents` of a global split over `roles` by weight: whole cents, what is left to the largest remainders.

    The result is in code order and sums to the charge.
    """
    billed: list[Role] = [role for role in WEIGHT_OF if role in roles]
    total = sum(WEIGHT_OF[role] for role in billed)
    split = {role: charge_cents * WEIGHT_OF[role] // total for role in billed}
    by_remainder = sorted(billed, key=lambda role: -(charge_cents * WEIGHT_OF[role] % total))
    for role in by_remainder[: charge_cents - sum(split.values())]:
        split[role] += 1
    return split
