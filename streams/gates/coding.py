"""Coding: do the codes, modifiers and units of the claim, and of its earlier claims, go together?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.case import Case, CaseLine, known
from streams.codes import (
    COMPLETE_STRESS_ECHO,
    FAMILY,
    GLOBAL,
    REPEAT_MODIFIERS,
    ROLE_OF,
    SEPARATE_SERVICE_MODIFIERS,
    STRESS_ECHO,
)
from streams.edits import BuiltInEdit, Hit, Proposal, declare, listed
from streams.overlap import overlaps_earlier_claim
from streams.pairs import bundled_lines, is_evaluation, separable_pairs, stress_lines_bundled_into_others

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

edit = declare("CODING")

_PTP = "NCCI procedure-to-procedure edits"
_PTP_NEVER = f"{_PTP}, modifier indicator 0"
_PTP_MAYBE = f"{_PTP}, modifier indicator 1"
_MUE = "NCCI medically unlikely edits"
_FORM = "ASC X12 837 (005010X222A1, 005010X223A2)"
_PCTC = "Medicare physician fee schedule, PC/TC indicators 2, 3 and 4 (RVU24C)"
_DEFINITION = "CPT code structure of 93015 to 93018"
_ECHO_GUIDANCE = "CPT guidance on 93350 and 93351"
_ABN = "HCPCS modifiers GA, GY and GZ"
_PRACTICE = "Trade practice; no public source"

_CODE = "claim.lines[n].procedure_code"
_MODIFIERS = "claim.lines[n].modifiers"
_UNITS = "claim.lines[n].units"
_CODES = "claim.lines[].procedure_code"
_DATE = "claim.lines[n].service_date"
_EARLIER = "earlier_claims"
_OWNERSHIP = "encounter.ownership"

MODIFIERS_PER_LINE = 4
STRESS_REVENUE_CODES = ("0482", "0480", "0730")

_procedure_code = re.compile(r"[0-9A-Z]{5}").fullmatch
_modifier = re.compile(r"[0-9A-Z]{2}").fullmatch


@edit(
    "coding-malformed-code",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Correct the code.",
    source=_FORM,
    reads=(_CODE, _MODIFIERS),
)
def malformed_code(case: Case) -> Iterator[Hit]:
    """A procedure code is not five digits or capitals, a modifier not two, or a line has more than four modifiers."""
    for line in case.lines:
        modifiers = line.line.modifiers
        if not _procedure_code(line.code):
            yield line.number, f"Line {line.number}: {line.code!r} is not a procedure code of five digits or capitals."
        elif not all(map(_modifier, modifiers)):
            bad = listed([repr(modifier) for modifier in modifiers if not _modifier(modifier)])
            yield line.number, f"Line {line.number} ({line.code}): {bad} is not a modifier of two digits or capitals."
        elif len(modifiers) > MODIFIERS_PER_LINE:
            yield line.number, f"Line {line.number} ({line.code}) has {len(modifiers)} modifiers; a line takes four."


@edit(
    "coding-outside-scope",
    "WARN",
    remedy="None: only general edits were judged.",
    source="cleanclaim judges stress tests and stress echo",
    reads=(_CODES,),
)
def outside_scope(case: Case) -> Iterator[Hit]:
    """No line of the claim is a stress test or stress echo."""
    if not case.family_lines:
        yield None, "No line bills a stress test or a stress echo."


@edit(
    "coding-component-overlap",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("several_lines",),
    remedy="Use one form only: the global code, or components.",
    source=_PTP_NEVER,
    reads=(_CODES,),
)
def component_overlap(case: Case) -> Iterator[Hit]:
    """A component is billed beside 93015, which contains it."""
    if GLOBAL in case.codes:
        for line in case.stress_lines:
            if line.code != GLOBAL:
                yield line.number, f"Line {line.number} bills {line.code} beside 93015, which contains it."


@edit(
    "coding-overlap-across-claims",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("earlier_claims",),
    remedy="Drop what an earlier claim has billed.",
    source=_PTP_NEVER,
    reads=(_CODE, _EARLIER),
)
def overlap_across_claims(case: Case) -> Iterator[Hit]:
    """A line's service stands on an earlier claim of the same biller under another code."""
    if case.earlier:
        for line in case.family_lines:
            if overlaps_earlier_claim(case, line):
                yield line.number, f"Line {line.number} ({line.code}) overlaps what an earlier claim bills."


