"""From a claim to a person: a spike of holds reaches a webhook through Alertmanager, once, and so does its end.

Real Prometheus and Alertmanager on deploy/'s configuration, a real worker on a real broker. What is usual has to be
learned over days, so the worker is given what a worker leaves behind that has run for a week: a changelog, with windows
of ten seconds.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from agents.kafka.kept import pack
from schemas import registry
from schemas.hold import Hold
from schemas.record import moment
from streams.alerting import Alerting, Tuning
from streams.processor import Inbound
from streams.topics import ALERTING_STATE, ALERTS, CLAIMS_BUILT, DEAD_LETTERS, DOCUMENTATION, ENCOUNTERS, HOLDS
from tests.builders import chart, claim, encounter, line, shift
from tests.kafka_broker import free_port

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

DEPLOY = Path(__file__).parents[2] / "deploy"
WINDOW = 10.0
EDIT = "documentation-not-final"
SPIKE = 30
HOUR, DAY = 3_600_000, 86_400_000


@contextlib.contextmanager
def running(port, *command, log):
    """A program for the time of the block, from when it answers."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        end = time.monotonic() + 30
        while not answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def alertmanager(program, folder, webhook):
    """deploy/'s configuration with a channel, and with short waits."""
    config = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text("utf-8"))
    config["receivers"][0]["webhook_configs"] = [{"url": webhook.url, "send_resolved": True}]
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "2s"}
    path = folder / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config))
    port = free_port()
    storage, listen = f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{port}"
    command = (program("alertmanager"), f"--config.file={path}", storage, listen, "--cluster.listen-address=")
    return running(port, *command, log=folder / "alertmanager.log")


def prometheus(program, folder, target, manager):
    """deploy/'s configuration, for one worker and that Alertmanager, a scrape a second."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus/rules/*.yml")]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [manager.removeprefix("http://")]}]
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    port = free_port()
    storage, listen = f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{port}"
    command = (program("prometheus"), f"--config.file={path}", storage, listen)
    return running(port, *command, log=folder / "prometheus.log")


def a_quiet_week(now):
    """What alerting remembers of an edit that held a claim an hour for a week, as the changelog keeps it."""
    alerting, state = Alerting(tuning=Tuning(window_ms=int(WINDOW * 1000))), None
    for number, at in enumerate(range(now - 7 * DAY, now - HOUR, HOUR)):
        opened = Hold(
            hold_id=f"H{number}",
            claim_id=f"C{number}",
            edit_id=EDIT,
            gate="DOCUMENTATION",
            route="HOLD",
            site_id="S01",
            payer_id="P01",
            state="OPENED",
            charge_cents=100,
            due_at=moment(at) + dt.timedelta(days=30),
            occurred_at=moment(at),
        )
        for hold in (opened, shift(opened, state="CLOSED")):
            step = alerting.process(Inbound(HOLDS, EDIT, hold, b"", at), state, {})
            state = step.state
    return pack(state, step.wake_at, step.terms)


def held_claims(number):
    """Facts of so many claims whose reports wait for a signature."""
    for each in range(number):
        names = {"encounter_id": f"E{each}"}
        yield ENCOUNTERS, shift(encounter(), event_id=f"e{each}", **names)
        for document in chart():
            report = document.role == "INTERPRETING_PHYSICIAN"
            changes = {"status": "PRELIMINARY", "signed_at": None} if report else {}
            own = {"document_id": f"{document.role}-{each}", "event_id": f"{document.role}-{each}"}
            yield DOCUMENTATION, shift(document, **names, **own, **changes)
        yield CLAIMS_BUILT, shift(claim(line("93015")), claim_id=f"C{each}", event_id=f"c{each}", **names)


def publish(site, records):
    lines = [
        json.dumps({"topic": topic.name, "value": record.model_dump(mode="json")}).encode() for topic, record in records
    ]
    assert len(lines) == site.publish(lines)


def notifications(webhook, name):
    """The states in which people were told of an alert, in order."""
    return [
        each["status"] for post in webhook.posts for each in post.json["alerts"] if each["labels"]["alertname"] == name
    ]


def wait_for(seconds, what):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_a_spike_of_holds_reaches_people_once_and_so_does_its_end(site, webhook, program, tmp_path):
    began = int(time.time() * 1000)
    site.send(ALERTING_STATE.name, EDIT, a_quiet_week(began))
    with alertmanager(program, tmp_path, webhook) as manager:
        worker = site.worker("a", CLEANCLAIM_ALERTMANAGER_URL=manager)
        worker.wait()
        with prometheus(program, tmp_path, f"127.0.0.1:{worker.port}", manager):
            publish(site, held_claims(SPIKE))
            site.send(ENCOUNTERS.name, "E-poison", b"no Avro")
            planted = time.monotonic()
            wait_for(2 * WINDOW + 10, lambda: notifications(webhook, "CleanclaimHoldSpike"))
            reached = time.monotonic() - planted
            wait_for(10, lambda: notifications(webhook, "CleanclaimDeadLetters"))
            worker.signal(signal.SIGKILL)
            worker.ends()
            site.worker("a", CLEANCLAIM_ALERTMANAGER_URL=manager).wait()
            wait_for(70, lambda: notifications(webhook, "CleanclaimHoldSpike")[1:])
            time.sleep(3)

        spikes = [post.json for post in webhook.posts if "CleanclaimHoldSpike" in post.body.decode()]
        told = spikes[0]["alerts"][0]
        assert ["firing", "resolved"] == notifications(webhook, "CleanclaimHoldSpike")
        assert reached < 2 * WINDOW + 5
        assert {"S01", EDIT} == {told["labels"]["site_id"], told["labels"]["edit_id"]}
        assert "firing" in notifications(webhook, "CleanclaimDeadLetters")
        assert 1 == len(list(site.read([DEAD_LETTERS.name])))
        emitted = [registry.read(message.value()) for message in site.read([ALERTS.name])]
        spike, over = (each for each in emitted if each.kind == "HOLD_SPIKE")
        assert ("FIRING", "RESOLVED") == (spike.status, over.status)
        assert spike.message == told["annotations"]["summary"]
