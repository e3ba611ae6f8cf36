"""The Faust app: an agent for each processor, a service that feeds it, and two views that say how the worker is.

Faust hosts: worker command, services, channels, agents, web. It connects to no broker and has no topics of its own;
the lanes of `agents.kafka` do (docs/adr/0002).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import faust
from faust.app.base import BootStrategy
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.logs import get_logger
from schemas.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faust.types import ChannelT, StreamT
    from faust.web import Request, Response, View
    from prometheus_client import CollectorRegistry

    from agents.kafka.batch import Batch
    from agents.kafka.lane import Lane

log = get_logger("cleanclaim.worker")

_PROMETHEUS = CONTENT_TYPE_LATEST.partition(";")[0]
"""Without its parameters, which aiohttp wants apart from it."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
"""Seconds between attempts while the cluster does not answer; twice as long each time."""


class WithoutKafka(BootStrategy):
    """Start neither Faust's consumer nor its producer: no topics, no group, no leader of Faust's own."""

    enable_kafka = False


class App(faust.App):
    """A Faust app that is a host and nothing else. `sources` feed its agents."""

    BootStrategy = WithoutKafka
    sources: Sequence[Source] = ()

    def _create_directories(self) -> None:
        """Make none: what Faust would keep there are tables, and there are none."""


@dataclass(slots=True)
class Task:
    """A batch on its way through a channel, and how it ended."""

    batch: Batch
    done: asyncio.Future[None]


class Hosted(Protocol):
    """What runs here or beside it, and says how it is."""

    @property
    def ready(self) -> bool:
        """Whether it does its work."""

    @property
    def partitions(self) -> list[int]:
        """The partitions that it has."""


def make_app(
    lanes: Sequence[Lane],
    web_port: int,
    web_bind: str,
    give_up: Callable[[], None],
    beside: Mapping[str, Hosted] | None = None,
    registry: CollectorRegistry | None = None,
) -> App:
    """An app that runs `lanes`. When one of them cannot go on, `Source.failure` says why and `give_up` is called.

    `beside` are agents of other apps in this process, by name: this one's web views speak of them too.
    `registry` is what /metrics shows.
    """
    app = App(
        "cleanclaim",
        broker="kafka://",
        web_bind=web_bind,
        web_port=web_port,
        web_router_enabled=False,
        web_tables_enabled=False,
        web_graph_enabled=False,
        web_stats_enabled=False,
        web_metrics_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.sources = [_host(app, lane, give_up) for lane in lanes]

    @app.page("/healthz")
    async def healthz(self: View, request: Request) -> Response:
        """The process runs and answers."""
        del request
        return self.json({"status": "ok"})

    @app.page("/readyz")
    async def readyz(self: View, request: Request) -> Response:
        """Every agent has restored its partitions and reads them."""
        del request
        hosted = {lane.processor.name: lane for lane in lanes} | dict(beside or {})
        agents = {name: {"ready": each.ready, "partitions": each.partitions} for name, each in hosted.items()}
        ready = all(each.ready for each in hosted.values())
        return self.json({"status": "ready" if ready else "not ready", "agents": agents}, status=200 if ready else 503)

    if registry is not None:

        @app.page("/metrics")
        async def metrics(self: View, request: Request) -> Response:
            """Figures for Prometheus. On a thread: with many keys a look at their sizes takes a moment."""
            del request
            text = await asyncio.to_thread(generate_latest, registry)
            return self.bytes(text, content_type=_PROMETHEUS)

    return app


def _host(app: App, lane: Lane, give_up: Callable[[], None]) -> Source:
    """The agent that commits what a lane reads, and the service that brings it."""
    channel = app.channel(maxsize=1)

    @app.agent(channel, name=lane.processor.name)
    async def commit(stream: StreamT[Task]) -> None:
        """Commit each batch as one transaction and tell the source how it ended.

        Faust acknowledges a message whose agent raised, so nothing may escape: the source owns retry, rejoin and stop.
        """
        async for task in stream:
            try:
                await asyncio.to_thread(lane.commit, task.batch)
            except asyncio.CancelledError:
                task.done.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - handed on whole, see above
                task.done.set_exception(error)
            else:
                task.done.set_result(None)

    source = Source(lane, channel, give_up)
    app.service(source)  # type: ignore[arg-type]  # an instance serves as well: App.on_init_extra_service
    return source


class Source(Service):
    """Polls a lane and hands what it brings to the agent, one batch at a time.

    While the cluster does not answer it waits and asks again; nothing is skipped. What else goes wrong ends the worker.
    """

    def __init__(self, lane: Lane, channel: ChannelT[Task], give_up: Callable[[], None], **keywords: Any) -> None:
        self._lane = lane
        self._channel = channel
        self._give_up = give_up
        self._ended = asyncio.Event()
        self.failure: Exception | None = None
        super().__init__(**keywords)

    @Service.task
    async def _pump(self) -> None:
        pause = FIRST_PAUSE
        self._channel.app.flow_control.resume()  # else channels wait for Faust's own consumer to get partitions
        try:
            while not self.should_stop:
                try:
                    await self._once()
                    pause = FIRST_PAUSE
                except Unavailable as error:
                    log.warning("waiting for the cluster", reason=str(error), seconds=pause)
                    await self.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must end and say why
            self.failure = error
            self._give_up()
        finally:
            self._ended.set()

    async def _once(self) -> None:
        batch = await asyncio.to_thread(self._lane.poll)
        if batch:
            task = Task(batch, asyncio.get_running_loop().create_future())
            await self._channel.send(value=task)
            await task.done

    async def on_stop(self) -> None:
        """Let the batch under way be committed, then let go of the cluster."""
        await self._ended.wait()
        await asyncio.to_thread(self._lane.close)
