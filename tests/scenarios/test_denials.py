"""Denials: what each answer of a payer comes to. A row is the answer to a claim of one or more lines of $100.00.

`denied(...)` and `paid(...)` are what the row expects, one for each line that is evidence, in the order of lines.
"""

from __future__ import annotations

import pytest

from schemas.record import millis
from streams.feedback.category import AVOIDABLE
from tests.builders import hospital_claim, line
from tests.mailroom import Mailroom, answer, decision, released, remittance

GLOBAL = released(line("93015"))


def denied(category, cents=100_00):
    return ("DENIED", category, category in AVOIDABLE, cents)


def paid(cents):
    return ("PAID", "OTHER", False, cents)


def one(*reasons, status="1", reasons_of_claim=(), remarks_of_claim="", **line):
    """The answer to a claim of one line."""
    return remittance(
        answer("93015", *reasons, **line), status=status, reasons=reasons_of_claim, remarks=remarks_of_claim
    )


def because(*codes, **changes):
    """A zero line for these reasons, all $100.00 of it for the first."""
    return one(*[(code, 100_00 if at == 0 else 0) for at, code in enumerate(codes)], **changes)


OUTCOMES = {
    "paid in full": (one(paid=100_00), [paid(100_00)]),
    "paid less by contract": (one(("CO-45", 20_00), paid=80_00), [paid(80_00)]),
    "paid less as the second test of the day": (one(("CO-45", 20_00), ("CO-59", 10_00), paid=70_00), [paid(70_00)]),
    "paid in part, the rest denied": (one(("CO-97", 99_99), paid=1), [paid(1)]),
    "paid although the claim is called denied": (one(paid=80_00, status="4"), [paid(80_00)]),
    "all of it is deductible": (one(("CO-45", 20_00), ("PR-1", 80_00)), [paid(0)]),
    "all of it is coinsurance": (one(("PR-2", 100_00)), [paid(0)]),
    "all of it is copayment": (one(("PR-3", 100_00)), [paid(0)]),
    "deductible of a hospital's physician": (one(("PR-247", 50_00), ("PR-248", 50_00)), [paid(0)]),
    "another payer paid first": (one(("OA-23", 100_00)), [paid(0)]),
    "capitation": (one(("CO-24", 100_00)), [paid(0)]),
    "sequestration takes all of it": (one(("CO-253", 100_00)), [paid(0)]),
    "deductible, but borne by the provider": (one(("CO-1", 100_00)), [denied("OTHER")]),
    "the patient bears it for another reason": (one(("PR-27", 100_00)), [denied("OTHER")]),
    "denied line in a claim that was processed": (one(("CO-97", 100_00)), [denied("COMPONENT_OVERLAP")]),
    "denied line of a secondary claim": (one(("CO-97", 100_00), status="2"), [denied("COMPONENT_OVERLAP")]),
    "a contract cut beside the denial does not count": (
        one(("CO-45", 30_00), ("CO-50", 70_00)),
        [denied("DIAGNOSIS", 70_00)],
    ),
    "two reasons that deny add up": (one(("CO-50", 60_00), ("PI-97", 40_00)), [denied("COMPONENT_OVERLAP")]),
    "second test of the day, nothing paid": (one(("CO-59", 100_00)), [denied("OTHER")]),
    "claim denied without any reason": (one(status="4"), [denied("OTHER")]),
    "claim denied, only a contract cut given": (one(("CO-45", 40_00), status="4"), [denied("OTHER")]),
    "nothing paid, no reason given": (one(), []),
    "nothing paid, only a correction": (one(("CR-97", 100_00)), []),
    "a correction beside the deductible": (one(("CR-97", 100_00), ("PR-1", 100_00)), [paid(0)]),
    "a correction hides no reason of the claim": (
        one(("CR-97", 100_00), reasons_of_claim=[("CO-97", 100_00)]),
        [],
    ),
    "a reversal": (one(paid=-80_00, charge=-100_00, status="22"), []),
    "a reversal with the amounts of what it reverses": (one(paid=80_00, status="22"), []),
    "forwarded, since it is not our claim": (because("CO-109", status="23"), []),
    "an estimate": (one(paid=80_00, status="25"), []),
    "money taken back": (one(paid=-80_00), []),
    "a line without a charge": (one(("CO-97", 0), charge=0), []),
    "a line without a charge is not paid either": (one(paid=80_00, charge=0), []),
    "reasons of the claim stand for a line without any": (
        one(reasons_of_claim=[("CO-18", 100_00)]),
        [denied("DUPLICATE")],
    ),
    "reasons of the claim do not count for a line with its own": (
        one(("PR-1", 100_00), reasons_of_claim=[("CO-18", 100_00)]),
        [paid(0)],
    ),
    "codes with blanks and small letters": (
        one((" co- b15 ", 100_00), remarks=" n390 ", status=" 4 "),
        [denied("COMPONENT_OVERLAP")],
    ),
}

