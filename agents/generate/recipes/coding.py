"""Defects of codes, units and modifiers on one claim for a stress ECG."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.catalogue import CODE_OF, GLOBAL, ROLE_OF, ROLES
from agents.generate.cures import amended_encounter, confirmed, corrected, rebuilt
from agents.generate.recipe import recipe
from agents.generate.scenes import anywhere, facility, hospital_bills, owned_office, plain
from agents.generate.services import Scene, Service
from agents.generate.splitting import split_global

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.catalogue import Role
    from agents.generate.cures import Cure
    from agents.generate.drafts import ClaimDraft, EncounterDraft, LineDraft


def _stress_line(case: Case, bill: Bill) -> LineDraft:
    return case.pick(
        [line for line in bill.family_lines if line.procedure_code in ROLE_OF or line.procedure_code == GLOBAL]
    )


@recipe("malformed-modifier", 2, plain)
def malformed_modifier(case: Case) -> list[Cure]:
    """A modifier is cut short or in lower case, or there are more than four."""
    bill = case.some_stress
    line = _stress_line(case, bill)
    right = line.modifiers
    line.modifiers = case.pick((["5"], ["tc"], ["GC", "KX", "Q5", "CR", "AI"]))
    if not bill.professional:
        line.modifiers = [*line.modifiers, *case.scene.kind.line_modifiers]
    case.find(bill, "coding-malformed-code", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.modifiers = right

    return [corrected(case, bill, change)]


@recipe("malformed-code", 2, owned_office)
def malformed_code(case: Case) -> list[Cure]:
    """The code of the visit beside the test lost a digit."""
    bill = case.bills[0]
    line = bill.maker.line(bill.next_number, "99213", "25")
    line.procedure_code = case.pick(("9921", "99213 ", "992l3"))
    bill.claim.lines.append(line)
    case.find(bill, "coding-malformed-code", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.procedure_code = "99213"

    return [corrected(case, bill, change)]


@recipe("global-with-components", 14, owned_office)
def component_overlap(case: Case) -> list[Cure]:
    """The practice bills the global code and parts of it again, at times with a modifier that is to hold them apart."""
    bill = case.bills[0]
    bill.propose(bill.claim.lines, case.place)
    roles = case.random.sample(ROLES, case.between(1, 4))
    for role in roles:
        line = bill.maker.line(bill.next_number, CODE_OF[role])
        case.find(bill, "coding-component-overlap", line.line_number)
        if case.chance(0.5):
            line.modifiers = [case.pick(("59", "XE", "XS", "XP", "XU"))]
            case.find(bill, "coding-unbundling-modifier", line.line_number)
        bill.claim.lines.append(line)
    return [rebuilt(case, bill)]


def _has_components(scene: Scene) -> bool:
    return plain(scene) and not scene.owned_whole


@recipe("line-twice", 5, plain)
def duplicate_line(case: Case) -> list[Cure]:
    """One line is on the claim twice."""
    bill = case.some_stress
    bill.propose(bill.claim.lines, case.place)
    line = copied(_stress_line(case, bill), line_number=bill.next_number)
    bill.claim.lines.append(line)
    case.find(bill, "coding-duplicate-line", line.line_number)
    return [rebuilt(case, bill)]


@recipe("test-repeated", 3, plain)
def repeat_service(case: Case) -> list[Cure]:
    """A line says that the test was repeated that day."""
    bill = case.some_stress
    line = _stress_line(case, bill)
    line.modifiers = [case.pick(("76", "77")), *line.modifiers]
    case.find(bill, "coding-repeat-service", line.line_number)
    return [confirmed(case, bill, reason_code="REPEATED")]


@recipe("two-units", 9, plain)
def two_units(case: Case) -> list[Cure]:
    """A component is billed with two or three units, mostly by counting stages or leads."""
    bill = case.some_stress
    line = _stress_line(case, bill)
    units = case.pick((2, 2, 2, 3))
    line.units = units
    line.charge_cents = line.charge_cents * units - case.between(0, units)
    fixed = copied(line, units=1, charge_cents=line.charge_cents // units)
    bill.propose([fixed if each is line else each for each in bill.claim.lines], case.place)
    case.find(bill, "coding-units", line.line_number)
    return [rebuilt(case, bill)]


@recipe("no-units", 2, anywhere)
def no_units(case: Case) -> list[Cure]:
    """A line counts no service, or less."""
    bill = case.some_stress
    line = case.pick(bill.claim.lines)
    right = line.units
    line.units = case.pick((0, 0, -1))
    case.find(bill, "coding-units-invalid", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.units = right

    return [corrected(case, bill, change)]


def _nuclear_with_images(scene: Scene) -> bool:
    return scene.service is Service.NUCLEAR and not scene.encounter_rate


@recipe("imaging-units-over-limit", 6, _nuclear_with_images)
def units_over_limit(case: Case) -> list[Cure]:
    """The images are billed for rest and stress, though the code has both."""
    bill = next(each for each in case.bills if each.coded("78452"))
    line = bill.coded("78452")
    if line is None:
        return []
    line.units = 2
    case.find(bill, "coding-units-over-mue", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.units = 1

    return [corrected(case, bill, change)]


@recipe("component-modifier", 8, _has_components)
def component_modifier(case: Case) -> list[Cure]:
    """TC on the tracing or 26 on a physician's part: codes that are no more than that already."""
    bill = case.some_stress
    bill.propose(bill.claim.lines, case.place)
    line = _stress_line(case, bill)
    line.modifiers = ["TC" if line.procedure_code == "93017" else "26", *line.modifiers]
    case.find(bill, "coding-component-modifier", line.line_number)
    return [rebuilt(case, bill)]


