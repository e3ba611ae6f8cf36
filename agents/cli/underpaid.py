"""`cleanclaim underpaid`: paid lines beside the rates of the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from agents.cli import options
from agents.cli.underpaid_report import Report
from agents.embedded import open_reader
from schemas import registry
from schemas.errors import Misuse
from streams.feedback.evidence import Received
from streams.rates import parse_rates
from streams.topics import CLAIMS_RELEASED, REMITTANCES
from streams.underpaid import paid_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agents.embedded import Reader
    from schemas.decision import Decision
    from schemas.remittance import Remittance
    from streams.rates import Rates
    from streams.underpaid import PaidLine

_AT_ONCE = 250_000
"""Remittances kept in memory, about 150 MB. More are read several times, some of the partitions each time."""


@click.command(short_help="Paid lines that are short of the contract.")
@click.option(
    "--rates",
    required=True,
    type=options.FILE,
    metavar="FILE",
    help="What contracts allow: CSV or NDJSON with payer_id, procedure_code, effective_from, rate_cents, and if wanted "
    "effective_to, place_of_service, modifier.",
)
@options.store
@options.as_json
def underpaid(rates: Path, store: Path, *, as_json: bool) -> None:
    """Compare what payers allowed with what contracts say, and list the lines that are short, by payer and code.

    Allowed is what was paid, plus deductible, coinsurance and copayment of the patient, plus sequestration. A line that
    was cut as a further procedure of the day (CARC 59) is counted apart and not listed; a denied line is no matter of
    rates. Of several answers the latest counts, and none that was reversed. Reads only.

    \b
      cleanclaim underpaid --rates contracts.csv --store day.db
    """
    agreed = _load(rates)
    report = Report()
    with open_reader(store) as reader:
        for line in _paid_lines(reader, agreed):
            report.add(line)
    report.print_json() if as_json else report.print()


def _load(path: Path) -> Rates:
    """The rates in a file. Raises `Misuse` that names the file, and the line and field if those are wrong."""
    try:
        lines = path.read_text("utf-8-sig").splitlines(keepends=True)
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise Misuse(f"{path}: expected text in UTF-8") from None
    return parse_rates(str(path), lines)


def _paid_lines(reader: Reader, rates: Rates) -> Iterator[PaidLine]:
    for claim_id, values in _answers(reader):
        received = [Received.of(cast("Remittance", registry.read(value))) for value in values]
        logged = reader.records(CLAIMS_RELEASED, claim_id)
        yield from paid_lines([cast("Decision", entry.record) for entry in logged], received, rates)


def _answers(reader: Reader) -> Iterator[tuple[str, list[bytes]]]:
    """What payers answered, claim by claim, framed: the log has it in the order in which it came."""
    shares = 1 + reader.counts()[REMITTANCES.name] // _AT_ONCE
    for share in range(shares):
        values: dict[str, list[bytes]] = {}
        for entry in reader.records(REMITTANCES):
            if entry.partition % shares == share:
                values.setdefault(entry.key or "", []).append(entry.value)
        yield from values.items()
