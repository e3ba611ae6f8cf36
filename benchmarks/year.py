"""What a simulated year comes to: denials with the loop off and on, how fast edits came, what they held wrongly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.payers import FIRST_DAY, YEAR, learnable
from streams.edit_match import Feature, Place, in_scope, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.loop import Course
    from benchmarks.payers import HiddenRule, Visit
    from schemas.edit import Edit

FIRST_MONTH = 30
"""Days after a rule appears that are told apart: payers take 14 to 30 to answer, so nobody can know of it before."""

SECONDS = 86_400


class Spell(NamedTuple):
    """A time in which one edit was in one status, in days since the year began; `why` it came to be so."""

    edit: Edit
    status: str
    begin: float
    end: float
    why: str


class RuleCourse(NamedTuple):
    """How one hidden rule fared.

    lines            lines that it spoke of
    off, on          lines denied by it with the loop off and on; `_later`: of those from the second month on
    days, denials    from its first denial to the first active edit for it: days, and denials received by then
    silence          lines denied because the edit had fallen silent and let claims go
    left             days from its end to the last day on which an edit for it was active; None if it did not end
    since_denial     the same, from the last denial
    """

    rule: HiddenRule
    lines: int
    off: int
    on: int
    off_later: int
    on_later: int
    days: float | None
    denials: int
    silence: int
    left: float | None
    since_denial: float | None


@dataclass
class Year:
    """One year of visits, and how it went with learning."""

    visits: list[Visit]
    course: Course

    @cached_property
    def rules(self) -> list[RuleCourse]:
        """Of every learnable rule."""
        return [self._course_of(rule) for rule in learnable(self.visits)]

    @cached_property
    def spells(self) -> list[Spell]:
        """Of all edits."""
        by_edit: dict[str, list[Edit]] = defaultdict(list)
        for edit in self.course.revisions:
            by_edit[edit.edit_id].append(edit)
        return [
            Spell(edit, edit.status, _day(edit), end, edit.provenance.reason or "")
            for edits in by_edit.values()
            for edit, end in zip(edits, [*map(_day, edits[1:]), float("inf")], strict=True)
        ]

    def saved(self, *, later: bool) -> float:
        """Share of denials by learnable rules that the loop saved; `later`: from the second month of each rule on."""
        on = sum(rule.on_later if later else rule.on for rule in self.rules)
        off = sum(rule.off_later if later else rule.off for rule in self.rules)
        return 1 - on / off

    def denial_rate(self, *, loop: bool) -> float:
        """Avoidable denials of all lines that payers answered, with the loop off or on."""
        answered = [visit for visit in self.visits if not loop or visit.number in self.course.answered]
        lines = [answer for visit in answered for answer in visit.answers]
        return sum(answer.avoidable for answer in lines) / len(lines)

    def held_wrongly(self) -> float:
        """Share of the claims that no rule spoke of which a learned edit held."""
        clean = [visit for visit in self.visits if not any(answer.in_scope for answer in visit.answers)]
        return sum(visit.number in self.course.held for visit in clean) / len(clean)

    def held_though_payable(self) -> float:
        """Share of the claims that the payer would have paid in full which a learned edit held."""
        paid = [visit for visit in self.visits if not any(answer.reason for answer in visit.answers)]
        return sum(visit.number in self.course.held for visit in paid) / len(paid)

    def most_active(self) -> int:
        """The most edits that were active at one time."""
        active = [spell for spell in self.spells if spell.status == "ACTIVE"]
        return max((sum(one.begin <= at.begin < one.end for one in active) for at in active), default=0)

    def _course_of(self, rule: HiddenRule) -> RuleCourse:
        hit = [(visit, code) for visit in self.visits for code in visit.codes if rule.fits(visit, code)]
        denied = [visit for visit in self.visits for answer in visit.answers if answer.rule is rule and answer.reason]
        got = [visit for visit in denied if visit.number in self.course.answered]
        later = rule.first_day + FIRST_MONTH
        spells = [spell for spell in self.spells if _speaks_for(spell.edit, hit) and spell.end >= rule.first_day]
        active = [spell for spell in spells if spell.status == "ACTIVE"]
        silent = [spell for spell in spells if spell.status == "SHADOW" and "without a new denial" in spell.why]
        answers = sorted((self.course.answered[visit.number] - FIRST_DAY).total_seconds() / SECONDS for visit in got)
        begin = min((max(spell.begin, rule.first_day) for spell in active), default=None)
        ended = rule.last_day < YEAR
        last = max((spell.end for spell in active if spell.begin <= rule.last_day + 60), default=rule.last_day)
        return RuleCourse(
            rule=rule,
            lines=len(hit),
            off=len(denied),
            on=len(got),
            off_later=sum(visit.day >= later for visit in denied),
            on_later=sum(visit.day >= later for visit in got),
            days=None if begin is None else max(0.0, begin - answers[0]),
            denials=len(answers) if begin is None else sum(at <= begin for at in answers),
            silence=sum(spell.begin <= _built(visit) < spell.end for visit in got for spell in silent),
            left=last - rule.last_day if ended else None,
            since_denial=last - answers[-1] if ended else None,
        )


def _speaks_for(edit: Edit, hit: list[tuple[Visit, str]]) -> bool:
    """Whether an edit speaks of at least half of the lines that a rule speaks of."""
    return 2 * sum(_matches(edit, visit, code) for visit, code in hit) >= len(hit)


def _matches(edit: Edit, visit: Visit, code: str) -> bool:
    return in_scope(edit.scope, Place(visit.payer_id, None, "PROFESSIONAL", visit.place)) and matches(
        edit.match,
        Feature(
            procedure_code=code,
            others=frozenset(visit.codes) - {code},
            modifiers=frozenset({visit.modifier} - {""}),
            families=frozenset({visit.diagnosis[:3]}),
            units=1,
        ),
    )


def _day(edit: Edit) -> float:
    return (edit.occurred_at - FIRST_DAY).total_seconds() / SECONDS


def _built(visit: Visit) -> float:
    return (visit.at - FIRST_DAY).total_seconds() / SECONDS


def rows(year: Year) -> Iterator[str]:
    """A line of a Markdown table for each learnable rule."""
    yield "| rule | lines a month | denied, off | on | saved | from month 2 | first denial to active | after silence |"
    yield "|---|---|---|---|---|---|---|---|"
    for each in year.rules:
        months = (each.rule.last_day - each.rule.first_day + 1) / 30.4
        later = 1 - each.on_later / each.off_later
        came = "never" if each.days is None else f"{each.days:.0f} days, {each.denials} denials"
        yield (
            f"| {each.rule.name} | {each.lines / months:.0f} | {each.off} | {each.on} | {1 - each.on / each.off:.0%} "
            f"| {later:.0%} | {came} | {each.silence} denied |"
        )
