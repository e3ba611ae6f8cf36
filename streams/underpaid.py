"""Underpaid: paid lines beside the contract. Did the payer allow what it had agreed to?

    allowed = paid + patient's share + sequestration
    expected = contract rate for a unit x units paid

The patient's share is what group PR has for deductible, coinsurance and copayment (CARC 1, 2, 3, 247, 248):
PR with any other reason is a refusal that the patient bears, and is not allowed. Sequestration (CARC 253) cuts what is
paid after the allowed amount is found. Units are those that the payer priced, one where it gives none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from streams.feedback.evidence import evidence
from streams.feedback.release import pack_release, unpack_release
from streams.rates import Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from schemas.decision import Decision
    from streams.feedback.evidence import Place, Received, Standing
    from streams.feedback.outcome import Answer
    from streams.rates import Rates

_SEQUESTRATION = "253"
_REDUCTION = "59"
_CAPITATION = "24"
_OTHER_PAYER = "23"
_NOT_FIRST = frozenset({"2", "3", "20", "21"})
"""Status of a claim that the payer processed as the second or third, with or without passing it on."""


class Finding(StrEnum):
    """What a paid line comes to beside the contract; only SHORT is flagged."""

    MET = "met"
    SHORT = "short"
    REDUCED = "multiple-procedure reduction"
    """Under the rate, and cut as a further procedure of the day (CARC 59): expected, whatever the amount."""
    OTHER_PAYER = "another payer paid first"
    CAPITATED = "capitation"
    NO_RATE = "no rate"


class PaidLine(NamedTuple):
    """A paid line beside the contract; amounts are cents.

    line_number  as billed; None where the payer answers what was not billed
    expected_cents  None without a rate
    reason_codes  CARC of the line
    """

    claim_id: str
    claim_revision: int
    line_number: int | None
    payer_id: str
    procedure_code: str
    service_date: date
    units: int
    expected_cents: int | None
    allowed_cents: int
    reason_codes: tuple[str, ...]
    finding: Finding

    @property
    def short_cents(self) -> int:
        """By how much it was allowed less than agreed, 0 unless it is flagged."""
        return (self.expected_cents or 0) - self.allowed_cents if self.finding is Finding.SHORT else 0


class Total(NamedTuple):
    """The lines of one payer and code that could be compared; amounts are cents."""

    payer_id: str
    procedure_code: str
    lines: int
    expected_cents: int
    allowed_cents: int
    short_lines: int
    short_cents: int
    reduced_lines: int


def paid_lines(releases: Iterable[Decision], received: Iterable[Received], rates: Rates) -> Iterator[PaidLine]:
    """The paid lines of one claim as they stand: of several answers the latest, and none that was reversed.

    `releases` are decisions on it in any order, recalls among them; `received` what the payer answered, in any order.
    """
    packed = {pack_release(decision) for decision in releases if decision.route == "RELEASE"}
    if packed:
        standing = evidence([unpack_release(release) for release in sorted(packed)], _distinct(received))
        for place, line in standing.items():
            if line.denial.outcome == "PAID":
                yield _paid_line(place, line, rates)


def _distinct(received: Iterable[Received]) -> Iterable[Received]:
    """Each content once, and one for each event_id, as the feedback processor has it."""
    by_event: dict[str, Received] = {}
    for each in received:
        event_id = each.remittance.event_id
        by_event[event_id] = min(each, by_event.get(event_id, each), key=_content)
    return {each.content: each for each in by_event.values()}.values()


def _content(received: Received) -> bytes:
    return received.content


def _paid_line(place: Place, standing: Standing, rates: Rates) -> PaidLine:
    pattern, answer, line = standing.denial.pattern, standing.answer, standing.line
    billed = None if line.billed is None else standing.release.lines[line.billed]
    on = billed.service_date if billed else line.lines[0].service_date
    parts = [modifier for modifier in ("26", "TC") if modifier in pattern.modifiers]
    service = Service(
        pattern.payer_id,
        pattern.procedure_code,
        parts[0] if len(parts) == 1 else "",  # both parts are the whole
        pattern.place_of_service,
    )
    rate = rates.find(service, on)
    units = max(1, sum([each.units for each in line.lines]))
    expected = None if rate is None else rate * units
    allowed = answer.paid_cents + sum(
        [reason.amount_cents for reason in answer.reasons if reason.is_patient_share or reason.code == _SEQUESTRATION]
    )
    return PaidLine(
        standing.denial.claim_id,
        place[0],
        billed.number if billed else None,
        pattern.payer_id,
        pattern.procedure_code,
        on,
        units,
        expected,
        allowed,
        tuple(sorted({reason.code for reason in answer.reasons})),
        _finding(answer, expected, allowed),
    )


def _finding(answer: Answer, expected: int | None, allowed: int) -> Finding:
    codes = {reason.code for reason in answer.reasons}
    if expected is None:
        return Finding.NO_RATE
    if answer.status in _NOT_FIRST or _OTHER_PAYER in codes:
        return Finding.OTHER_PAYER
    if _CAPITATION in codes:
        return Finding.CAPITATED
    if allowed >= expected:
        return Finding.MET
    return Finding.REDUCED if _REDUCTION in codes else Finding.SHORT


_COMPARED = frozenset({Finding.MET, Finding.SHORT, Finding.REDUCED})


class Totals:
    """Adds lines up by payer and code, and counts those of every finding."""

    def __init__(self) -> None:
        self.findings = dict.fromkeys(Finding, 0)
        self._by_service: dict[tuple[str, str], Total] = {}

    def add(self, line: PaidLine) -> None:
        """Count a line."""
        self.findings[line.finding] += 1
        if line.finding in _COMPARED:
            key = line.payer_id, line.procedure_code
            total = self._by_service.get(key) or Total(*key, 0, 0, 0, 0, 0, 0)
            self._by_service[key] = total._replace(
                lines=total.lines + 1,
                expected_cents=total.expected_cents + (line.expected_cents or 0),
                allowed_cents=total.allowed_cents + line.allowed_cents,
                short_lines=total.short_lines + (line.finding is Finding.SHORT),
                short_cents=total.short_cents + line.short_cents,
                reduced_lines=total.reduced_lines + (line.finding is Finding.REDUCED),
            )

    @property
    def totals(self) -> list[Total]:
        """By payer and code, the one most short first."""
        return sorted(self._by_service.values(), key=lambda total: (-total.short_cents, total[:2]))