CATEGORIES = {
    "the reason decides, not the remark": (because("CO-50", remarks="N390"), "DIAGNOSIS"),
    "a reason without a category: the remark decides": (because("CO-16", remarks="N705"), "DOCUMENTATION"),
    "a remark of the claim counts too": (because("CO-16", remarks_of_claim="M77"), "PLACE_OF_SERVICE"),
    "an alert says nothing": (because("CO-16", remarks="MA01 N19"), "COMPONENT_OVERLAP"),
    "unprocessable says nothing": (because("CO-16", remarks="MA130"), "OTHER"),
    "a code that nobody knows": (because("CO-9999", remarks="N99999"), "OTHER"),
    "a reason that never denies has no category": (because("CO-96", "CO-253", remarks="M53"), "UNITS"),
    "a duplicate before late filing": (because("CO-29", "OA-18"), "DUPLICATE"),
    "late filing before the component": (because("CO-97", "CO-29"), "TIMELY_FILING"),
    "the component before the place": (because("CO-5", "CO-97"), "COMPONENT_OVERLAP"),
    "the place before the modifier": (because("CO-4", "CO-5"), "PLACE_OF_SERVICE"),
    "the modifier before the units": (because("CO-151", "CO-4"), "MODIFIER"),
    "the units before the diagnosis": (because("CO-50", "CO-151"), "UNITS"),
    "the diagnosis before the document": (because("CO-252", "CO-50"), "DIAGNOSIS"),
    "remarks stand in the same order": (because("CO-96", remarks="N706 M64 M86"), "DUPLICATE"),
}

NO_CATEGORY = "22 26 27 31 95 172 177 183 184 185 197 198 199 204 206 207 208 216 242 243 256 272 273 288"

TABLE = {
    "DUPLICATE": ("18 B13", "M86 N522"),
    "TIMELY_FILING": ("29", ""),
    "COMPONENT_OVERLAP": ("97 231 234 236 B10 B15 B20", "M15 M80 N19 N20 N390"),
    "PLACE_OF_SERVICE": ("5 58 171 282", "M77 M97 N428"),
    "MODIFIER": ("4 182", "M78 N519 N822 N823"),
    "UNITS": ("151 222", "M53 N362 N430 N640"),
    "DIAGNOSIS": ("11 50 146 167", "M64 M76 M81 MA63 N115 N386 N569"),
    "DOCUMENTATION": ("112 150 163 226 250 251 252 B12", "M127 N29 N205 N206 N225 N393 N705 N706"),
    "OTHER": (
        f"16 59 96 107 109 119 125 129 170 A1 {NO_CATEGORY} B7",
        "N95 N264 N265 N286 N290 N418 M20 M50 M51 N56 N657 MA130 MA01",
    ),
}
"""Every reason and remark code by category, alone on a zero line."""

NOT_AVOIDABLE = {"DUPLICATE", "TIMELY_FILING", "OTHER"}

NEVER = ["23", "24", "45", "94", "100", "101", "102", "104", "105", "130", "137", "144", "161", "209", "246", "253"]


def sent(*records):
    room = Mailroom()
    room.send(*records)
    return room


def rows(room):
    return [(each.outcome, each.category, each.avoidable, each.amount_cents) for each in room.denials]


