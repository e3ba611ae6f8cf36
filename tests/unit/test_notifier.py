"""The notifier without a network: what receivers are told, how often they are asked, what is known after a restart."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json

import pytest

from agents.metrics.figures import Figures
from agents.notifier.alertmanager import HOLD_OUT, Alertmanager, annotations_of, labels_of, said
from agents.notifier.backoff import ATTEMPTS, LONGEST, LONGEST_ASKED, Pauses
from agents.notifier.board import Board, Episode, Partition
from agents.notifier.notices import Notices
from agents.notifier.posting import Answer
from agents.notifier.receivers import open_receivers
from agents.notifier.webhook import Undelivered, Webhook, body_of, key_of, signed
from agents.settings import Settings
from schemas.errors import Misuse, Unavailable
from tests.alerts import SINCE, alert

NOW = SINCE + dt.timedelta(days=1)
OK = Answer(200)


class Network:
    """Answers posts with `answers`, then well; `posts` are those that came, `slept` the pauses between."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.posts = []
        self.slept = []

    async def post(self, url, body, headers):
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if self.answers else OK

    async def sleep(self, seconds):
        self.slept.append(seconds)

    def webhook(self, secret="s"):  # noqa: S107 - made up
        waits = lambda: Pauses(chance=lambda _, high: high)  # noqa: E731
        return Webhook("http://w", secret, self.post, "docs", lambda: 1_000.5, waits=waits, sleep=self.sleep)

    def tell(self, record):
        asyncio.run(self.webhook().tell(record))


# What is posted


def test_labels_are_few_and_the_same_for_every_episode_of_a_cause():
    labels = labels_of(alert(1))

    assert labels == labels_of(alert(1, alert_id="another", count=7, message="other", occurred_at=NOW))
    assert {
        "alertname": "CleanclaimHoldSpike",
        "kind": "HOLD_SPIKE",
        "severity": "critical",
        "site_id": "S01",
        "edit_id": "documentation-interpretation-unsigned",
        "gate": "DOCUMENTATION",
    } == labels


def test_annotations_say_what_a_person_must_know():
    assert {
        "summary": "31 claims held in 5 minutes where 10.5 are usual; see that reports get signed.",
        "runbook_url": "https://runs/hold-spike.md",
        "alert_id": "alert-1",
        "observed": "31",
        "expected": "10.5",
        "count": "31",
        "dollars": "1234.50",
    } == annotations_of(alert(), "https://runs/")


def test_what_fires_ends_by_itself_unless_it_is_said_again():
    (post,) = said([Episode(alert())], NOW, "docs")

    assert (alert().occurred_at.isoformat(), (NOW + dt.timedelta(seconds=HOLD_OUT)).isoformat()) == (
        post["startsAt"],
        post["endsAt"],
    )


def test_what_is_over_ended_when_it_did_and_never_ahead_of_the_clock():
    resolved = alert(1, "RESOLVED")
    ends = [
        said([Episode(alert(), each)], now, "docs")[0]["endsAt"] for each, now in ((resolved, NOW), (resolved, SINCE))
    ]

    assert [resolved.occurred_at.isoformat(), SINCE.isoformat()] == ends


def test_of_one_cause_only_the_latest_episode_is_told():
    over = Episode(alert(1), alert(1, "RESOLVED"))
    again = Episode(alert(1, alert_id="alert-9", occurred_at=NOW))

    for order in ([over, again], [again, over]):
        (post,) = said(order, NOW, "docs")
        assert "alert-9" == post["annotations"]["alert_id"]


def test_alertmanager_that_does_not_take_it_is_unavailable():
    network = Network(Answer(500))
    manager = Alertmanager("http://a/", network.post, "docs", lambda: NOW)

    with pytest.raises(Unavailable, match="Alertmanager: answered 500"):
        asyncio.run(manager.tell([Episode(alert())]))
    assert "http://a/api/v2/alerts" == network.posts[0][0]


# The webhook


