"""Which claim line each line of a remittance answers, and by what name the evidence goes."""

from __future__ import annotations

import datetime as dt

import pytest

from streams.feedback.lines import Name, answered_lines, match, numbered
from streams.feedback.release import pack_release, unpack_release
from streams.naming import name_uuid
from tests.builders import SERVICE_DATE, line
from tests.mailroom import Mailroom, answer, released, remittance

NEXT_DAY = SERVICE_DATE + dt.timedelta(days=1)


def billed(*lines):
    return unpack_release(pack_release(released(*lines))).lines


TWO = billed(line("93016"), line("93018"))
REPEATED = billed(line("93015"), line("93015", "76"), line("93015", "76", service_date=NEXT_DAY))

MATCHES = {
    "by number and code": (TWO, [answer("93018", line_number=2), answer("93016", line_number=1)], [1, 0]),
    "a number of another code is no number": (TWO, [answer("93018", line_number=1)], [1]),
    "without a number by code": (TWO, [answer("93018"), answer("93016")], [1, 0]),
    "the modifiers tell lines of one code apart": (
        REPEATED,
        [answer("93015", modifiers=("76",)), answer("93015")],
        [1, 0],
    ),
    "so does the date": (
        REPEATED,
        [answer("93015", modifiers=("76",), service_date=NEXT_DAY), answer("93015", modifiers=("76",))],
        [2, 1],
    ),
    "the order of modifiers says nothing": (
        billed(line("93015"), line("93015", "59", "XU")),
        [answer("93015", modifiers=("XU", "59"))],
        [1],
    ),
    "modifiers that nobody billed: the first that is free": (
        REPEATED,
        [answer("93015", modifiers=("59",))] * 2,
        [0, 1],
    ),
    "a billed line is taken once": (TWO, [answer("93016"), answer("93016")], [0, None]),
    "but a number may come twice: the payer split the line": (
        TWO,
        [answer("93016", line_number=1), answer("93016", line_number=1)],
        [0, 0],
    ),
    "what is named by number is not free for others": (
        REPEATED,
        [answer("93015"), answer("93015", line_number=1)],
        [1, 0],
    ),
    "a code that nobody billed": (TWO, [answer("93015"), answer("93017", line_number=2)], [None, None]),
    "codes compare as sent": (TWO, [answer("93016 ")], [None]),
}


@pytest.mark.parametrize(("lines", "answers", "expected"), MATCHES.values(), ids=MATCHES.keys())
def test_a_remittance_line_answers_one_claim_line_or_none(lines, answers, expected):
    assert expected == match(lines, answers)


def names(lines, *answers):
    return list(answered_lines(lines, answers))


def test_a_line_goes_by_the_number_that_was_billed():
    assert [numbered(2)] == names(TWO, answer("93018"))


def test_a_line_that_nobody_billed_goes_by_the_number_that_the_payer_gives_it():
    assert [numbered(1), numbered(7)] == names(TWO, answer("93015", line_number=1), answer("93017", line_number=7))


def test_a_line_that_nobody_billed_goes_by_code_where_its_number_is_taken_or_missing():
    found = names(
        TWO,
        answer("93017", line_number=1),
        answer("93016", line_number=1),
        answer("93015"),
        answer("93015"),
        answer("93015", modifiers=("TC", "26")),
    )

    strangers = [Name("93017", "", 1), Name("93015", "", 1), Name("93015", "", 2), Name("93015", "26 TC", 1)]
    assert [numbered(1), *strangers] == found


def test_a_line_that_the_payer_split_is_added_up():
    room = Mailroom()
    room.send(released(line("93015", charge=300_00)))
    room.send(
        remittance(
            answer("93015", ("CO-151", 100_00), line_number=1),
            answer("93015", ("CO-50", 200_00), line_number=1, charge=200_00, remarks="N115"),
        )
    )

    (denial,) = room.denials
    assert ("DENIED", "UNITS", 300_00, ("N115",)) == (
        denial.outcome,
        denial.category,
        denial.amount_cents,
        denial.remark_codes,
    )


def test_a_split_line_that_is_paid_in_part_is_paid():
    room = Mailroom()
    room.send(released(line("93015")))
    room.send(remittance(answer("93015", paid=40_00, line_number=1), answer("93015", ("CO-151", 60_00), line_number=1)))

    assert [("PAID", 40_00)] == room.said()


def test_the_id_of_a_denial_names_claim_revision_and_line():
    room = Mailroom()
    room.send(released(line("93015"), line("93010"), revision=3))
    room.send(remittance(answer("93010", paid=1), answer("93015", paid=1), answer("93000", paid=1)))

    ids = [denial.denial_id for denial in room.denials]
    assert [name_uuid("C1", 3, 1), name_uuid("C1", 3, 2), name_uuid("C1", 3, 1, "93000", "")] == ids
