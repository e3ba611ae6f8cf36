"""Alerts in words, an episode a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from agents.cli.screen import Column, clock, counted
from streams.topics import ALERTS

if TYPE_CHECKING:
    import datetime as dt

    from agents.cli.screen import Screen
    from agents.embedded import Reader
    from schemas.alert import Alert


class Episode(NamedTuple):
    """What was amiss, and whether it still is: `resolved` is None while it lasts."""

    fired: Alert
    resolved: Alert | None


def episodes(reader: Reader, since: dt.datetime) -> tuple[Episode, ...]:
    """Every alert of the store that fired at `since` or later, in order."""
    alerts = [cast("Alert", entry.record) for entry in reader.records(ALERTS)]
    resolved = {alert.alert_id: alert for alert in alerts if alert.status == "RESOLVED"}
    return tuple(
        Episode(alert, resolved.get(alert.alert_id))
        for alert in sorted(alerts, key=lambda each: (each.occurred_at, each.alert_id))
        if alert.status == "FIRING" and alert.occurred_at >= since
    )


def print_alerts(screen: Screen, found: tuple[Episode, ...]) -> None:
    """When each began and ended, and what it said when it began."""
    screen.title(f"What somebody was told: {counted(len(found), 'alert')}")
    columns = (Column("From"), Column("Until"), Column("Alert"), Column("What it said", below=True))
    rows = [
        (
            clock(each.fired.occurred_at),
            clock(each.resolved.occurred_at) if each.resolved else "still on",
            each.fired.kind,
            each.fired.message,
        )
        for each in found
    ]
    if rows:
        screen.table(columns, rows)
