"""Defects between claims: one entity's second claim against its first, in order of first build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.catalogue import CODE_OF, ROLES
from agents.generate.cures import confirmed, rebuilt, withdrawn
from agents.generate.recipe import recipe
from agents.generate.scenes import owned_office, plain
from agents.generate.services import Scene, Service
from agents.generate.truth import VOID

if TYPE_CHECKING:
    from agents.generate.case import Case
    from agents.generate.cures import Cure


def _one_code(scene: Scene) -> bool:
    return scene.service is Service.ECHO


@recipe("component-after-global", 6, owned_office)
def overlap(case: Case) -> list[Cure]:
    """After its global claim the practice sends one more for a component of it."""
    first = case.bills[0]
    line = first.maker.line(1, CODE_OF[case.pick(ROLES)])
    second = case.add_bill(first, [line])
    case.find(second, "coding-overlap-across-claims", 1)
    if case.chance(0.4):
        line.modifiers = ["59"]
        case.find(second, "coding-unbundling-modifier", 1)
    second.proposal = VOID
    return [rebuilt(case, second)]


@recipe("component-after-stress-echo", 6, _one_code)
def overlap_with_echo(case: Case) -> list[Cure]:
    """After its one stress echo code a physician's component comes on a claim of its own."""
    first = case.bills[0]
    second = case.add_bill(first, [first.maker.line(1, case.pick(("93016", "93018")))])
    case.find(second, "coding-overlap-across-claims", 1)
    second.proposal = VOID
    return [rebuilt(case, second)]


@recipe("images-after-global", 4, owned_office)
def earlier_conflict(case: Case) -> list[Cure]:
    """After its global claim the practice bills stress images: together they would have been another code."""
    first = case.bills[0]
    code = case.pick(("93350", "93351"))
    second = case.add_bill(first, [first.maker.line(1, code)])
    if code == "93351":
        second.documented = dict.fromkeys(ROLES, 1)
    case.find(second, "coding-earlier-claim-conflict", 1)
    return [confirmed(case, second, chance=0.3, reason_code="FIRST_CLAIM_VOIDED")]


@recipe("global-in-two-claims", 5, owned_office)
def global_in_parts(case: Case) -> list[Cure]:
    """The practice bills test and reading on two claims, where one code on one claim has them all."""
    first = case.bills[0]
    first.replace_family(first.maker.line(1, "93016"), first.maker.line(2, "93017"))
    for number, line in enumerate(first.claim.lines, start=1):
        line.line_number = number
    first.settle_roles(facility=False)
    second = case.add_bill(first, [first.maker.line(1, "93018")])
    second.settle_roles(facility=False)
    case.find(second, "coding-global-in-parts")
    return [confirmed(case, second, chance=0.4, reason_code="PAYER_WANTS_PARTS")]


@recipe("claim-twice", 9, plain)
def duplicate_service(case: Case) -> list[Cure]:
    """The same services come again on a new claim."""
    first = case.some_stress
    second = case.add_bill(first, [copied(line) for line in first.family_lines])
    for line in second.claim.lines:
        case.find(second, "administrative-duplicate-service", line.line_number)
    second.proposal = VOID
    return [rebuilt(case, second)]


@recipe("claim-built-anew", 4, plain)
def built_anew(case: Case) -> list[Cure]:
    """The builder takes a claim back and sends its services on a new one: no duplicate."""
    first = case.some_stress
    second = case.add_bill(first, [copied(line) for line in first.claim.lines])
    second.stands, second.documented = first.stands, first.documented
    return [withdrawn(case, first)]
