"""One hold per claim and edit that makes it wait: opened when it begins, closed with the same fields when it ends."""

from __future__ import annotations

from schemas import codec
from schemas.hold import Hold
from tests.builders import at, chart, claim, encounter, line
from tests.desk import Desk, found

CLAIM = claim(line("93016", charge=60_00), line("93018", charge=50_00))


def holds(desk: Desk) -> list[Hold]:
    return [emit.value for emit in desk.emits if isinstance(emit.value, Hold)]


def waiting_desk(*findings, **judgement) -> Desk:
    desk = Desk()
    desk.judge.says(judgement.pop("route", "HOLD"), *findings, **judgement)
    desk.send(encounter(), CLAIM)
    return desk


def test_an_opened_hold_says_what_waits_for_how_much_and_how_long():
    desk = waiting_desk(found("a", gate="CODING"))
    hold = holds(desk)[0]

    assert hold == Hold(
        hold_id=hold.hold_id,
        claim_id="C1",
        edit_id="a",
        gate="CODING",
        route="HOLD",
        site_id="S01",
        payer_id="P01",
        state="OPENED",
        charge_cents=110_00,
        due_at=desk.decisions[0].due_at,
        occurred_at=at(60),
    )


def test_several_lines_with_one_edit_are_one_hold():
    desk = waiting_desk(found("a", line_number=1), found("a", line_number=2))

    assert [("OPENED", "a")] == desk.holds


def test_a_rebuild_and_a_hold_beside_it_each_open_one_by_their_own_severity():
    desk = waiting_desk(found("a", "REBUILD"), found("b"), route="REBUILD")

    assert ["REBUILD", "HOLD"] == [hold.route for hold in holds(desk)]


def test_a_warning_opens_none():
    desk = waiting_desk(found("w", "WARN"), found("a"))

    assert [("OPENED", "a")] == desk.holds


def test_an_edit_confirmed_on_one_line_still_holds_for_the_other():
    desk = waiting_desk(found("a", "WARN", 1), found("a", "HOLD", 2))

    assert [("OPENED", "a")] == desk.holds


def test_a_release_closes_all_with_the_fields_they_opened_with():
    desk = waiting_desk(found("a"), found("b"))
    desk.judge.says("RELEASE")
    changed = CLAIM.model_copy(update={"revision": 2, "lines": CLAIM.lines[:1], "payer_id": "P02"})
    desk.send(encounter(revision=2, site_id="S02"), changed)
    opened, closed = holds(desk)[:2], holds(desk)[2:]

    assert [hold.model_copy(update={"state": "CLOSED"}) for hold in opened] == closed


def test_it_closes_at_the_time_of_the_decision_that_closes_it():
    desk = waiting_desk(found("a"))
    desk.judge.says("RELEASE")
    desk.send(encounter(revision=2, occurred_at=at(300)))

    assert [at(60), at(300)] == [hold.occurred_at for hold in holds(desk)]


def test_one_closes_and_another_opens_while_a_third_stays():
    desk = waiting_desk(found("a"), found("b"))
    desk.judge.says("HOLD", found("b"), found("c"))
    desk.send(*chart())

    assert [("OPENED", "a"), ("OPENED", "b"), ("CLOSED", "a"), ("OPENED", "c")] == desk.holds


def test_a_hold_that_comes_back_is_another_hold():
    desk = waiting_desk(found("a"))
    desk.judge.says("RELEASE")
    desk.send(encounter(revision=2))
    desk.judge.says("HOLD", found("a"))
    desk.send(encounter(revision=3))
    ids = [hold.hold_id for hold in holds(desk)]

    assert ids[0] == ids[1]
    assert ids[0] != ids[2]


def test_open_holds_survive_the_stored_bytes():
    desk, other = waiting_desk(found("a")), Desk()
    other.state = desk.state
    other.send(encounter(revision=2))

    assert holds(desk)[0].hold_id == holds(other)[0].hold_id
    assert [("CLOSED", "a")] == other.holds


def test_an_opened_hold_brings_its_avro_along():
    desk = waiting_desk(found("a"))
    emit = desk.step.emits[-1]

    assert codec.encode(emit.value) == emit.body
