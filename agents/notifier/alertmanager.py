"""Alertmanager, API v2: told again and again what is the case, as it expects of Prometheus.

An alert that fires comes with an end a few minutes ahead, so that it ends by itself if nobody says it again: a notifier
that dies leaves no alert behind. https://prometheus.io/docs/alerting/latest/clients/
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from schemas.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from agents.notifier.board import Episode
    from agents.notifier.posting import Post
    from schemas.alert import Alert

REPEAT_SECONDS = 60.0
"""Between two times that all that fires is said."""

HOLD_OUT = 4 * REPEAT_SECONDS
"""Seconds after which an alert ends by itself: three posts in a row may fail, as with Prometheus."""

SEVERITY = {"HOLD_SPIKE": "critical", "DENIAL_SURGE": "warning", "HOLD_OVERDUE": "warning"}
"""A spike stops money now; the others cost it by the day."""

_LABELS = ("site_id", "payer_id", "procedure_code", "edit_id", "gate")
_PATH = "/api/v2/alerts"


def alert_name(alert: Alert) -> str:
    """Such as CleanclaimHoldSpike."""
    return "Cleanclaim" + "".join(word.capitalize() for word in alert.kind.split("_"))


def labels_of(alert: Alert) -> dict[str, str]:
    """What Alertmanager groups and routes by: equal for all episodes of one cause, few values each, so no id."""
    found = {"alertname": alert_name(alert), "kind": alert.kind, "severity": SEVERITY[alert.kind]}
    return found | {name: str(value) for name in _LABELS if (value := getattr(alert, name)) is not None}


def runbook_of(alert: Alert, runbooks: str) -> str:
    """Where it says what to do."""
    return f"{runbooks.rstrip('/')}/{alert.kind.lower().replace('_', '-')}.md"


def annotations_of(alert: Alert, runbooks: str) -> dict[str, str]:
    """What a person reads."""
    return {
        "summary": alert.message,
        "runbook_url": runbook_of(alert, runbooks),
        "alert_id": alert.alert_id,
        "observed": f"{alert.observed:g}",
        "expected": f"{alert.expected:g}",
        "count": str(alert.count),
        "dollars": f"{alert.charge_cents / 100:.2f}",
    }


def said(
    episodes: Iterable[Episode], now: dt.datetime, runbooks: str, hold_out: float = HOLD_OUT
) -> list[dict[str, Any]]:
    """The body of a post: one alert for each set of labels, the latest episode of it. It must not be said of one cause
    that it fires and that it is over.
    """
    latest: dict[tuple[tuple[str, str], ...], Episode] = {}
    for episode in sorted(episodes, key=lambda each: (each.fired.occurred_at, each.resolved is None)):
        latest[tuple(sorted(labels_of(episode.fired).items()))] = episode
    return [_said(episode, dict(labels), now, runbooks, hold_out) for labels, episode in latest.items()]


def _said(episode: Episode, labels: dict[str, str], now: dt.datetime, runbooks: str, hold_out: float) -> dict[str, Any]:
    started = min(episode.fired.occurred_at, now)
    if episode.resolved is None:
        ends = now + dt.timedelta(seconds=hold_out)
    else:  # an end ahead of Alertmanager's clock would mean that it still fires
        ends = max(started, min(episode.resolved.occurred_at, now))
    return {
        "labels": labels,
        "annotations": annotations_of(episode.resolved or episode.fired, runbooks),
        "startsAt": started.isoformat(),
        "endsAt": ends.isoformat(),
    }


class Alertmanager:
    """One Alertmanager, or what stands before several that know each other."""

    def __init__(self, url: str, post: Post, runbooks: str, now: Callable[[], dt.datetime]) -> None:
        self._url = url.rstrip("/") + _PATH
        self._post = post
        self._runbooks = runbooks
        self._now = now

    async def tell(self, episodes: Sequence[Episode], hold_out: float = HOLD_OUT) -> None:
        """Post all of them at once. Raises `Unavailable` where it was not taken; say it again, later."""
        body = said(episodes, self._now(), self._runbooks, hold_out)
        answer = await self._post(self._url, body, {})
        if not answer.taken:
            raise Unavailable(f"Alertmanager: {answer}")