@edit(
    "coding-earlier-claim-conflict",
    "HOLD",
    basis=True,
    needs=("earlier_claims", "echo"),
    remedy="Replace or void the earlier claim first.",
    source=_PTP_NEVER,
    reads=(_CODE, _EARLIER),
)
def earlier_claim_conflict(case: Case) -> Iterator[Hit]:
    """A standing stress echo contains, or excludes, what an earlier claim of the same biller bills."""
    standing = case.standing
    if standing is None or not case.earlier:
        return
    for line in standing.echo:
        if line.code == COMPLETE_STRESS_ECHO:
            conflict = bool(standing.earlier_roles) or STRESS_ECHO in standing.earlier_echo
        else:
            conflict = GLOBAL in standing.earlier_roles.values()
        if conflict:
            yield line.number, f"Line {line.number} ({line.code}) conflicts with what an earlier claim bills."


@edit(
    "coding-duplicate-line",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("several_lines",),
    remedy="Keep the first of the lines.",
    source=f"{_MUE}: 1 unit",
    reads=(_CODE, _MODIFIERS),
)
def duplicate_line(case: Case) -> Iterator[Hit]:
    """A stress-test line repeats a lower-numbered line and neither says that the service was repeated."""
    for line in case.duplicates:
        yield line.number, f"Line {line.number} ({line.code}) repeats an earlier line; one encounter has one test."


@edit(
    "coding-repeat-service",
    "HOLD",
    Proposal.BLOCKING,
    needs=("modifiers",),
    remedy="Confirm that the test was repeated; expect the payer to review it.",
    source=f"{_MUE}, adjudication indicator 3",
    reads=(_CODE, _MODIFIERS),
)
def repeat_service(case: Case) -> Iterator[Hit]:
    """A stress-test line says (76, 77) that the service was repeated."""
    for line in case.family_lines:
        repeats = line.modifiers & REPEAT_MODIFIERS
        if repeats:
            yield line.number, f"Line {line.number} ({line.code}) has {listed(sorted(repeats))}: a repeated test."


@edit(
    "coding-units",
    "REBUILD",
    Proposal.MECHANICAL,
    remedy="Bill 1 unit.",
    source=f"{_MUE}: 1 unit",
    reads=(_CODE, _UNITS),
)
def units(case: Case) -> Iterator[Hit]:
    """A stress-test line bills more than one unit."""
    for line in case.family_lines:
        if line.line.units > 1:
            yield line.number, f"Line {line.number} ({line.code}) bills {line.line.units} units."


@edit(
    "coding-units-invalid",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Correct the units.",
    source=_FORM,
    reads=(_UNITS,),
)
def units_invalid(case: Case) -> Iterator[Hit]:
    """A line bills less than one unit."""
    for line in case.lines:
        if line.line.units < 1:
            yield line.number, f"Line {line.number} ({line.code}) bills {line.line.units} units."


@edit(
    "coding-units-over-mue",
    "HOLD",
    needs=("other_services",),
    remedy="Confirm the units, or correct them.",
    source=_MUE,
    reads=(_CODE, _UNITS, _DATE),
)
def units_over_mue(case: Case) -> Iterator[Hit]:
    """The units of another code on one day exceed the most that a payer accepts."""
    first: dict[tuple[str, date], CaseLine] = {}
    total: dict[tuple[str, date], int] = {}
    for line in case.other_lines:
        service = (line.code, line.line.service_date)
        first.setdefault(service, line)
        total[service] = total.get(service, 0) + line.line.units
    for service, line in first.items():
        most = case.reference.mue(case.claim.claim_type, line.code)
        if most is not None and total[service] > most:
            yield line.number, f"{total[service]} units of {line.code} on one day; at most {most} are accepted."


