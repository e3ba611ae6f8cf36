"""Administrative: is the claim complete, consistent with its encounter, and on time?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from streams.case import Case, known
from streams.edits import BuiltInEdit, Hit, Proposal, declare, listed
from streams.npi import is_valid_npi
from streams.overlap import repeats_earlier_claim
from streams.topics import CLAIMS_BUILT, DOCUMENTATION, ENCOUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

edit = declare("ADMINISTRATIVE")

_CONTRACT = "cleanclaim record contract"
_FORM = "ASC X12 837 (005010X222A1, 005010X223A2)"
_PRACTICE = "Trade practice; no public source"
_STATUS = "encounter.status"
_FREQUENCY = "claim.frequency_code"
_ICN = "claim.payer_claim_control_number"
_DATE = "claim.lines[n].service_date"
_FILING = (_FREQUENCY, "claim.payer_id", "claim.lines[].service_date", "claim.built_at")

NEAR_PERCENT = 80
"""Share of the filing limit from which a claim should hurry."""

_ONE_DAY = dt.timedelta(days=1)


@edit(
    "administrative-fact-conflict",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="The sender must send a higher revision.",
    source=_CONTRACT,
    reads=("encounter.revision", "documentation.revision", "claim.revision"),
)
def fact_conflict(case: Case) -> Iterator[Hit]:
    """Two contents of the encounter, of a document or of this claim came under one revision."""
    conflicts = case.visit.facts.conflicts
    if conflicts:
        topics = {topic for topic, fact in conflicts if topic != CLAIMS_BUILT.name or fact == case.claim.claim_id}
        names = [
            name
            for topic, name in (
                (ENCOUNTERS, "the encounter"),
                (DOCUMENTATION, "a document"),
                (CLAIMS_BUILT, "this claim"),
            )
            if topic.name in topics
        ]
        if names:
            yield None, f"Two contents of {listed(names)} came under one revision."


@edit(
    "administrative-fact-unreadable",
    "HOLD",
    Proposal.BLOCKING,
    remedy="Replay the dead letter after a fix.",
    source=_CONTRACT,
    reads=("dead_letters",),
)
def fact_unreadable(case: Case) -> Iterator[Hit]:
    """A record of this encounter could not be read and was not replayed."""
    if case.visit.facts.unreadable:
        yield None, "A record of this encounter could not be read; what it says is not judged."


@edit(
    "administrative-encounter-missing",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="Wait for the encounter.",
    source=_CONTRACT,
    reads=("encounter",),
)
def encounter_missing(case: Case) -> Iterator[Hit]:
    """There is no encounter; whatever needs it is not judged yet."""
    if case.encounter is None:
        yield None, "The encounter has not come."


@edit(
    "administrative-encounter-not-completed",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="Wait for the encounter to be completed.",
    source=_CONTRACT,
    reads=(_STATUS,),
)
def encounter_not_completed(case: Case) -> Iterator[Hit]:
    """The encounter is scheduled or in progress; whatever needs it is not judged yet."""
    if case.encounter and case.encounter.status in {"SCHEDULED", "IN_PROGRESS"}:
        yield None, f"The encounter is {case.encounter.status}."


@edit(
    "administrative-encounter-cancelled",
    "REBUILD",
    Proposal.MECHANICAL,
    remedy="Void the claim.",
    source=_CONTRACT,
    reads=(_STATUS, "documentation.status"),
)
def encounter_cancelled(case: Case) -> Iterator[Hit]:
    """The encounter was cancelled and no final document says otherwise."""
    if case.encounter and case.encounter.status == "CANCELLED" and not _final_document_exists(case):
        yield None, "The encounter was cancelled, and no final document exists."


@edit(
    "administrative-encounter-cancelled-but-documented",
    "HOLD",
    Proposal.BLOCKING,
    confirmable=False,
    remedy="Confirm whether the test took place, and correct the encounter.",
    source=_CONTRACT,
    reads=(_STATUS, "documentation.status"),
)
def encounter_cancelled_but_documented(case: Case) -> Iterator[Hit]:
    """The encounter was cancelled, yet a final document exists."""
    if case.encounter and case.encounter.status == "CANCELLED" and _final_document_exists(case):
        yield None, "The encounter was cancelled, yet a final document exists."


@edit(
    "administrative-claim-withdrawn",
    "REBUILD",
    Proposal.MECHANICAL,
    remedy="None: the builder took the claim back.",
    source=_CONTRACT,
    reads=("claim.status",),
)
def claim_withdrawn(case: Case) -> Iterator[Hit]:
    """The builder took the claim back."""
    if case.claim.status == "WITHDRAWN":
        yield None, "The builder withdrew the claim."


@edit(
    "administrative-no-lines",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Build the claim again.",
    source=_FORM,
    reads=("claim.lines[].line_number",),
)
def no_lines(case: Case) -> Iterator[Hit]:
    """The claim has no line, or a line number below 1 or used twice."""
    numbers = [line.number for line in case.lines]
    if not numbers:
        yield None, "The claim has no lines."
    elif numbers[0] < 1 or len(set(numbers)) < len(numbers):
        yield None, f"Line numbers {', '.join(map(str, numbers))} are not each used once and from 1."


@edit(
    "administrative-charge-not-positive",
    "HOLD",
    remedy="Correct the charge.",
    source=_PRACTICE,
    reads=("claim.lines[n].charge_cents",),
)
def charge_not_positive(case: Case) -> Iterator[Hit]:
    """A line charges nothing, or less."""
    for line in case.lines:
        cents = line.line.charge_cents
        if cents <= 0:
            yield line.number, f"Line {line.number} ({line.code}) charges {cents} cents."


@edit(
    "administrative-billing-npi-missing",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Complete it from the provider master.",
    source="CARC 206",
    reads=("claim.billing_npi",),
)
def billing_npi_missing(case: Case) -> Iterator[Hit]:
    """The claim names no billing NPI."""
    if known(case.claim.billing_npi) is None:
        yield None, "The claim has no billing NPI."


@edit(
    "administrative-npi-invalid",
    "REBUILD",
    Proposal.AUTHORED,
    remedy="Correct it from the provider master.",
    source="CARC 207",
    reads=("claim.billing_npi", "claim.ordering_npi", "claim.lines[].rendering_npi"),
)
def npi_invalid(case: Case) -> Iterator[Hit]:
    """A billing, ordering or rendering NPI is no NPI; the message names the field, never the number."""
    claim = case.claim
    bad = [
        field
        for field, npi in (("billing_npi", claim.billing_npi), ("ordering_npi", claim.ordering_npi))
        if not _absent_or_valid(npi)
    ]
    bad += [
        f"rendering_npi of line {line.number}" for line in case.lines if not _absent_or_valid(line.line.rendering_npi)
    ]
    if bad:
        yield None, f"{listed(bad)} fails the NPI check."


@edit(
    "administrative-ordering-npi-missing",
    "HOLD",
    remedy="Obtain the order.",
    source="RARC N265",
    reads=("claim.ordering_npi", "claim.payer_id", "claim.lines[].procedure_code"),
)
def ordering_npi_missing(case: Case) -> Iterator[Hit]:
    """A stress test is billed without an ordering NPI to a payer that needs one."""
    if (
        case.family_lines
        and known(case.claim.ordering_npi) is None
        and case.claim.payer_id not in case.rules.configuration.ordering_npi_exempt_payers
    ):
        yield None, "The claim has no ordering NPI."


@edit(
    "administrative-rendering-npi-missing",
    "WARN",
    needs=("professional",),
    remedy="Add it, unless the biller is the physician.",
    source="RARC N290",
    reads=("claim.claim_type", "claim.lines[n].rendering_npi"),
)
def rendering_npi_missing(case: Case) -> Iterator[Hit]:
    """A professional stress-test line names no rendering NPI."""
    if case.professional:
        for line in case.family_lines:
            if known(line.line.rendering_npi) is None:
                yield line.number, f"Line {line.number} ({line.code}) has no rendering NPI."


@edit(
    "administrative-payer-mismatch",
    "HOLD",
    basis=True,
    remedy="Confirm the coverage.",
    source="CARC 109 and 22",
    reads=("claim.payer_id", "encounter.payer_id"),
)
def payer_mismatch(case: Case) -> Iterator[Hit]:
    """The claim goes to another payer than the encounter names."""
    if case.encounter and case.claim.payer_id != case.encounter.payer_id:
        yield None, f"The claim goes to payer {case.claim.payer_id}; the encounter names {case.encounter.payer_id}."


@edit(
    "administrative-service-date-mismatch",
    "HOLD",
    basis=True,
    remedy="Correct the date.",
    source=_PRACTICE,
    reads=(_DATE, "encounter.service_date", "documentation.signed_at"),
)
def service_date_mismatch(case: Case) -> Iterator[Hit]:
    """A line has another date than the encounter; 93018 may be dated up to the day the final report was signed."""
    tested = case.encounter.service_date if case.encounter else None
    for line in case.lines:
        billed = line.line.service_date
        if tested and billed != tested and not (line.code == "93018" and tested < billed <= _signed_on(case)):
            yield line.number, f"Line {line.number} ({line.code}) is dated {billed}; the test was on {tested}."


@edit(
    "administrative-service-date-future",
    "HOLD",
    remedy="Correct the date.",
    source=_PRACTICE,
    reads=(_DATE, "claim.built_at"),
)
def service_date_future(case: Case) -> Iterator[Hit]:
    """A line is dated more than a day after the claim was built."""
    built = case.claim.built_at.date()
    for line in case.lines:
        if line.line.service_date > built + _ONE_DAY:
            yield (
                line.number,
                f"Line {line.number} ({line.code}) is dated {line.line.service_date}, after it was built.",
            )


@edit(
    "administrative-control-number-missing",
    "HOLD",
    confirmable=False,
    remedy="Take it from the remittance; a claim that the payer never took in goes out as 1.",
    source=_FORM,
    reads=(_FREQUENCY, _ICN),
)
def control_number_missing(case: Case) -> Iterator[Hit]:
    """A replacement or void does not name the payer's claim number."""
    if case.claim.frequency_code in {"7", "8"} and known(case.claim.payer_claim_control_number) is None:
        yield None, f"Frequency code {case.claim.frequency_code} needs the payer's claim number."


