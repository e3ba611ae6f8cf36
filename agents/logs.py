"""Logs of workers: one event a line, with fields; JSON for machines, readable lines on a terminal.

    log = get_logger("cleanclaim.kafka")
    log.info("partitions restored", processor="adjudication", partitions=12)

No tagged field can come in: an event is a constant text, and of its fields only those in `FIELDS` are kept, none of
which holds one (tests/unit/test_logs.py looks at every call). Libraries below us are not so careful, and an exception's
text may quote what it choked on. So of their records the template stands without its arguments, and of an exception its
class and where it was raised. librdkafka writes its few critical lines to standard error itself: it reads no key and no
value, and speaks of brokers only.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

FIELDS: dict[str, str] = {
    "worker": "slot of the worker",
    "processor": "the processor, as `worker --agents` names it",
    "topic": "name of a topic in the catalogue",
    "partition": "number of a partition",
    "partitions": "how many partitions",
    "offset": "of a record in its partition",
    "records": "how many records",
    "seconds": "how long something took, or the wait before the next attempt",
    "error": "an error code of Kafka or the class of an exception",
    "reason": "a text of ours that says what is wrong",
    "port": "where the web views answer",
}
"""Every field that an event may have beside time, level and logger, and what it holds."""

_ADDED = frozenset({"event", "level", "logger", "timestamp", "exception", "frames"})
"""What the chain below puts in itself."""

_OURS = "cleanclaim"
_FRAMES = 30


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger that takes fields. `name` begins with `cleanclaim`."""
    return cast("FilteringBoundLogger", structlog.stdlib.get_logger(name))


def configure(level: str, stream: TextIO | None = None, **bound: str) -> None:
    """Let all logs of this process go to `stream` (standard error) in one form; `bound` stand in every line."""
    stream = sys.stderr if stream is None else stream
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed with its arguments
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**bound)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(for_person=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for host in ("faust", "mode", "agents", "aiohttp"):  # mode names the loggers of services after their modules
        logging.getLogger(host).setLevel(logging.ERROR)  # they tell of each step of starting and stopping


def _formatter(*, for_person: bool) -> structlog.stdlib.ProcessorFormatter:
    rendered: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=False)] if for_person else [structlog.processors.JSONRenderer()]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_COMMON, _only_the_template],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _only_known_fields, *rendered],
    )


_COMMON: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _only_known_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop every field that is not in `FIELDS`."""
    return {name: value for name, value in event.items() if name in FIELDS or name in _ADDED}


def _only_the_template(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Of a record of another library: what it says of every case, not of this one."""
    record: logging.LogRecord = event["_record"]
    if not record.name.startswith(_OURS):
        # asyncio works arguments into its text, on the lines after the first
        event["event"] = str(record.msg).partition("\n")[0]
    error = record.exc_info[1] if record.exc_info else None
    event.pop("exc_info", None)
    if error is not None:
        event["exception"] = type(error).__name__
        event["frames"] = _frames(error)
    return event


def _frames(error: BaseException) -> list[str]:
    """Where an exception came through, without a line of its text."""
    stack = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), limit=-_FRAMES, lookup_lines=False)
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in stack]


def _prepare() -> None:
    """Loggers work before `configure`, too: through logging, which shows warnings on standard error by itself."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_COMMON,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


_prepare()