@recipe("global-with-component-modifier", 5, owned_office)
def global_modifier(case: Case) -> list[Cure]:
    """26 or TC on the global code, which has no such parts: the components it means are billed by their codes."""
    bill = case.bills[0]
    line = bill.claim.lines[0]
    modifiers = case.pick((["26"], ["TC"], ["26", "TC"]))
    line.modifiers = modifiers
    case.find(bill, "coding-component-modifier", 1)
    meant: dict[str, tuple[Role, ...]] = {"26": ("supervision", "interpretation"), "TC": ("technical",)}
    rest = bill.claim.lines[1:]
    if len(modifiers) > 1:  # both parts are the whole
        bill.propose([copied(line, modifiers=[]), *rest], case.place)
    else:
        roles = meant[modifiers[0]]
        bill.stands = bill.documented = dict.fromkeys(roles, 1)
        bill.propose([*split_global(bill, line, roles, billed=roles), *rest], case.place)
    return [rebuilt(case, bill)]


@recipe("global-26-in-facility", 3, facility)
def global_26_in_facility(case: Case) -> list[Cure]:
    """The global code with 26 for the physician's parts in a hospital."""
    bill = case.biller_of("supervision")
    line = bill.maker.line(1, GLOBAL, "26")
    bill.replace_family(line)
    roles = bill.part.roles
    bill.stands = bill.documented = dict.fromkeys(roles, 1)
    case.find(bill, "site-global-in-facility", 1)
    case.find(bill, "coding-component-modifier", 1)
    bill.propose(split_global(bill, line, roles, billed=("supervision", "interpretation")), case.place)
    return [rebuilt(case, bill)]


@recipe("modifier-against-code", 4, _has_components)
def modifier_against_code(case: Case) -> list[Cure]:
    """26 on the tracing or TC on a physician's part: the code says one thing, the modifier the other."""
    bill = case.some_stress
    line = _stress_line(case, bill)
    right = line.modifiers
    line.modifiers = ["26" if line.procedure_code == "93017" else "TC", *right]
    case.find(bill, "coding-modifier-contradicts-code", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.modifiers = right

    return [corrected(case, bill, change)]


@recipe("components-of-one-owner", 12, owned_office)
def components_make_global(case: Case) -> list[Cure]:
    """The practice bills all three components where one code bills them together."""
    bill = case.bills[0]
    components = bill.maker.components(ROLES)
    rest = bill.claim.lines[1:]
    if rest:
        rest = [replace(line, line_number=line.line_number + 2) for line in rest]
    supervision, tracing, interpretation = components
    reader = case.pick(bill.part.entity.physicians).npi
    interpretation.rendering_npi = reader
    bill.claim.lines = [*components, *rest]
    bill.settle_roles(facility=False)
    case.find(bill, "coding-components-make-global")
    whole = copied(
        supervision,
        procedure_code=GLOBAL,
        rendering_npi=reader,
        charge_cents=supervision.charge_cents + tracing.charge_cents + interpretation.charge_cents,
    )
    bill.propose([whole, *rest], case.place)
    return [rebuilt(case, bill)]


@recipe("tracing-and-reading-without-supervision", 7, owned_office)
def tracing_with_interpretation(case: Case) -> list[Cure]:
    """Tracing and reading of the practice, without the supervision: right if another supervised, else global."""
    bill = case.bills[0]
    bill.replace_family(bill.maker.line(1, "93017"), bill.maker.line(2, "93018"))
    for number, line in enumerate(bill.claim.lines, start=1):
        line.line_number = number
    bill.settle_roles(facility=False)
    case.find(bill, "coding-tracing-with-interpretation")
    if case.chance(0.4):
        return [confirmed(case, bill, reason_code="SUPERVISED_ELSEWHERE")]
    case.encounter.ownership.supervision = None
    case.documents["supervision"].entity_id = "readers-1"

    def change(encounter: EncounterDraft) -> None:
        encounter.ownership.supervision = "readers-1"

    return [amended_encounter(case, change)]


@recipe("revenue-code-wrong", 5, hospital_bills)
def revenue_code(case: Case) -> list[Cure]:
    """The hospital's line has no revenue code, or one of another department."""
    bill = case.institutional
    line = bill.claim.lines[0]
    right = line.revenue_code
    line.revenue_code = case.pick((None, "0450", "0761"))
    case.find(bill, "coding-revenue-code", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.revenue_code = right

    return [corrected(case, bill, change)]


@recipe("two-notices-of-liability", 2, plain)
def abn_conflict(case: Case) -> list[Cure]:
    """The line says both that the patient was told that it may not be paid, and that nobody was."""
    bill = case.some_professional
    line = case.pick(bill.claim.lines)
    right = line.modifiers
    line.modifiers = [*right, "GZ", case.pick(("GA", "GY"))]
    case.find(bill, "coding-abn-conflict", line.line_number)

    def change(_: ClaimDraft) -> None:
        line.modifiers = right

    return [corrected(case, bill, change)]


@recipe("denial-expected", 3, plain)
def abn_denial(case: Case) -> list[Cure]:
    """GZ: the practice expects a denial and told nobody. It goes out with a warning."""
    bill = case.some_professional
    line = case.pick(bill.claim.lines)
    line.modifiers = [*line.modifiers, "GZ"]
    case.find(bill, "coding-abn-denial-expected", line.line_number)
    return []
