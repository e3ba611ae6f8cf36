"""`cleanclaim edits`: what was learned is listed with its evidence, and a person has the last word on it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from agents.cli.edits_ledger import find_id
from agents.cli.store import open_engine
from schemas.errors import Misuse
from schemas.remittance import Adjustment, Remittance, RemittanceLine
from streams.topics import EDITS
from tests.builders import SERVICE_DATE, at, chart, claim, encounter, line, shift
from tests.desk import edit as plain_edit
from tests.integration.command_line import cleanclaim, decided, write

DENIED = Adjustment(group_code="CO", reason_code="97", amount_cents=100_00)
EDIT = {
    "scope": {"payer_ids": ["P01"], "places_of_service": ["11"]},
    "match": {"procedure_codes": ["93015"]},
    "severity": "HOLD",
    "message": "P01 pays 93015 in an office to cardiologists alone.",
    "remedy": "Ask for a referral.",
}


def visit(number, **changes):
    """A released claim for 93015 of its own visit."""
    own = {"encounter_id": f"E{number}"}
    documents = [shift(each, document_id=f"{each.document_id}-{number}", **own) for each in chart()]
    return [
        encounter(**own),
        *documents,
        claim(line("93015"), claim_id=f"C{number}", **own, **changes),
    ]


def remittance(number, paid=0, days=5):
    answered = RemittanceLine(
        line_number=1,
        procedure_code="93015",
        modifiers=(),
        units=1,
        charge_cents=100_00,
        paid_cents=paid,
        service_date=SERVICE_DATE,
        adjustments=() if paid else (DENIED,),
        remark_codes=(),
    )
    return Remittance(
        event_id=f"R{number}",
        claim_id=f"C{number}",
        payer_id="P01",
        payer_claim_control_number=None,
        claim_status_code="1",
        received_at=at() + dt.timedelta(days=days),
        adjustments=(),
        remark_codes=(),
        lines=(answered,),
    )


def learned(folder, denied, paid=0):
    """A store that has learned from so many answers."""
    answers = [0] * denied + [60_00] * paid
    visits = [each for number in range(len(answers)) for each in visit(number)]
    return decided(folder, *visits, *[remittance(number, cents) for number, cents in enumerate(answers)])


def listed(store, *arguments):
    return [json.loads(each) for each in edits("list", store, "--json", *arguments).stdout.splitlines()]


def edits(command, store, *arguments):
    return cleanclaim("edits", command, *arguments, "--store", store)


def decide(command, store, *arguments, by="ann"):
    return edits(command, store, *arguments, "--reason", "payer bulletin", "--by", by)


def route(store, claim_id):
    said = cleanclaim("explain", claim_id, "--store", store, "--json").stdout
    return json.loads(said)["decisions"][-1]["route"]


def written(folder, **changes):
    path = folder / "edit.json"
    path.write_text(json.dumps(EDIT | changes, indent=1))
    return path


@pytest.fixture
def shadow(tmp_path):
    """A store with one edit in SHADOW: two of three lines denied."""
    return learned(tmp_path, denied=2, paid=1)


def test_the_list_says_which_claims_and_what_speaks_for_an_edit(shadow):
    text = edits("list", shadow).stdout

    assert "SHADOW" in text
    assert "93015 of payer P01" in text
    assert "2 of 2 denied since 2026-03-15, CARC 97" in text
    assert "$200.00" in text
    assert "1 edit." in text


def test_a_program_gets_the_whole_edit_and_what_is_at_stake_now(shadow):
    (found,) = listed(shadow)

    assert ("SHADOW", ["P01"]) == (found["edit"]["status"], found["edit"]["scope"]["payer_ids"])
    assert (2, 1, 200_00, False) == tuple(
        found["now"][name] for name in ("denied", "paid", "at_stake_cents", "by_person")
    )


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("--status", "SHADOW"), 1),
        (("--status", "active"), 0),
        (("--payer", "P01"), 1),
        (("--payer", "P02"), 0),
    ],
)
def test_the_list_is_of_a_status_or_a_payer(shadow, arguments, number):
    assert number == len(listed(shadow, *arguments))


def test_an_edit_without_payers_is_in_the_list_of_each(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)
    assert "0 edits." in edits("list", store).stdout

    decide("add", store, written(tmp_path, scope={}))

    assert 1 == len(listed(store, "--payer", "P77"))


def test_show_tells_every_change_with_the_counts_of_that_time_and_people_by_name(shadow):
    edit_id = listed(shadow)[0]["edit"]["edit_id"]
    decide("approve", shadow, edit_id)
    decide("retire", shadow, edit_id, by="bob")

    text = edits("show", shadow, edit_id[:6]).stdout
    shown = json.loads(edits("show", shadow, edit_id, "--json").stdout)

    assert ["PROPOSED", "SHADOW", "ACTIVE", "RETIRED"] == [each["status"] for each in shown["history"]]
    assert [1, 2, 2, 2] == [each["provenance"]["denied"] for each in shown["history"]]
    assert [None, None, "ann", "bob"] == [each["provenance"]["decided_by"] for each in shown["history"]]
    assert [("APPROVE", "ann"), ("RETIRE", "bob")] == [
        (each["action"], each["decided_by"]) for each in shown["decisions"]
    ]
    assert "evidence no longer changes it" in text
    assert "What people said" in text


def test_what_nobody_decided_is_shown_without_people(shadow):
    text = edits("show", shadow, listed(shadow)[0]["edit"]["edit_id"]).stdout

    assert "its evidence" in text
    assert "What people said" not in text


def test_an_approved_edit_holds_the_next_claim_and_a_retired_one_lets_it_go(shadow, tmp_path):
    edit_id = listed(shadow)[0]["edit"]["edit_id"]

    approved = decide("approve", shadow, edit_id[:8])
    cleanclaim("run", write(tmp_path / "next.ndjson", *visit(9)), "--store", shadow, "--out", tmp_path / "out")
    held = route(shadow, "C9")
    retired = decide("retire", shadow, edit_id)

    assert (0, 0) == (approved.exit_code, retired.exit_code), approved.output + retired.output
    assert ("HOLD", "RELEASE") == (held, route(shadow, "C9"))
    assert "was SHADOW, is ACTIVE" in approved.stdout
    assert "0 waiting claims decided anew." in approved.stdout
    assert "was ACTIVE, is RETIRED" in retired.stdout
    assert "1 waiting claim decided anew: 1 released." in retired.stdout


def test_an_active_edit_is_put_back_to_shadow(tmp_path):
    store = learned(tmp_path, denied=4)
    edit_id = next(each["edit"]["edit_id"] for each in listed(store, "--status", "ACTIVE"))

    assert "was ACTIVE, is SHADOW" in decide("shadow", store, edit_id).stdout


def test_approving_what_learning_made_active_keeps_it_so(tmp_path):
    store = learned(tmp_path, denied=4)
    edit_id = next(each["edit"]["edit_id"] for each in listed(store, "--status", "ACTIVE"))

    result = decide("approve", store, edit_id)

    assert (0, True) == (result.exit_code, "stays ACTIVE, from now on by ann's word" in result.stdout)
    assert next(each["now"]["by_person"] for each in listed(store) if each["edit"]["edit_id"] == edit_id)


def test_a_program_hears_what_came_of_a_decision(shadow):
    edit_id = listed(shadow)[0]["edit"]["edit_id"]

    said = json.loads(decide("approve", shadow, edit_id, "--json").stdout)

    assert ("SHADOW", "ACTIVE", False) == (said["status_before"], said["status_after"], said["sent"])
    assert ("APPROVE", "payer bulletin") == (said["decision"]["action"], said["decision"]["reason"])


def test_with_the_clock_of_events_a_decision_happens_when_the_latest_event_did(shadow):
    edit_id = listed(shadow)[0]["edit"]["edit_id"]

    events = json.loads(decide("approve", shadow, edit_id, "--json").stdout)
    wall = json.loads(decide("shadow", shadow, edit_id, "--json", "--clock", "wall").stdout)

    assert events["decision"]["occurred_at"].startswith("2026-03-15T12:00:00")
    assert wall["decision"]["occurred_at"] > "2026-03-16"


def test_an_edit_of_a_persons_own_holds_the_claims_that_it_speaks_of(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)

    added = decide("add", store, written(tmp_path))
    cleanclaim("run", write(tmp_path / "next.ndjson", *visit(9)), "--store", store, "--out", tmp_path / "out")

    (found,) = listed(store)
    assert (0, "HOLD") == (added.exit_code, route(store, "C9")), added.output
    assert "was new, is ACTIVE: 93015 at place of service 11 of payer P01" in " ".join(added.stdout.split())
    assert ("PERSON", "ann") == tuple(found["edit"]["provenance"][name] for name in ("source", "decided_by"))
    assert "a person's; no answers" in edits("list", store).stdout


def test_the_example_of_the_docs_is_an_edit(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "edits.md").read_text("utf-8")
    path = tmp_path / "edit.json"
    path.write_text(page.split("```json")[1].split("```")[0])
    store = learned(tmp_path, denied=0, paid=1)

    added = decide("add", store, path)

    assert (0, True) == (added.exit_code, "was new, is ACTIVE" in added.stdout), added.output


def test_an_edit_may_be_added_to_be_counted_only(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)

    decide("add", store, written(tmp_path, status="SHADOW"))

    assert ["SHADOW"] == [each["edit"]["status"] for each in listed(store)]


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": {"payer_ids": ["P01", "P02"]}},
        {"scope": {}},
        {"match": {"procedure_codes": ["93015", "93018"]}},
        {"match": {"modifiers": ["26"]}},
        {"scope": {"payer_ids": ["P01"], "site_ids": ["S01"]}},
        {"match": {"procedure_codes": ["93015"], "units_over": 1}},
    ],
    ids=["payers", "any payer", "codes", "any code", "a site", "units"],
)
def test_where_answers_cannot_be_counted_for_an_edit_it_is_said_and_a_back_test_advised(tmp_path, changes):
    store = learned(tmp_path, denied=0, paid=1)

    added = decide("add", store, written(tmp_path, **changes)).stdout
    (found,) = listed(store)
    shown = edits("show", store, found["edit"]["edit_id"]).stdout

    advice = f"cleanclaim edits backtest {found['edit']['edit_id'][:12]}"
    assert not found["counted"]
    for text in (added, shown):
        assert "no denials or payments can be counted for it" in text
        assert advice in text
    assert ("at stake" in shown, "$0.00" in edits("list", store).stdout) == (False, False)


def test_answers_are_counted_for_an_edit_of_one_payer_and_code(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)

    added = decide("add", store, written(tmp_path)).stdout
    (found,) = listed(store)

    assert (True, False) == (found["counted"], "can be counted" in added)
    assert "at stake" in edits("show", store, found["edit"]["edit_id"]).stdout


def test_the_outputs_are_completed_where_they_are_named(shadow, tmp_path):
    decide("approve", shadow, listed(shadow)[0]["edit"]["edit_id"], "--out", tmp_path / "other")

    last = (tmp_path / "other" / "edits.v1.ndjson").read_text().splitlines()[-1]
    assert "ACTIVE" == json.loads(last)["value"]["status"]


@pytest.mark.parametrize("command", ["show", "approve", "shadow", "retire"])
@pytest.mark.parametrize("edit_id", ["ffffffff", "f", ""])
def test_an_edit_that_is_not_known_is_refused(shadow, command, edit_id):
    arguments = [] if command == "show" else ["--reason", "r"]
    result = edits(command, shadow, edit_id, *arguments)

    assert 2 == result.exit_code
    assert "no such edit; edits list shows all" in result.stderr


def test_an_id_that_begins_several_is_refused():
    ids = {"3f9a01": 1, "3f9a02": 2, "4f9a01": 3, "4f9a": 4}

    assert ["3f9a01", "4f9a"] == [find_id(ids, prefix, "") for prefix in ("3f9a01", "4f9a")]
    with pytest.raises(Misuse, match="2 edits begin so; give more of the id"):
        find_id(ids, "3f9a", "")


def test_the_same_decision_twice_is_refused(shadow):
    edit_id = listed(shadow)[0]["edit"]["edit_id"]
    decide("approve", shadow, edit_id)

    result = decide("approve", shadow, edit_id)

    assert (2, "is ACTIVE already, by a person's word") == (result.exit_code, result.stderr.strip()[-37:])


def test_adding_what_is_there_already_is_refused(shadow, tmp_path):
    path = written(tmp_path)
    decide("add", shadow, path)

    result = decide("add", shadow, path)

    assert 2 == result.exit_code
    assert "differs in nothing that may change: status, severity and dates" in result.stderr


def test_adding_an_edit_again_changes_its_dates_and_keeps_its_evidence(shadow, tmp_path):
    known = listed(shadow)[0]["edit"]
    same = {name: known[name] for name in ("scope", "match")}

    added = decide("add", shadow, written(tmp_path, **same, effective_to="2026-12-31"))

    edit = listed(shadow)[0]["edit"]
    assert (0, True) == (added.exit_code, "was SHADOW, is ACTIVE" in added.stdout), added.output
    assert (known["edit_id"], "2026-12-31", 2, "ann") == (
        edit["edit_id"],
        edit["effective_to"],
        edit["provenance"]["denied"],
        edit["provenance"]["decided_by"],
    )
    assert "served up to 2026-12-31" in edits("list", shadow).stdout


def test_what_learning_will_not_take_is_told_and_kept(shadow, rules):
    with open_engine(shadow, rules) as engine:
        engine.feed(EDITS, plain_edit("f0f0f0f0"))  # of which learning knows nothing

    result = decide("approve", shadow, "f0f0")

    assert (1, "") == (result.exit_code, result.stdout)
    assert "learning did not take the decision, which is a dead letter now" in result.stderr
    assert "edit-decisions.v1" in cleanclaim("dead-letters", "list", "--store", shadow).stdout


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{\n", "edit.json:2: not JSON; expected one object in JSON"),
        ("[]", "edit.json: expected one object in JSON"),
        ({"severity": "REBUILD"}, 'edit.json:15: severity: expected one of HOLD or WARN, got "REBUILD"'),
        ({"remedy": None}, "edit.json:17: remedy: expected text, got null"),
        ({"match": {"procedure_codes": [93015]}}, "edit.json:11: match.procedure_codes[0]: expected text, got 93015"),
        ({"match": {"codes": []}}, "codes: no such field; an edit in a file has"),
        ({"scope": {}, "match": {}}, "edit.json: scope, match: expected at least one condition"),
        ({"status": "RETIRED"}, "status: expected ACTIVE or SHADOW"),
        ({"edit_id": "0123"}, "edit_id: expected "),
        (
            {"effective_from": "2026-02-01", "effective_to": "2026-01-01"},
            "effective_to: expected a day from effective_from",
        ),
        ({"effective_from": "01/02/2026"}, "effective_from: expected a day, as 2026-03-01"),
    ],
)
def test_a_file_that_is_no_edit_is_refused_with_line_and_field(tmp_path, text, why):
    store = learned(tmp_path, denied=0, paid=1)
    path = tmp_path / "edit.json"
    if isinstance(text, dict):
        written(tmp_path, **text)
    else:
        path.write_text(text)

    result = decide("add", store, path)

    assert (2, "") == (result.exit_code, result.stdout)
    assert why in result.stderr
    assert [] == listed(store)


def test_a_field_that_is_missing_is_named(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)
    path = tmp_path / "edit.json"
    path.write_text(json.dumps({name: value for name, value in EDIT.items() if name != "severity"}))

    assert "edit.json: severity: expected one of HOLD, WARN, got nothing" in decide("add", store, path).stderr


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content):
    store = learned(tmp_path, denied=0, paid=1)
    path = tmp_path / "edit.json"
    if content is not None:
        path.write_bytes(content)

    assert "edit.json: cannot be read" in decide("add", store, path).stderr


def test_an_id_that_fits_may_stand_in_the_file(tmp_path):
    store = learned(tmp_path, denied=0, paid=1)
    decide("add", store, written(tmp_path))
    edit_id = listed(store)[0]["edit"]["edit_id"]

    again = decide("add", store, written(tmp_path, edit_id=edit_id))

    assert "differs in nothing that may change" in again.stderr


@pytest.mark.parametrize("said", [("--reason", " "), ("--reason", "two\nlines"), ("--reason", "r", "--by", "\x1b")])
def test_a_reason_and_a_name_are_text_on_one_line(shadow, said):
    result = edits("approve", shadow, listed(shadow)[0]["edit"]["edit_id"], *said)

    assert (2, True) == (result.exit_code, "expected text on one line" in result.stderr)


def test_a_decision_needs_a_reason(shadow):
    assert "Missing option '--reason'" in edits("approve", shadow, "3f9a").stderr


@pytest.mark.parametrize("command", [("list",), ("show", "3f9a"), ("approve", "3f9a", "--reason", "r")])
def test_without_a_store_there_are_no_edits(tmp_path, command):
    result = cleanclaim("edits", *command, "--store", tmp_path / "none.db")

    assert (2, True) == (result.exit_code, "no store there" in result.stderr)
