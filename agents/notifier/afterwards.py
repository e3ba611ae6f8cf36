"""After a run of the embedded engine: its alerts told by plain requests, and beside the store a note of what was told.

The note is written after each delivery, so a run that is cut short may repeat the last one; its id tells. What could
not be delivered is not in the note, and the next run tries again.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NamedTuple

from agents.notifier.backoff import Pauses
from agents.notifier.board import Episode, Partition, name_of
from agents.notifier.notices import ALERTMANAGER, WEBHOOK
from agents.notifier.receivers import open_receivers
from agents.notifier.webhook import Undelivered
from schemas.errors import Misuse, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from agents.notifier.receivers import Receivers
    from agents.settings import Settings
    from schemas.alert import Alert

HOLD_OUT = 26 * 3_600.0
"""Seconds for which Alertmanager is told that an alert fires: until the next run, a day later and somewhat late."""

_ATTEMPTS = 4
"""At a delivery: a person or a schedule waits for the command."""


class Told(NamedTuple):
    """How it went: records that the webhook got, and what was in the way, one text for each receiver."""

    delivered: int
    failures: tuple[str, ...]


class Note:
    """What each receiver was told, in a file beside the store: lines of receiver, alert_id, status. Mode 0600."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(f"{store.name}-told")
        self.is_new = not self._path.exists()
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Misuse(f"{self._path}: cannot be written: {error.strerror}") from error
        self._file = os.fdopen(handle, "r+", encoding="utf-8")
        self._file.seek(0)
        self._lines = {line.rstrip("\n") for line in self._file}

    def has(self, receiver: str, alert: Alert) -> bool:
        """Whether a receiver was told of a record."""
        return self._line(receiver, alert) in self._lines

    def add(self, receiver: str, alerts: Iterable[Alert]) -> None:
        """Write down that it was, on disk before this returns."""
        lines = [self._line(receiver, alert) for alert in alerts]
        self._file.writelines(f"{line}\n" for line in lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._lines.update(lines)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @staticmethod
    def _line(receiver: str, alert: Alert) -> str:
        return f"{receiver} {alert.alert_id} {alert.status}"


def tell(alerts: Sequence[Alert], earlier: int, store: Path, settings: Settings) -> Told:
    """Tell the receivers in `settings` of `alerts`, all those of the store in their order, but for what they know.

    The first `earlier` of them stood in the store before the run. Where nobody was ever told of this store, those of
    them that are over are no news.
    """
    note = Note(store)
    try:
        if note.is_new:
            over = Partition.recalled(enumerate(alerts[:earlier]), None).told
            history = [alert for alert in alerts[:earlier] if name_of(alert) in over]
            note.add(WEBHOOK, history)
            note.add(ALERTMANAGER, history)
        return asyncio.run(_tell(alerts, note, settings))
    finally:
        note.close()


async def _tell(alerts: Sequence[Alert], note: Note, settings: Settings) -> Told:
    said = Partition.recalled(enumerate(alerts), 0)
    async with open_receivers(settings, lambda: Pauses(_ATTEMPTS)) as receivers:
        delivered, failure = await _events(alerts, note, receivers)
        failures = [failure, await _standing(alerts, said, note, receivers)]
    return Told(delivered, tuple(filter(None, failures)))


async def _events(alerts: Sequence[Alert], note: Note, receivers: Receivers) -> tuple[int, str | None]:
    """What has happened, to the webhook. A record that it refuses does not keep the others from it."""
    delivered, failure = 0, None
    for alert in alerts:
        if receivers.webhook is None or note.has(WEBHOOK, alert):
            continue
        try:
            await receivers.webhook.tell(alert)
        except Undelivered as error:
            failure = str(error)
            if not error.refused:
                break
        else:
            note.add(WEBHOOK, [alert])
            delivered += 1
    return delivered, failure


async def _standing(alerts: Sequence[Alert], said: Partition, note: Note, receivers: Receivers) -> str | None:
    """What is the case, to Alertmanager: all that fires, and what is over since it was told that it fires."""
    fired = {alert.alert_id: alert for alert in alerts if alert.status == "FIRING"}
    over = [alert for alert in alerts if alert.status == "RESOLVED" and not note.has(ALERTMANAGER, alert)]
    episodes = [Episode(alert) for alert in said.firing.values()]
    episodes += [Episode(fired[alert.alert_id], alert) for alert in over if alert.alert_id in fired]
    if receivers.alertmanager is None or not episodes:
        return None
    try:
        await receivers.alertmanager.tell(episodes, HOLD_OUT)
    except Unavailable as error:
        return str(error)
    note.add(ALERTMANAGER, over)
    return None
