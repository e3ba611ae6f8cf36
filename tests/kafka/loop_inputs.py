"""For each worker of the closed loop: records that make it say something, and the topics on which it then does."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from agents.kafka.kept import pack
from schemas import registry
from schemas.record import millis, moment
from streams.alerting import Alerting
from streams.processor import Inbound
from streams.topics import ALERTING_STATE, ALERTS, CLAIMS_RELEASED, DENIALS, EDITS, HOLDS, REMITTANCES, Topic
from tests.alert_room import DAY, EDIT, hold
from tests.answers import CODE, PAYER
from tests.answers import answer as answered
from tests.builders import line
from tests.mailroom import answer, released, remittance


class Part(NamedTuple):
    """What is sent, as (topic, key, value) in order, and where something has to come out."""

    sent: list[tuple[Topic, str, bytes]]
    outputs: tuple[Topic, ...]


def a_denied_claim() -> Part:
    """Feedback makes a denial of a release and the answer to it."""
    denied = remittance(answer("93015", ("CO-97", 100_00)))
    sent = [
        (CLAIMS_RELEASED, "C1", registry.write(released(line("93015")))),
        (REMITTANCES, "C1", registry.write(denied)),
    ]
    return Part(sent, (DENIALS,))


def a_surge_of_denials() -> Part:
    """Learning makes an edit of denials, and an alert of so many after weeks of payments."""
    now = dt.datetime.now(dt.UTC)
    paid = [answered("PAID", number, now - dt.timedelta(days=48 - number)) for number in range(40)]
    denied = [answered("DENIED", 40 + number, now) for number in range(6)]
    return Part([(DENIALS, f"{PAYER}|{CODE}", registry.write(each)) for each in paid + denied], (EDITS, ALERTS))


def a_hold_past_due() -> Part:
    """Alerting remembers a hold of two days ago that was due at once; the next one lets it see how late it is."""
    at = millis(dt.datetime.now(dt.UTC)) - 2 * DAY
    late = hold(at=at, due_at=moment(at))
    step = Alerting().process(Inbound(HOLDS, EDIT, late, b"", at), None, {})
    assert step.state is not None
    kept = pack(step.state, step.wake_at, step.terms)
    return Part([(ALERTING_STATE, EDIT, kept), (HOLDS, EDIT, registry.write(late))], (ALERTS,))


PARTS = {"feedback": a_denied_claim, "learning": a_surge_of_denials, "alerting": a_hold_past_due}
"""By the worker's role."""
