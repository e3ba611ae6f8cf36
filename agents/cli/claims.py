"""What a store knows of one claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from schemas.errors import Misuse
from streams.encounter_state import EncounterState
from streams.topics import ADJUDICATION_STATE, CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.embedded import Reader
    from agents.engine import Logged
    from schemas.decision import Decision
    from streams.facts import Facts

DECISIONS = (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD)
"""The topics of decisions; one that takes a release back stands on two of them."""

_ADJUDICATION = ADJUDICATION_STATE.name.partition(".")[0]


def decisions_of(reader: Reader, claim_id: str) -> tuple[Decision, ...]:
    """Every decision on a claim in the order in which they were made. Raises `Misuse` if the store knows none."""
    logged = [entry for topic in DECISIONS for entry in reader.records(topic, claim_id)]
    decisions = {decision.decision_id: decision for decision in _in_order(logged)}
    if not decisions:
        raise Misuse(f"expected the claim_id of a claim in the store: {_hint(reader, claim_id)}")
    return tuple(decisions.values())


def _in_order(logged: list[Logged]) -> Iterator[Decision]:
    """By append time, then sequence: a claim whose encounter was forgotten counts from 1 again."""
    read = [(entry.time, cast("Decision", entry.record)) for entry in logged]
    for _, decision in sorted(read, key=lambda entry: (entry[0], entry[1].sequence)):
        yield decision


def _hint(reader: Reader, claim_id: str) -> str:
    """Why an id may not have been found. Shows no id: an id identifies a patient."""
    if reader.state(_ADJUDICATION, claim_id) is not None:
        return "this is the id of an encounter; name its claim"
    wanted, known = claim_id.strip().casefold(), 0
    for topic in DECISIONS:
        for entry in reader.records(topic):
            known += 1
            key = (entry.key or "").casefold()
            if key == wanted:
                return "one differs from this only in upper and lower case, or in blanks around it"
            if wanted and key.startswith(wanted):
                return "this is only the beginning of one; name it whole"
    if not known:
        return "nothing was decided yet in this one; cleanclaim run fills it"
    return f"none of its {known:,} decisions is about this id, or one that begins like it"


def facts_of(reader: Reader, encounter_id: str) -> Facts | None:
    """The standing facts of an encounter; None if they have left the state."""
    state = reader.state(_ADJUDICATION, encounter_id)
    return None if state is None else EncounterState.load(state).decoded()
