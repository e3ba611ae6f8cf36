"""`make bench-learning`: a year in which payers follow hidden rules, with learning and without.

    python -m benchmarks.learning --visits 6000 --seeds 1    # a look

Claims go through adjudication, feedback and learning on the embedded engine, in memory. Every figure but the times
follows from the seed.
"""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

import click

from benchmarks import machine
from benchmarks.figure import Figure, print_table
from benchmarks.loop import Loop
from benchmarks.payers import visits
from benchmarks.year import Year, rows

if TYPE_CHECKING:
    from argparse import Namespace

    from benchmarks.loop import Course


def main() -> None:
    """Simulate and print."""
    options = _options()
    for line in machine.described("benchmarks.learning"):
        click.echo(line)
    for seed in options.seeds:
        year = visits(options.visits, seed)
        click.echo(f"\nSeed {seed}, {options.visits:,} claims\n")
        off = Loop(year, learns=False).run()
        on = Year(year, Loop(year, learns=True).run())
        print_table(_figures(on, off))
        click.echo()
        for row in rows(on):
            click.echo(row)


def _options() -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.learning", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=24_000, help="claims in the year (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="years to simulate (default: 1 2 3)")
    return parser.parse_args()


def _figures(on: Year, off: Course) -> list[Figure]:
    course = on.course
    left = [rule.left for rule in on.rules if rule.left is not None]
    since = [rule.since_denial for rule in on.rules if rule.since_denial is not None]
    silence = sum(rule.silence for rule in on.rules)
    per_denial = course.learning / course.denials
    return [
        Figure(
            "**avoidable denials of learnable rules saved, from the second month of each rule**",
            f"**{on.saved(later=True):.1%}**",
            "aim 80 %",
        ),
        Figure("- from the first day of each rule", f"{on.saved(later=False):.1%}"),
        Figure(
            "- of those not saved, denied after the edit fell silent",
            f"{silence} of {sum(rule.on for rule in on.rules)}",
            "the price of looking again after 45 days",
        ),
        Figure(
            "avoidable denials of all lines answered, loop off",
            f"{on.denial_rate(loop=False):.2%}",
            f"{len(off.answered):,} claims answered",
        ),
        Figure(
            "avoidable denials of all lines answered, loop on",
            f"{on.denial_rate(loop=True):.2%}",
            f"{len(course.answered):,} claims answered, {len(course.fixed):,} taken back by a person",
        ),
        Figure("**clean claims held wrongly**", f"**{on.held_wrongly():.2%}**", "aim under 1 %"),
        Figure(
            "- claims held that the payer would have paid",
            f"{on.held_though_payable():.2%}",
            "also where a rule is in force that lets some pass",
        ),
        Figure("**edits of ended rules active after the end**", f"**at most {max(left):.0f} days**", "aim 60 days"),
        Figure("- after the last denial of the rule", f"at most {max(since):.0f} days"),
        Figure("edits in all, active at one time", f"{len({e.edit_id for e in course.revisions})}, {on.most_active()}"),
        Figure("the year, loop on", f"{course.seconds:.0f} s", f"loop off {off.seconds:.0f} s"),
        Figure(
            "learning",
            f"{per_denial * 1e6:.0f} us of CPU a Denial",
            f"{course.learning / course.adjudication:.0%} of adjudication in the same run",
        ),
    ]


if __name__ == "__main__":
    main()
