"""What must hold of everything that was ever committed.

A processor is checked by what it read: its inputs, as they stand on the topics, go through the embedded engine with
that processor alone, and what comes of them must be what the workers wrote, as far as order does not decide it. To
check another one, let `Expected` run it, and add a function to `CHECKS`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import islice, pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from agents.dispatch import Header
from agents.embedded import Embedded
from agents.embedded.engine import Options, now_ms
from agents.embedded.letters import letter_id
from streams.adjudication import Adjudication
from streams.edit_set import EditSets
from streams.encounter_state import EncounterState
from streams.feedback import Feedback
from streams.judge import judge
from streams.learning import Learning
from streams.topics import (
    ALERTS,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DEAD_LETTERS,
    DENIALS,
    EDITS,
    FACT_TOPICS,
    HOLDS,
    REMITTANCES,
)
from tests.chaos.traffic import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from schemas.decision import Decision, Finding
    from schemas.denial import Denial
    from schemas.edit import Edit
    from schemas.record import Record
    from streams.processor import Processor
    from streams.rules import Rules
    from streams.topics import Topic
    from tests.chaos.observed import Observed, Seen

    Verdict = tuple[int, str, list[tuple[str, int | None]]]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LAG = 30_000
"""Milliseconds by which a worker may be behind with edits.v1."""

ROUTES = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)


class Complaint(NamedTuple):
    """Something that must not be. `kind` is one of `KINDS`; `what` shows no value of a tagged field."""

    kind: str
    what: str


KINDS = ("missing", "duplicated", "differing", "gaps", "lost dead letters")


class Alone:
    """One processor in the embedded engine. Topics are read on from where the last look at them ended."""

    def __init__(self, processor: Processor) -> None:
        self._now: int | None = None  # ms, while what was appended earlier is followed
        self.engine = Embedded([processor], options=Options(clock="wall", now=self._clock))
        self._fed: Counter[Topic] = Counter()
        self._log: dict[Topic, list[Any]] = defaultdict(list)

    def feed(self, records: Iterable[Sent]) -> None:
        """Take what is sent, as far as the processor reads it."""
        for topic, key, value in records:
            self.engine.feed_bytes(topic, key, value)

    def _clock(self) -> int:
        return now_ms() if self._now is None else self._now

    def follow(self, topic: Topic, seen: Observed) -> None:
        """Take what stands on a topic, in the order of each partition and at the times at which it was appended."""
        new = seen.records[topic][self._fed[topic] :]
        for record in sorted(new, key=lambda each: each.time):
            self._now = record.time
            self.feed([Sent(topic, record.key, record.value)])
        self._now = None
        self._fed[topic] += len(new)

    def log(self, topic: Topic) -> list[Any]:
        """All that came out on a topic."""
        found = self._log[topic]
        found += islice(self.engine.records(topic), len(found), None)
        return found


class Expected:
    """The processors, each alone, and what was sent to them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.adjudication = Alone(Adjudication(rules))
        self.feedback = Alone(Feedback(rules))
        self.learning = Alone(Learning())
        self.edit_sets: set[str] = set()  # that were in force at some time
        self.looked_at: Counter[Topic] = Counter()

    def send(self, records: list[Sent]) -> None:
        """These are sent now."""
        self.adjudication.feed(each for each in records if each.topic in FACT_TOPICS)
        self.feedback.feed(each for each in records if each.topic is REMITTANCES)


