"""What stays of an encounter between two records: bytes, a time to be woken, index terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas import codec
from schemas.edit import EditMatch, EditScope
from schemas.errors import Misuse
from schemas.record import millis, moment
from streams import working_set
from streams.adjudication import Adjudication
from streams.encounter_state import EncounterState, pack, unpack
from streams.topics import ADJUDICATION_STATE, EDITS, FACT_TOPICS
from tests.builders import chart, claim, encounter, line, review
from tests.conftest import package_rules
from tests.desk import DAY, VOID, Desk, edit, found

if TYPE_CHECKING:
    from streams.processor import Processor

CLAIM = claim(line("93015"))


def test_adjudication_is_a_processor_of_facts_that_reads_edits():
    processor: Processor = Adjudication(package_rules())

    assert processor.name == "adjudication"
    assert FACT_TOPICS == processor.inputs
    assert (EDITS,) == processor.tables
    assert ADJUDICATION_STATE == processor.changelog


class TestBytes:
    def test_chunks_come_back_as_they_were(self):
        for chunks in ([], [b""], [b"a", b"", b"bc" * 400]):
            assert chunks == unpack(pack(chunks))

    def test_a_state_comes_back_as_it_was(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"), found("b", gate="LEARNED"))
        desk.send(encounter(), encounter(place_of_service="22"), *chart(), CLAIM, review("x"))
        desk.send_unreadable()

        assert desk.state == EncounterState.load(desk.state).dump()

    def test_a_time_before_1970_comes_back_too(self):
        desk, other = Desk(), Desk()
        desk.judge.says("HOLD", found("a"))
        early = moment(-1)
        desk.send(CLAIM.model_copy(update={"occurred_at": early}))
        other.state = desk.state
        other.judge.says("HOLD", found("b"))
        other.send(encounter())

        assert desk.decisions[0].due_at == other.decisions[0].due_at

    def test_an_open_encounter_costs_about_its_payload(self):
        desk = Desk()
        desk.judge.says("HOLD", found("documentation-unsigned"))
        records = [encounter(), *chart(), CLAIM]
        desk.send(*records)
        payload = sum(len(codec.encode(record)) for record in records)

        assert len(desk.state) < payload + 500

    def test_a_state_of_another_format_is_refused(self):
        with pytest.raises(Misuse, match="adjudication state: expected format 1, got 9"):
            EncounterState.load(b"\x09" + bytes(16))


class TestWorkingSet:
    def test_after_a_rollback_the_bytes_speak(self):
        desk = Desk()
        desk.send(encounter())
        before = desk.state
        desk.send(encounter(revision=2, place_of_service="22"))
        desk.state = before
        desk.send(CLAIM)

        assert desk.judge.facts.encounter == encounter()

    def test_a_step_that_failed_leaves_nothing_behind(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.fails = True
        with pytest.raises(RuntimeError):
            desk.send(encounter(place_of_service="22"))
        desk.judge.fails = False
        desk.send(encounter())

        assert desk.judge.facts.encounter == encounter()

    def test_encounters_that_fall_out_are_read_from_their_bytes(self, monkeypatch):
        monkeypatch.setattr(working_set, "GENERATION", 1)
        desk = Desk()
        desk.send(encounter(), *chart(), CLAIM)
        kept = desk.state
        for key in ("E2", "E3", "E4"):
            desk.state = None
            desk.send(encounter(encounter_id=key), key=key)
        desk.state = kept
        desk.send(review("x"))

        assert desk.judge.facts.encounter == encounter()

    def test_facts_are_decoded_once(self, monkeypatch):
        desk, other = Desk(), Desk()
        desk.send(encounter(), *chart(), CLAIM)
        other.state = desk.state
        other.send(review("x"))
        monkeypatch.setattr("streams.encounter_state.registry.read", None)
        other.send(review("x", review_id="R2"))

        assert len(other.judge.facts.reviews) == 2


class TestRetention:
    def test_an_encounter_is_kept_400_days_from_its_last_change(self):
        desk = Desk()
        desk.send(encounter())

        assert desk.time + 400 * DAY == desk.step.wake_at

    def test_a_settled_one_is_kept_120_days(self):
        desk = Desk()
        desk.send(CLAIM)

        assert desk.time + 120 * DAY == desk.step.wake_at

    def test_a_void_claim_is_settled(self):
        desk = Desk()
        desk.judge.says("REBUILD", found("a", "REBUILD"), rebuild=VOID)
        desk.send(CLAIM)

        assert desk.time + 120 * DAY == desk.step.wake_at

    def test_one_claim_that_waits_keeps_all(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM, claim(line("93018"), claim_id="C2"))

        assert desk.time + 400 * DAY == desk.step.wake_at

    def test_what_changes_nothing_does_not_prolong(self):
        desk = Desk()
        desk.send(encounter())
        before = desk.step.wake_at
        desk.send(encounter())

        assert before == desk.step.wake_at

    def test_when_the_time_has_come_it_is_forgotten(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.wake(desk.step.wake_at)

        assert desk.state is None
        assert desk.step.emits == ()

    def test_woken_too_early_it_stays(self):
        desk = Desk()
        desk.send(CLAIM)
        before, wake_at = desk.state, desk.step.wake_at
        desk.wake(wake_at - 1)

        assert before == desk.state
        assert wake_at == desk.step.wake_at

    def test_what_it_still_held_waits_no_more(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        wake_at = desk.step.wake_at
        desk.wake(wake_at + 5)

        assert [("OPENED", "a"), ("CLOSED", "a")] == desk.holds
        assert wake_at == millis(desk.emits[-1].value.occurred_at)

    def test_holds_of_several_claims_close_in_order_of_their_claims(self):
        desk = Desk()
        for claim_id in ("C2", "C1"):
            desk.judge.says("HOLD", found("a"), claim_id=claim_id)
            desk.send(claim(line("93015"), claim_id=claim_id))
        desk.wake(desk.step.wake_at)

        assert ["C1", "C2"] == [emit.value.claim_id for emit in desk.step.emits]

    def test_what_comes_later_starts_anew(self):
        desk = Desk()
        desk.send(encounter(), CLAIM)
        desk.wake(desk.step.wake_at)
        desk.send(CLAIM.model_copy(update={"revision": 2}))

        assert desk.judge.facts.encounter is None
        assert desk.decisions[-1].sequence == 1


class TestTerms:
    def test_an_encounter_without_a_claim_that_waits_has_none(self):
        desk = Desk()
        desk.send(encounter(), CLAIM)

        assert frozenset() == desk.step.terms

    def test_a_claim_that_waits_has_each_pair_of_its_payer_and_codes_or_any(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(claim(line("93016"), line("93018"), line("93016")))

        assert {
            "P01|93016",
            "P01|93018",
            "P01|*",
            "*|93016",
            "*|93018",
            "*|*",
        } == desk.step.terms

    def test_a_claim_without_lines_waits_under_its_payer(self):
        desk = Desk()
        desk.judge.says("REBUILD", found("administrative-no-lines", "REBUILD"))
        desk.send(claim())

        assert {"P01|*", "*|*"} == desk.step.terms

    def test_they_are_said_again_by_a_step_that_changes_nothing(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        before = desk.step.terms
        desk.send(CLAIM)

        assert before == desk.step.terms

    def test_a_withdrawn_claim_has_none(self):
        desk = Desk()
        desk.judge.says("REBUILD", found("administrative-claim-withdrawn", "REBUILD"), rebuild=VOID)
        desk.send(CLAIM.model_copy(update={"status": "WITHDRAWN"}))

        assert frozenset() == desk.step.terms


class TestTouched:
    PROCESSOR = Adjudication(package_rules())

    def touched(self, old, new) -> set[str]:
        return set(self.PROCESSOR.touched(EDITS, old, new))

    @pytest.mark.parametrize(
        ("payer_ids", "codes", "terms"),
        [
            (("P01",), ("93015",), {"P01|93015"}),
            (("P01", "P02"), ("93015",), {"P01|93015", "P02|93015"}),
            (None, ("93015", "93017"), {"*|93015", "*|93017"}),
            (("P01",), None, {"P01|*"}),
            (None, None, {"*|*"}),
            ((), ("93015",), set()),
        ],
    )
    def test_an_edit_touches_the_payers_and_codes_that_it_names_or_any(self, payer_ids, codes, terms):
        new = edit(scope=EditScope(payer_ids=payer_ids), match=EditMatch(procedure_codes=codes))

        assert terms == self.touched(None, new)

    @pytest.mark.parametrize(
        ("old", "new", "touches"),
        [
            (None, "SHADOW", False),
            ("PROPOSED", "SHADOW", False),
            ("SHADOW", "ACTIVE", True),
            ("ACTIVE", "SHADOW", True),
            ("ACTIVE", "RETIRED", True),
            ("ACTIVE", "ACTIVE", True),
        ],
    )
    def test_only_a_change_of_what_is_in_force_touches_anything(self, old, new, touches):
        before = edit(status=old) if old else None

        assert touches == bool(self.touched(before, edit(status=new, revision=2)))

    def test_what_an_edit_touches_meets_the_terms_of_a_claim_that_it_holds(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)

        assert self.touched(None, edit()) & desk.step.terms
