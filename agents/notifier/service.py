"""What the notifier's agent and its posts to Alertmanager share: the board of alerts, and the receivers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from mode import Service
from mode.utils.locks import Event

from agents.dispatch import UNREADABLE, Header, Original, dead_letter
from agents.logs import get_logger
from agents.notifier import NAME
from agents.notifier.alertmanager import REPEAT_SECONDS
from agents.notifier.backoff import FIRST, LONGEST
from agents.notifier.board import Board
from agents.notifier.notices import Notices
from agents.notifier.receivers import open_receivers
from agents.notifier.webhook import Undelivered
from schemas.alert import Alert
from schemas.errors import Unavailable, Unreadable
from streams.topics import ALERTS, DEAD_LETTERS

if TYPE_CHECKING:
    import faust
    from faust.types import TP, EventT, StreamT

    from agents.kafka.options import Options
    from agents.metrics.figures import Figures
    from agents.notifier.history import History
    from agents.notifier.receivers import Receivers
    from agents.settings import Settings
    from schemas.record import Record

log = get_logger("cleanclaim.notifier")

PAUSE = 2.0
"""Seconds before the cluster, or the schema registry, is asked again."""


class Notifier(Service):
    """Recalls the partitions that Faust gives it, and keeps Alertmanager told; the agent on `app` tells the webhook."""

    def __init__(self, app: faust.App, history: History, settings: Settings, options: Options, **keywords: Any) -> None:
        self.board = Board()
        self.failure: BaseException | None = None
        self._app = app
        self._history = history
        self._settings = settings
        self._notices = Notices()
        self._read = options.read
        self._topic = options.namespace + ALERTS.name
        self._wanted: set[int] | None = None
        self._rebalanced = Event()
        self._recalled = asyncio.Event()
        self._changed = Event()
        self._open = AsyncExitStack()
        self._receivers: Receivers
        self._letters = app.topic(options.namespace + DEAD_LETTERS.name, key_serializer="raw", value_serializer="raw")
        super().__init__(**keywords)
        app.on_partitions_assigned.connect(self._on_assigned)  # type: ignore[arg-type]  # called as documented
        alerts = app.topic(self._topic, key_serializer="raw", value_serializer="raw")

        @app.agent(alerts, name=NAME)
        async def notify(stream: StreamT[bytes]) -> None:
            """Tell of each record, and commit how far that came before the next.

            Faust acknowledges a record whose agent raised and goes on, so acknowledging is left to us, and what nobody
            foresaw ends the worker.
            """
            async for event in stream.noack().events():  # type: ignore[attr-defined]  # its protocol forgot it
                try:
                    handled = await self._handle(event)
                except Exception as error:
                    await self.crash(error)
                    raise
                if handled:
                    await stream.ack(event)
                    await app.commit({self._topic})

    @property
    def ready(self) -> bool:
        """Whether all partitions of the moment are recalled; true of a notifier that has none."""
        return self._wanted is not None and all(map(self.board.has, self._wanted))

    @property
    def partitions(self) -> list[int]:
        """Partitions that this notifier has."""
        return sorted(self._wanted or ())

    def show(self, figures: Figures) -> None:
        """A source of a scrape."""
        figures.add("cleanclaim_ready", (NAME,), float(self.ready))
        self._notices.show(figures)

    async def crash(self, reason: BaseException) -> None:
        """Keep what went wrong, so that the worker can say it."""
        self.failure = self.failure or reason
        await super().crash(reason)

    async def on_start(self) -> None:
        """Open the receivers."""
        self._receivers = await self._open.enter_async_context(open_receivers(self._settings, notices=self._notices))

    async def on_shutdown(self) -> None:
        """Let go of them, once nothing here runs any more."""
        await self._open.aclose()

    # Partitions

    async def _on_assigned(self, app: faust.App, assigned: set[TP], **_: Any) -> None:
        """Faust gives all at once. They may have been another's since, even those that we had before: recall each."""
        del app
        self._wanted = {place.partition for place in assigned if place.topic == self._topic}
        self.board.clear()
        self._rebalanced.set()
        self._recalled.set()  # whoever waits for a partition looks again whether it is still to come

    @Service.task
    async def _recall(self) -> None:
        """Read what partitions say that came to us; ask again while the cluster does not answer."""
        while not self.should_stop:
            await self.wait(self._rebalanced)
            self._rebalanced.clear()
            wanted = self.partitions
            if not wanted:
                continue
            try:
                found = await asyncio.to_thread(self._history.recall, wanted)
            except Unavailable as error:
                log.warning("waiting for the cluster", reason=str(error), seconds=PAUSE)
                await self.sleep(PAUSE)
                self._rebalanced.set()
                continue
            if self._rebalanced.is_set():
                continue  # they were given anew meanwhile
            self.board.assign(found)
            self._recalled.set()
            self._changed.set()

    async def _ours(self, partition: int) -> bool:
        """Wait until a partition is recalled. False if it has gone to another notifier, which reads its records too."""
        while not self.board.has(partition):
            if self._wanted is None or partition not in self._wanted:
                return False
            self._recalled.clear()
            await self._recalled.wait()
        return True

    # Records

    async def _handle(self, event: EventT[bytes]) -> bool:
        """Tell of a record; whether it is done with."""
        try:
            record = await self._record(event)
        except Unreadable as error:
            await self._set_aside(event, UNREADABLE, str(error))
            return True
        if not await self._ours(event.message.partition):
            return False
        if isinstance(record, Alert):
            await self._tell(event, record)
        return True

    async def _record(self, event: EventT[bytes]) -> Record:
        while True:
            try:
                record, _ = await asyncio.to_thread(self._read, event.message.value or b"")
            except Unavailable as error:
                log.warning("waiting for the schema registry", reason=str(error), seconds=PAUSE)
                await asyncio.sleep(PAUSE)
            else:
                return record

    async def _tell(self, event: EventT[bytes], alert: Alert) -> None:
        """Tell of an alert in a partition that is ours; it may leave as soon as this waits for anything."""
        news = self.board.note(event.message.partition, alert)
        self._changed.set()
        webhook = self._receivers.webhook
        if webhook is None or not (news or Header.REPLAY_OF in headers_of(event)):
            return
        try:
            await webhook.tell(alert)
        except Undelivered as error:
            log.error("alert not delivered, kept as a dead letter", reason=str(error))  # noqa: TRY400 - the text says all
            await self._set_aside(event, type(error).__name__, str(error))
        self.board.told(event.message.partition, alert)

    async def _set_aside(self, event: EventT[bytes], exception: str, text: str) -> None:
        """A dead letter, written before the record counts as handled."""
        message = event.message
        place: dict[str, str] = {Header.PARTITION: str(message.partition), Header.OFFSET: str(message.offset)}
        key = message.key.decode("utf-8", "replace") if message.key else None
        letter = dead_letter(Original(message.value or b"", ALERTS, key, place), exception, text, NAME)
        headers = {name: value.encode() for name, value in (letter.headers or {}).items()}
        await (await self._letters.send(key=message.key, value=letter.value, headers=headers))

    # Alertmanager

    @Service.task
    async def _keep_told(self) -> None:
        """Say what fires every minute, and at once when that changes."""
        pause = FIRST
        while not self.should_stop:
            await self.wait(self._changed, timeout=REPEAT_SECONDS)
            self._changed.clear()
            alertmanager, episodes = self._receivers.alertmanager, self.board.episodes()
            if self.should_stop or alertmanager is None or not episodes:
                continue
            try:
                await alertmanager.tell(episodes)
            except Unavailable as error:
                log.warning("waiting for Alertmanager", reason=str(error), seconds=pause)
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST)
                self._changed.set()
            else:
                pause = FIRST
                self.board.posted(episodes)


def headers_of(event: EventT[bytes]) -> dict[str, bytes]:
    """The headers of a record by name."""
    return dict(event.message.headers or ())