@pytest.mark.parametrize(("answered", "expected"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_a_line_is_denied_or_paid_or_neither(answered, expected):
    assert expected == rows(sent(GLOBAL, answered))


@pytest.mark.parametrize(("answered", "category"), CATEGORIES.values(), ids=CATEGORIES.keys())
def test_a_denied_line_has_one_category(answered, category):
    assert [denied(category)] == rows(sent(GLOBAL, answered))


@pytest.mark.parametrize("category", TABLE)
def test_each_code_stands_for_its_category(category):
    reasons, remarks = (codes.split() for codes in TABLE[category])

    by_reason = {code: rows(sent(GLOBAL, because(f"CO-{code}")))[0] for code in reasons}
    by_remark = {code: rows(sent(GLOBAL, because("CO-16", remarks=code)))[0] for code in remarks}
    expected = ("DENIED", category, category not in NOT_AVOIDABLE, 100_00)
    assert dict.fromkeys(reasons, expected) == by_reason
    assert dict.fromkeys(remarks, expected) == by_remark


@pytest.mark.parametrize("code", NEVER)
@pytest.mark.parametrize("group", ["CO", "OA", "PI", "PR"])
def test_some_reasons_never_deny_whoever_bears_the_amount(group, code):
    assert [paid(0)] == rows(sent(GLOBAL, because(f"{group}-{code}")))


@pytest.mark.parametrize("code", ["1", "2", "3", "247", "248"])
def test_the_patients_share_is_one_only_where_the_patient_bears_it(code):
    assert [paid(0)] == rows(sent(GLOBAL, because(f"PR-{code}")))
    assert [denied("OTHER")] == rows(sent(GLOBAL, because(f"CO-{code}")))


class TestPattern:
    """What a denied line has in common with others."""

    def pattern(self, release, answered):
        (denial,) = sent(release, answered).denials
        return denial.pattern.model_dump()

    def test_it_is_that_of_the_line_as_released(self):
        release = released(
            line("93016", "Q6", "GC", diagnosis_pointers=(3, 1, 9)),
            line("93018"),
            line("93010"),
            line("93018", "76"),
            diagnoses=("R07.9", "I10", "I25.118"),
        )

        expected = {
            "payer_id": "P01",
            "claim_type": "PROFESSIONAL",
            "place_of_service": "11",
            "procedure_code": "93016",
            "with_procedure_codes": ("93010", "93018"),
            "modifiers": ("GC", "Q6"),
            "diagnosis_families": ("I25", "R07"),
        }
        assert expected == self.pattern(release, remittance(answer("93016", ("CO-97", 1), line_number=1)))

    def test_a_hospitals_line_has_all_diagnoses_and_no_place(self):
        release = decision(hospital_claim(line("93017"), diagnoses=("I25.118", "I25.2", "I10")))

        pattern = self.pattern(release, remittance(answer("93017", ("CO-97", 1))))
        assert ("INSTITUTIONAL", None, ("I10", "I25")) == (
            pattern["claim_type"],
            pattern["place_of_service"],
            pattern["diagnosis_families"],
        )

    def test_a_line_that_was_not_billed_gives_code_and_modifiers_itself(self):
        answered = remittance(answer("93018", ("CO-97", 1), modifiers=("59", "26"), line_number=1))

        pattern = self.pattern(GLOBAL, answered)
        assert ("93018", ("26", "59"), ("93015",), ()) == (
            pattern["procedure_code"],
            pattern["modifiers"],
            pattern["with_procedure_codes"],
            pattern["diagnosis_families"],
        )

    def test_a_blank_place_is_none_and_a_dot_tells_nothing(self):
        release = released(line("93015"), place_of_service=" ", diagnoses=("I2.5118",))

        pattern = self.pattern(release, remittance(answer("93015", ("CO-97", 1))))
        assert (None, ("I25",)) == (pattern["place_of_service"], pattern["diagnosis_families"])

    def test_the_payer_is_the_one_that_was_billed(self):
        assert self.pattern(GLOBAL, remittance(answer("93015", paid=1), payer_id="P99"))["payer_id"] == "P01"

    def test_patterns_with_one_content_have_one_id_and_others_have_others(self):
        def name(*lines, **changes):
            return sent(released(*lines, **changes), remittance(answer("93015", paid=1))).denials[0].pattern_id

        names = [
            name(line("93015")),
            name(line("93015"), payer_id="P02"),
            name(line("93015"), place_of_service="49"),
            name(line("93015"), line("93010")),
            name(line("93015", "93010")),
            name(line("93015"), diagnoses=("R07.9",)),
        ]
        assert len(names) == len(set(names))
        assert names[0] == name(line("93015", charge=1), diagnoses=("I25.2",))


class TestWhatIsSaid:
    """The rest of the record."""

    def test_the_codes_of_a_denied_line_are_those_that_deny_and_all_remarks(self):
        (denial,) = sent(
            GLOBAL,
            one(
                ("CO-45", 1),
                ("CO-97", 1),
                ("PI-50", 1),
                ("CR-4", 1),
                ("CO-", 1),
                remarks="N390",
                remarks_of_claim="ma01 N390 ",
            ),
        ).denials

        assert (("50", "97"), ("MA01", "N390")) == (denial.reason_codes, denial.remark_codes)

    def test_the_codes_of_a_paid_line_are_all_its_reasons(self):
        (denial,) = sent(GLOBAL, one(("PR-2", 20_00), ("CO-45", 1), paid=60_00)).denials

        assert (("2", "45"), ()) == (denial.reason_codes, denial.remark_codes)

    def test_it_happened_when_the_answer_was_received(self):
        answered = one(paid=60_00)
        (denial,) = sent(GLOBAL, answered).denials

        assert millis(answered.received_at) == millis(denial.occurred_at)
        assert denial.claim_id == "C1"
