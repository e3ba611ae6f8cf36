"""`cleanclaim underpaid`: paid lines beside the rates of the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agents.cli import options
from agents.cli.edits_ledger import on_kafka as named_cluster
from agents.cli.underpaid_claims import in_store, on_kafka
from agents.cli.underpaid_report import Report
from agents.embedded import open_reader
from schemas.errors import Misuse
from streams.rates import parse_rates
from streams.underpaid import paid_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agents.cli.underpaid_claims import AnsweredClaim
    from streams.rates import Rates


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
@options.connection
@options.as_json
def underpaid(rates: Path, store: Path, *, as_json: bool, **given: str | None) -> None:
    """Compare what payers allowed with what contracts say, and list the lines that are short, by payer and code.

    Allowed is what was paid, plus deductible, coinsurance and copayment of the patient, plus sequestration. A line that
    was cut as a further procedure of the day (CARC 59) is counted apart and not listed; a denied line is no matter of
    rates. Of several answers the latest counts, and none that was reversed. Reads only.

    \b
      cleanclaim underpaid --rates contracts.csv --store day.db
      cleanclaim underpaid --rates contracts.csv --bootstrap-servers localhost:9092
    """
    agreed = _load(rates)
    report = Report()
    for claim in _claims(store, given):
        for line in paid_lines(claim.releases, claim.received, agreed):
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


def _claims(store: Path, given: dict[str, str | None]) -> Iterator[AnsweredClaim]:
    """Those of Kafka or of a store, as for edits. Raises `Misuse` where there is no store."""
    settings = named_cluster(given)
    if settings is not None:
        yield from on_kafka(settings)
        return
    with open_reader(store) as reader:
        yield from in_store(reader)
