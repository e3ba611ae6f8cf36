"""One claim explained: every decision, what each rests on, and what would change the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.cli.screen import STYLES, Column, clock, dollars
from streams.counterfactual import what_would_change
from streams.edit_set import EditSets
from streams.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.cli.screen import Screen
    from schemas.claim import Claim, Line
    from schemas.decision import Decision, Finding, Rebuild
    from schemas.edit import Edit
    from streams.alternatives import Change
    from streams.facts import Facts
    from streams.processor import Table
    from streams.rules import Rules


_FREQUENCIES = {"7": ", a replacement (frequency 7)", "8": ", a void (frequency 8)"}
"""What a revision asks of the payer, where it is no first claim: of a void hardly anything is judged."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that there is to say about one claim.

    decisions  in sequence, at least one
    known      whether the facts of its encounter are still in the state; without them nobody can ask what would change
    changes    the fewest changed facts that would release it: none if it is released, None if the search found no set
    stands     whether the rules at hand (tables, settings, learned edits) still say what the last decision says
    """

    decisions: tuple[Decision, ...]
    known: bool
    changes: tuple[Change, ...] | None
    stands: bool

    @property
    def last(self) -> Decision:
        """The decision that holds now."""
        return self.decisions[-1]

    def as_json(self) -> dict[str, Any]:
        """What a program reads; `what_would_change` is null where nothing was found or could be asked."""
        changes = self.changes
        return {
            "claim_id": self.last.claim_id,
            "encounter_id": self.last.encounter_id,
            "decisions": [decision.model_dump(mode="json") for decision in self.decisions],
            "facts_known": self.known,
            "stands": self.stands,
            "what_would_change": None
            if changes is None
            else [{"path": change.path, "now": change.now, "then": change.then} for change in changes],
        }


def explain(decisions: tuple[Decision, ...], facts: Facts | None, rules: Rules, edits: Table) -> Explanation:
    """Explain a claim from its decisions (at least one), the standing facts of its encounter and the learned edits."""
    if facts is None:
        return Explanation(decisions, known=False, changes=None, stands=True)
    last, learned = decisions[-1], EditSets(rules.digest).of(edits).learned
    changes = what_would_change(facts, last.claim_id, rules, learned)
    return Explanation(decisions, known=True, changes=changes, stands=stands(last, facts, rules, learned))


def stands(decision: Decision, facts: Facts, rules: Rules, learned: tuple[Edit, ...]) -> bool:
    """Whether these rules and learned edits say of the claim, as it is now, what the last `decision` on it says."""
    judgement = judge(facts, rules, learned)[decision.claim_id]
    return (judgement.route, _said(judgement.findings)) == (decision.route, _said(decision.findings))


def _said(findings: tuple[Finding, ...]) -> list[tuple[str, int | None, str]]:
    return [(finding.edit_id, finding.line_number, finding.severity) for finding in findings]


def print_explanation(screen: Screen, explanation: Explanation, *, repeat: bool = False) -> None:
    """Print every decision; `repeat` spells out again what a decision shares with the one before it."""
    last = explanation.last
    screen.title(f"Claim {last.claim_id}")
    screen.fields(_about(last))
    before: Decision | None = None
    for decision in explanation.decisions:
        print_decision(screen, decision, before, repeat=repeat)
        before = decision
    _print_changes(screen, explanation)


def _about(decision: Decision) -> Iterator[tuple[str, str]]:
    claim = decision.claim
    yield "encounter", decision.encounter_id + (f" at {decision.site_id}" if decision.site_id else "")
    yield "payer", decision.payer_id
    yield "billed", f"{dollars(total(claim))} by {claim.billing_entity_id}, {claim.claim_type.lower()}"
    yield "revision", f"{claim.revision}, {claim.status.lower()}"
    yield "diagnoses", ", ".join(claim.diagnoses) or "none"


def total(claim: Claim) -> int:
    """What the claim asks for, in cents."""
    return sum(line.charge_cents for line in claim.lines)


def print_decision(screen: Screen, decision: Decision, before: Decision | None, *, repeat: bool = False) -> None:
    """Print one decision; what it shares with the one `before` it in brief, unless `repeat`."""
    recall = ", which takes the release back" if before and before.route == "RELEASE" != decision.route else ""
    screen.title(f"Decision {decision.sequence}: {decision.route}{recall}", style=STYLES[decision.route])
    due = f", due {clock(decision.due_at)}" if decision.due_at else ""
    kind = _FREQUENCIES.get(decision.claim.frequency_code, "")
    screen.line(f"{clock(decision.decided_at)}{due}, on claim revision {decision.claim_revision}{kind}", indent=2)
    if not decision.findings:
        screen.line("Nothing was found wrong.", indent=2)
    known = set() if before is None or repeat else {_news(finding) for finding in before.findings}
    for finding in decision.findings:
        _print_finding(screen, finding, brief=_news(finding) in known)
    _print_facts(screen, decision, before)
    if decision.route == "REBUILD":
        if before is not None and before.rebuild == decision.rebuild and before.claim == decision.claim and not repeat:
            proposed = "no lines are proposed, as before" if decision.rebuild is None else "the same as before"
            screen.line(f"Rebuild: {proposed}", indent=2)
        else:
            _print_rebuild(screen, decision.claim, decision.rebuild)


def _news(finding: Finding) -> tuple[str, int | None, str, str]:
    return finding.edit_id, finding.line_number, finding.severity, finding.message


def _print_finding(screen: Screen, finding: Finding, *, brief: bool) -> None:
    place = "" if finding.line_number is None else f", line {finding.line_number}"
    heading = f"{finding.severity} {finding.edit_id}{place}"
    if brief:
        screen.line(f"{heading}, as before: {finding.message}", indent=2)
        return
    screen.line(heading, indent=2, style=STYLES[finding.severity])
    screen.fields(
        [
            ("what", finding.message),
            ("do", finding.remedy),
            ("seen in", ", ".join(finding.evidence)),
            ("source", finding.citation),
        ],
        indent=4,
    )


def _print_facts(screen: Screen, decision: Decision, before: Decision | None) -> None:
    screen.line("Rests on", indent=2)
    known = set(before.facts) if before else set(decision.facts)
    columns = (Column("Fact"), Column("Id"), Column("Revision", right=True), Column(""))
    rows = [(fact.topic, fact.id, str(fact.revision), "" if fact in known else "new") for fact in decision.facts]
    screen.table(columns, rows, indent=4)


def _print_rebuild(screen: Screen, claim: Claim, rebuild: Rebuild | None) -> None:
    screen.line("Rebuild", indent=2)
    if rebuild is None:
        screen.line("No lines are proposed: what is missing only a person, or a fact still to come, can say.", indent=4)
        return
    if rebuild.void:
        screen.line("Void: nothing of this claim stands.", indent=4)
    else:
        columns = (Column("Line", right=True), Column("As built"), Column("Proposed"), Column(""))
        screen.table(columns, list(_compared(claim.lines, rebuild.lines)), indent=4)
        if rebuild.place_of_service != claim.place_of_service:
            place = f"{claim.place_of_service or 'none'} becomes {rebuild.place_of_service or 'none'}"
            screen.line(f"Place of service: {place}.", indent=4)
    for note in rebuild.notes:
        screen.line(f"- {note}", indent=4)


def _compared(built: tuple[Line, ...], proposed: tuple[Line, ...]) -> Iterator[tuple[str, str, str, str]]:
    """Line number, as built, as proposed, and what that means, by line number."""
    by_number: dict[int, list[list[Line]]] = {}
    for side, lines in enumerate((built, proposed)):
        for line in lines:
            by_number.setdefault(line.line_number, [[], []])[side].append(line)
    for number in sorted(by_number):
        before, after = by_number[number]
        for at in range(max(len(before), len(after))):
            old, new = (lines[at] if at < len(lines) else None for lines in (before, after))
            yield str(number), _line(old, new), _line(new, old), _meaning(old, new)


def _meaning(old: Line | None, new: Line | None) -> str:
    if old == new:
        return ""
    return "added" if old is None else "dropped" if new is None else "changed"


def _line(line: Line | None, other: Line | None) -> str:
    """A line in short: code and modifiers, units unless 1, charge, and whatever else differs from `other`."""
    if line is None:
        return ""
    units = "" if line.units == 1 else f" x {line.units}"
    shown = f"{'-'.join((line.procedure_code, *line.modifiers))}{units} {dollars(line.charge_cents)}"
    if other is not None:
        if line.diagnosis_pointers != other.diagnosis_pointers:
            shown += f", diagnoses {', '.join(map(str, line.diagnosis_pointers)) or 'none'}"
        for name in ("service_date", "revenue_code", "rendering_npi"):
            if getattr(line, name) != getattr(other, name):
                shown += f", {name} {getattr(line, name) or 'none'}"
    return shown


def _print_changes(screen: Screen, explanation: Explanation) -> None:
    screen.title("What would change the outcome")
    last = explanation.last
    if not explanation.known:
        screen.line("The facts of this encounter have left the store; what comes for it now starts anew.", indent=2)
    elif explanation.changes is None:
        screen.line(_hopeless(last), indent=2)
    elif not explanation.changes:
        screen.line("Nothing needs to change: the claim may go out.", indent=2)
    else:
        columns = (Column("Fact"), Column("Says now"), Column("Would have to say"))
        screen.table(columns, [(change.path, change.now, change.then) for change in explanation.changes], indent=2)
        several = len(explanation.changes) > 1
        these = (
            "With these together the claim is released, and with no part of them."
            if several
            else "With this the claim is released."
        )
        screen.line(these, indent=2)
    if not explanation.stands:
        screen.line(
            "The rules at hand (tables, settings, learned edits) would decide otherwise than the last decision did: "
            "what is said here is asked of them.",
            indent=2,
        )


def _hopeless(decision: Decision) -> str:
    if decision.rebuild is not None and decision.rebuild.void:
        return "Nothing would: no part of this claim stands, so its right end is to be withdrawn."
    return "No set of changed facts was found that releases this claim: more is wrong with it than the search covers."