@edit(
    "coding-component-modifier",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("modifiers",),
    remedy="Strip the modifier; 93015 with 26 or TC becomes components.",
    source=_PCTC,
    reads=(_CODE, _MODIFIERS),
)
def component_modifier(case: Case) -> Iterator[Hit]:
    """A stress-test code that is already a part, or only whole, carries 26 or TC."""
    for line in case.stress_lines:
        if line.component_modifiers and not _contradicts(line):
            found = listed(sorted(line.component_modifiers))
            yield line.number, f"Line {line.number}: {line.code} never takes {found}."


@edit(
    "coding-modifier-contradicts-code",
    "HOLD",
    Proposal.BLOCKING,
    needs=("modifiers",),
    remedy="Say which service it was; do not just strip the modifier.",
    source=_PCTC,
    reads=(_CODE, _MODIFIERS),
)
def modifier_contradicts_code(case: Case) -> Iterator[Hit]:
    """A technical code carries 26, or a professional one TC."""
    for line in case.stress_lines:
        if line.component_modifiers and _contradicts(line):
            found = "26" if line.code == "93017" else "TC"
            yield line.number, f"Line {line.number}: {found} contradicts {line.code}."


@edit(
    "coding-unbundling-modifier",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("modifiers",),
    remedy="No modifier separates the pair; correct the base code.",
    source=_PTP_NEVER,
    reads=(_CODES, _MODIFIERS, _EARLIER),
)
def unbundling_modifier(case: Case) -> Iterator[Hit]:
    """A stress-test line claims a separate service (59, X) from one that it can never be separated from."""
    for line in unbundling_lines(case):
        found = listed(sorted(line.modifiers & SEPARATE_SERVICE_MODIFIERS))
        yield line.number, f"Line {line.number}: {found} cannot separate {line.code} from what it is bundled with."


@edit(
    "coding-components-make-global",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("office", "several_lines"),
    remedy="Bill 93015 once.",
    source=_DEFINITION,
    reads=(_CODES, _OWNERSHIP),
)
def components_make_global(case: Case) -> Iterator[Hit]:
    """The components of one entity, in one place, are all three billed one by one."""
    standing = case.standing
    if standing and standing.is_global and GLOBAL not in case.codes and None not in case.visit.owners.values():
        yield None, f"{case.biller} bills all three components by themselves; together they are 93015."


@edit(
    "coding-tracing-with-interpretation",
    "HOLD",
    basis=True,
    needs=("office",),
    remedy="Confirm who supervised: this biller makes it 93015, another entity makes it right as it is.",
    source="Component guidance; NCCI has no pair of 93017 and 93018",
    reads=(_CODES, _OWNERSHIP, _EARLIER),
)
def tracing_with_interpretation(case: Case) -> Iterator[Hit]:
    """One office biller bills tracing and interpretation, and nobody else is known to have supervised."""
    standing = case.standing
    if standing is None or not case.office:
        return
    together = standing.roles.union(standing.earlier_roles)
    if together == {"technical", "interpretation"} and standing.roles:
        supervisor = case.visit.owners["supervision"]
        if supervisor in (None, case.biller):
            yield None, "93017 and 93018 are billed without 93016, and no other entity is recorded as supervising."


@edit(
    "coding-global-in-parts",
    "HOLD",
    basis=True,
    needs=("office",),
    remedy="Bill one 93015 on one claim; void the other parts.",
    source=_DEFINITION,
    reads=(_CODES, _OWNERSHIP, _EARLIER),
)
def global_in_parts(case: Case) -> Iterator[Hit]:
    """What is one 93015 of one entity is billed in parts, over several claims or days."""
    standing = case.standing
    if standing is None or not case.office or not standing.roles or standing.is_global:
        return
    if standing.echo_codes or standing.earlier_echo or not (case.encounter and case.encounter.ownership.one_locality):
        return
    together = standing.roles.union(standing.earlier_roles)
    if len(together) == len(case.visit.owners) and all(owner == case.biller for owner in case.visit.owners.values()):
        yield None, f"{case.biller} furnished all three components and bills them in parts."


