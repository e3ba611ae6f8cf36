"""`cleanclaim publish`: files of events onto Kafka's input topics."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agents.cli import options
from agents.cli.inputs import STDIN, check_inputs
from agents.cli.progress import RunProgress
from agents.cli.screen import Column, Screen, counted
from agents.kafka.connection import admin_client, librdkafka, schema_registry
from agents.kafka.publisher import Publisher
from agents.kafka.topics import refuse_mismatch
from agents.settings import load_settings
from schemas.errors import Misuse, Unavailable
from streams.processor import Outcome
from streams.topics import DEAD_LETTERS, INPUT_TOPICS

if TYPE_CHECKING:
    from agents.settings import Settings


@click.command(short_help="Send files of events to Kafka.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if a line could not be read.")
@options.connection
@options.as_json
def publish(*, files: tuple[str, ...], strict: bool, as_json: bool, **given: str | None) -> None:
    """Send the events in FILE (NDJSON; - reads standard input) to their topics, for workers to decide on.

    A line that cannot be read becomes a dead letter with file, line and reason, and the rest is sent. What is sent
    twice is decided once, so the same command finishes what was cut short.

    \b
      cleanclaim generate --encounters 500 --seed 7 | cleanclaim publish - --bootstrap-servers localhost:9092
    """
    total = check_inputs(files)
    settings = load_settings(**given)
    refuse_mismatch(admin_client(settings), (*INPUT_TOPICS, DEAD_LETTERS), settings.namespace)
    publisher = _publisher(settings)
    with RunProgress(total) as progress:
        publisher.complained = progress.complain
        try:
            for file in files:
                _send(publisher, file, progress)
        except Unavailable as error:
            raise Unavailable(f"{error}; the same command again sends what is missing") from None
    _report(publisher.counts, as_json=as_json)
    if strict and any(outcome is not Outcome.APPLIED for _, outcome in publisher.counts):
        click.get_current_context().exit(1)


def _publisher(settings: Settings) -> Publisher:
    registry = schema_registry(settings)
    frame = None if registry is None else registry.frame
    return Publisher(librdkafka(settings), settings.namespace, frame)


def _send(publisher: Publisher, file: str, progress: RunProgress) -> None:
    if file == STDIN:
        progress.begin("stdin")
        publisher.run(click.get_binary_stream("stdin"), "stdin", progress.watch)
        return
    path = Path(file)
    progress.begin(path.name)
    try:
        stream = path.open("rb", buffering=0)
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from error
    with stream:
        try:
            publisher.run(stream, path.name, progress.watch)
        except OSError as error:
            raise Unavailable(f"{path}: reading stopped: {error.strerror}") from error
    progress.end(path.stat().st_size)


def _report(counts: Counter[tuple[str, Outcome]], *, as_json: bool) -> None:
    by_outcome: Counter[Outcome] = Counter()
    for (_, outcome), number in counts.items():
        by_outcome[outcome] += number
    sent = {topic.name: counts[topic.name, Outcome.APPLIED] for topic in INPUT_TOPICS}
    letters, known = by_outcome[Outcome.DEAD_LETTER], by_outcome[Outcome.DUPLICATE]
    if as_json:
        lines = by_outcome.total()
        options.print_json({"lines": lines, "sent": sent, "dead_letters": letters, "dead_letters_known": known})
        return
    screen = Screen()
    screen.table((Column("Topic"), Column("Sent", right=True)), [(name, f"{n:,}") for name, n in sent.items() if n])
    screen.line(f"{counted(by_outcome[Outcome.APPLIED], 'event')} sent.")
    if letters or known:
        screen.line(
            f"{counted(letters, 'new dead letter')}, {known:,} known before; each is shown by: "
            "cleanclaim dead-letters list --bootstrap-servers HOST:PORT"
        )