def sequences(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """No decision is missing, comes twice, or has another's place; each supersedes the one before it."""
    del expected
    for topic in ROUTES:
        for decision_id, times in Counter(decision.decision_id for decision in seen.of(topic)).items():
            if times > 1:
                yield Complaint("duplicated", f"decision {decision_id} stands {times} times on {topic.name}")
    for decisions in by_claim(seen).values():
        numbers = [decision.sequence for decision in decisions]
        if numbers != list(range(1, len(decisions) + 1)):
            kind = "duplicated" if len(set(numbers)) < len(numbers) else "gaps"
            yield Complaint(kind, f"a claim has decisions {numbers}")
        elif any(after.supersedes != before.decision_id for before, after in pairwise(decisions)):
            yield Complaint("gaps", "a decision supersedes another than the one before it")


def last_decisions(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """The last decision of each claim follows from the facts and the edits in force.

    An edit recalls no release, so a release is one without learned edits; what waits was judged by those in force.
    """
    wanted: dict[str, Decision] = {}
    for topic in ROUTES:
        for logged in expected.adjudication.log(topic):
            decision = logged.record
            if decision.sequence >= wanted.get(decision.claim_id, decision).sequence:
                wanted[decision.claim_id] = decision
    last = {claim_id: decisions[-1] for claim_id, decisions in by_claim(seen).items()}
    table = {edit.edit_id: edit for edit in seen.of(EDITS)}
    learned = EditSets(expected.rules.digest).of(table).learned
    for claim_id, decision in wanted.items():
        found = last.pop(claim_id, None)
        if found is None:
            yield Complaint("missing", "a claim was not decided")
            continue
        right = verdict(decision)
        if found.route != "RELEASE" and learned:
            right = _judged(expected, decision, learned)
        if verdict(found) != right:
            yield Complaint("differing", f"expected {right}, found {verdict(found)}")
    for _ in last:
        yield Complaint("differing", "a claim was decided that was never sent")


def _judged(expected: Expected, decision: Decision, learned: tuple[Edit, ...]) -> Verdict:
    """What the facts of its encounter make of a claim under these learned edits."""
    state = EncounterState.load(expected.adjudication.engine.state(Adjudication.name, decision.encounter_id))
    judged = judge(state.decoded(), expected.rules, learned)[decision.claim_id]
    return decision.claim_revision, judged.route, waits(judged.findings, judged.route)


def edit_sets(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """Each decision names an edit set that was in force when it was made, or a while before on a worker that lagged."""
    partitions: dict[int, list[Seen]] = defaultdict(list)
    for record in seen.records[EDITS]:
        partitions[record.partition].append(record)
    digests = EditSets(expected.rules.digest)
    for topic in ROUTES:
        for made in seen.records[topic][expected.looked_at[topic] :]:
            decision = cast("Decision", made.record)
            if decision.edit_set not in expected.edit_sets:
                expected.edit_sets |= {digests.of(table).name for table in _tables(partitions, made.time)}
            if decision.edit_set not in expected.edit_sets:
                yield Complaint("differing", "a decision was made under edits that never were in force together")
                return
        expected.looked_at[topic] = len(seen.records[topic])


def _tables(partitions: dict[int, list[Seen]], time: int) -> Iterator[dict[str, Record]]:
    """The table as a worker may have seen it at this time: it reads each partition as far as it has come."""
    spans = [
        range(sum(each.time < time - LAG for each in edits), sum(each.time <= time for each in edits) + 1)
        for edits in partitions.values()
    ]
    for counts in product(*spans):
        read = zip(partitions.values(), counts, strict=True)
        yield {str(each.key): each.record for edits, count in read for each in edits[:count] if each.record}


def dead_letters(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """Every record that cannot be read or taken is kept, once per content."""
    alone = (expected.adjudication, expected.feedback)
    wanted = {letter_id(each.value, each.headers) for one in alone for each in one.log(DEAD_LETTERS)}
    found = Counter(
        (letter_id(letter.value, letter.headers), letter.headers.get(Header.TOPIC))
        for letter in seen.records[DEAD_LETTERS]
    )
    letters = {letter for letter, _ in found}
    for _ in wanted - letters:
        yield Complaint("lost dead letters", "a record is neither applied nor a dead letter")
    for letter in letters - wanted:
        yield Complaint("differing", f"dead letter {letter[:12]} is of a record that can be taken")
    for (letter, topic), times in found.items():
        if times > 1:
            yield Complaint("duplicated", f"dead letter {letter[:12]} of {topic} stands {times} times")


def holds(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """A hold opens and closes in turn, and the open ones are those that make a claim wait."""
    del expected
    states: dict[tuple[str, str], list[str]] = defaultdict(list)
    for hold in seen.of(HOLDS):
        states[hold.claim_id, hold.edit_id].append(hold.state)
    for (_, edit_id), turns in states.items():
        if turns != (["OPENED", "CLOSED"] * len(turns))[: len(turns)]:
            yield Complaint("duplicated", f"a hold of {edit_id} went {', '.join(turns)}")
    waiting = {
        (claim_id, finding.edit_id)
        for claim_id, decisions in by_claim(seen).items()
        for finding in decisions[-1].findings
        if finding.severity != "WARN" and decisions[-1].claim.status != "WITHDRAWN"
    }
    still_open = {place for place, turns in states.items() if turns[-1] == "OPENED"}
    for _, edit_id in waiting - still_open:
        yield Complaint("missing", f"no hold of {edit_id} is open for a claim that waits for it")
    for _, edit_id in still_open - waiting:
        yield Complaint("missing", f"a hold of {edit_id} was not closed")


def evidence(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """What denials.v1 says in sum follows from the releases and the payers' answers."""
    expected.feedback.follow(CLAIMS_RELEASED, seen)
    histories: dict[str, list[Denial]] = defaultdict(list)
    for denial in seen.of(DENIALS):
        histories[denial.denial_id].append(denial)
    for history in histories.values():
        outcomes = [denial.outcome for denial in history]
        if any((before == "WITHDRAWN") == (after == "WITHDRAWN") for before, after in pairwise(outcomes)):
            yield Complaint("duplicated", f"the evidence of one line goes {', '.join(outcomes)}")
    found = in_sum(seen.of(DENIALS))
    wanted = in_sum(logged.record for logged in expected.feedback.log(DENIALS))
    for _ in wanted.keys() - found.keys():
        yield Complaint("missing", "a line that was answered is no evidence")
    for denial_id, denial in found.items():
        if wanted.get(denial_id) != denial:
            yield Complaint("differing", f"the evidence of one line is {denial.outcome}")


def edits(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """What edits.v1 says follows from denials.v1, record by record: one key is one partition, so one order."""
    expected.learning.follow(DENIALS, seen)
    before = revisions_of(logged.record for logged in expected.learning.log(EDITS))
    expected.learning.engine.advance(now_ms())  # a worker wakes what is due some seconds later
    wanted = revisions_of(logged.record for logged in expected.learning.log(EDITS))
    found = revisions_of(seen.of(EDITS))
    for edit_id, revisions in found.items():
        numbers = [edit.revision for edit in revisions]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Complaint("gaps", f"edit {edit_id} has revisions {numbers}")
        elif revisions not in (wanted.get(edit_id), before.get(edit_id)):
            turns = [[edit.status for edit in each] for each in (wanted.get(edit_id, []), revisions)]
            yield Complaint("differing", f"edit {edit_id}: expected {turns[0]}, found {turns[1]}")
    for edit_id in wanted.keys() - found.keys():
        yield Complaint("missing", f"edit {edit_id}")


def alerts(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """One FIRING and one RESOLVED for an alert at most."""
    del expected
    for (alert_id, status), times in Counter((each.alert_id, each.status) for each in seen.of(ALERTS)).items():
        if times > 1:
            yield Complaint("duplicated", f"alert {alert_id} is {status} {times} times")


CHECKS: tuple[Callable[[Expected, Observed], Iterator[Complaint]], ...] = (
    sequences,
    last_decisions,
    edit_sets,
    dead_letters,
    holds,
    evidence,
    edits,
    alerts,
)


# What is compared


def by_claim(seen: Observed) -> dict[str, list[Decision]]:
    """The decisions of each claim in sequence; one that recalls a release stands on two topics, here once."""
    decisions = {each.decision_id: each for topic in ROUTES for each in seen.of(topic)}
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions.values():
        found[decision.claim_id].append(decision)
    for sequence in found.values():
        sequence.sort(key=lambda each: each.sequence)
    return found


def verdict(decision: Decision) -> Verdict:
    """Of a decision what every engine must agree on."""
    return decision.claim_revision, decision.route, waits(decision.findings, decision.route)


def waits(findings: Iterable[Finding], route: str) -> list[tuple[str, int | None]]:
    """Findings that count: WARN ones of a release record the path."""
    return [(each.edit_id, each.line_number) for each in findings if route != "RELEASE" or each.severity != "WARN"]


def in_sum(denials: Iterable[Denial]) -> dict[str, Denial]:
    """What stands of evidence when all that was taken back is gone."""
    last = {denial.denial_id: denial for denial in denials}
    return {denial_id: denial for denial_id, denial in last.items() if denial.outcome != "WITHDRAWN"}


def revisions_of(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """All revisions of each edit, but for when they were made."""
    found: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        found[edit.edit_id].append(edit.model_copy(update={"occurred_at": EPOCH}))
    return found