@edit(
    "coding-stress-echo-bundle",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("echo", "several_lines"),
    remedy="Bill 93351 alone.",
    source=_PTP_NEVER,
    reads=(_CODES,),
)
def stress_echo_bundle(case: Case) -> Iterator[Hit]:
    """A part is billed beside 93351, which contains it."""
    if COMPLETE_STRESS_ECHO not in case.codes:
        return
    if case.standing and COMPLETE_STRESS_ECHO not in case.standing.echo_codes:
        return
    for line in case.family_lines:
        if line.code != COMPLETE_STRESS_ECHO:
            yield line.number, f"Line {line.number} bills {line.code} beside 93351, which contains it."


@edit(
    "coding-stress-echo-with-global",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("echo", "several_lines"),
    remedy="Bill 93351 if one physician did all, else 93350 with components.",
    source=f"{_PTP_NEVER}; {_ECHO_GUIDANCE}",
    reads=(_CODES,),
)
def stress_echo_with_global(case: Case) -> Iterator[Hit]:
    """93015 is billed beside 93350."""
    if STRESS_ECHO in case.codes and COMPLETE_STRESS_ECHO not in case.codes:
        for line in case.stress_lines:
            if line.code == GLOBAL:
                yield line.number, f"Line {line.number} bills 93015 beside 93350."


@edit(
    "coding-stress-echo-components",
    "WARN",
    basis=True,
    needs=("echo", "several_lines"),
    remedy="93351 may be the code.",
    source=_ECHO_GUIDANCE,
    reads=(_CODES, "claim.lines[].rendering_npi"),
)
def stress_echo_components(case: Case) -> Iterator[Hit]:
    """One physician bills 93350 and every stress component that may be billed here."""
    standing = case.standing
    if standing is None or STRESS_ECHO not in standing.echo_codes or not case.allowed:
        return
    if not all(role in standing.supply and standing.supply[role].code in ROLE_OF for role in case.allowed):
        return
    lines = [line for line in standing.echo if line.code == STRESS_ECHO] + list(standing.supply.values())
    physicians = {known(line.line.rendering_npi) for line in lines}
    if len(physicians) == 1 and None not in physicians:
        yield None, "One physician bills 93350 and all stress components that may be billed here."


@edit(
    "coding-ptp-bundled",
    "REBUILD",
    Proposal.MECHANICAL,
    needs=("other_services",),
    remedy="Drop the line.",
    source=_PTP_NEVER,
    reads=(_CODE, _DATE, _CODES),
)
def ptp_bundled(case: Case) -> Iterator[Hit]:
    """Another service is part of a stress test of the same day, and nothing separates them."""
    for line, standing_code in bundled_lines(case):
        yield line.number, f"Line {line.number} ({line.code}) is part of {standing_code}; no modifier separates them."


@edit(
    "coding-ptp-stress-bundled",
    "HOLD",
    needs=("other_services",),
    remedy="Decide which of the two was the service.",
    source=_PTP_NEVER,
    reads=(_CODE, _DATE, _CODES),
)
def ptp_stress_bundled(case: Case) -> Iterator[Hit]:
    """The stress test is part of another service of the same day, and nothing separates them."""
    for line, standing_code, other in stress_lines_bundled_into_others(case):
        yield line.number, f"Line {line.number} ({standing_code}) is part of {other}; no modifier separates them."


@edit(
    "coding-ptp-pair",
    "HOLD",
    needs=("other_services",),
    remedy="Drop it if it is part of the test (baseline ECG, access for the stress agent); modifier only if separate.",
    source=_PTP_MAYBE,
    reads=(_CODE, _MODIFIERS, _DATE, _CODES),
)
def ptp_pair(case: Case) -> Iterator[Hit]:
    """A service and a stress test of one day are a pair that only a true modifier separates, and none is there."""
    for line, column1, column2 in separable_pairs(case):
        if not is_evaluation(column2):
            yield line.number, f"Line {line.number}: {column2} is paid beside {column1} only as a separate service."


