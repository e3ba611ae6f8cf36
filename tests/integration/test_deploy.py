"""What deploy/ says holds: rules fire when they should, every metric, label and page that it names exists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from agents.metrics.catalogue import BY_NAME, METRICS
from agents.notifier.alertmanager import SEVERITY, annotations_of, labels_of
from agents.settings import Settings
from tests.alerts import alert

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/rules/cleanclaim.yml"
TESTS = DEPLOY / "prometheus/tests/cleanclaim_test.yml"
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
RULE_LIST = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]

_PROMETHEUS = {"job", "instance", "le"}
"""Labels that Prometheus itself gives."""


def panels():
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"], target["legendFormat"]


EXPRESSIONS = [
    *((rule["alert"], rule["expr"], rule["annotations"]["summary"]) for rule in RULE_LIST),
    *panels(),
]


def metrics_in(expression):
    """The metrics of ours that an expression names; a histogram by any of its three series."""
    names = set(re.findall(r"\bcleanclaim_[a-z_]+", expression))
    histograms = {f"{each.name}_{end}": each.name for each in METRICS if each.kind == "histogram" for end in _SERIES}
    return {histograms.get(name, name) for name in names}


_SERIES = ("bucket", "sum", "count")


def labels_in(expression):
    """The labels that an expression selects, groups or joins by."""
    listed = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", expression)
    matched = re.findall(r"\{([^}]*)\}", expression)
    names = {name.strip() for each in listed for name in each.split(",")}
    return {name for name in names if name} | {
        name for each in matched for name in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", each)
    }


@pytest.mark.parametrize(("where", "expression", "text"), EXPRESSIONS, ids=[each[0] for each in EXPRESSIONS])
def test_every_metric_and_label_that_is_named_exists(where, expression, text):
    names = metrics_in(expression)
    known = {label for name in names & set(BY_NAME) for label in BY_NAME[name].labels} | _PROMETHEUS
    spoken = set(re.findall(r"\$labels\.(\w+)", text)) | set(re.findall(r"\{\{(\w+)\}\}", text))

    assert set() == names - set(BY_NAME), where
    assert set() == (labels_in(expression) | spoken) - known, where
    assert names or "up" in expression, where


def test_no_rule_and_no_panel_asks_for_a_metric_of_the_other_engine():
    asked = {name for _, expression, _ in EXPRESSIONS for name in metrics_in(expression)}

    assert set() == {name for name in asked if BY_NAME[name].where == "embedded"}


def test_every_metric_is_looked_at_somewhere():
    asked = {name for _, expression, _ in EXPRESSIONS for name in metrics_in(expression)}

    assert set() == {each.name for each in METRICS if each.where != "embedded"} - asked


def test_the_variables_of_dashboards_are_of_metrics_that_exist():
    for path in DASHBOARDS:
        variables = json.loads(path.read_text("utf-8"))["templating"]["list"]
        for variable in variables[1:]:
            name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()

            assert label in BY_NAME[name].labels


def test_dashboards_have_ids_of_their_own():
    found = [json.loads(path.read_text("utf-8")) for path in DASHBOARDS]

    assert ["cleanclaim-billing", "cleanclaim-operators"] == [each["uid"] for each in found]
    for each in found:
        ids = [panel["id"] for panel in each["panels"]]
        assert sorted(set(ids)) == sorted(ids)


def test_every_alert_has_a_page_and_every_page_an_alert():
    runbooks = Settings.model_fields["runbooks_url"].default
    of_rules = {rule["annotations"]["runbook_url"] for rule in RULE_LIST}
    of_alerts = {annotations_of(alert(kind=kind), runbooks)["runbook_url"] for kind in SEVERITY}
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs/runbooks").glob("*.md")}

    assert pages == of_rules | of_alerts


def test_every_page_begins_with_the_name_of_its_alert():
    names = {rule["annotations"]["runbook_url"]: rule["alert"] for rule in RULE_LIST}
    names |= {
        annotations_of(each, "docs/runbooks")["runbook_url"]: labels_of(each)["alertname"]
        for each in (alert(kind=kind) for kind in SEVERITY)
    }

    for page, name in names.items():
        assert f"# {name}" == (ROOT / page).read_text("utf-8").splitlines()[0]


def test_every_rule_has_a_test_that_sets_it_off_and_one_that_does_not():
    checks = [each for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"] for each in test["alert_rule_test"]]
    quiet_by_its_side = {"CleanclaimNotReady"}  # a second worker stands in the same test

    for rule in RULE_LIST:
        of_rule = [bool(each["exp_alerts"]) for each in checks if each["alertname"] == rule["alert"]]
        assert True in of_rule, rule["alert"]
        assert False in of_rule or rule["alert"] in quiet_by_its_side, rule["alert"]


def test_alertmanager_keeps_silent_only_about_alerts_that_there_are():
    config = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text("utf-8"))
    known = {rule["alert"] for rule in RULE_LIST} | {labels_of(alert(kind=kind))["alertname"] for kind in SEVERITY}
    said = {
        name for rule in config["inhibit_rules"] for both in rule.values() for each in both for name in _names(each)
    }

    assert set() == said - known
    assert said


def _names(matcher):
    found = re.fullmatch(r'alertname=~?"(.*)"', matcher)
    return found[1].split("|") if found else []


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_rules_fire_when_they_should(program):
    assert "SUCCESS" in run(program("promtool"), "test", "rules", str(TESTS))


def test_the_configuration_of_prometheus_is_valid(program):
    assert f"{len(RULE_LIST)} rules found" in run(
        program("promtool"), "check", "config", str(DEPLOY / "prometheus/prometheus.yml")
    )


def test_the_configuration_of_alertmanager_is_valid(program):
    assert "SUCCESS" in run(program("amtool"), "check-config", str(DEPLOY / "alertmanager/alertmanager.yml"))
