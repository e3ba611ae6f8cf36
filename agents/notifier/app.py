"""The notifier as a Faust app: its agent reads alerts.v1 itself.

At least once is right here: receivers tell a repetition by its id, and nothing that is posted could be part of a
transaction. It is an app of its own, since a rebalance clears the channels of the app that it happens in, and the
batches of the workers' lanes wait in such channels.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import faust
from faust.transport.drivers import aiokafka as driver
from yarl import URL

from agents.kafka.access import group_of
from agents.kafka.connection import bootstrap_servers, faust_credentials, librdkafka
from agents.notifier import NAME
from agents.notifier.history import History
from agents.notifier.service import Notifier
from streams.topics import INPUT_BYTES

if TYPE_CHECKING:
    from faust.types import TP

    from agents.kafka.options import Options
    from agents.settings import Settings

SESSION_SECONDS = 10.0
"""Without a sign of life for so long, a notifier's partitions move to another."""


class _CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust reads uncommitted records unless it has transactions itself; alerts are written in those of workers."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - Faust leaves no other way to say it
        return consumer


class _CommittedConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: TP) -> int | None:
        """What to commit: after the last record that was handled, since the agent handles them one by one, in order.

        Faust's own walks from offset to offset, and can stop for good where markers of transactions lie between.
        """
        acked = self._acked[tp]
        if not acked:
            return None
        last = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return last + 1


class _App(faust.App):
    def _create_directories(self) -> None:
        """Make none: what Faust would keep there are tables, and there are none."""


class _CommittedTransport(driver.Transport):
    Consumer = _CommittedConsumer


def make_notifier(settings: Settings, options: Options) -> tuple[faust.App, Notifier]:
    """A Faust app that tells the receivers in `settings` of what comes on alerts.v1, and its service."""
    logging.getLogger("aiokafka").setLevel(logging.WARNING)  # it tells of each step of joining a group
    group = options.namespace + group_of(NAME)
    app = _App(
        group,
        broker=[URL(f"kafka://{server.strip()}") for server in bootstrap_servers(settings).split(",")],
        broker_credentials=faust_credentials(settings),
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 4,
        consumer_auto_offset_reset="earliest",
        producer_max_request_size=INPUT_BYTES + (64 << 10),  # an alert that cannot be read, as a dead letter
        topic_allow_declare=False,  # topics are made by `topics create`, and only by it
        topic_disable_leader=True,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport = _CommittedTransport(app.conf.broker_consumer, app)
    history = History(librdkafka(settings), group, options.namespace, options.read)
    notifier = Notifier(app, history, settings, options)
    app.service(notifier)  # type: ignore[arg-type]  # an instance serves as well: App.on_init_extra_service
    return app, notifier