@edit(
    "coding-evaluation-without-25",
    "HOLD",
    needs=("other_services",),
    remedy="Add 25 only if a separate visit is documented.",
    source=_PTP_MAYBE,
    reads=(_CODE, _MODIFIERS, _DATE, _CODES),
)
def evaluation_without_25(case: Case) -> Iterator[Hit]:
    """A visit is billed beside a stress test of the same day without a modifier that says it was separate."""
    for line, column1, column2 in separable_pairs(case):
        if is_evaluation(column2):
            yield line.number, f"Line {line.number}: visit {column2} is paid beside {column1} only if it was separate."


@edit(
    "coding-revenue-code",
    "HOLD",
    needs=("institutional",),
    remedy="Correct the revenue code.",
    source=_PRACTICE,
    reads=("claim.claim_type", _CODE, "claim.lines[n].revenue_code"),
)
def revenue_code(case: Case) -> Iterator[Hit]:
    """A hospital line has no revenue code, or a stress test an unusual one."""
    if not case.institutional:
        return
    for line in case.lines:
        revenue = known(line.line.revenue_code)
        if revenue is None:
            yield line.number, f"Line {line.number} ({line.code}) has no revenue code."
        elif line.stress and revenue not in STRESS_REVENUE_CODES:
            expected = ", ".join(STRESS_REVENUE_CODES)
            yield line.number, f"Line {line.number} ({line.code}) has revenue code {revenue}; expected {expected}."


@edit(
    "coding-abn-conflict",
    "REBUILD",
    Proposal.AUTHORED,
    needs=("modifiers",),
    remedy="Keep one of them.",
    source=_ABN,
    reads=(_MODIFIERS,),
)
def abn_conflict(case: Case) -> Iterator[Hit]:
    """A line says both that a notice was (GA, GY) and was not (GZ) given."""
    for line in case.lines:
        if "GZ" in line.modifiers:
            others = sorted(line.modifiers & {"GA", "GY"})
            if others:
                yield line.number, f"Line {line.number} ({line.code}) has GZ beside {listed(others)}."


@edit(
    "coding-abn-denial-expected",
    "WARN",
    needs=("modifiers",),
    remedy="None: the payer denies it, and the patient does not owe it.",
    source=_ABN,
    reads=(_MODIFIERS,),
)
def abn_denial_expected(case: Case) -> Iterator[Hit]:
    """A line expects a denial for which the patient signed no notice (GZ)."""
    for line in case.lines:
        if "GZ" in line.modifiers and not line.modifiers & {"GA", "GY"}:
            yield line.number, f"Line {line.number} ({line.code}) has GZ."


def _contradicts(line: CaseLine) -> bool:
    """26 on the technical code, or TC on a professional one. 93015, which holds both parts, contradicts neither."""
    if line.code == GLOBAL:
        return False
    return ("26" if line.code == "93017" else "TC") in line.modifiers


def unbundling_lines(case: Case) -> list[CaseLine]:
    """The stress-test lines whose 59 or X modifier separates nothing; the rebuild strips it from them."""
    return [
        line
        for line in case.family_lines
        if line.modifiers & SEPARATE_SERVICE_MODIFIERS
        and (_in_family_pair(case, line) or overlaps_earlier_claim(case, line))
    ]


def _in_family_pair(case: Case, line: CaseLine) -> bool:
    """Whether an indicator 0 pair joins the line with another stress-test line of the claim, either way round."""
    indicators = case.reference.ptp_indicators
    claim_type, on = case.claim.claim_type, line.line.service_date
    return any(
        "0" in indicators(claim_type, line.code, other, on) or "0" in indicators(claim_type, other, line.code, on)
        for other in case.codes & FAMILY
        if other != line.code
    )


EDITS: tuple[BuiltInEdit, ...] = (
    malformed_code,
    outside_scope,
    component_overlap,
    overlap_across_claims,
    earlier_claim_conflict,
    duplicate_line,
    repeat_service,
    units,
    units_invalid,
    units_over_mue,
    component_modifier,
    modifier_contradicts_code,
    unbundling_modifier,
    components_make_global,
    tracing_with_interpretation,
    global_in_parts,
    stress_echo_bundle,
    stress_echo_with_global,
    stress_echo_components,
    ptp_bundled,
    ptp_stress_bundled,
    ptp_pair,
    evaluation_without_25,
    revenue_code,
    abn_conflict,
    abn_denial_expected,
)
