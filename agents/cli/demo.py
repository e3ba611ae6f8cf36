"""`cleanclaim demo`: a day of a billing operation, decided on this machine."""

from __future__ import annotations

import datetime as dt
import heapq
import shutil
import sys
from dataclasses import dataclass
from itertools import takewhile
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from agents.cli import options, overview
from agents.cli.alerting import episodes, print_alerts
from agents.cli.claims import decisions_of, facts_of
from agents.cli.explanation import explain, print_explanation
from agents.cli.lessons import lessons, print_lessons, print_story
from agents.cli.screen import Screen, counted
from agents.cli.store import open_engine
from agents.generate import Mix, generate
from agents.generate.clock import LAST_DAY
from agents.ndjson import Line
from agents.settings import load_rules
from schemas.errors import Misuse
from streams.topics import EDITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.embedded import Embedded
    from agents.generate import Event
    from streams.rules import Rules

ENCOUNTERS = 3_000
SEED = 7

EARLIER = 2_000
EARLIER_DAYS = 60
EARLIER_SEED = 6
"""Visits of the two months before: claims that were right, and what payers answered all the same."""

EVENINGS = 2
"""How long after the day the demo stops: most notes are signed by then, and much still waits, as in a real office."""


@dataclass(frozen=True, slots=True)
class Day:
    """What the sections of the demo speak about."""

    screen: Screen
    engine: Embedded
    rules: Rules
    claims: tuple[overview.Standing, ...]


def _routes(day: Day) -> None:
    overview.print_routes(day.screen, day.claims)


def _reasons(day: Day) -> None:
    overview.print_reasons(day.screen, day.claims)


def _sites(day: Day) -> None:
    overview.print_sites(day.screen, day.claims)


def _outcomes(day: Day) -> None:
    overview.print_outcomes(day.screen, day.engine.outcomes())


def _learned(day: Day) -> None:
    """What payers' answers to earlier claims did to those of the day."""
    learned = lessons(day.engine.reader, _is_of_the_day)
    print_lessons(day.screen, learned)
    if learned and learned[0].held:
        print_story(day.screen, learned[0])


def _one_claim(day: Day) -> None:
    """A claim that must be built otherwise, and how."""
    claim_id = example(day.claims)
    if claim_id is None:
        return
    reader = day.engine.reader
    decisions = decisions_of(reader, claim_id)
    facts = facts_of(reader, decisions[-1].encounter_id)
    day.screen.title("One of them explained")
    print_explanation(day.screen, explain(decisions, facts, day.rules, reader.table(EDITS)))


def _alerts(day: Day) -> None:
    """Who was told what of the day and its evenings."""
    morning = dt.datetime.combine(LAST_DAY, dt.time.min, dt.UTC)
    print_alerts(day.screen, episodes(day.engine.reader, morning))


SECTIONS: tuple[Callable[[Day], None], ...] = (_routes, _reasons, _sites, _learned, _outcomes, _one_claim, _alerts)
"""What the demo shows, in order; each prints nothing where it has nothing to say."""


def example(claims: tuple[overview.Standing, ...]) -> str | None:
    """The claim to explain: sent back with other lines; one with more than one decision, then the largest."""
    candidates = [claim for claim in claims if claim.other_lines]
    if not candidates:
        return None
    return max(candidates, key=lambda claim: (min(claim.sequence, 2), claim.charge_cents, claim.claim_id)).claim_id


@click.command(short_help="A day of claims, generated and decided here.")
@click.option(
    "--store",
    type=options.FILE,
    metavar="FILE",
    help="Keep the day in a new store, to look into it afterwards.  [default: in memory]",
)
def demo(store: Path | None) -> None:
    """Make up a day of stress tests at 40 sites, decide its claims, and show what waits, why and where.

    The same day every time; nothing is left behind unless --store says where. Takes some seconds.

    \b
      cleanclaim demo --store demo.db
    """
    if store is not None and store.exists():
        raise Misuse(f"{store}: exists already; the demo wants a store of its own")
    rules = load_rules()
    screen = Screen()
    with open_engine(store, rules) as engine:
        with Console(stderr=True).status("Deciding a day of claims ..."):
            _feed(engine)
            standing = overview.standing_claims(engine.reader)
            day = Day(screen, engine, rules, tuple(each for each in standing if _is_of_the_day(each.claim_id)))
        visits = counted(ENCOUNTERS, "visit")
        screen.line(f"{visits} on {LAST_DAY:%A %Y-%m-%d}, made up, as they stand {EVENINGS} evenings later.")
        screen.line(f"Payers have answered {EARLIER:,} claims of the two months before.")
        for section in SECTIONS:
            section(day)
    _print_next(screen, day.claims, store)


def _feed(engine: Embedded) -> None:
    end = dt.datetime.combine(LAST_DAY, dt.time.max, dt.UTC) + dt.timedelta(days=EVENINGS)
    for number, event in enumerate(_until(end), 1):
        engine.publish(Line(number, event.line.rstrip(b"\n")), "demo")


def _until(end: dt.datetime) -> Iterator[Event]:
    """What came in by then, of the day and of the months before."""
    earlier = generate(EARLIER, EARLIER_SEED, days=EARLIER_DAYS, mix=Mix(defects=0.0, garbled=0.0))
    both = heapq.merge(earlier, generate(ENCOUNTERS, SEED, days=1), key=attrgetter("at"))
    return takewhile(lambda event: event.at <= end.timestamp(), both)


def _is_of_the_day(claim_id: str) -> bool:
    """Whether a claim is of the day itself: ids hold the seed."""
    return claim_id.startswith(f"clm-{SEED}-")


def _print_next(screen: Screen, claims: tuple[overview.Standing, ...], store: Path | None) -> None:
    """Three lines to paste."""
    program = "cleanclaim" if shutil.which("cleanclaim") else sys.argv[0]
    place = store or Path("demo.db")
    held = next((claim for claim in claims if claim.route == "HOLD"), None)
    claim_id = held.claim_id if held else "CLAIM_ID"
    lines = [
        f"{program} explain {claim_id} --store {place}",
        f"{program} dead-letters list --store {place}",
        f"{program} generate --encounters 500 --seed 8 | {program} run - --store day.db --out out/",
    ]
    if store is None:
        lines = [f"{program} demo --store {place}", lines[0], lines[2]]
    screen.title("Try next")
    for line in lines:
        screen.command(line, indent=2)
