"""`cleanclaim edits backtest`: what edits would have done to the claims of a store, which it only reads."""

from __future__ import annotations

import io
import json
import subprocess

import pytest

from agents.backtest import Replay
from agents.backtest.in_store import InStore
from agents.embedded import Embedded
from streams.adjudication import Adjudication
from streams.backtest.passages import passages
from streams.backtest.report import ALWAYS
from streams.backtest.trial import Trial
from streams.topics import CLAIMS_RELEASED
from tests.builders import encounter, review, shift
from tests.canaries import GOOD, seen, texts
from tests.integration.command_line import CLEAN, PROGRAM, UNSUPPORTED, cleanclaim, decided, event
from tests.integration.test_cli_edits import decide, edits, learned, listed, remittance, visit, written


def tried(store, *arguments):
    result = edits("backtest", store, *arguments, "--json")
    assert 0 == result.exit_code, result.stderr
    return json.loads(result.stdout)


def held(report):
    return {fate: each["claims"] for fate, each in report["total"]["fates"].items() if each["claims"]}


@pytest.fixture
def store(tmp_path):
    """Three answered claims, two of them denied, and one that is not answered."""
    return decided(
        tmp_path,
        *[each for number in range(4) for each in visit(number)],
        *[remittance(number, paid, days=5) for number, paid in enumerate((0, 0, 60_00))],
    )


def test_an_edit_that_was_not_added_is_tried_on_history(store, tmp_path):
    report = tried(store, "--with", written(tmp_path))

    total = report["total"]
    assert {"caught": 2, "clean": 1, "unanswered": 1} == held(report)
    assert [{"without": "RELEASE", "with": "HOLD", "claims": 4}] == total["routes"]
    assert (2, 200_00, 2 / 3, 1.0) == tuple(
        total[name] for name in ("denials_caught", "denials_caught_cents", "precision", "recall")
    )
    assert (60_00, 4.96) == (total["fates"]["clean"]["cents"], total["fates"]["clean"]["days_mean"])
    assert [("P01", "S01", 4)] == [(each["payer_id"], each["site_id"], each["held"]) for each in report["places"]]


def test_a_manager_reads_it_in_words(store, tmp_path):
    text = edits("backtest", store, "--with", written(tmp_path)).stdout
    plain = " ".join(text.split())

    assert "4 would go to HOLD instead of RELEASE." in plain
    assert "denied for it: caught 2 $200.00" in plain
    assert "paid: held for nothing 1 $60.00" in plain
    assert "66.7 % of 3 held and answered were denied for it (2)" in plain
    assert "100.0 % of 2 avoidable denied lines in scope (2)" in plain
    assert "P01 S01 4 4 2 $200.00 1 $60.00" in plain


def test_an_edit_of_any_status_is_taken_as_active(tmp_path):
    store = learned(tmp_path, denied=2, paid=1)
    edit_id = listed(store)[0]["edit"]["edit_id"]
    decide("retire", store, edit_id)

    report = tried(store, edit_id[:6])

    assert ([edit_id], {"caught": 2, "clean": 1}) == (report["edits"], held(report))


def test_other_active_edits_judge_beside_it(store, tmp_path):
    decide("add", store, written(tmp_path))
    added = listed(store, "--status", "ACTIVE")[0]["edit"]["edit_id"]

    narrower = tried(store, "--with", written(tmp_path, match={"procedure_codes": ["93015"], "modifiers": ["76"]}))

    assert ([added], {}) == (narrower["beside"], held(narrower))
    assert {"caught": 2, "clean": 1, "unanswered": 1} == held(tried(store, added))


def test_a_built_in_edit_is_tried_against_leaving_it_out(tmp_path):
    store = decided(tmp_path, *UNSUPPORTED, review("diagnosis-not-supporting"), shift(remittance(1), claim_id="C1"))

    report = tried(store, "diagnosis-not-supporting")
    text = edits("backtest", store, "diagnosis-not-supporting").stdout

    assert {"caught": 1} == held(report)
    assert "built in" in text
    assert "not known" not in text


def test_a_warning_changes_no_route(store, tmp_path):
    warns = written(tmp_path, severity="WARN")

    text = edits("backtest", store, "--with", warns).stdout

    assert "WARN (changes no route)" in text
    assert "No claim would go another way." in text
    assert "precision  not known: none was held and answered" in text


def test_only_claims_that_would_have_gone_out_within_the_days_count(store, tmp_path):
    file = written(tmp_path)

    within = tried(store, "--with", file, "--since", "2026-03-10", "--until", "2026-03-10")

    assert ("2026-03-10", 4) == (within["since"], within["total"]["held"])
    assert 0 == tried(store, "--with", file, "--since", "2026-03-11")["total"]["claims"]
    assert "from 2026-03-11" in edits("backtest", store, "--with", file, "--since", "2026-03-11").stdout
    assert 0 == tried(store, "--with", file, "--until", "2026-03-09")["total"]["claims"]


