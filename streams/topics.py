"""The topic catalogue: name, record, key, cleanup. No topic name is spelled anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from schemas.alert import Alert
from schemas.claim import Claim
from schemas.decision import Decision
from schemas.denial import Denial
from schemas.documentation import Documentation
from schemas.edit import Edit
from schemas.edit_decision import EditDecision
from schemas.encounter import Encounter
from schemas.hold import Hold
from schemas.remittance import Remittance
from schemas.review import Review

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.record import Record

PARTITIONS = 12
"""Of every topic by default, on both engines: the same key meets the same neighbours in both."""

INPUT_BYTES = 1 << 20
"""Largest record taken from outside: 1 MiB. What is larger is dead-lettered with its beginning."""

OUTPUT_BYTES = 8 << 20
"""Largest record that cleanclaim writes: 8 MiB."""

ANY = "*"
"""Stands for any payer or code in a key or an index term."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. `key` gives a record's key; `record` is None where values are not one of our records."""

    name: str
    record: type[Record] | None
    key: Callable[[Any], str] | None
    key_words: str
    retention_days: int | None  # None: unlimited
    compacted: bool = False
    max_bytes: int = OUTPUT_BYTES


def _payer_and_code(payer_id: str, procedure_code: str) -> str:
    return f"{payer_id}|{procedure_code}"


def _denial_key(denial: Denial) -> str:
    return _payer_and_code(denial.pattern.payer_id, denial.pattern.procedure_code)


def edit_key(edit: Edit) -> str:
    """The key under which learning keeps an edit: its one payer and code, or ANY where it names none or several."""
    payers, codes = edit.scope.payer_ids, edit.match.procedure_codes
    return _payer_and_code(
        payers[0] if payers and len(payers) == 1 else ANY,
        codes[0] if codes and len(codes) == 1 else ANY,
    )


def _input(name: str, record: type[Record], key: str, max_bytes: int = INPUT_BYTES) -> Topic:
    return Topic(name, record, attrgetter(key), key, retention_days=400, max_bytes=max_bytes)


def _output(name: str, record: type[Record], key: str, retention_days: int | None = 400) -> Topic:
    return Topic(name, record, attrgetter(key), key, retention_days)


def _state(processor: str) -> Topic:
    return Topic(f"{processor}.state.v1", None, None, "state key", retention_days=None, compacted=True)


ENCOUNTERS = _input("encounters.v1", Encounter, "encounter_id")
DOCUMENTATION = _input("documentation.v1", Documentation, "encounter_id")
CLAIMS_BUILT = _input("claims.built.v1", Claim, "encounter_id")
REVIEWS = _input("reviews.v1", Review, "encounter_id")
CLAIMS_RELEASED = _output("claims.released.v1", Decision, "claim_id")
CLAIMS_HELD = _output("claims.held.v1", Decision, "claim_id")
CLAIMS_REBUILD = _output("claims.rebuild.v1", Decision, "claim_id")
HOLDS = _output("holds.v1", Hold, "edit_id")
REMITTANCES = _input("remittances.v1", Remittance, "claim_id")
DENIALS = Topic("denials.v1", Denial, _denial_key, "payer_id|procedure_code", retention_days=400)
# The key of an edit decision is that of the edit's denials; only the command that writes it has the edit at hand.
EDIT_DECISIONS = Topic("edit-decisions.v1", EditDecision, None, "payer_id|procedure_code", None, max_bytes=INPUT_BYTES)
EDITS = _output("edits.v1", Edit, "edit_id", retention_days=None)
ALERTS = _output("alerts.v1", Alert, "alert_id")
DEAD_LETTERS = Topic("dead-letters.v1", None, None, "the original key", retention_days=30)
ADJUDICATION_STATE = _state("adjudication")
FEEDBACK_STATE = _state("feedback")
LEARNING_STATE = _state("learning")
ALERTING_STATE = _state("alerting")

TOPICS: tuple[Topic, ...] = (
    ENCOUNTERS,
    DOCUMENTATION,
    CLAIMS_BUILT,
    REVIEWS,
    CLAIMS_RELEASED,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    HOLDS,
    REMITTANCES,
    DENIALS,
    EDIT_DECISIONS,
    EDITS,
    ALERTS,
    DEAD_LETTERS,
    ADJUDICATION_STATE,
    FEEDBACK_STATE,
    LEARNING_STATE,
    ALERTING_STATE,
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}

FACT_TOPICS: tuple[Topic, ...] = (ENCOUNTERS, DOCUMENTATION, CLAIMS_BUILT, REVIEWS)
"""Keyed by encounter: a record of these that cannot be read holds the claims of its encounter."""

INPUT_TOPICS: tuple[Topic, ...] = (*FACT_TOPICS, REMITTANCES, EDIT_DECISIONS)
"""What may be published from outside: by `run`, by `publish`, by senders."""
