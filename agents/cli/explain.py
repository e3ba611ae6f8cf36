"""`cleanclaim explain`: why a claim went where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agents.cli import explanation, options
from agents.cli.claims import decisions_of, facts_of
from agents.cli.screen import Screen
from agents.embedded import open_reader
from agents.settings import load_rules
from streams.topics import EDITS

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Every decision of a claim, and what would change it.")
@click.argument("claim_id")
@options.store
@options.rules
@click.option("--all", "repeat", is_flag=True, help="Spell out also what a decision shares with the one before it.")
@options.as_json
def explain(
    claim_id: str, store: Path, reference: Path | None, config: Path | None, *, repeat: bool, as_json: bool
) -> None:
    """Show every decision of a claim: what was found, what would fix it, the facts behind it, the lines proposed.

    Ends with the fewest changed facts that would turn the last decision into a release, found by asking the rules.
    Reads only, so it may look into a store that a run is writing.

    \b
      cleanclaim explain clm-7-00012-1 --store day.db
    """
    rules = load_rules(reference, config)
    with open_reader(store) as reader:
        decisions = decisions_of(reader, claim_id)
        facts = facts_of(reader, decisions[-1].encounter_id)
        explained = explanation.explain(decisions, facts, rules, reader.table(EDITS))
    if as_json:
        options.print_json(explained.as_json())
    else:
        explanation.print_explanation(Screen(), explained, repeat=repeat)
