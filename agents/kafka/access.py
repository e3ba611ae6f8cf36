"""What each role may do on the cluster: the least that its program needs. Documented, and proved with ACLs, from here.

READ and WRITE of a topic imply DESCRIBE. Names are without the namespace; with one, it stands before each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from agents.notifier import NAME as NOTIFIER
from streams.adjudication import Adjudication
from streams.alerting import Alerting
from streams.feedback import Feedback
from streams.learning import Learning
from streams.topics import (
    ALERTS,
    CLAIMS_HELD,
    CLAIMS_REBUILD,
    CLAIMS_RELEASED,
    DEAD_LETTERS,
    DENIALS,
    EDIT_DECISIONS,
    EDITS,
    FACT_TOPICS,
    HOLDS,
    INPUT_TOPICS,
    LEARNING_STATE,
    REMITTANCES,
    TOPICS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.topics import Topic

Operation = Literal["READ", "WRITE", "CREATE", "DESCRIBE", "DESCRIBE_CONFIGS"]
Resource = Literal["TOPIC", "GROUP", "TRANSACTIONAL_ID"]

REPLAY_ID = "cleanclaim.replay"
"""The transactional id of `dead-letters replay`: a second one fences the first."""


LETTERS_GROUP = "cleanclaim.dead-letters"
"""A reader of dead letters never joins it, but librdkafka asks who coordinates it."""


EDITS_GROUP = "cleanclaim.edits"
"""Likewise of a reader of edits, of a back-test and of a look for underpayments."""


class Grant(NamedTuple):
    """One thing that a role may do. `prefixed`: on every resource whose name begins so."""

    operation: Operation
    resource: Resource
    name: str
    prefixed: bool = False


def _topics(operation: Operation, topics: Iterable[Topic]) -> list[Grant]:
    return [Grant(operation, "TOPIC", topic.name) for topic in topics]


def group_of(processor: str) -> str:
    """The consumer group that runs a processor, and the beginning of its transactional ids."""
    return f"cleanclaim.{processor}"


def _worker(
    name: str, inputs: Iterable[Topic], tables: Iterable[Topic], changelog: Topic, outputs: Iterable[Topic]
) -> list[Grant]:
    """A worker that runs one processor: its topics, its group, and a transactional id for each slot."""
    written = (*outputs, changelog, DEAD_LETTERS)
    read = (*inputs, *tables, changelog)
    return [
        *_topics("READ", read),
        *_topics("WRITE", written),
        *_topics("DESCRIBE_CONFIGS", dict.fromkeys((*read, *written))),
        Grant("READ", "GROUP", group_of(name), prefixed=True),
        Grant("WRITE", "TRANSACTIONAL_ID", f"{group_of(name)}.", prefixed=True),
    ]


_REPLAY = [
    *_topics("READ", [DEAD_LETTERS]),
    *_topics("WRITE", [*INPUT_TOPICS, DEAD_LETTERS]),
    Grant("DESCRIBE", "GROUP", LETTERS_GROUP),
]

ROLES: dict[str, list[Grant]] = {
    "operator: `topics create`, `topics check`": [
        *_topics("CREATE", TOPICS),
        *_topics("DESCRIBE", TOPICS),
        *_topics("DESCRIBE_CONFIGS", TOPICS),
    ],
    "sender: `publish`": [*_REPLAY, *_topics("DESCRIBE_CONFIGS", [*INPUT_TOPICS, DEAD_LETTERS])],
    "worker: `worker --agents adjudication`": _worker(
        Adjudication.name,
        Adjudication.inputs,
        Adjudication.tables,
        Adjudication.changelog,
        (CLAIMS_RELEASED, CLAIMS_HELD, CLAIMS_REBUILD, HOLDS),
    ),
    "feedback worker: `worker --agents feedback`": _worker(
        Feedback.name, Feedback.inputs, Feedback.tables, Feedback.changelog, (DENIALS,)
    ),
    "learning worker: `worker --agents learning`": _worker(
        Learning.name, Learning.inputs, Learning.tables, Learning.changelog, (EDITS, ALERTS)
    ),
    "alerting worker: `worker --agents alerting`": _worker(
        Alerting.name, Alerting.inputs, Alerting.tables, Alerting.changelog, (ALERTS,)
    ),
    "notifier: `worker --agents notifier`": [
        *_topics("READ", [ALERTS]),
        *_topics("WRITE", [DEAD_LETTERS]),
        *_topics("DESCRIBE_CONFIGS", [ALERTS, DEAD_LETTERS]),
        Grant("READ", "GROUP", group_of(NOTIFIER)),
    ],
    "steward: `dead-letters list/show/replay`": [
        *_REPLAY,
        *_topics("WRITE", [ALERTS]),  # those that a webhook would not have
        Grant("WRITE", "TRANSACTIONAL_ID", REPLAY_ID),
    ],
    "analyst: `edits list/show/approve/shadow/retire/add/backtest`": [
        *_topics("READ", [EDITS, EDIT_DECISIONS, LEARNING_STATE, *FACT_TOPICS, DENIALS]),
        *_topics("WRITE", [EDIT_DECISIONS]),
        Grant("DESCRIBE", "GROUP", EDITS_GROUP),
    ],
    "contract analyst: `underpaid`": [
        *_topics("READ", [CLAIMS_RELEASED, REMITTANCES]),
        Grant("DESCRIBE", "GROUP", EDITS_GROUP),
    ],
    "sending system (registration, documentation, claim builder)": _topics("WRITE", FACT_TOPICS),
    "clearinghouse: `examples/clearinghouse`": [
        *_topics("READ", [CLAIMS_RELEASED]),
        Grant("DESCRIBE", "GROUP", "clearinghouse"),
    ],
}
"""By role, with the program that plays it."""