@edit(
    "administrative-control-number-unexpected",
    "HOLD",
    confirmable=False,
    remedy="Use 7 to replace, or drop the number.",
    source=_FORM,
    reads=(_FREQUENCY, _ICN),
)
def control_number_unexpected(case: Case) -> Iterator[Hit]:
    """An original claim names a payer's claim number."""
    if case.claim.frequency_code == "1" and known(case.claim.payer_claim_control_number) is not None:
        yield None, "Frequency code 1 (original) with a payer's claim number."


@edit(
    "administrative-duplicate-service",
    "REBUILD",
    Proposal.MECHANICAL,
    basis=True,
    needs=("earlier_claims",),
    remedy="Drop it; change the earlier claim instead.",
    source="CARC 18",
    reads=("claim.lines[n].procedure_code", "earlier_claims"),
)
def duplicate_service(case: Case) -> Iterator[Hit]:
    """A line's service stands on an earlier claim of the same biller under the same code."""
    if case.earlier:
        for line in case.family_lines:
            if repeats_earlier_claim(case, line):
                yield line.number, f"Line {line.number} ({line.code}) is on an earlier claim."


@edit(
    "administrative-filing-limit-near",
    "WARN",
    remedy="Send it now.",
    source=_PRACTICE,
    reads=_FILING,
)
def filing_limit_near(case: Case) -> Iterator[Hit]:
    """An original claim was built when most of the payer's filing limit had passed."""
    age, limit = _age(case), _filing_limit(case)
    if age is not None and 100 * age >= NEAR_PERCENT * limit and age <= limit:
        yield None, f"Built {age} days after the first date of service; the payer's limit is {limit}."


