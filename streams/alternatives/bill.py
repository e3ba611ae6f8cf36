"""What else the claim could have said, and the biller's earlier claims with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from streams.alternatives.change import Change, reads, shown, with_claim
from streams.case import known
from streams.codes import FAMILY
from streams.gates.diagnosis import MOST_DIAGNOSES
from streams.pairs import is_evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.claim import Claim, Line
    from schemas.decision import Finding, Rebuild
    from streams.facts import Facts

VALID_NPI = "1234567893"
SUPPORTING_DIAGNOSIS = "I25.10"


AS_PROPOSED = "as the rebuild proposes"
"""What a claim would have to say that should be built otherwise."""


def as_rebuilt(claim: Claim, rebuild: Rebuild) -> Change:
    """The claim as its rebuild proposes it."""
    corrected = partial(
        with_claim, claim_id=claim.claim_id, lines=rebuild.lines, place_of_service=rebuild.place_of_service
    )
    return Change("claim", "as built", AS_PROPOSED, corrected)


def of_bill(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """Single changes to the lines, then to the claim as a whole."""
    for line in claim.lines:
        yield from _of_line(facts, claim, line, finding)
    for field, value, words in _values(facts, claim):
        now = getattr(claim, field)
        if now != value and reads(finding, f"claim.{field}"):
            yield Change(
                f"claim.{field}", shown(now), words, partial(with_claim, claim_id=claim.claim_id, **{field: value})
            )
    if reads(finding, "claim.lines[].line_number"):
        numbers = tuple(line.line_number for line in claim.lines)
        renumbered = tuple(
            line.model_copy(update={"line_number": number}) for number, line in enumerate(claim.lines, 1)
        )
        yield Change(
            "claim.lines[].line_number",
            shown(numbers),
            "each used once and from 1",
            partial(with_claim, claim_id=claim.claim_id, lines=renumbered),
        )


def of_earlier_claims(facts: Facts, claim: Claim, finding: Finding) -> Iterator[Change]:
    """Each other claim of the same biller and type, taken back."""
    if reads(finding, "earlier_claims"):
        for other in facts.claims:
            same_biller = (other.billing_entity_id, other.claim_type) == (claim.billing_entity_id, claim.claim_type)
            if other.claim_id != claim.claim_id and same_biller and other.status == "BUILT":
                taken_back = partial(with_claim, claim_id=other.claim_id, status="WITHDRAWN")
                yield Change(f"claim[{other.claim_id}].status", "BUILT", "WITHDRAWN", taken_back)


def _values(facts: Facts, claim: Claim) -> Iterator[tuple[str, Any, str]]:
    """(field, another value, words for it)."""
    encounter = facts.encounter
    numbered = known(claim.payer_claim_control_number) is not None
    if claim.frequency_code == "1":
        yield "payer_claim_control_number", None, "nothing"
    elif not numbered:
        yield "payer_claim_control_number", "ICN", "the payer's claim number"
    yield "frequency_code", "7" if numbered else "1", "7" if numbered else "1"
    yield "billing_npi", VALID_NPI, "a valid NPI"
    yield "ordering_npi", VALID_NPI, "a valid NPI"
    supporting = (SUPPORTING_DIAGNOSIS,) * min(max(len(claim.diagnoses), 1), MOST_DIAGNOSES)
    yield "diagnoses", supporting, "billable codes that support the test, if the chart does"
    inpatient = encounter is not None and encounter.encounter_class == "INPATIENT"
    bill = ("011" if inpatient else "013") + claim.frequency_code
    yield "type_of_bill", bill, bill
    if encounter is not None:
        yield "payer_id", encounter.payer_id, encounter.payer_id
        yield "place_of_service", encounter.place_of_service, encounter.place_of_service


def _of_line(facts: Facts, claim: Claim, line: Line, finding: Finding) -> Iterator[Change]:
    path = f"claim.lines[{line.line_number}]"

    def correct(correction: Callable[[Line], Line | None]) -> Callable[[Facts], Facts]:
        return partial(_with_line, claim_id=claim.claim_id, number=line.line_number, correction=correction)

    if finding.line_number in (None, line.line_number):
        for field, value, words in _line_values(facts, claim, line):
            now = getattr(line, field)
            if now != value and _reads_line(finding, line, field):
                yield Change(f"{path}.{field}", shown(now), words, correct(partial(_say, field=field, value=value)))
        if _reads_line(finding, line, "modifiers"):
            for words, correction in _modifiers(line):
                yield Change(f"{path}.modifiers", shown(line.modifiers), words, correct(correction))
    if line.procedure_code not in FAMILY and _reads_line(finding, line, "procedure_code"):
        yield Change(path, line.procedure_code, "not billed", correct(_drop))


def _reads_line(finding: Finding, line: Line, field: str) -> bool:
    return reads(finding, f"claim.lines[{line.line_number}].{field}") or reads(finding, f"claim.lines[].{field}")


def _line_values(facts: Facts, claim: Claim, line: Line) -> Iterator[tuple[str, Any, str]]:
    """(field, another value, words for it)."""
    day = facts.encounter.service_date if facts.encounter else claim.built_at.date()
    yield "units", 1, "1"
    yield "charge_cents", max(line.charge_cents, 1), "a positive charge"
    for number in range(1, min(len(claim.diagnoses), MOST_DIAGNOSES) + 1):
        yield "diagnosis_pointers", (number,), str(number)
    yield "revenue_code", "0482", "0482"
    yield "service_date", day, str(day)
    yield "rendering_npi", VALID_NPI, "a valid NPI"


def _modifiers(line: Line) -> Iterator[tuple[str, Callable[[Line], Line]]]:
    """(words, the line after); "if true", since a biller must not say it only to be paid."""
    for modifier in dict.fromkeys(line.modifiers):
        yield f"without {known(modifier) or 'the blank one'}, if true", partial(_less, modifier=modifier)
    separate = "25" if is_evaluation(line.procedure_code) else "59"
    yield f"with {separate}, if true", partial(_more, modifier=separate)


def _with_line(facts: Facts, claim_id: str, number: int, correction: Callable[[Line], Line | None]) -> Facts:
    claim = next(claim for claim in facts.claims if claim.claim_id == claim_id)
    corrected = (correction(line) if line.line_number == number else line for line in claim.lines)
    return with_claim(facts, claim_id, lines=tuple(line for line in corrected if line is not None))


def _say(line: Line, field: str, value: Any) -> Line:
    return line.model_copy(update={field: value})


def _less(line: Line, modifier: str) -> Line:
    return _say(line, "modifiers", tuple(each for each in line.modifiers if each != modifier))


def _more(line: Line, modifier: str) -> Line:
    return _say(line, "modifiers", (*line.modifiers, modifier))


def _drop(_: Line) -> None:
    """The line is not billed."""
