"""`run --notify`: each alert told once over runs, what is over only if it began since, and no tagged field ever."""

from __future__ import annotations

import datetime as dt
import json
import stat

import pytest

from agents.notifier.afterwards import HOLD_OUT, tell
from agents.settings import load_settings
from streams.topics import ALERTS
from tests.alerts import alert
from tests.canaries import RECORDS, marked, seen
from tests.integration.command_line import cleanclaim

SECRET = "whsec_c2VjcmV0"  # noqa: S105 - made up


@pytest.fixture
def settings(webhook, alertmanager):
    return {"alertmanager_url": alertmanager.url, "webhook_url": webhook.url, "webhook_secret": SECRET}


def told(receiver):
    return [post.headers["webhook-id"] for post in receiver.taken]


ONE, TWO = [alert(1), alert(1, "RESOLVED")], [alert(2)]


def test_each_record_is_told_once_over_runs(tmp_path, settings, webhook):
    store = tmp_path / "day.db"
    results = [tell(alerts, 0, store, load_settings(**settings)) for alerts in (ONE[:1], ONE, [*ONE, *TWO])]

    assert [(1, ()), (1, ()), (1, ())] == results
    assert ["alert-1.FIRING", "alert-1.RESOLVED", "alert-2.FIRING"] == told(webhook)


def test_what_was_over_before_anybody_was_told_is_no_news(tmp_path, settings, webhook):
    tell([*ONE, *TWO, alert(3)], 3, tmp_path / "day.db", load_settings(**settings))

    assert ["alert-2.FIRING", "alert-3.FIRING"] == told(webhook)


def test_alertmanager_is_told_with_each_run_what_fires_and_once_what_is_over(tmp_path, settings, alertmanager):
    store = tmp_path / "day.db"
    for alerts in (ONE[:1], ONE[:1], ONE, ONE):
        tell(alerts, 0, store, load_settings(**settings))

    now = dt.datetime.now(dt.UTC)
    ends = [dt.datetime.fromisoformat(post.json[0]["endsAt"]) for post in alertmanager.posts]
    assert [True, True, False] == [end > now + dt.timedelta(seconds=HOLD_OUT - 60) for end in ends]
    assert [True, True, False] == [end > now for end in ends]


def test_what_a_webhook_did_not_take_is_told_by_the_next_run(tmp_path, settings, webhook):
    store = tmp_path / "day.db"
    webhook.answers = [(401, {})]
    first = tell([*ONE, *TWO], 0, store, load_settings(**settings))
    second = tell([*ONE, *TWO], 3, store, load_settings(**settings))

    assert [(2, ("webhook: answered 401, at attempt 1",)), (1, ())] == [first, second]
    assert ["alert-1.RESOLVED", "alert-2.FIRING", "alert-1.FIRING"] == told(webhook)


def test_one_receiver_that_is_down_does_not_keep_the_other_from_being_told(tmp_path, settings, webhook, alertmanager):
    alertmanager.answers = [(503, {})]
    result = tell(TWO, 0, tmp_path / "day.db", load_settings(**settings))

    assert (1, ("Alertmanager: answered 503",)) == result
    assert ["alert-2.FIRING"] == told(webhook)


def test_what_was_told_is_noted_where_only_its_owner_reads(tmp_path, settings):
    tell(TWO, 0, tmp_path / "day.db", load_settings(**settings))

    assert 0o600 == stat.S_IMODE((tmp_path / "day.db-told").stat().st_mode)


# From events, every tagged field marked

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def held(number, at):
    """Events of a claim that is held, with a marker in every tagged field."""
    for topic, record in RECORDS[:5]:
        event = marked(topic, record)
        value = event["value"]
        for name in ("encounter_id", "claim_id", "document_id"):
            if name in value:
                value[name] += f"-{number}"
        value["event_id"] += f"-{number}"
        value |= {name: at.isoformat() for name in ("occurred_at", "built_at") if name in value}
        yield json.dumps(event) + "\n"


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Four days with a claim an hour, then a spike; and the quiet day after."""
    folder = tmp_path_factory.mktemp("days")
    hours = [START + dt.timedelta(hours=hour) for hour in range(96)]
    spike = [hours[-1] + dt.timedelta(minutes=30, seconds=number) for number in range(30)]
    after = [hours[-1] + dt.timedelta(hours=hour) for hour in range(3, 20)]
    quiet, loud = folder / "quiet.ndjson", folder / "loud.ndjson"
    loud.write_text("".join(line for number, at in enumerate([*hours, *spike]) for line in held(number, at)))
    quiet.write_text("".join(line for number, at in enumerate(after, 1_000) for line in held(number, at)))
    return loud, quiet


def run(tmp_path, file, settings):
    env = {f"CLEANCLAIM_{name.upper()}": value for name, value in settings.items()}
    return cleanclaim("run", file, "--store", tmp_path / "s.db", "--out", tmp_path / "out", "--notify", env=env)


def test_a_spike_and_its_end_are_told_once_and_no_post_holds_a_mark(tmp_path, settings, days, webhook, alertmanager):
    loud, quiet = days
    results = [run(tmp_path, file, settings) for file in (loud, loud, quiet, quiet)]
    lines = (tmp_path / "out" / f"{ALERTS.name}.ndjson").read_text().splitlines()
    emitted = [json.loads(line)["value"] for line in lines]
    posts = [*webhook.posts, *alertmanager.posts]

    assert [0] * 4 == [result.exit_code for result in results]
    assert {"FIRING", "RESOLVED"} == {each["status"] for each in emitted}
    assert [f"{each['alert_id']}.{each['status']}" for each in emitted] == told(webhook)
    assert alertmanager.posts
    assert set() == seen(*(text for post in posts for text in (post.body.decode(), str(post.headers))))


def test_run_says_who_could_not_be_told_and_not_where(tmp_path, settings, days, webhook):
    webhook.answers = [(404, {})] * 99
    result = run(tmp_path, days[0], settings | {"webhook_url": f"{webhook.url}/very-secret"})

    assert (1, True, False) == (
        result.exit_code,
        "--notify: webhook: answered 404, at attempt 1; the next run" in result.stderr,
        "very-secret" in result.output,
    )


def test_nobody_to_tell_is_said_before_anything_is_done(tmp_path, days):
    result = run(tmp_path, days[0], {})

    assert (2, False) == (result.exit_code, (tmp_path / "s.db").exists())
    assert "CLEANCLAIM_WEBHOOK_URL" in result.stderr
