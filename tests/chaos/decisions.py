"""What must hold of decisions, and of what follows from them: holds and dead letters."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, cast

from agents.dispatch import Header
from agents.embedded.letters import letter_id
from streams.adjudication import Adjudication
from streams.edit_set import EditSets
from streams.encounter_state import EncounterState
from streams.judge import judge
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, DEAD_LETTERS, EDITS, HOLDS
from tests.chaos.expected import Complaint
from tests.chaos.grounds import content, facts_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.claim import Claim
    from schemas.decision import Decision, Finding
    from schemas.edit import Edit
    from streams.judge import Judgement
    from tests.chaos.expected import Expected
    from tests.chaos.observed import Observed, Seen

    Verdict = tuple[int, str, list[tuple[str, int | None]]]

ROUTES = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)


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


def judged_again(expected: Expected, seen: Observed) -> Iterator[Complaint]:
    """Each decision is what the facts that it records give under the edits that it names.

    Those edits were in force together when it was made, or a while before on a worker that lagged. Compared are claim,
    route, findings by edit, line and severity, and rebuild. Two things a decision does not record, so any answer may be
    its own: which of the contents of one revision had come by then (of several the smallest stands, in conflict), and
    whether bytes of its encounter that nobody can read had come and were not replaced.
    """
    expected.contents.follow(seen)
    expected.in_force.follow(seen)
    asked, expected.doubted = expected.doubted, []
    for topic in ROUTES:
        asked += seen.records[topic][expected.decided[topic] :]
        expected.decided[topic] = len(seen.records[topic])
    for made in asked:
        doubt = _doubt(expected, made)
        if doubt is not None:
            expected.doubted.append(made)  # the topics are not read at one instant: what speaks for it may come yet
            yield Complaint("differing", doubt)


def _doubt(expected: Expected, made: Seen) -> str | None:
    """Why a decision is not what its facts give; None if it is."""
    decision = cast("Decision", made.record)
    learned = expected.in_force.learned(decision.edit_set, made.time)
    if learned is None:
        return "a decision was made under edits that never were in force together"
    encounter_id = decision.encounter_id
    standing = [expected.contents.standing(encounter_id, reference) for reference in decision.facts]
    if not all(standing):
        return f"a decision rests on {standing.count([])} facts that no topic holds"
    found, wanted = _said(decision, decision.claim), []
    for unreadable, *chosen in product(expected.contents.unreadable(encounter_id), *standing):
        facts = facts_in(decision.facts, chosen, unreadable=unreadable)
        claim = next((claim for claim in facts.claims if claim.claim_id == decision.claim_id), None)
        if claim is None or claim.revision != decision.claim_revision:
            return "a decision does not rest on the revision of the claim that it names"
        judgement = judge(facts, expected.rules, learned, (claim.claim_id,))[claim.claim_id]
        wanted.append(_said(judgement, claim))
    if found in wanted:
        return None
    return f"judged again, a decision is {wanted[0][:2]}, found {found[:2]}, or else its claim or rebuild differs"


def _said(judged: Decision | Judgement, claim: Claim) -> tuple[Any, ...]:
    """What a decision and judging again must share; the first two may be shown."""
    findings = [(each.edit_id, each.line_number, each.severity) for each in judged.findings]
    return judged.route, findings, judged.rebuild, content(claim)


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
