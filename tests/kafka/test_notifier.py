"""The notifier on a real broker: each alert told once, over kills, aborted transactions and receivers that are down."""

from __future__ import annotations

import datetime as dt
import json
import signal
import time
import urllib.request

import pytest
from confluent_kafka import Producer
from prometheus_client.parser import text_string_to_metric_families

from agents.notifier.app import SESSION_SECONDS
from schemas import registry
from streams.topics import ALERTS, DEAD_LETTERS
from tests.alerts import alert
from tests.integration.command_line import cleanclaim
from tests.kafka.reading import headers_of

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def start(site, webhook, alertmanager):
    def start(slot="n"):
        worker = site.worker(
            slot,
            "--agents",
            "notifier",
            CLEANCLAIM_ALERTMANAGER_URL=alertmanager.url,
            CLEANCLAIM_WEBHOOK_URL=webhook.url,
            CLEANCLAIM_WEBHOOK_SECRET="whsec_c2VjcmV0",  # noqa: S106 - made up
        )
        worker.wait()
        return worker

    return start


def emit(site, *alerts):
    for each in alerts:
        site.send(ALERTS.name, each.alert_id, registry.write(each))


def told(receiver):
    return [post.headers["webhook-id"] for post in receiver.taken]


def test_each_alert_is_told_once_over_kill_9_and_what_comes_meanwhile_afterwards(site, start, webhook):
    worker = start()
    emit(site, alert(1), alert(2))
    webhook.wait(2)
    time.sleep(0.5)
    worker.signal(signal.SIGKILL)
    worker.ends()
    emit(site, alert(1, "RESOLVED"), alert(3), alert(3, "RESOLVED"))
    start()
    webhook.wait(5)
    emit(site, alert(4))
    webhook.wait(6)
    time.sleep(0.5)

    numbers = ["alert-1.FIRING", "alert-2.FIRING", "alert-1.RESOLVED", "alert-3.FIRING", "alert-3.RESOLVED"]
    assert sorted([*numbers, "alert-4.FIRING"]) == sorted(told(webhook))


def test_alertmanager_learns_at_once_after_a_restart_what_fires_and_what_ended_meanwhile(site, start, alertmanager):
    worker = start()
    emit(site, alert(1), alert(2))
    assert {"S01": True, "S02": True} == standing(alertmanager, 2)
    worker.signal(signal.SIGTERM)
    ended = worker.ends()
    alertmanager.posts.clear()
    emit(site, alert(2, "RESOLVED"))
    start()

    assert {"S01": True, "S02": False} == standing(alertmanager, 2)
    assert 0 == ended


def standing(alertmanager, number, seconds=20):
    """Site -> whether it fires, as Alertmanager was told last of each; waits until it was told of so many."""
    end = time.monotonic() + seconds
    found = {}
    while len(found) < number and time.monotonic() < end:
        time.sleep(0.1)
        now = dt.datetime.now(dt.UTC)
        told = [each for post in alertmanager.taken for each in post.json]
        found = {each["labels"]["site_id"]: dt.datetime.fromisoformat(each["endsAt"]) > now for each in told}
    return found


def test_history_is_no_news_but_what_fires_is(site, start, webhook):
    emit(site, alert(1), alert(1, "RESOLVED"), alert(2))
    start()
    webhook.wait(1)
    time.sleep(1)

    assert ["alert-2.FIRING"] == told(webhook)


def test_what_a_worker_took_back_is_never_told(site, start, broker, webhook):
    worker = start()
    config = {"transactional.id": f"{site.namespace}x", "compression.type": "lz4"}  # as workers write
    producer = Producer({"bootstrap.servers": broker.bootstrap, **config})
    producer.init_transactions(10)
    for number in range(6):
        producer.begin_transaction()
        producer.produce(site.namespace + ALERTS.name, registry.write(alert(number)), b"same", partition=0)
        producer.flush()
        if number % 2:
            producer.commit_transaction(10)
        else:
            producer.abort_transaction(10)
    webhook.wait(3)
    time.sleep(0.5)
    first = told(webhook)
    worker.signal(signal.SIGKILL)
    worker.ends()
    start()
    webhook.wait(4, SESSION_SECONDS + 3)

    assert ([f"alert-{number}.FIRING" for number in (1, 3, 5)], first) == (first, told(webhook))


def test_what_cannot_be_delivered_is_a_dead_letter_and_gets_a_second_chance(site, start, broker, webhook):
    webhook.answers = [(410, {})]
    start()
    emit(site, alert(1), alert(2))
    webhook.wait(1)
    end = time.monotonic() + 10
    while not (letters := list(site.read([DEAD_LETTERS.name]))) and time.monotonic() < end:
        time.sleep(0.1)
    env = {"CLEANCLAIM_NAMESPACE": site.namespace, "CLEANCLAIM_BOOTSTRAP_SERVERS": broker.bootstrap}
    listed = [json.loads(line) for line in cleanclaim("dead-letters", "list", "--json", env=env).stdout.splitlines()]
    replayed = cleanclaim("dead-letters", "replay", listed[0]["id"], env=env)
    webhook.wait(2)

    headers = headers_of(letters[0])
    assert 1 == len(letters)
    assert ("Undelivered", "notifier") == (
        headers["cleanclaim.errors.exception"],
        headers["cleanclaim.errors.processor"],
    )
    assert "webhook: answered 410, at attempt 1" == headers["cleanclaim.errors.message"]
    assert 0 == replayed.exit_code, replayed.output
    assert {"alert-1.FIRING", "alert-2.FIRING"} == set(told(webhook))
    assert 2 == len(told(webhook))


def test_a_receiver_that_is_busy_is_asked_again_when_it_said(site, start, webhook):
    webhook.answers = [(503, {"Retry-After": "1"})]
    worker = start()
    began = time.monotonic()
    emit(site, alert(1))
    webhook.wait(1)

    assert (2, True) == (len(webhook.posts), time.monotonic() - began > 1)
    assert {"taken": 1, "failed": 1, "refused": 0} == counted(worker, "webhook")


def counted(worker, receiver):
    """What /metrics says of the posts to a receiver."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        samples = [sample for family in families for sample in family.samples]
    found = [each for each in samples if each.name == "cleanclaim_notices_total"]
    return {each.labels["outcome"]: each.value for each in found if each.labels["receiver"] == receiver}


def test_bytes_that_are_no_alert_stop_nothing(site, start, webhook):
    start()
    site.send(ALERTS.name, "same", b"no Avro", partition=0)
    site.send(ALERTS.name, "same", registry.write(alert(1)), partition=0)
    webhook.wait(1)
    letters = [message.value() for message in site.read([DEAD_LETTERS.name])]

    assert (["alert-1.FIRING"], [b"no Avro"]) == (told(webhook), letters)


def test_two_notifiers_share_the_partitions_and_tell_once(site, start, webhook):
    start("a")
    other = start("b")
    emit(site, *(alert(number) for number in range(8)))
    webhook.wait(8)
    time.sleep(0.5)
    other.signal(signal.SIGKILL)
    emit(site, *(alert(number, "RESOLVED") for number in range(8)))
    webhook.wait(16, 40)
    time.sleep(0.5)

    assert 16 == len(set(told(webhook)))
    assert 16 == len(told(webhook))
