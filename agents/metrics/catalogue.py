"""Every metric: name, type, labels, what it says. Exposition, docs/metrics.md, dashboards and rules rest on this table.

No label holds a tagged field. Those whose values come from data (edits that were learned, sites) are bounded: see
`agents.metrics.labels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
Where = Literal["both", "Kafka", "embedded"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `buckets` are the upper bounds of a histogram, without the last, which has none."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    says: str
    where: Where = "both"
    buckets: tuple[float, ...] = ()


_LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 10, 100, 500, 1_000, 2_500, 5_000)

METRICS: tuple[Metric, ...] = (
    Metric("cleanclaim_build_info", "gauge", ("version",), "1; the version that runs."),
    # What was decided
    Metric(
        "cleanclaim_decisions_total",
        "counter",
        ("route", "site_id"),
        "Decisions, each once: one that takes a release back counts under its own route.",
    ),
    Metric(
        "cleanclaim_decision_edits_total",
        "counter",
        ("route", "gate", "edit_id", "site_id"),
        "Decisions in which an edit spoke, by the route that the decision took; each once under every edit that did.",
    ),
    Metric("cleanclaim_recalls_total", "counter", ("site_id",), "Releases that were taken back."),
    Metric(
        "cleanclaim_holds_total",
        "counter",
        ("state", "gate", "edit_id", "site_id"),
        "Holds opened and closed, one for each claim and edit that makes it wait.",
    ),
    Metric("cleanclaim_denials_total", "counter", ("outcome", "category"), "Lines that payers denied or paid."),
    Metric("cleanclaim_alerts_total", "counter", ("kind", "status"), "Alerts that began and ended."),
    Metric(
        "cleanclaim_notices_total",
        "counter",
        ("receiver", "outcome"),
        "Posts of the notifier: taken; refused, which is final; failed, and posted again.",
        "Kafka",
    ),
    Metric(
        "cleanclaim_dead_letters_total",
        "counter",
        ("topic", "exception"),
        "Records set aside, by the topic they were meant for (unknown where nobody can say) and by what was wrong: "
        "Unreadable, Refused, or the class of the exception that a processor raised.",
    ),
    Metric(
        "cleanclaim_input_records_total",
        "counter",
        ("topic", "outcome"),
        "Records from outside, each under what became of it: applied, superseded, duplicate, dead letter.",
    ),
    Metric(
        "cleanclaim_decision_latency_seconds",
        "histogram",
        (),
        "From the append of a record to the commit of the decisions that it brought about, one observation for each "
        "decision. Embedded: only with --clock wall, where append times are of the clock.",
        buckets=_LATENCIES,
    ),
    Metric("cleanclaim_last_commit_timestamp_seconds", "gauge", (), "When work was last committed."),
    # What waits
    Metric(
        "cleanclaim_holds_open", "gauge", ("edit_id", "site_id"), "Holds that are open, from the state of alerting."
    ),
    Metric(
        "cleanclaim_held_cents",
        "gauge",
        ("edit_id", "site_id"),
        "Charges of the claims that an edit makes wait, in cents. A claim that waits for two edits counts under both.",
    ),
    Metric(
        "cleanclaim_hold_oldest_due_timestamp_seconds",
        "gauge",
        ("edit_id", "site_id"),
        "The beginning of the day on which the open hold that is due first is due.",
    ),
    Metric(
        "cleanclaim_alerts_firing", "gauge", ("kind",), "Episodes that fire now, from the state of their processors."
    ),
    Metric("cleanclaim_edits", "gauge", ("status",), "Learned edits by status. Every worker knows all of them."),
    Metric(
        "cleanclaim_edit_precision_ratio",
        "gauge",
        ("edit_id",),
        "Of the lines that a learned edit would have held and a payer answered, the share that was denied.",
    ),
    # How the engine does
    Metric("cleanclaim_state_keys", "gauge", ("processor", "partition"), "Keys that a processor remembers."),
    Metric(
        "cleanclaim_state_bytes",
        "gauge",
        ("processor", "partition"),
        "Their states, without what indexes cost.",
        "Kafka",
    ),
    Metric("cleanclaim_store_bytes", "gauge", (), "Size of the store.", "embedded"),
    Metric(
        "cleanclaim_ready", "gauge", ("processor",), "1 once the partitions of a worker are restored and read.", "Kafka"
    ),
    Metric(
        "cleanclaim_lag_records",
        "gauge",
        ("processor", "topic", "partition"),
        "Records of an input that were not yet processed, in the partitions of this worker.",
        "Kafka",
    ),
    Metric(
        "cleanclaim_processed_records_total", "counter", ("processor",), "Records of all inputs, committed.", "Kafka"
    ),
    Metric("cleanclaim_transactions_total", "counter", ("processor",), "Transactions committed.", "Kafka"),
    Metric(
        "cleanclaim_transaction_records",
        "histogram",
        ("processor",),
        "Records in a transaction; 0 of one that only wakes or reconsiders.",
        "Kafka",
        _SIZES,
    ),
    Metric(
        "cleanclaim_transaction_seconds",
        "histogram",
        ("processor",),
        "From the begin of a transaction to its commit.",
        "Kafka",
        _DURATIONS,
    ),
    Metric(
        "cleanclaim_transaction_aborts_total", "counter", ("processor",), "Transactions that came to nothing.", "Kafka"
    ),
    Metric(
        "cleanclaim_rebalances_total", "counter", ("processor",), "Assignments of partitions by the group.", "Kafka"
    ),
    Metric("cleanclaim_restores_total", "counter", ("processor",), "Restores from changelogs, completed.", "Kafka"),
    Metric(
        "cleanclaim_restored_records_total", "counter", ("processor",), "Changelog records read by restores.", "Kafka"
    ),
)

BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
