"""What `cleanclaim underpaid` prints: totals by payer and code, then each line that is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.cli.options import print_json
from agents.cli.screen import Column, Screen, counted, dollars
from streams.underpaid import Finding, Totals

if TYPE_CHECKING:
    from streams.underpaid import PaidLine, Total

_TOTALS = (
    Column("Payer"),
    Column("Code"),
    Column("Lines", right=True),
    Column("Expected", right=True),
    Column("Allowed", right=True),
    Column("Short", right=True),
    Column("Short by", right=True),
    Column("Reduced", right=True),
)
_LINES = (
    Column("Claim"),
    Column("Line", right=True),
    Column("Payer"),
    Column("Code"),
    Column("Service"),
    Column("Units", right=True),
    Column("Expected", right=True),
    Column("Allowed", right=True),
    Column("Short by", right=True),
    Column("Reasons"),
)

_REST = {
    Finding.NO_RATE: "for which the rates say nothing",
    Finding.OTHER_PAYER: "that another payer had paid before",
    Finding.CAPITATED: "under capitation",
}
"""Lines that are not compared, in words."""


class Report:
    """Hears of each paid line and prints what they come to."""

    def __init__(self) -> None:
        self._totals = Totals()
        self._short: list[PaidLine] = []

    def add(self, line: PaidLine) -> None:
        """One more paid line."""
        self._totals.add(line)
        if line.finding is Finding.SHORT:
            self._short.append(line)

    @property
    def _lines(self) -> list[PaidLine]:
        """The lines that are short, the largest amount first."""
        return sorted(self._short, key=lambda line: (-line.short_cents, line.claim_id, line.line_number or 0))

    def print_json(self) -> None:
        """An object for each total, one for each line that is short, one with the number of lines by finding."""
        for total in self._totals.totals:
            print_json({"kind": "total", **total._asdict()})
        for line in self._lines:
            print_json(_as_json(line))
        print_json({"kind": "lines", **{finding.name.lower(): n for finding, n in self._totals.findings.items()}})

    def print(self) -> None:
        """For a person."""
        screen = Screen()
        totals, lines, findings = self._totals.totals, self._lines, self._totals.findings
        if totals:
            screen.title("Paid lines beside the contract")
            screen.table(_TOTALS, [_total(total) for total in totals])
        if lines:
            screen.title("Short of the contract")
            screen.table(_LINES, [_line(line) for line in lines])
        compared = sum(total.lines for total in totals)
        short = sum(total.short_cents for total in totals)
        screen.line(
            f"{counted(len(lines), 'line')} of {compared:,} short, by {dollars(short)} in all. "
            f"{findings[Finding.REDUCED]:,} reduced as a further procedure of the day, not listed."
        )
        for finding, words in _REST.items():
            if findings[finding]:
                screen.line(f"Not compared: {counted(findings[finding], 'line')} {words}.", style="dim")


def _total(total: Total) -> tuple[str, ...]:
    return (
        total.payer_id,
        total.procedure_code,
        f"{total.lines:,}",
        dollars(total.expected_cents),
        dollars(total.allowed_cents),
        f"{total.short_lines:,}",
        dollars(total.short_cents),
        f"{total.reduced_lines:,}",
    )


def _line(line: PaidLine) -> tuple[str, ...]:
    return (
        line.claim_id,
        "" if line.line_number is None else str(line.line_number),
        line.payer_id,
        line.procedure_code,
        line.service_date.isoformat(),
        f"{line.units:,}",
        dollars(line.expected_cents or 0),
        dollars(line.allowed_cents),
        dollars(line.short_cents),
        " ".join(line.reason_codes),
    )


def _as_json(line: PaidLine) -> dict[str, Any]:
    values = line._asdict()
    del values["finding"]
    return {"kind": "short", **values, "service_date": line.service_date.isoformat(), "short_cents": line.short_cents}