@edit(
    "administrative-filing-limit-passed",
    "HOLD",
    remedy="Find proof of an earlier filing, or write it off.",
    source=_PRACTICE,
    reads=_FILING,
)
def filing_limit_passed(case: Case) -> Iterator[Hit]:
    """An original claim was built after the payer's filing limit."""
    age, limit = _age(case), _filing_limit(case)
    if age is not None and age > limit:
        yield None, f"Built {age} days after the first date of service; the payer's limit is {limit}."


def _final_document_exists(case: Case) -> bool:
    return any(document.status == "FINAL" for document in case.visit.facts.documents)


def _absent_or_valid(npi: str | None) -> bool:
    return known(npi) is None or is_valid_npi(npi or "")


def _signed_on(case: Case) -> dt.date:
    """UTC date of the signature of the final report; the first of all dates when there is none."""
    report = case.visit.final("interpretation")
    return report.signed_at.date() if report is not None and report.signed_at is not None else dt.date.min


def _age(case: Case) -> int | None:
    """Days from the first date of service to the day the claim was built; None unless it is an original claim."""
    if case.claim.frequency_code != "1" or not case.lines:
        return None
    return (case.claim.built_at.date() - min(line.line.service_date for line in case.lines)).days


def _filing_limit(case: Case) -> int:
    return case.rules.configuration.filing_limit(case.claim.payer_id)


EDITS: tuple[BuiltInEdit, ...] = (
    fact_conflict,
    fact_unreadable,
    encounter_missing,
    encounter_not_completed,
    encounter_cancelled,
    encounter_cancelled_but_documented,
    claim_withdrawn,
    no_lines,
    charge_not_positive,
    billing_npi_missing,
    npi_invalid,
    ordering_npi_missing,
    rendering_npi_missing,
    payer_mismatch,
    service_date_mismatch,
    service_date_future,
    control_number_missing,
    control_number_unexpected,
    duplicate_service,
    filing_limit_near,
    filing_limit_passed,
)
