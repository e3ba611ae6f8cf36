"""The worked examples of the rule catalogue: facts, route, findings and the lines that the rebuild proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import (
    HOSPITAL,
    OFF_CAMPUS,
    at,
    chart,
    claim,
    encounter,
    hospital_claim,
    line,
    report,
    technical_note,
    tracing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

VOID = "void"

# name: (facts, {claim: (route, [(edit_id, line)], rebuild lines as (number, code, modifiers, cents), void, or None)})
EXAMPLES: dict[str, tuple[list[Any], dict[str, tuple[str, list[tuple[str, int | None]], Any]]]] = {
    "1. one entity does everything in its office and bills globally": (
        [encounter(), *chart(), claim(line("93015"))],
        {"C1": ("RELEASE", [], None)},
    ),
    "2. the same for a hospital outpatient": (
        [
            encounter(**HOSPITAL, owners="H/P/P"),
            *chart("H/P/P"),
            claim(line("93015", charge=300_00), place_of_service="11"),
        ],
        {
            "C1": (
                "REBUILD",
                [("site-place-of-service-mismatch", None), ("site-global-in-facility", 1)],
                [(1, "93016", (), 86_11), (2, "93018", (), 56_94)],
            )
        },
    ),
    "3. a hospital bills 93017-TC off campus without PN": (
        [encounter(**OFF_CAMPUS, owners="H/P/P"), *chart("H/P/P"), hospital_claim(line("93017", "TC"))],
        {
            "C1": (
                "REBUILD",
                [("site-off-campus-modifier", 1), ("coding-component-modifier", 1)],
                [(1, "93017", ("PN",), 100_00)],
            )
        },
    ),
    "4. a practice bills the hospital's tracing": (
        [
            encounter(**HOSPITAL, owners="H/P/P"),
            *chart("H/P/P"),
            claim(line("93017"), place_of_service="22"),
        ],
        {"C1": ("REBUILD", [("site-technical-in-facility", 1)], VOID)},
    ),
    "5. a global whose supervisor nobody recorded and whose reader is another entity": (
        [encounter(owners="P/?/R"), *chart("P/P/R"), claim(line("93015"))],
        {"C1": ("REBUILD", [("ownership-unknown", None), ("ownership-global-split", 1)], None)},
    ),
    "6. a global of which the biller owns the tracing alone": (
        [encounter(owners="P/R/R"), *chart("P/R/R"), claim(line("93015", charge=250_00))],
        {"C1": ("REBUILD", [("ownership-global-split", 1)], [(1, "93017", (), 130_79)])},
    ),
    "7. a global and one of its components with 59": (
        [encounter(), *chart(), claim(line("93015", charge=275_00), line("93017", "59", charge=120_00))],
        {
            "C1": (
                "REBUILD",
                [("coding-component-overlap", 2), ("coding-unbundling-modifier", 2)],
                [(1, "93015", (), 275_00)],
            )
        },
    ),
    "8. all three components of one entity": (
        [
            encounter(),
            *chart(),
            claim(line("93016", charge=60_00), line("93017", charge=120_00), line("93018", charge=50_00)),
        ],
        {"C1": ("REBUILD", [("coding-components-make-global", None)], [(1, "93015", (), 230_00)])},
    ),
    "9. a tracing whose note is incomplete and contains a reading": (
        [
            encounter(owners="P/R/R"),
            technical_note(tracing=tracing(ecg_continuous=False, stop_reason=None, contains_interpretation=True)),
            *chart("P/R/R")[1:],
            claim(line("93017")),
        ],
        {
            "C1": (
                "HOLD",
                [
                    ("documentation-tracing-incomplete", None),
                    ("documentation-tracing-contains-interpretation", None),
                ],
                None,
            )
        },
    ),
    "10. tracing and interpretation without a supervisor": (
        [encounter(owners="P/?/P"), *chart("P/P/P"), claim(line("93017"), line("93018"))],
        {"C1": ("HOLD", [("coding-tracing-with-interpretation", None)], None)},
    ),
    "10b. tracing and interpretation, supervised by another entity": (
        [encounter(owners="P/R/P"), *chart("P/R/P"), claim(line("93017"), line("93018"))],
        {"C1": ("RELEASE", [], None)},
    ),
    "11. a preliminary report and a screening diagnosis": (
        [
            encounter(**HOSPITAL, owners="H/P/P"),
            *chart("H/P/P")[:2],
            report(status="PRELIMINARY"),
            claim(line("93018"), place_of_service="22", diagnoses=("Z13.6",)),
        ],
        {"C1": ("HOLD", [("documentation-not-final", 1), ("diagnosis-not-supporting", 1)], None)},
    ),
    "12. the encounter has not come": (
        [claim(line("93015"))],
        {"C1": ("HOLD", [("administrative-encounter-missing", None)], None)},
    ),
    "13. a header diagnosis on a replacement without the payer's number": (
        [encounter(), *chart(), claim(line("93015"), diagnoses=("I25.1",), frequency_code="7")],
        {
            "C1": (
                "REBUILD",
                [("diagnosis-not-billable", None), ("administrative-control-number-missing", None)],
                None,
            )
        },
    ),
    "14. one physician's echo and components in a hospital, for an acute state": (
        [
            encounter(**HOSPITAL, owners="H/P/P"),
            *chart("H/P/P"),
            claim(line("93350", "26"), line("93016"), line("93018"), place_of_service="22", diagnoses=("I24.81",)),
        ],
        {"C1": ("RELEASE", [("coding-stress-echo-components", None), ("diagnosis-acute-review", None)], None)},
    ),
    "15. a component after the global was billed": (
        [
            encounter(),
            *chart(),
            claim(line("93015"), built_at=at(60)),
            claim(line("93018"), claim_id="C2", built_at=at(65)),
        ],
        {
            "C1": ("RELEASE", [], None),
            "C2": ("REBUILD", [("coding-overlap-across-claims", 1)], VOID),
        },
    ),
    "16. one physician's echo and global are one complete stress echo": (
        [encounter(), *chart(), claim(line("93350", charge=400_00), line("93015", charge=216_00))],
        {"C1": ("REBUILD", [("coding-stress-echo-with-global", 2)], [(1, "93351", (), 616_00)])},
    ),
}


@pytest.mark.parametrize(("facts", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_worked_example(
    facts: list[Any], expected: dict[str, tuple[str, list[tuple[str, int | None]], Any]], verdicts: Callable[..., Any]
) -> None:
    for claim_id, verdict in verdicts(facts).items():
        route, findings, lines = expected[claim_id]
        rebuild = verdict.rebuild
        if rebuild is None:
            proposed: Any = None
        elif rebuild.void:
            proposed = VOID
        else:
            proposed = [(n.line_number, n.procedure_code, n.modifiers, n.charge_cents) for n in rebuild.lines]

        assert (route, findings, lines) == (
            verdict.route,
            [(finding.edit_id, finding.line_number) for finding in verdict.findings],
            proposed,
        )
