"""One visit as it happens: its facts while they are drafted, what must come of them, and the lines sent so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from pydantic_core import to_json

from agents.generate.catalogue import (
    CLAIMS_BUILT,
    DOCUMENTATION,
    ECHO_STRESS,
    ENCOUNTERS,
    FAMILY,
    GLOBAL,
    REMITTANCES,
    REVIEWS,
    ROLE_OF,
    ROLES,
    Role,
)
from agents.generate.clock import DAY, HOUR, MINUTE, iso
from agents.generate.drafts import (
    ClaimDraft,
    DocumentationDraft,
    EncounterDraft,
    RemittanceDraft,
    ReviewDraft,
)
from agents.generate.truth import Finding, Proposal, found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from agents.generate.drafts import Draft, LineDraft
    from agents.generate.operation import Entity, Payer, Site
    from agents.generate.services import LineMaker, Part, Scene

T = TypeVar("T")

_ENVELOPE: dict[type[Draft], bytes] = {
    draft: b'{"topic": "%s", "value": ' % topic.encode()
    for draft, topic in (
        (EncounterDraft, ENCOUNTERS),
        (DocumentationDraft, DOCUMENTATION),
        (ClaimDraft, CLAIMS_BUILT),
        (ReviewDraft, REVIEWS),
        (RemittanceDraft, REMITTANCES),
    )
}
_TOPIC: dict[type[Draft], str] = {
    EncounterDraft: ENCOUNTERS,
    DocumentationDraft: DOCUMENTATION,
    ClaimDraft: CLAIMS_BUILT,
    ReviewDraft: REVIEWS,
    RemittanceDraft: REMITTANCES,
}


@dataclass(slots=True, eq=False)
class Bill:
    """One claim of a visit, and what must be found in it.

    stands      the line that bills each role which stands, where a component or the global code bills it
    documented  the line for which each role's document is asked: `stands`, and the roles of a 93351
    proposal    the rebuild while the claim cannot be right as it is
    defects     names of the recipes that planted something here
    """

    claim: ClaimDraft
    part: Part
    maker: LineMaker
    built: int
    stands: dict[Role, int] = field(default_factory=dict)
    documented: dict[Role, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    proposal: Proposal | None = None
    defects: list[str] = field(default_factory=list)

    @property
    def professional(self) -> bool:
        """Whether it is a professional claim, and not the hospital's."""
        return self.claim.claim_type == "PROFESSIONAL"

    @property
    def family_lines(self) -> list[LineDraft]:
        """The stress test and stress echo lines."""
        return [line for line in self.claim.lines if line.procedure_code in FAMILY]

    @property
    def next_number(self) -> int:
        """The number above the highest on the claim."""
        return max(line.line_number for line in self.claim.lines) + 1

    def coded(self, code: str) -> LineDraft | None:
        """The first line with this procedure code, if any."""
        return next((line for line in self.claim.lines if line.procedure_code == code), None)

    def replace_family(self, *lines: LineDraft) -> None:
        """Bill `lines` instead of every stress and stress echo line."""
        self.claim.lines = [*lines, *(line for line in self.claim.lines if line.procedure_code not in FAMILY)]

    def propose(self, lines: list[LineDraft], place_of_service: str | None) -> None:
        """Say which lines must be proposed instead, whatever their order here."""
        self.proposal = Proposal(
            void=False,
            lines=sorted((copied(line) for line in lines), key=lambda line: line.line_number),
            place_of_service=place_of_service if self.professional else None,
        )

    def settle_roles(self, *, facility: bool) -> None:
        """Read off the lines which of them bills each role; for a claim whose lines are right."""
        self.stands = {}
        self.documented = {}
        for line in self.claim.lines:
            code = line.procedure_code
            if code == GLOBAL:
                self.stands = dict.fromkeys(ROLES, line.line_number)
            elif code in ROLE_OF:
                self.stands[ROLE_OF[code]] = line.line_number
            elif code == ECHO_STRESS:
                roles = ("technical",) if not self.professional else ROLES[1:] if facility else ROLES
                self.documented = dict.fromkeys(roles, line.line_number)
        self.documented |= self.stands


def copied(line: LineDraft, **changes: object) -> LineDraft:
    """A copy of a line that shares no list with it."""
    fresh = replace(line, **changes)  # type: ignore[arg-type]  # each recipe names a field and gives its type
    fresh.modifiers = list(fresh.modifiers)
    fresh.diagnosis_pointers = list(fresh.diagnosis_pointers)
    return fresh