def test_a_signature_is_that_of_the_standard_webhooks_specification():
    """The example that the specification's own libraries test with."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == headers["webhook-signature"]


def test_a_receiver_can_check_who_sent_what_and_tell_a_repetition():
    network = Network()
    network.tell(alert())
    ((_, body, headers),) = network.posts

    content = b"alert-1.FIRING.1000." + body
    mac = base64.b64encode(hmac.new(b"s", content, hashlib.sha256).digest()).decode()
    assert {
        "webhook-id": "alert-1.FIRING",
        "webhook-timestamp": "1000",
        "webhook-signature": f"v1,{mac}",
    } == headers


def test_the_body_is_the_record_and_what_to_do():
    body = json.loads(json.dumps(body_of(alert(), "docs")))

    assert ("alert.firing", "2026-11-24T10:05:00Z") == (body["type"], body["timestamp"])
    assert (
        json.loads(alert().model_dump_json())
        | {
            "severity": "critical",
            "runbook_url": "docs/hold-spike.md",
        }
        == body["data"]
    )


def test_a_secret_that_is_no_base64_is_refused_without_being_shown():
    with pytest.raises(Misuse) as refused:
        key_of("whsec_not base64!")

    assert "not base64" not in str(refused.value)


@pytest.mark.parametrize("secret", ["whsec_", ""])
def test_a_secret_without_a_key_signs_nothing(secret):
    with pytest.raises(Misuse, match="CLEANCLAIM_WEBHOOK_SECRET: expected a key, got none; set it to the secret that"):
        key_of(secret)


def test_a_worker_whose_secret_holds_no_key_does_not_start():
    async def start():
        async with open_receivers(Settings(webhook_url="http://h", webhook_secret="whsec_")):  # noqa: S106 - no key
            raise AssertionError("it started")

    with pytest.raises(Misuse, match="CLEANCLAIM_WEBHOOK_SECRET"):
        asyncio.run(start())


def test_what_fails_is_tried_again_ever_later():
    network = Network(Answer(503), Answer(None, "ClientConnectorError"), Answer(429))
    network.tell(alert())

    assert (4, [1.0, 2.0, 4.0]) == (len(network.posts), network.slept)


def test_it_is_not_tried_for_ever():
    network = Network(*[Answer(503)] * 99)

    with pytest.raises(Undelivered, match=f"webhook: answered 503, at attempt {ATTEMPTS}"):
        network.tell(alert())
    assert (ATTEMPTS, LONGEST) == (len(network.posts), max(network.slept))


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_what_is_refused_for_good_is_not_tried_again(status):
    network = Network(Answer(status))

    with pytest.raises(Undelivered):
        network.tell(alert())
    assert 1 == len(network.posts)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7.0),
        ("86400", LONGEST_ASKED),
        ("Thu, 01 Jan 1970 00:17:00 GMT", 19.5),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
        ("soon", 1.0),
    ],
)
def test_a_receiver_says_when_to_come_again(header, pause):
    network = Network(Answer(503, retry_after=header))
    network.tell(alert())

    assert [pause] == network.slept


def test_senders_do_not_come_back_together():
    chosen = []
    waits = Pauses(chance=lambda low, high: chosen.append((low, high)) or high / 2)
    found = [waits.after(None, 0.0) for _ in range(3)]

    assert ([(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)], [0.5, 1.0, 2.0]) == (chosen, found)


# What is known after a restart


def news(partition, *alerts):
    board = Board()
    board.assign({0: partition})
    return [f"{each.alert_id}.{each.status}" for each in alerts if board.note(0, each)]


EPISODES = [(0, alert(1)), (1, alert(2)), (2, alert(1, "RESOLVED")), (3, alert(3))]


def test_what_was_committed_was_told_and_the_rest_is_news():
    partition = Partition.recalled(EPISODES, position=2)

    assert ["alert-1.RESOLVED", "alert-3.FIRING"] == news(partition, *(each for _, each in EPISODES))


def test_to_a_notifier_that_never_told_anything_only_what_still_fires_is_news():
    partition = Partition.recalled(EPISODES, position=None)

    assert ["alert-2.FIRING", "alert-3.FIRING"] == news(partition, *(each for _, each in EPISODES))


def test_what_fires_follows_from_all_records_whatever_was_told():
    for position in (None, 0, 4):
        board = Board()
        board.assign({0: Partition.recalled(EPISODES, position)})
        firing = [each.fired.alert_id for each in board.episodes() if each.resolved is None]
        assert ["alert-2", "alert-3"] == firing


def test_an_alert_that_is_over_is_told_until_alertmanager_has_it_once():
    board = Board()
    board.assign({0: Partition.recalled(EPISODES, 4)})
    board.note(0, alert(2, "RESOLVED"))
    first = board.episodes()
    board.posted(first)

    assert [("alert-3", None), ("alert-2", "RESOLVED")] == [
        (each.fired.alert_id, each.resolved and each.resolved.status) for each in first
    ]
    assert ["alert-3"] == [each.fired.alert_id for each in board.episodes()]


def test_what_ended_while_nobody_was_there_is_told_at_once():
    board = Board()
    board.assign({0: Partition.recalled(EPISODES, 2)})

    assert {"alert-1": "RESOLVED", "alert-2": None, "alert-3": None} == {
        each.fired.alert_id: each.resolved and each.resolved.status for each in board.episodes()
    }


def test_a_record_that_comes_twice_changes_nothing():
    board = Board()
    board.assign({0: Partition.recalled(EPISODES, 4)})
    board.note(0, alert(1))

    assert ["alert-2", "alert-3"] == [each.fired.alert_id for each in board.episodes()]


def test_what_was_told_is_no_news_the_second_time():
    board = Board()
    board.assign({0: Partition()})
    first = board.note(0, alert(1))
    board.told(0, alert(1))

    assert (True, False) == (first, board.note(0, alert(1)))


def test_partitions_that_left_say_nothing():
    board = Board()
    board.assign({0: Partition.recalled(EPISODES, 4)})
    board.clear()
    board.told(0, alert(9))

    assert (False, []) == (board.has(0), board.episodes())


# What is counted


def test_posts_are_counted_by_receiver_and_outcome_from_zero():
    network, notices, figures = Network(OK, Answer(503), Answer(404), OK), Notices(), Figures()
    post = notices.counting("webhook", network.post)
    before = Figures()
    notices.show(before)
    for _ in range(4):
        asyncio.run(post("http://w", b"", {}))
    notices.show(figures)

    shown = [
        {sample.labels["outcome"]: sample.value for family in each.families() for sample in family.samples}
        for each in (before, figures)
    ]
    assert [{"taken": 0, "refused": 0, "failed": 0}, {"taken": 2, "refused": 1, "failed": 1}] == shown
