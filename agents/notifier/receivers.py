"""The receivers that the settings name."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import aiohttp

from agents.notifier.alertmanager import Alertmanager
from agents.notifier.backoff import pauses
from agents.notifier.notices import ALERTMANAGER, WEBHOOK, Notices
from agents.notifier.posting import poster
from agents.notifier.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agents.notifier.backoff import Pauses
    from agents.settings import Settings


class Receivers(NamedTuple):
    """Who is told; None where the settings name nobody."""

    alertmanager: Alertmanager | None
    webhook: Webhook | None


@asynccontextmanager
async def open_receivers(
    settings: Settings, waits: Callable[[], Pauses] = pauses, notices: Notices | None = None
) -> AsyncIterator[Receivers]:
    """Connections to them, for the time of the block. `waits`: how often and when the webhook is asked again."""
    async with aiohttp.ClientSession() as session:
        notices = notices or Notices()
        post = poster(session)
        alertmanager, webhook = None, None
        if settings.alertmanager_url:
            alertmanager = Alertmanager(
                settings.alertmanager_url, notices.counting(ALERTMANAGER, post), settings.runbooks_url, _now
            )
        if settings.webhook_url and settings.webhook_secret:
            url, secret = settings.webhook_url.get_secret_value(), settings.webhook_secret.get_secret_value()
            webhook = Webhook(
                url, secret, notices.counting(WEBHOOK, post), settings.runbooks_url, time.time, waits=waits
            )
        yield Receivers(alertmanager, webhook)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
