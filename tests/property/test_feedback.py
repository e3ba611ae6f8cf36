"""Whatever order releases and remittances come in, and however often: the evidence in the end is one and the same."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec
from tests.builders import SERVICE_DATE, at, line
from tests.mailroom import A_DAY, Mailroom, answer, released, remittance

CODES = ("93015", "93016", "93018")
REASONS = (("CO-45", 20_00), ("CO-97", 60_00), ("CO-50", 10_00), ("PR-1", 5_00), ("CR-97", 1), ("CO-59", 30_00))

# Few moments, codes and amounts, so that answers meet, repeat and contradict one another.
moments = st.integers(0, 5).map(lambda days: days * A_DAY)
modifiers = st.sampled_from([(), ("26",), ("59", "26")])

answers = st.builds(
    answer,
    st.sampled_from(CODES),
    paid=st.sampled_from([0, 0, 80_00, -80_00]),
    charge=st.sampled_from([100_00, 100_00, 100_00, 0, -100_00]),
    remarks=st.sampled_from(["", "N390", "N115 MA01"]),
    modifiers=modifiers,
    line_number=st.sampled_from([None, 1, 2, 3]),
    service_date=st.sampled_from([SERVICE_DATE, SERVICE_DATE + dt.timedelta(days=1)]),
    adjustments=st.lists(st.sampled_from(REASONS), max_size=2).map(
        lambda reasons: remittance(reasons=reasons).adjustments
    ),
)
remittances = st.builds(
    lambda lines, status, reasons, minutes: remittance(*lines, status=status, reasons=reasons, received_at=at(minutes)),
    st.lists(answers, max_size=4),
    st.sampled_from(["1", "1", "2", "4", "22", "22", "23", "25"]),
    st.lists(st.sampled_from(REASONS), max_size=1),
    moments,
)
billed = st.lists(
    st.builds(lambda code, mods: line(code, *mods), st.sampled_from(CODES), modifiers), min_size=1, max_size=3
)
releases = st.builds(
    lambda lines, revision, minutes: released(*lines, revision=revision, minutes=minutes),
    billed,
    st.integers(1, 3),
    moments,
)


@st.composite
def arrivals(draw):
    """Records of one claim, and the same ones in another order, some of them again, some under another event id."""
    records = [*draw(st.lists(releases, min_size=1, max_size=3)), *draw(st.lists(remittances, max_size=5))]
    again = draw(st.lists(st.sampled_from(records), max_size=4))
    renamed = [each.model_copy(update={"event_id": "again"}) for each in again if hasattr(each, "event_id")][:1]
    return records, draw(st.permutations([*records, *again, *renamed]))


def sent(records):
    room = Mailroom()
    room.send(*records)
    return room


@given(arrivals())
@settings(max_examples=300)
def test_order_and_duplication_do_not_change_the_evidence(orders):
    first, second = map(sent, orders)

    assert first.evidence == second.evidence


@given(arrivals())
@settings(max_examples=100)
def test_every_record_taken_back_is_one_that_stood(orders):
    room = sent(orders[1])

    assert len(room.evidence) <= len(
        room.denials
    )  # net() refuses a withdrawal of what does not stand, or a second record
    for step in room.steps:
        taken = [emit.value.outcome == "WITHDRAWN" for emit in step.emits]
        assert sorted(taken, reverse=True) == taken


@given(arrivals())
@settings(max_examples=50)
def test_a_replay_gives_the_same_bytes(orders):
    first, second = sent(orders[1]), sent(orders[1])

    assert first.steps == second.steps
    assert [codec.encode(denial) for denial in first.denials] == [codec.encode(denial) for denial in second.denials]


@given(arrivals())
@settings(max_examples=50)
def test_what_comes_again_says_nothing(orders):
    room = sent(orders[0])
    before = room.denials
    room.send(*orders[0])

    assert before == room.denials
