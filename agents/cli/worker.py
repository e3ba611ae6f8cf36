"""`cleanclaim worker`: processors on Kafka, hosted by Faust."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import click
from prometheus_client import ProcessCollector

from agents.cli import options
from agents.kafka.connection import admin_client, librdkafka, schema_registry
from agents.kafka.options import Options
from agents.kafka.topics import refuse_mismatch
from agents.logs import configure as configure_logs
from agents.logs import get_logger
from agents.metrics.committed import Committed
from agents.metrics.figures import registry_of
from agents.metrics.lanes import Lanes, Meter
from agents.notifier import NAME as NOTIFIER
from agents.processors import PROCESSORS
from agents.settings import load_rules, load_settings
from schemas.errors import CleanclaimError, Misuse, Unavailable
from streams.topics import ALERTS, DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import faust

    from agents.app import App
    from agents.notifier.service import Notifier
    from agents.settings import Settings
    from streams.processor import Processor
    from streams.topics import Topic

_GRACE = 20.0
"""Seconds in which a worker that was told to stop does so by itself."""

_FIRST_WORD = 5.0
"""Seconds for the cluster to answer at the start, before the log says that it does not."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
"""Seconds between attempts; twice as long each time."""

log = get_logger("cleanclaim.worker")


class Stopped(CleanclaimError):
    """A worker met a defect of the program."""


@click.command(short_help="Run processors on Kafka.")
@options.worker
@options.rules
def worker(*, reference: Path | None, config: Path | None, **given: Any) -> None:
    """Decide claims as their facts arrive on Kafka, exactly once, until told to stop.

    Any number of workers share the partitions. A worker that is restarted under its slot within six seconds takes its
    partitions back at once; those of one that stays away move to the others. A cluster that does not answer is waited
    for.

    \b
      cleanclaim worker --slot a --bootstrap-servers localhost:9092
    """
    settings = load_settings(**given)
    if settings.slot is None:
        raise Misuse("no name for this worker: give --slot NAME or set CLEANCLAIM_SLOT")
    configure_logs(settings.log_level, worker=settings.slot)
    names = _names(settings)
    rules = load_rules(reference, config)
    processors = [PROCESSORS[name](rules) for name in names if name != NOTIFIER]
    _run(processors, _options(settings.slot, settings), settings, notifies=NOTIFIER in names)


def _names(settings: Settings) -> list[str]:
    """What to run."""
    known = [*PROCESSORS, NOTIFIER]
    if settings.agents is None:
        return known if settings.notifies else [*PROCESSORS]
    names = [name.strip() for name in settings.agents.split(",") if name.strip()]
    if not names or not set(names) <= set(known):
        raise Misuse(f"--agents, CLEANCLAIM_AGENTS: expected some of {', '.join(known)}, separated by commas")
    if NOTIFIER in names and not settings.notifies:
        raise Misuse("notifier: nobody to tell; set CLEANCLAIM_ALERTMANAGER_URL or CLEANCLAIM_WEBHOOK_URL")
    return names


def _options(slot: str, settings: Settings) -> Options:
    connection, namespace = librdkafka(settings), settings.namespace
    registry = schema_registry(settings)
    if registry is None:
        return Options(slot, connection, namespace, batch=settings.batch)
    return Options(slot, connection, namespace, registry.frame, registry.read, batch=settings.batch)


def _wait_for_topics(topics: Iterable[Topic], settings: Settings) -> None:
    """Look at the topics once the cluster answers, however long that takes. Raises `Misuse` if they will not do."""
    pause = _FIRST_PAUSE
    while True:
        try:
            refuse_mismatch(admin_client(settings, _FIRST_WORD), topics, settings.namespace)
        except Unavailable as error:
            log.warning("waiting for the cluster", reason=str(error), seconds=pause)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            return


def _run(processors: Sequence[Processor], engine_options: Options, settings: Settings, *, notifies: bool) -> None:
    from agents.app import make_app  # noqa: PLC0415 - Faust takes a second, and only workers need it
    from agents.kafka.lane import Lane  # noqa: PLC0415 - see above
    from agents.notifier.app import make_notifier  # noqa: PLC0415 - see above

    topics = dict.fromkeys(
        topic for each in processors for topic in (*each.inputs, each.changelog, *each.tables, DEAD_LETTERS)
    )
    if notifies:
        topics |= dict.fromkeys((ALERTS, DEAD_LETTERS))
    _wait_for_topics(topics, settings)
    counts = Committed()
    meters = [Meter(processor, counts) for processor in processors]
    lanes = [Lane(processor, engine_options, meter) for processor, meter in zip(processors, meters, strict=True)]
    sources = [counts.show, *(meter.show for meter in meters), Lanes(lanes, counts).show]
    beside: dict[str, Notifier] = {}
    others = []
    if notifies:
        other, notifier = make_notifier(settings, engine_options)
        beside[NOTIFIER] = notifier
        others.append(other)
        sources.append(notifier.show)
    registry = registry_of(sources)
    ProcessCollector(registry=registry)
    app = make_app(lanes, settings.web_port, settings.web_bind, _stop_this_process, beside, registry)
    host = _host(app, *others)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # records and decisions hold no cycles; looking for some costs a tenth
    try:
        host.execute_from_commandline()
    except SystemExit as ending:
        failures = [*(source.failure for source in app.sources), *(each.failure for each in beside.values())]
        _tell(failures, ending.code)


def _host(app: App, *others: faust.App) -> faust.Worker:
    """Faust's worker, less what shows values: its SIGUSR1 prints local variables, its SIGUSR2 opens a debugger."""
    import faust  # noqa: PLC0415 - takes a second, and only workers need it

    class Host(faust.Worker):
        def install_signal_handlers(self) -> None:
            for number in (signal.SIGTERM, signal.SIGINT):
                self.loop.add_signal_handler(number, self._told, number)

        def _told(self, number: signal.Signals) -> None:
            """Stop, and for certain: a thread that hangs in a client must not keep a slot."""
            watchdog = threading.Timer(_GRACE, os._exit, [1])
            watchdog.daemon = True
            watchdog.start()
            self._schedule_shutdown(number)

    host = Host(app, *others, quiet=True, override_logging=False, redirect_stdouts=False, loglevel="WARN")
    host.spinner = None  # it writes to standard output whatever it is
    return host


def _stop_this_process() -> None:
    """End as if an operator had asked."""
    os.kill(os.getpid(), signal.SIGTERM)


def _tell(failures: Sequence[BaseException | None], code: object) -> None:
    for failure in failures:
        if isinstance(failure, CleanclaimError):
            raise failure
        if failure is not None:  # its text may hold values that nobody may log
            frames = "".join(traceback.format_tb(failure.__traceback__))
            raise Stopped(f"{frames}{type(failure).__name__} in the worker; nothing is lost, it is a defect") from None
    if code:
        raise Stopped("the worker ended unexpectedly")
