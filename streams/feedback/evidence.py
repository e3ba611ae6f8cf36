"""Evidence: what all answers to a claim come to, whatever the order in which releases and answers arrived.

It is worked out from all of them each time, since one that comes late may change what those before it mean. Of two
answers for a line the later one stands, by time of receipt; of one moment, a reversal goes before what corrects it, and
else the content decides, never the order of arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas import codec
from schemas.denial import Denial
from schemas.record import millis
from schemas.trusted import construct
from streams.feedback.category import AVOIDABLE, OTHER, category_of
from streams.feedback.lines import Answered, Name, answered_lines
from streams.feedback.outcome import NO_ANSWERS, REVERSAL, Answer, amount_of, answer_of, clean, result_of
from streams.feedback.pattern import pattern_id, pattern_of
from streams.feedback.release import Release, answered
from streams.naming import name_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.denial import DenialPattern
    from schemas.remittance import Remittance
    from streams.feedback.outcome import Result

Place = tuple[int, Name]
"""Claim revision and line: what one Denial is about."""


class Received(NamedTuple):
    """A remittance and its content, everything but its event_id, as bytes: no two of a claim have the same."""

    remittance: Remittance
    content: bytes

    @classmethod
    def of(cls, remittance: Remittance) -> Received:
        """With its content as this package writes it, however it was written when it came."""
        return cls(remittance, codec.content(codec.encode(remittance)))


class Standing(NamedTuple):
    """The answer that stands for a line. `denial` is dated when the payer first said so; all else is of the latest."""

    denial: Denial
    release: Release
    line: Answered
    answer: Answer


def evidence(releases: Sequence[Release], received: Iterable[Received]) -> dict[Place, Standing]:
    """What stands, line by line in order. `releases` are sorted, and not empty."""
    lines: dict[Place, Standing] = {}
    for remittance, _ in sorted(received, key=_turn):
        if clean(remittance.claim_status_code) not in NO_ANSWERS:
            _fold(lines, answered(releases, millis(remittance.received_at)), remittance)
    return dict(sorted(lines.items()))


def _turn(received: Received) -> tuple[int, bool, bytes]:
    remittance, content = received
    return millis(remittance.received_at), clean(remittance.claim_status_code) != REVERSAL, content


def _fold(lines: dict[Place, Standing], release: Release, remittance: Remittance) -> None:
    """Let a remittance change what stands of the release that it answers."""
    if not remittance.lines and clean(remittance.claim_status_code) == REVERSAL:  # of the claim as a whole
        for place in [place for place in lines if place[0] == release.revision]:
            del lines[place]
    for name, line in answered_lines(release.lines, remittance.lines).items():
        place = release.revision, name
        before = lines.pop(place, None)
        answer = answer_of(remittance, line.lines)
        result = result_of(answer)
        if result is not None:
            denial = _denial(remittance, place, pattern_of(release, line), answer, result)
            if before is not None and denial == before.denial.model_copy(update={"occurred_at": denial.occurred_at}):
                denial = before.denial
            lines[place] = Standing(denial, release, line, answer)


def _denial(remittance: Remittance, place: Place, pattern: DenialPattern, answer: Answer, result: Result) -> Denial:
    denied = result == "DENIED"
    category = category_of(answer) if denied else OTHER
    reasons = answer.denying if denied else answer.reasons
    return construct(
        Denial,
        {
            "denial_id": denial_id(remittance.claim_id, place),
            "claim_id": remittance.claim_id,
            "pattern_id": pattern_id(pattern),
            "pattern": pattern,
            "category": category,
            "avoidable": category in AVOIDABLE,
            "outcome": result,
            "reason_codes": _listed(reason.code for reason in reasons),
            "remark_codes": _listed(answer.remarks),
            "amount_cents": amount_of(answer, result),
            "occurred_at": remittance.received_at,
        },
    )


def denial_id(claim_id: str, place: Place) -> str:
    """The id of all that is said of one line of a claim."""
    revision, name = place
    if not name.code:
        return name_uuid(claim_id, revision, name.number)
    return name_uuid(claim_id, revision, name.number, name.code, name.modifiers)


def _listed(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({code for code in codes if code}))
