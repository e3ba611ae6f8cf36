"""Open holds, firing alerts and the precision of learned edits, from what processors remember."""

from __future__ import annotations

import datetime as dt

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agents.metrics.committed import Committed
from agents.metrics.figures import registry_of
from agents.metrics.states import States
from schemas import registry
from streams.alerting.processor import Alerting
from streams.alerting.state import EditState
from streams.learning.kept import KeptEdit
from streams.learning.state import LearningState
from streams.learning.surge import Episode
from streams.processor import Inbound
from streams.topics import HOLDS
from tests.toys import START, edit, hold

DAY = 86_400_000
NOW = int(START.timestamp() * 1_000)


def shown(**states):
    source = States(lambda processor: list(states.get(processor, {}).items()), Committed()).show
    return {
        (sample.name.removeprefix("cleanclaim_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry_of([source])).decode())
        for sample in family.samples
    }


def waiting(claim, site, days, cents, **changes):
    """A hold that is due in so many days."""
    values = {"site_id": site, "charge_cents": cents, "due_at": START + dt.timedelta(days=days)}
    return hold(claim, "edit-1", "CODING", "note", NOW).model_copy(update=values | changes)


def remembered(*holds, time=NOW):
    """The state of alerting after these holds of one edit, all at one time."""
    state = None
    for each in holds:
        body = registry.write(each)
        state = Alerting().process(Inbound(HOLDS, each.edit_id, each, body, time), state, {}).state
    return state


def midnight(days):
    day = (START + dt.timedelta(days=days)).date()
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()


def test_open_holds_show_by_edit_and_site_with_their_cents_and_the_oldest_due_day():
    found = shown(
        alerting={
            "edit-1": remembered(
                waiting("C1", "S1", 5, 100),
                waiting("C2", "S1", 3, 20),
                waiting("C3", "S2", 4, 7),
                waiting("C4", "S2", 1, 900),
                waiting("C4", "S2", 1, 900, state="CLOSED"),
            )
        }
    )

    assert {("holds_open", "S1", "edit-1"): 2, ("holds_open", "S2", "edit-1"): 1} == {
        key: value for key, value in found.items() if key[0] == "holds_open"
    }
    assert (120, 7) == (found["held_cents", "S1", "edit-1"], found["held_cents", "S2", "edit-1"])
    oldest = "hold_oldest_due_timestamp_seconds"
    assert (midnight(3), midnight(4)) == (found[oldest, "S1", "edit-1"], found[oldest, "S2", "edit-1"])


def test_nothing_fires_where_nothing_is_remembered_and_every_kind_says_so():
    assert {
        ("alerts_firing", "HOLD_SPIKE"): 0,
        ("alerts_firing", "HOLD_OVERDUE"): 0,
        ("alerts_firing", "DENIAL_SURGE"): 0,
    } == shown()


def test_holds_past_due_fire_until_they_are_closed():
    late = waiting("C1", "S1", 1, 100)
    state = remembered(late)
    state = Alerting().wake("edit-1", state, NOW + 3 * DAY).state
    firing = shown(alerting={"edit-1": state})
    closed = late.model_copy(update={"state": "CLOSED"})
    body = registry.write(closed)
    over = Alerting().process(Inbound(HOLDS, "edit-1", closed, body, NOW + 3 * DAY), state, {}).state

    assert 1 == firing["alerts_firing", "HOLD_OVERDUE"]
    assert 0 == shown(alerting={"edit-1": over})["alerts_firing", "HOLD_OVERDUE"]


def test_a_spike_fires_once_for_each_place_where_it_is():
    quiet = waiting("C0", "S1", 90, 1, occurred_at=START - dt.timedelta(days=2))
    first = remembered(quiet, time=NOW - 2 * DAY)
    state = first
    for number in range(60):
        each = waiting(f"C{number}", "S1", 90, 1, hold_id=f"H{number}")
        state = Alerting().process(Inbound(HOLDS, "edit-1", each, registry.write(each), NOW), state, {}).state

    fired = [shown(alerting={"edit-1": each})["alerts_firing", "HOLD_SPIKE"] for each in (first, state)]
    assert [0, 1] == fired


def learned(*, denied, paid, surging=False):
    state = LearningState("P01|93015")
    kept = KeptEdit(edit("learned-1", "P01", NOW))
    kept.begin(0)
    for answer in [True] * denied + [False] * paid:
        kept.hit(1, 1, denied=answer)
    state.add(kept)
    if surging:
        state.surge._episode = Episode("a", NOW, NOW, 0.1)  # noqa: SLF001 - what nine weeks of denials would leave
    return state.dump()


def test_the_precision_of_a_learned_edit_is_the_share_of_its_lines_that_were_denied():
    found = shown(learning={"P01|93015": learned(denied=3, paid=1)})

    assert 0.75 == found["edit_precision_ratio", "learned-1"]


def test_an_edit_without_answers_has_no_precision_yet():
    found = shown(learning={"P01|93015": learned(denied=0, paid=0)})

    assert [] == [key for key in found if key[0] == "edit_precision_ratio"]


def test_a_surge_of_denials_fires():
    found = shown(learning={"P01|93015": learned(denied=1, paid=0, surging=True)})

    assert 1 == found["alerts_firing", "DENIAL_SURGE"]


def test_a_state_is_read_again_only_when_it_changed(monkeypatch):
    states = {"edit-1": remembered(waiting("C1", "S1", 5, 100))}
    source = States(lambda processor: list(states.items()) if processor == "alerting" else [], Committed())
    read, load = [], EditState.load
    monkeypatch.setattr(EditState, "load", lambda state: read.append(state) or load(state))
    scrapes = registry_of([source.show])
    generate_latest(scrapes)
    generate_latest(scrapes)
    before = len(read)
    monkeypatch.undo()
    states["edit-1"] = remembered(waiting("C1", "S1", 5, 100), waiting("C2", "S1", 5, 1))

    assert 1 == before
    assert 'cleanclaim_holds_open{edit_id="edit-1",site_id="S1"} 2.0' in generate_latest(scrapes).decode()