def test_what_could_not_be_read_holds_its_claim_on_both_sides(tmp_path):
    broken = event(encounter(), revision=2, patient_id=12345)
    store = decided(tmp_path, *CLEAN[:-1], broken, CLEAN[-1])

    assert 0 == tried(store, "--with", written(tmp_path))["total"]["claims"]


def test_a_payer_and_site_that_nothing_would_hold_is_left_out_of_the_table(tmp_path):
    elsewhere = [shift(each, site_id="S02") if hasattr(each, "site_id") else each for each in visit(7)]
    narrow = written(tmp_path, scope={"payer_ids": ["P01"], "site_ids": ["S01"]})
    store = decided(tmp_path, *visit(1), *elsewhere)

    text = edits("backtest", store, "--with", narrow).stdout

    assert "S01" in text
    assert "S02" not in text.split("By payer and site")[1]


def test_more_places_than_a_screen_holds_are_counted(tmp_path):
    visits = [
        shift(each, site_id=f"S{number:02}") if hasattr(each, "site_id") else each
        for number in range(21)
        for each in visit(number)
    ]
    text = edits("backtest", decided(tmp_path, *visits), "--with", written(tmp_path)).stdout

    assert "By payer and site: the first 20 of 21, --json has all" in text


def test_it_writes_nothing_to_the_store(store, tmp_path):
    file = written(tmp_path)
    before = store.read_bytes()
    tried(store, "--with", file)

    log = store.with_name("day.db-wal")  # SQLite makes one, empty, for whoever reads
    assert before == store.read_bytes()
    assert not log.exists() or not log.stat().st_size


def test_it_reads_while_another_process_writes(store, tmp_path):
    program = [PROGRAM, "run", "-", "--store", str(store), "--out", str(tmp_path / "out")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as writer:
        writer.stdin.write("".join(map(event, visit(8))).encode())
        writer.stdin.flush()
        report = tried(store, "--with", written(tmp_path))
        writer.stdin.close()
        assert 0 == writer.wait(timeout=60)

    assert report["total"]["held"] in {4, 5}


def test_a_replay_sends_just_what_was_released(rules, monkeypatch):
    """A generated month, with a trial that has every claim in scope and adds nothing."""
    gone = set()

    def spied(*arguments):
        found = passages(*arguments)
        gone.update((each.claim.claim_id, each.claim.revision) for each in found if each.gone)
        return found

    monkeypatch.setattr("agents.backtest.replay.passages", spied)
    month = io.BytesIO(cleanclaim("generate", "--encounters", "400", "--seed", "11").stdout.encode())
    with Embedded([Adjudication(rules)]) as engine:
        engine.run(month, "month")
        Replay(InStore(engine.reader, rules), rules, Trial(built_in=frozenset({"no-such-edit"}))).run(ALWAYS)
        decisions = [each.record for each in engine.records(CLAIMS_RELEASED)]

    released = {(each.claim_id, each.claim_revision) for each in decisions if each.route == "RELEASE"}
    assert 500 < len(released)
    assert released == gone


def test_edits_and_back_tests_show_no_tagged_value(tmp_path):
    """Every tagged field of what goes in is marked, and some of it cannot be read."""
    store = decided(tmp_path, "".join(f"{each}\n" for each in (*map(json.dumps, GOOD), *texts())))
    every = written(tmp_path, scope={}, match={"units_over": 0})
    said = []
    for command in (["backtest", "--with", every], ["add", every, "--reason", "r"], ["list"], ["show", "PREFIX"]):
        found = [each["edit"]["edit_id"] for each in listed(store)] if "PREFIX" in command else []
        result = edits(*command[:1], store, *[found[0] if part == "PREFIX" else part for part in command[1:]])
        assert 0 == result.exit_code, result.output
        said += [result.stdout, result.stderr]

    assert set() == seen(*said)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "name the edits to try"),
        (["ffffffff"], "docs/rules.md the built-in ones"),
        (["coding-"], "edits begin so; give more of the id"),
        (["--with", "none.json"], "none.json: cannot be read"),
        (["coding-units", "--since", "yesterday"], "does not match the format"),
        (["coding-units", "--since", "2026-03-02", "--until", "2026-03-01"], "expected a day from --since on"),
    ],
)
def test_what_cannot_be_tried_is_refused(store, arguments, why):
    result = edits("backtest", store, *arguments)

    assert (2, True) == (result.exit_code, why in result.stderr), result.stderr
