"""When a decision is made, what it says, where it goes, and what it is called."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from schemas import codec, registry
from schemas.claim import Claim
from schemas.decision import Decision, Rebuild
from streams import naming
from streams.encounter_state import CLAIM as CLAIM_KIND
from streams.encounter_state import EncounterState, make_fact
from streams.gates import CATALOGUE_DIGEST
from streams.topics import CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED
from tests.builders import at, chart, claim, encounter, hospital_claim, line, review
from tests.conftest import package_rules
from tests.desk import VOID, Desk, edit, found, learned

CLAIM = claim(line("93015"))
SLA = dt.timedelta(days=5)


def decided(desk: Desk, field: str) -> list:
    return [getattr(decision, field) for decision in desk.decisions]


class TestContent:
    def test_a_decision_names_its_claim_and_where_it_comes_from(self):
        desk = Desk()
        desk.send(encounter(), CLAIM)
        decision = desk.decisions[0]

        assert ("C1", 1, "E1", "S01", "P01") == (
            decision.claim_id,
            decision.claim_revision,
            decision.encounter_id,
            decision.site_id,
            decision.payer_id,
        )
        assert decision.claim == CLAIM

    def test_its_site_is_null_while_the_encounter_is_unknown(self):
        desk = Desk()
        desk.send(CLAIM)

        assert desk.decisions[0].site_id is None

    def test_it_carries_findings_and_rebuild_as_judged(self):
        rebuild = Rebuild(void=False, lines=CLAIM.lines, place_of_service="11", notes=())
        desk = Desk()
        desk.judge.says("REBUILD", found("a", "REBUILD"), found("b"), rebuild=rebuild)
        desk.send(CLAIM)

        assert (found("a", "REBUILD"), found("b")) == desk.decisions[0].findings
        assert rebuild == desk.decisions[0].rebuild

    def test_it_is_a_record_that_the_model_accepts(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(encounter(), *chart(), CLAIM)

        assert desk.decisions[0] == Decision.model_validate(desk.decisions[0].model_dump())

    def test_every_body_is_the_avro_of_its_record(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(encounter(), *chart(), CLAIM)

        assert [codec.encode(emit.value) for emit in desk.emits] == [emit.body for emit in desk.emits]

    def test_a_claim_stored_under_an_earlier_schema_goes_out_under_that_of_today(self, monkeypatch):
        today = codec.avsc(Claim)
        earlier = {**today, "fields": [*today["fields"], {"name": "dropped", "type": "string"}]}
        monkeypatch.setitem(registry.history(), 1_999_999_998, earlier)
        with_dropped = codec.encode(CLAIM) + b"\x02x"
        state = EncounterState()
        state.put(make_fact(CLAIM_KIND, "C1", 1, codec.frame(1_999_999_998, with_dropped)), CLAIM, replaces=None)
        desk = Desk()
        desk.state = state.dump()
        desk.send(encounter())

        assert codec.encode(desk.decisions[0]) == desk.emits[0].body

    def test_facts_are_listed_by_topic_then_id(self):
        desk = Desk()
        desk.send(review("x"), *chart(), encounter(revision=3), CLAIM)
        references = [(fact.topic, fact.id, fact.revision) for fact in desk.decisions[-1].facts]

        assert [
            ("claims.built.v1", "C1", 1),
            ("documentation.v1", "D-INTERPRETING_PHYSICIAN", 1),
            ("documentation.v1", "D-SUPERVISING_PHYSICIAN", 1),
            ("documentation.v1", "D-TECHNICIAN", 1),
            ("encounters.v1", "E1", 3),
            ("reviews.v1", "R1", 1),
        ] == references

    def test_it_rests_on_earlier_claims_of_its_biller_and_on_no_others(self):
        desk = Desk()
        desk.send(claim(line("93018"), claim_id="C2", built_at=at(70)))
        desk.send(claim(line("93018"), claim_id="C0", built_at=at(50), billing_entity_id="R"))
        desk.send(hospital_claim(line("93017"), claim_id="C00", billing_entity_id="P", built_at=at(50)))
        desk.send(claim(line("93018"), claim_id="C000", status="WITHDRAWN", built_at=at(50)))
        desk.send(CLAIM)
        claims = [fact.id for fact in desk.decisions[-1].facts if fact.topic == "claims.built.v1"]

        assert ["C000", "C1"] == claims

    def test_it_rests_on_the_reviews_of_its_own_claim_alone(self):
        desk = Desk()
        desk.send(review("x"), review("x", review_id="R2", claim_id="C2"), CLAIM)

        assert ["R1"] == [fact.id for fact in desk.decisions[-1].facts if fact.topic == "reviews.v1"]


class TestRoutes:
    @pytest.mark.parametrize(
        ("route", "topic"),
        [("RELEASE", CLAIMS_RELEASED), ("HOLD", CLAIMS_HELD), ("REBUILD", CLAIMS_REBUILD)],
    )
    def test_a_first_decision_goes_to_the_topic_of_its_route_alone(self, route, topic):
        desk = Desk()
        desk.judge.says(route, *([] if route == "RELEASE" else [found("a", route)]))
        desk.send(CLAIM)

        assert topic.name == desk.topics[0]
        assert len([emit for emit in desk.emits if isinstance(emit.value, Decision)]) == 1

    @pytest.mark.parametrize(("route", "topic"), [("HOLD", CLAIMS_HELD), ("REBUILD", CLAIMS_REBUILD)])
    def test_a_decision_that_supersedes_a_release_recalls_it(self, route, topic):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says(route, found("a", route))
        desk.send(encounter())

        assert [topic.name, CLAIMS_RELEASED.name, "holds.v1"] == desk.topics
        assert desk.step.emits[0].value == desk.step.emits[1].value

    def test_a_release_that_supersedes_a_release_is_written_once(self):
        desk = Desk()
        desk.send(CLAIM, CLAIM.model_copy(update={"revision": 2}))

        assert [CLAIMS_RELEASED.name] == desk.topics

    def test_what_supersedes_a_recall_is_not_written_to_releases(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", found("a"))
        desk.send(encounter())
        desk.judge.says("HOLD", found("b"))
        desk.send(encounter(revision=2))

        assert CLAIMS_RELEASED.name not in desk.topics

    def test_claims_are_decided_in_order_of_their_ids(self):
        desk = Desk()
        desk.send(claim(line("93018"), claim_id="C2"), CLAIM)
        for claim_id in ("C2", "C1"):
            desk.judge.says("HOLD", found("a"), claim_id=claim_id)
        desk.send(encounter())

        assert ["C1", "C1", "C1", "C2", "C2", "C2"] == [emit.value.claim_id for emit in desk.step.emits]


class TestNews:
    def test_the_same_judgement_again_is_no_news(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM, encounter(), *chart())

        assert desk.judge.times_asked == 5
        assert len(desk.decisions) == 1

    def test_another_message_alone_is_no_news(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a", message="one"))
        desk.send(CLAIM)
        desk.judge.says("HOLD", found("a", message="another"))
        desk.send(encounter())

        assert len(desk.decisions) == 1

    @pytest.mark.parametrize(
        "judgement",
        [
            ("HOLD", found("b")),
            ("HOLD", found("a"), found("b")),
            ("HOLD", found("a", line_number=1)),
            ("HOLD", found("a"), found("w", "WARN")),
            ("REBUILD", found("a", "REBUILD")),
            ("RELEASE",),
            ("RELEASE", found("a", "WARN")),
        ],
        ids=["edit", "one more", "line", "warning", "severity", "route", "confirmed"],
    )
    def test_another_route_or_finding_is_news(self, judgement):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        desk.judge.says(*judgement)
        desk.send(encounter())

        assert len(desk.decisions) == 2

    def test_another_rebuild_is_news(self):
        desk = Desk()
        one = Rebuild(void=False, lines=CLAIM.lines, place_of_service="11", notes=())
        desk.judge.says("REBUILD", found("a", "REBUILD"), rebuild=one)
        desk.send(CLAIM)
        desk.judge.says("REBUILD", found("a", "REBUILD"), rebuild=one.model_copy(update={"place_of_service": "22"}))
        desk.send(encounter())

        assert len(desk.decisions) == 2

    def test_a_new_claim_revision_is_news_even_if_nothing_else_changes(self):
        desk = Desk()
        desk.send(CLAIM, CLAIM.model_copy(update={"revision": 2}))

        assert [1, 2] == decided(desk, "claim_revision")

    def test_after_a_release_a_change_of_warnings_alone_is_no_news(self):
        desk = Desk()
        desk.judge.says("RELEASE", found("a", "WARN"))
        desk.send(CLAIM)
        desk.judge.says("RELEASE", found("b", "WARN"))
        desk.send(encounter())

        assert len(desk.decisions) == 1


class TestChain:
    def test_decisions_are_counted_and_each_names_the_one_before(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", found("a"))
        desk.send(encounter())
        desk.judge.says("RELEASE")
        desk.send(encounter(revision=2))
        first, second, third = desk.decisions

        assert [1, 2, 3] == decided(desk, "sequence")
        assert [None, first.decision_id, second.decision_id] == decided(desk, "supersedes")
        assert third.route == "RELEASE"

    def test_the_chain_goes_on_from_the_stored_bytes(self):
        desk, other = Desk(), Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        other.state = desk.state
        other.send(encounter())

        assert [2] == decided(other, "sequence")
        assert [desk.decisions[0].decision_id] == decided(other, "supersedes")

    def test_each_claim_has_a_chain_of_its_own(self):
        desk = Desk()
        desk.send(CLAIM, claim(line("93018"), claim_id="C2"))

        assert [1, 1] == decided(desk, "sequence")


class TestNames:
    def test_ids_are_uuids_of_version_5(self):
        desk = Desk()
        desk.send(CLAIM)

        assert uuid.UUID(desk.decisions[0].decision_id).version == 5

    def test_a_name_is_what_the_standard_library_makes_of_it(self):
        expected = uuid.uuid5(uuid.UUID(bytes=naming.NAMESPACE), naming.canonical(("a", 1)).decode())

        assert str(expected) == naming.name_uuid("a", 1)

    def test_parts_that_join_alike_are_named_apart(self):
        assert naming.name_uuid("ab", "c") != naming.name_uuid("a", "bc")
        assert naming.digest("1", "1") != naming.digest("11")

    def test_the_same_path_gives_the_same_ids(self):
        desk, other = Desk(), Desk()
        for each in (desk, other):
            each.send(CLAIM, encounter(), CLAIM.model_copy(update={"revision": 2}))

        assert decided(desk, "decision_id") == decided(other, "decision_id")

    @pytest.mark.parametrize(
        "records",
        [
            [CLAIM.model_copy(update={"revision": 2})],
            [encounter(), CLAIM],
            [claim(line("93015"), claim_id="C2")],
        ],
        ids=["claim revision", "facts", "claim"],
    )
    def test_an_id_depends_on(self, records):
        desk, other = Desk(), Desk()
        desk.send(CLAIM)
        other.send(*records)

        assert desk.decisions[0].decision_id != other.decisions[0].decision_id

    def test_an_id_depends_on_the_edit_set(self):
        desk, other = Desk(), Desk()
        other.edits = {"L1": edit()}
        for each in (desk, other):
            each.send(CLAIM)

        assert desk.decisions[0].decision_id != other.decisions[0].decision_id

    def test_an_id_depends_on_conflicts_and_unreadable_records(self):
        plain, conflict, unreadable = Desk(), Desk(), Desk()
        conflict.send(encounter(place_of_service="22"))
        unreadable.send_unreadable()
        for desk in (plain, conflict, unreadable):
            desk.send(encounter(), CLAIM)
        ids = {desk.decisions[0].decision_id for desk in (plain, conflict, unreadable)}

        assert len(ids) == 3

    def test_an_id_does_not_depend_on_event_ids(self):
        desk, other = Desk(), Desk()
        desk.send(encounter(), CLAIM)
        other.send(encounter(event_id="another, longer"), CLAIM)

        assert decided(desk, "decision_id") == decided(other, "decision_id")


class TestTimes:
    def test_it_is_decided_at_the_latest_event_time_among_its_facts(self):
        desk = Desk()
        desk.send(encounter(occurred_at=at(300)), CLAIM)

        assert desk.decisions[0].decided_at == at(300)

    def test_a_review_counts(self):
        desk = Desk()
        desk.send(review("x", occurred_at=at(500)), CLAIM)

        assert desk.decisions[0].decided_at == at(500)

    def test_a_claim_that_it_does_not_rest_on_does_not_count(self):
        desk = Desk()
        desk.send(claim(line("93018"), claim_id="C2", billing_entity_id="R", occurred_at=at(900)), CLAIM)

        assert desk.decisions[-1].decided_at == at(60)

    def test_a_learned_edit_that_speaks_counts(self):
        desk = Desk()
        desk.edits = {"L1": edit(occurred_at=at(600))}
        desk.judge.says("HOLD", learned("L1"))
        desk.send(CLAIM)

        assert desk.decisions[0].decided_at == at(600)

    def test_a_learned_edit_that_no_longer_speaks_counts(self):
        desk = Desk()
        desk.judge.says("HOLD", learned("L1"), found("a"))
        desk.edits = {"L1": edit()}
        desk.send(CLAIM)
        desk.judge.says("HOLD", found("a"))
        desk.set_edits(edit(status="RETIRED", revision=2, occurred_at=at(700)))

        assert desk.decisions[-1].decided_at == at(700)

    def test_a_learned_edit_that_is_gone_from_the_table_does_not_count(self):
        desk = Desk()
        desk.judge.says("HOLD", learned("L1"))
        desk.edits = {"L1": edit()}
        desk.send(CLAIM)
        desk.edits = {}
        desk.judge.says("RELEASE")
        desk.send(encounter())

        assert desk.decisions[-1].decided_at == at(60)

    @pytest.mark.parametrize("route", ["HOLD", "REBUILD"])
    def test_a_claim_that_waits_is_due_after_the_sla(self, route):
        desk = Desk()
        desk.judge.says(route, found("a", route))
        desk.send(CLAIM)

        assert at(60) + SLA == desk.decisions[0].due_at

    def test_a_release_is_not_due(self):
        desk = Desk()
        desk.send(CLAIM)

        assert desk.decisions[0].due_at is None

    def test_it_stays_due_from_the_first_decision_of_the_row(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        desk.judge.says("REBUILD", found("a", "REBUILD"))
        desk.send(encounter(occurred_at=at(300)))

        assert at(60) + SLA == desk.decisions[-1].due_at

    def test_a_release_begins_a_new_row(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        desk.judge.says("RELEASE")
        desk.send(encounter())
        desk.judge.says("HOLD", found("a"))
        desk.send(encounter(revision=2, occurred_at=at(300)))

        assert at(300) + SLA == desk.decisions[-1].due_at


class TestWithdrawn:
    WITHDRAWN = CLAIM.model_copy(update={"revision": 2, "status": "WITHDRAWN"})

    def test_a_withdrawn_claim_gets_one_last_decision_that_is_not_due(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        desk.judge.says("REBUILD", found("administrative-claim-withdrawn", "REBUILD"), rebuild=VOID)
        desk.send(self.WITHDRAWN, encounter(), *chart())

        assert [at(60) + SLA, None] == decided(desk, "due_at")
        assert [("OPENED", "a"), ("CLOSED", "a")] == desk.holds

    def test_it_recalls_a_release(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("REBUILD", found("administrative-claim-withdrawn", "REBUILD"), rebuild=VOID)
        desk.send(self.WITHDRAWN)

        assert [CLAIMS_REBUILD.name, CLAIMS_RELEASED.name] == desk.topics

    def test_a_claim_that_is_built_again_begins_a_new_row(self):
        desk = Desk()
        desk.judge.says("REBUILD", found("administrative-claim-withdrawn", "REBUILD"), rebuild=VOID)
        desk.send(self.WITHDRAWN)
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM.model_copy(update={"revision": 3, "occurred_at": at(300)}))

        assert at(300) + SLA == desk.decisions[-1].due_at


class TestLearnedEdits:
    def test_active_ones_judge_in_order_of_their_ids(self):
        desk = Desk()
        desk.edits = {"L3": edit("L3"), "L2": edit("L2", status="SHADOW"), "L1": edit("L1")}
        desk.send(CLAIM)

        assert ["L1", "L3"] == [each.edit_id for each in desk.judge.learned]

    def test_the_edit_set_names_rules_and_active_edits_whatever_the_path(self):
        desk, other, ruled = Desk(), Desk(), Desk()
        desk.edits = {"L1": edit("L1"), "L2": edit("L2")}
        other.edits = {"L2": edit("L2"), "L9": edit("L9", status="RETIRED"), "L1": edit("L1")}
        for each in (desk, other, ruled):
            each.send(CLAIM)

        assert desk.decisions[0].edit_set == other.decisions[0].edit_set
        assert desk.decisions[0].edit_set != ruled.decisions[0].edit_set
        assert naming.digest(CATALOGUE_DIGEST, package_rules().digest) == ruled.decisions[0].edit_set

    def test_a_table_changed_in_place_is_noticed(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.edits["L1"] = edit()
        desk.send(encounter())

        assert (edit(),) == desk.judge.learned

    def test_the_same_table_gives_the_very_same_edits(self):
        desk = Desk()
        desk.edits = {"L1": edit()}
        desk.send(CLAIM)
        before = desk.judge.learned
        desk.send(encounter())

        assert before is desk.judge.learned

    def test_a_change_reconsiders_what_waits(self):
        desk = Desk()
        desk.judge.says("HOLD", learned("L1"))
        desk.edits = {"L1": edit()}
        desk.send(CLAIM)
        desk.judge.says("RELEASE")
        desk.set_edits(edit(status="RETIRED", revision=2))

        assert ["HOLD", "RELEASE"] == decided(desk, "route")
        assert [("OPENED", "L1"), ("CLOSED", "L1")] == desk.holds

    def test_a_change_that_changes_nothing_leaves_the_state_alone(self):
        desk = Desk()
        desk.judge.says("HOLD", found("a"))
        desk.send(CLAIM)
        before = desk.state
        desk.set_edits(edit())

        assert before == desk.state
        assert desk.step.emits == ()

    def test_a_change_does_not_reconsider_what_was_released(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"))
        desk.set_edits(edit())

        assert ["RELEASE"] == decided(desk, "route")

    def test_a_later_edit_does_not_recall_a_release_when_some_fact_comes(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"), found("w", "WARN"))
        desk.edits = {"L1": edit()}
        desk.send(encounter())

        assert ["RELEASE"] == decided(desk, "route")

    def test_a_later_edit_does_hold_the_next_revision_of_a_released_claim(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"))
        desk.edits = {"L1": edit()}
        desk.send(CLAIM.model_copy(update={"revision": 2}))

        assert ["RELEASE", "HOLD"] == decided(desk, "route")

    def test_a_release_is_recalled_when_more_than_a_later_edit_speaks_against_it(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"), found("a"))
        desk.edits = {"L1": edit()}
        desk.send(encounter())

        assert ["RELEASE", "HOLD"] == decided(desk, "route")

    def test_an_edit_older_than_the_release_recalls_it_when_a_fact_makes_it_fit(self):
        desk = Desk()
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"))
        desk.edits = {"L1": edit(occurred_at=at(0)), "L2": edit("L2")}
        desk.send(encounter())

        assert ["RELEASE", "HOLD"] == decided(desk, "route")

    def test_an_edit_that_judged_the_release_recalls_it_when_a_fact_makes_it_fit(self):
        desk = Desk()
        desk.edits = {"L1": edit()}
        desk.send(CLAIM)
        desk.judge.says("HOLD", learned("L1"))
        desk.send(encounter())

        assert ["RELEASE", "HOLD"] == decided(desk, "route")
