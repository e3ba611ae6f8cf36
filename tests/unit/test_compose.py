"""docker-compose.yml says what docs/kafka-operations.md promises of it; no Docker is needed to look."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from agents.settings import Settings, variable_of

FILE = Path(__file__).parents[2] / "docker-compose.yml"
COMPOSE = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES = COMPOSE["services"]
OURS = ["topics", "worker-a", "worker-b", "notifier"]
WATCHING = ["prometheus", "alertmanager", "grafana"]


def test_it_starts_kafka_a_registry_the_topics_two_workers_a_notifier_and_what_watches_them():
    assert {"kafka", "registry", *OURS, *WATCHING} == set(SERVICES)


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_has_no_rights_that_it_does_not_need(name):
    service = SERVICES[name]

    assert (True, ["ALL"], ["no-new-privileges:true"]) == (
        service["read_only"],
        service["cap_drop"],
        service["security_opt"],
    )


@pytest.mark.parametrize("name", OURS)
def test_it_sets_only_what_there_is_to_set(name):
    assert set(SERVICES[name]["environment"]) <= {variable_of(setting) for setting in Settings.model_fields}


def test_workers_have_slots_of_their_own_and_wait_for_the_topics():
    workers = [SERVICES[name] for name in ("worker-a", "worker-b", "notifier")]

    assert [["worker", "--slot", slot] for slot in ("a", "b", "notifier")] == [w["command"][:3] for w in workers]
    assert ["service_completed_successfully"] * 3 == [worker["depends_on"]["topics"]["condition"] for worker in workers]


def test_prometheus_scrapes_every_worker_where_it_answers():
    scraped = yaml.safe_load((FILE.parent / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    running = [name for name in OURS if "worker" in SERVICES[name]["command"]]

    assert [f"{name}:6066" for name in running] == scraped[0]["static_configs"][0]["targets"]
    assert [["--web-bind", "0.0.0.0"]] * 3 == [SERVICES[name]["command"][-2:] for name in running]  # noqa: S104 - within the network of the containers


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "topics"])
def test_what_runs_on_says_how_it_is(name):
    assert {"test", "interval", "timeout", "retries", "start_period"} == set(SERVICES[name]["healthcheck"])


def test_what_is_waited_for_is_there_and_data_outlives_containers():
    waited = {each for service in SERVICES.values() for each in service.get("depends_on", {})}
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    folders = {source for source in mounted if source.startswith("./")}

    assert (True, set(COMPOSE["volumes"])) == (waited <= set(SERVICES), mounted - folders)
    assert [] == [folder for folder in folders if not (FILE.parent / folder).is_dir()]


def test_ports_are_open_on_the_loopback_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


def test_compose_itself_takes_the_file():
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("no docker-compose")
    done = subprocess.run([compose, "--file", FILE, "config", "--quiet"], check=False, capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)
