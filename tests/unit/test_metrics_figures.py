"""The catalogue of metrics, what a scrape shows of it, and the bounds of labels."""

from __future__ import annotations

import re

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from agents.metrics import textfile
from agents.metrics.catalogue import METRICS
from agents.metrics.figures import Figures, Histogram, registry_of
from agents.metrics.labels import OTHER, UNKNOWN, Bounded
from schemas.codec import RECORDS
from schemas.errors import Misuse
from schemas.phi import tagged


def exposed(*sources):
    text = generate_latest(registry_of(sources)).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def fill(figures):
    """A series for every metric."""
    for metric in METRICS:
        labels = tuple(f"a {label}" for label in metric.labels)
        if metric.kind == "histogram":
            histogram = Histogram(metric.buckets)
            histogram.observe(metric.buckets[0])
            figures.put(metric.name, labels, histogram)
        else:
            figures.add(metric.name, labels, 1)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_exposed_as_it_is_declared(metric):
    family = exposed(fill)[metric.name.removesuffix("_total")]

    assert (metric.kind, metric.says) == (family.type, family.documentation)
    names = {name for sample in family.samples for name in sample.labels} - {"le"}
    assert set(metric.labels) == names


def test_names_follow_the_custom_of_prometheus():
    for metric in METRICS:
        assert re.fullmatch(r"cleanclaim_[a-z_]+", metric.name)
        assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert len(METRICS) == len({metric.name for metric in METRICS})


def test_no_label_is_a_tagged_field():
    names = {path[-1] for record in RECORDS for path in tagged(record)}

    assert not names & {label for metric in METRICS for label in metric.labels}


def test_a_number_under_a_name_that_is_not_declared_is_refused():
    with pytest.raises(KeyError):
        Figures().add("cleanclaim_surprises_total", (), 1)


def test_what_several_sources_show_under_one_name_adds_up():
    def one(figures):
        figures.add("cleanclaim_transactions_total", ("tally",), 2)

    (sample,) = exposed(one, one)["cleanclaim_transactions"].samples

    assert ({"processor": "tally"}, 4.0) == (sample.labels, sample.value)


def test_the_least_of_several_values_is_shown_where_that_is_what_counts():
    figures = Figures()
    for value in (3, 2, 5):
        figures.add_least("cleanclaim_hold_oldest_due_timestamp_seconds", ("e", "s"), value)

    (family,) = figures.families()
    assert [2] == [sample.value for sample in family.samples]


def test_a_histogram_counts_up_to_each_bound():
    histogram = Histogram((1, 10))
    for value in (0.5, 1, 2, 11):
        histogram.observe(value)
    histogram.observe(3, 2)

    assert [("1", 2.0), ("10", 5.0), ("+Inf", 6.0)] == histogram.cumulative()
    assert (6, 20.5) == (histogram.count, histogram.sum)


def test_so_many_values_of_a_label_pass_and_all_others_are_one():
    label = Bounded(2, free=("built-in",))

    assert ["a", "b", OTHER, "a", "built-in", UNKNOWN] == [
        label(each) for each in ("a", "b", "c", "a", "built-in", None)
    ]


def test_a_file_of_metrics_is_private_and_replaced_whole(tmp_path):
    path = tmp_path / "m.prom"
    path.write_text("old")
    textfile.write(registry_of([fill]), path)

    assert 0o600 == path.stat().st_mode & 0o777
    assert "cleanclaim_build_info" in path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_a_file_of_metrics_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(Misuse, match="metrics cannot be written"):
        textfile.write(registry_of([fill]), tmp_path / "nowhere" / "m.prom")