@dataclass(slots=True, eq=False)
class Case:
    """One visit.

    key       stem of all its ids, unique over visits and seeds
    visit     when the test began; days before `opened` where the office bills late
    opened    when its first events are sent
    extras    what else to send once the facts are out: drafts, or a topic and a line that is no record
    planted   findings that the recipe at work has planted so far, with their claims
    sent      (arrival, topic, line, readable) of everything sent, in no order
    """

    random: Random
    key: str
    scene: Scene
    site: Site
    payer: Payer
    visit: int
    opened: int
    encounter: EncounterDraft
    documents: dict[Role, DocumentationDraft]
    signed: dict[Role, int]
    bills: list[Bill]
    planted: list[tuple[Bill, Finding]] = field(default_factory=list)
    extras: list[Callable[[], Draft | tuple[str, bytes]]] = field(default_factory=list)
    encounter_withheld: bool = False
    sent: list[tuple[int, str, bytes, bool]] = field(default_factory=list)

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.random.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """Any one of `items`."""
        return items[int(self.random.random() * len(items))]

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` up to and without `high`."""
        return low + int(self.random.random() * (high - low))

    # What must come out

    def find(self, bill: Bill, edit_id: str, line_number: int | None = None) -> None:
        """Expect this finding on `bill`."""
        finding = found(edit_id, line_number)
        bill.findings.append(finding)
        self.planted.append((bill, finding))

    def find_in_all(self, edit_id: str) -> None:
        """Expect this finding on every claim of the visit."""
        for bill in self.bills:
            self.find(bill, edit_id)

    # Which claim

    def biller_of(self, role: Role) -> Bill:
        """The claim that bills `role` by a stress code."""
        return next(bill for bill in self.bills if role in bill.stands)

    @property
    def some_professional(self) -> Bill:
        """Any professional claim."""
        return self.pick([bill for bill in self.bills if bill.professional])

    @property
    def some_stress(self) -> Bill:
        """A claim that bills the test itself."""
        return self.pick([bill for bill in self.bills if bill.documented])

    @property
    def institutional(self) -> Bill:
        """The hospital's claim."""
        return next(bill for bill in self.bills if not bill.professional)

    @property
    def place(self) -> str:
        """The place of service as registered."""
        return self.encounter.place_of_service

    def entity(self, role: Role) -> Entity:
        """Who furnishes `role` at this site."""
        return self.site.owners[role]

    def add_bill(self, like: Bill, lines: list[LineDraft], later: int = 0) -> Bill:
        """One more claim of the party of `like`, built after it."""
        built = like.built + (later or self.between(5 * MINUTE, 3 * HOUR))
        text = iso(built)
        claim = replace(
            like.claim,
            claim_id=f"clm-{self.key}-{len(self.bills) + 1}",
            lines=lines,
            diagnoses=list(like.claim.diagnoses),
            built_at=text,
            occurred_at=text,
        )
        bill = Bill(claim, like.part, like.maker, built)
        self.bills.append(bill)
        return bill

    # Sending

    def latency(self) -> int:
        """Seconds from an event to its arrival: mostly soon, at times after an outage, seldom days or weeks."""
        draw = self.random.random()
        if draw < 0.9:
            return 2 + int(draw * 130)
        if draw < 0.972:
            return self.between(5 * MINUTE, 8 * HOUR)
        if draw < 0.997:
            return self.between(8 * HOUR, 4 * DAY)
        return self.between(4 * DAY, 7 * DAY)

    def send(self, draft: Draft, time: int, latency: int | None = None) -> None:
        """Send `draft` as it stands: it happened at `time`. One in 60 comes twice."""
        text = iso(time)
        draft.event_id = f"evt-{self.key}-{len(self.sent) + 1}"
        if isinstance(draft, RemittanceDraft):
            draft.received_at = text
        else:
            draft.occurred_at = text
        kind = type(draft)
        line = _ENVELOPE[kind] + to_json(draft) + b"}\n"
        arrival = max(time, self.opened) + (self.latency() if latency is None else latency)
        self.sent.append((arrival, _TOPIC[kind], line, True))
        if self.random.random() < 1 / 60:
            self._repeat(draft, line, arrival)

    def _repeat(self, draft: Draft, line: bytes, arrival: int) -> None:
        """Send it again: the same bytes from a broker's retry, or, from a sender's, the same content as a new event."""
        if self.chance(0.4):
            again = f"evt-{self.key}-{len(self.sent) + 1}"
            line = line.replace(draft.event_id.encode(), again.encode(), 1)
        later = arrival + (self.between(1, MINUTE) if self.chance(0.7) else self.between(MINUTE, 2 * DAY))
        self.sent.append((later, _TOPIC[type(draft)], line, True))

    def send_raw(self, line: bytes, topic: str, arrival: int) -> None:
        """Send bytes that are no record."""
        self.sent.append((arrival, topic, line, False))

    @property
    def quiet_after(self) -> int:
        """When the last event sent so far has arrived."""
        return max(arrival for arrival, *_ in self.sent)
