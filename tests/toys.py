"""Two small processors that use everything an engine offers, and input for them.

`Ledger` keeps the revisions of encounters, asks to be woken a week after the last change, and is reconsidered when an
edit of its payer comes. `Tally` counts the holds that it emits and makes an edit of every third. Revision 99 is poison.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import TYPE_CHECKING, Any, cast

from schemas.alert import Alert
from schemas.edit import Edit, EditMatch, EditProvenance, EditScope
from schemas.hold import Hold
from schemas.record import moment
from streams.processor import Emit, Outcome, Step
from streams.topics import ADJUDICATION_STATE, ALERTING_STATE, ALERTS, EDITS, ENCOUNTERS, FACT_TOPICS, HOLDS
from tests.builders import encounter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.encounter import Encounter
    from schemas.record import Record
    from streams.processor import Inbound, Tables
    from streams.topics import Topic

DAY = 86_400_000
POISON = 99
START = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)


def hold(key: str, edit_id: str, gate: str, note: str, time: int) -> Hold:
    values: dict[str, Any] = {
        "hold_id": f"{key}/{note}",
        "claim_id": key,
        "edit_id": edit_id,
        "gate": gate,
        "route": "HOLD",
        "site_id": None,
        "payer_id": "P01",
        "state": "OPENED",
        "charge_cents": 0,
        "occurred_at": moment(time),
    }
    return Hold(**values)


class Ledger:
    name = "ledger"
    inputs = FACT_TOPICS
    tables = (EDITS,)
    changelog = ADJUDICATION_STATE

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        known = json.loads(state or b'{"revision": 0, "event": null, "marks": [], "changes": 0}')
        outcome, reason = Outcome.APPLIED, None
        if record.replay_of is not None:
            known["marks"] = [mark for mark in known["marks"] if mark != record.replay_of[:8]]
        if record.value is None:
            known["marks"].append(record.body[:8].hex())
            return self._step(record.key, known, record.time, "marked", Outcome.APPLIED)
        fact = cast("Encounter", record.value)
        if fact.revision == POISON:
            raise KeyError(fact.patient_id)
        if fact.revision < known["revision"]:
            outcome = Outcome.SUPERSEDED
        elif fact.revision == known["revision"] and fact.event_id == known["event"]:
            outcome = Outcome.DUPLICATE
        elif fact.revision == known["revision"]:
            outcome, reason = Outcome.DEAD_LETTER, "encounters.v1: conflicting revision"
        if outcome is not Outcome.APPLIED:
            terms = frozenset([known["payer"]] if "payer" in known else [])
            wake_at = known["changed"] + 7 * DAY
            return Step(json.dumps(known).encode(), (), wake_at, terms, outcome, reason)
        known |= {"revision": fact.revision, "event": fact.event_id, "payer": fact.payer_id}
        return self._step(record.key, known, record.time, f"of {len(tables[EDITS.name])}", outcome)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        del state
        return Step(None, (Emit(HOLDS, hold(key, "forgotten", "LEARNED", str(time), time)),))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        known = json.loads(state)
        return self._step(
            key, known, known["changed"], f"again of {len(tables[EDITS.name])}", Outcome.APPLIED, "LEARNED"
        )

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:
        del table, old
        return cast("Edit", new).scope.payer_ids or ()

    def _step(
        self, key: str, known: dict[str, Any], time: int, note: str, outcome: Outcome, gate: str = "DOCUMENTATION"
    ) -> Step:
        known |= {"changes": known["changes"] + 1, "changed": time}
        emit = Emit(HOLDS, hold(key, f"edit-{known.get('payer', '?')}", gate, f"{known['changes']} {note}", time))
        terms = frozenset([known["payer"]] if "payer" in known else [])
        return Step(json.dumps(known).encode(), (emit,), time + 7 * DAY, terms, outcome)


class Tally:
    name = "tally"
    inputs = (HOLDS,)
    tables = ()
    changelog = ALERTING_STATE

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        del tables
        held = cast("Hold", record.value)
        count = int(state or 0) + 1
        emits: tuple[Emit, ...] = ()
        if held.gate != "LEARNED" and count % 3 == 0:
            emits = (Emit(EDITS, edit(f"{record.key}-{count}", record.key.removeprefix("edit-"), record.time)),)
        return Step(str(count).encode(), emits, record.time + DAY)

    def wake(self, key: str, state: bytes, time: int) -> Step:
        return Step(b"0", (Emit(ALERTS, alert(f"{key}@{time}", int(state), time)),))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        raise NotImplementedError

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:
        raise NotImplementedError


def edit(edit_id: str, payer_id: str, time: int) -> Edit:
    return Edit(
        edit_id=edit_id,
        revision=1,
        status="ACTIVE",
        scope=EditScope(payer_ids=(payer_id,)),
        match=EditMatch(),
        severity="HOLD",
        message="toy",
        remedy="toy",
        provenance=EditProvenance(source="DENIALS", denied=3, paid=0, categories=(), reason_codes=()),
        occurred_at=moment(time),
    )


def alert(alert_id: str, count: int, time: int) -> Alert:
    return Alert(
        alert_id=alert_id,
        kind="HOLD_SPIKE",
        status="FIRING",
        window_start=moment(time),
        window_end=moment(time),
        observed=float(count),
        expected=0.0,
        count=count,
        charge_cents=0,
        message="toy",
        occurred_at=moment(time),
    )


def toys() -> tuple[Ledger, Tally]:
    return Ledger(), Tally()


def visit(key: str, revision: int = 1, hours: float = 0, **changes: Any) -> Encounter:
    """Revision `revision` of an encounter, `hours` after the start."""
    return encounter(
        encounter_id=key,
        revision=revision,
        occurred_at=START + dt.timedelta(hours=hours),
        event_id=changes.pop("event_id", f"{key}-{revision}"),
        **changes,
    )


def line(record: Record, topic: Topic = ENCOUNTERS) -> bytes:
    return f'{{"topic":"{topic.name}","value":{record.model_dump_json()}}}'.encode()


def lines(number: int, seed: int, keys: int = 40, days: float = 60, payers: int = 3) -> Iterator[bytes]:
    """NDJSON for the toys: encounters and their revisions, repeats, conflicts, poison and garbage, over `days`."""
    rnd = random.Random(seed)
    sent: list[bytes] = []
    revisions: dict[str, int] = {}
    for at in range(number):
        hours = days * 24 * at / number
        key = f"E{rnd.randrange(keys)}"
        dice = rnd.random()
        if dice < 0.05 and sent:
            yield rnd.choice(sent)
            continue
        if dice < 0.08:
            yield rnd.choice(
                (b"\xff\x00 garbage", b"{", b'{"topic":"nowhere.v1","value":{}}', b"[]")
            ) + b"%d" % rnd.randrange(9)
            continue
        if dice < 0.10:
            yield b'{"topic":"encounters.v1","value":{"encounter_id":"%b","patient_id":%d}}' % (key.encode(), at)
            continue
        if dice < 0.105:
            yield line(visit(key, POISON, hours, event_id=f"poison-{at}"))
            continue
        revision = revisions.get(key, 0) + (rnd.random() < 0.9)
        revisions[key] = max(1, revision)
        sent.append(
            line(visit(key, revisions[key], hours, event_id=f"{key}-{at}", payer_id=f"P{rnd.randrange(payers)}"))
        )
        yield sent[-1]
