"""The parts that are measured. Each runs in a process of its own and gives back numbers alone."""

from __future__ import annotations

import contextlib
import gc
import json
import sqlite3
import time
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast

import click

from agents.dispatch import entry_of, event_time
from agents.embedded import Embedded, Options
from agents.embedded.projection import line_of
from agents.generate import Mix, generate
from agents.ndjson import Line, read_line
from agents.ndjson_errors import UnreadableLine
from agents.settings import load_rules
from benchmarks.machine import resident
from schemas import codec
from streams.adjudication import Adjudication
from streams.judge import judge
from streams.processor import Emit, Inbound
from streams.topics import EDITS, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from streams.judge import Judgement

SEED = 7
OPEN = Mix(defects=1.0, cures=0.0, remittances=False, garbled=0.0, only=("document-preliminary",))
"""Visits whose claims wait for a signature that does not come: every encounter stays open."""

_CHUNK = 20_000
"""Lines to go through a part before the next part has them: memory stays bounded, and the clock is read rarely."""

_BATCH = 4_096
"""Rows to a commit of the bare limit: as many as the engine's."""


def make_events(path: str, encounters: int) -> dict[str, float]:
    """Write the events of `encounters` visits."""
    events = 0
    with Path(path).open("wb") as out:
        for event in generate(encounters, SEED):
            out.write(event.line)
            events += 1
    return {"events": events}


def bare_limit(path: str, store: str) -> dict[str, float]:
    """What no program of this kind can do without: take each line as JSON and keep it in SQLite, safe on disk."""
    connection = sqlite3.connect(store, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, topic TEXT, value BLOB)")
    with Path(path).open("rb") as lines:
        while rows := [(_topic(line), line) for line in islice(lines, _BATCH)]:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO log (topic, value) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
    connection.close()
    return {}


def _topic(line: bytes) -> str | None:
    try:
        topic: str = json.loads(line)["topic"]
    except (ValueError, TypeError, KeyError):
        return None
    return topic


def head(path: str, lines: int, into: str) -> dict[str, float]:
    """Write the first `lines` lines of a file into another."""
    with Path(path).open("rb") as whole, Path(into).open("wb") as out:
        out.writelines(islice(whole, lines))
    return {}


def run_engine(path: str, store: str, out: str | None) -> dict[str, float]:
    """The embedded engine over a file: CPU seconds, with commits, and with projections if there is `out`."""
    with Embedded([Adjudication(load_rules())], store, Options(out=Path(out) if out else None)) as engine:
        began = time.process_time()
        engine.run_file(path)
        return {"cpu": time.process_time() - began, "events": sum(engine.outcomes().values())}


def in_memory(path: str) -> dict[str, float]:
    """Each step of the way but the store, alone: CPU seconds of each.

    `adjudicate` is all that the processor does, states in a dictionary; `gates` (with joining and routing the whole of
    `judge`) and `encode_decisions` are parts of it.
    """
    gates = _TimedJudge()
    processor = Adjudication(load_rules(), gates)
    states: dict[str, bytes | None] = {}
    spent = dict.fromkeys(("events", "facts", "decisions", "parse", "encode", "adjudicate", "encode_decisions"), 0.0)
    spent["project"] = 0.0
    clock = 0
    gc.disable()  # as the engine does while it runs
    for lines in _chunks(path):
        began = time.process_time()
        published = list(_readable(lines))
        parsed = time.process_time()
        bodies = [codec.encode(each.record) for each in published]
        spent["encode"] += time.process_time() - parsed
        spent["parse"] += parsed - began
        inbound = []
        for each, body in zip(published, bodies, strict=True):
            clock = max(clock, event_time(each.record, 1 << 62))
            if each.topic in FACT_TOPICS:
                inbound.append(Inbound(each.topic, each.key, each.record, body, clock))
        emits: list[Emit] = []
        began = time.process_time()
        for record in inbound:
            step = processor.process(record, states.get(record.key), {EDITS.name: {}})
            states[record.key] = step.state
            emits += step.emits
        spent["adjudicate"] += time.process_time() - began
        spent["encode_decisions"] += _seconds_to_encode(emits)
        spent["project"] += _seconds_to_project(emits)
        spent["events"] += len(lines)
        spent["facts"] += len(inbound)
        spent["decisions"] += len(emits)
        gc.collect()
    return {**spent, "gates": gates.seconds}


class _TimedJudge:
    """`judge`, and the CPU seconds that it took in all."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, *arguments: Any, **options: Any) -> Mapping[str, Judgement]:
        began = time.process_time()
        judgements = judge(*arguments, **options)
        self.seconds += time.process_time() - began
        return judgements


def _chunks(path: str) -> Iterator[list[bytes]]:
    with Path(path).open("rb") as lines:
        while chunk := list(islice(lines, _CHUNK)):
            yield chunk


def _readable(lines: Iterable[bytes]) -> Iterator[Any]:
    for line in lines:
        with contextlib.suppress(UnreadableLine):
            yield read_line(line)


def _seconds_to_encode(emits: Iterable[Emit]) -> float:
    began = time.process_time()
    for emit in emits:
        claim = getattr(emit.value, "claim", None)
        if claim is None:
            codec.encode(emit.value)
        else:
            codec.encode_around(emit.value, "claim", b"")  # the claim is at hand as it came
    return time.process_time() - began


def _seconds_to_project(emits: Iterable[Emit]) -> float:
    entries = [entry_of(emit) for emit in emits]
    began = time.process_time()
    for entry in entries:
        line_of(entry.topic, entry.key, entry.record, entry.value, {})
    return time.process_time() - began


def open_encounters(store: str, steps: list[int], probe: int) -> dict[str, float]:
    """Let so many encounters be open, step by step, and at each step take `probe` events of two kinds.

    `day`: the first events of a usual day, all of new encounters. `late`: a final version of a document for each of
    `probe` encounters picked at random over all that are open: the worst that a cache can be asked for.
    """
    numbers: dict[str, float] = {}
    random = Random(SEED)  # noqa: S311 - repeatable, and nothing here is a secret
    drafts: list[bytes] = []
    opened = 0
    with Embedded([Adjudication(load_rules())], store) as engine:
        for number, step in enumerate(steps):
            fresh = (event.line for event in generate(step - opened, SEED + number, mix=OPEN))
            share = min(1.0, 3 * probe / (step - opened))
            _take(engine, _noting(fresh, drafts, random, share))
            opened = step
            numbers |= {f"{name}_{step}": value for name, value in _sizes(store).items()}
            numbers[f"rss_{step}"] = resident()
            day = [event.line for event in islice(generate(probe, SEED + 100 + number), probe)]
            numbers[f"day_{step}"], numbers[f"day_cpu_{step}"] = _take(engine, day)
            random.shuffle(drafts)
            late = [_finished(drafts.pop()) for _ in range(min(probe, len(drafts)))]
            numbers[f"late_{step}"], numbers[f"late_cpu_{step}"] = _take(engine, late)
            note(
                f"{step:,} open: {numbers[f'day_{step}'] * 1e6:.0f} us an event of a usual day, "
                f"{numbers[f'late_{step}'] * 1e6:.0f} us a late document"
            )
    return numbers


def _take(engine: Embedded, lines: Iterable[bytes]) -> tuple[float, float]:
    """Take `lines` and have them on disk: seconds an event by the clock, less those to make the lines, and of CPU."""
    stream = _Lines(lines)
    before = sum(engine.outcomes().values())
    began, cpu = time.perf_counter(), time.process_time()
    engine.run(cast("BinaryIO", stream), "benchmark")
    events = sum(engine.outcomes().values()) - before
    return (time.perf_counter() - began - stream.seconds) / events, (time.process_time() - cpu) / events


class _Lines:
    """Lines as a stream of bytes that is never silent. `seconds`: spent on making them."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self.seconds = 0.0

    def read(self, size: int) -> bytes:
        """A block of about `size` bytes; empty at the end."""
        began = time.perf_counter()
        block, length = [], 0
        for line in self._lines:
            block.append(line)
            length += len(line)
            if length >= size:
                break
        self.seconds += time.perf_counter() - began
        return b"".join(block)

    def fileno(self) -> int:
        """None, as of a buffer in memory."""
        raise OSError


def _noting(lines: Iterable[bytes], drafts: list[bytes], random: Random, share: float) -> Iterator[bytes]:
    """The lines; of the documents that are not final a `share` goes into `drafts` as well."""
    for line in lines:
        if b'"PRELIMINARY"' in line and random.random() < share:
            drafts.append(line)
        yield line


def _finished(draft: bytes) -> bytes:
    """The document of a line, final, at a revision above any that was sent."""
    event = json.loads(draft)
    document = event["value"]
    signed_at = document["signed_at"] or document["occurred_at"]
    document |= {"status": "FINAL", "signed_at": signed_at, "revision": document["revision"] + 10}
    return json.dumps(event).encode() + b"\n"


def _sizes(store: str) -> dict[str, float]:
    """Encounters with a claim that waits, bytes of their and all other states, bytes of the store."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    (waiting,) = connection.execute("SELECT count(DISTINCT key) FROM terms").fetchone()
    keys, states = connection.execute("SELECT count(*), sum(length(value)) FROM state").fetchone()
    connection.close()
    disk = sum(Path(f"{store}{suffix}").stat().st_size for suffix in ("", "-wal") if Path(f"{store}{suffix}").exists())
    return {"waiting": waiting, "keys": keys, "states": states, "disk": disk}


def reopen(store: str) -> dict[str, float]:
    """Open a store and take one event: seconds for each."""
    rules = load_rules()
    line = next(iter(generate(1, SEED + 200))).line
    began = time.perf_counter()
    with Embedded([Adjudication(rules)], store) as engine:
        ready = time.perf_counter()
        engine.publish(Line(1, line.rstrip(b"\n")), "benchmark")
        engine.commit()
        return {"open": ready - began, "first": time.perf_counter() - ready}


def note(text: str) -> None:
    """Say how far it is, on standard error."""
    click.echo(f"  {text}", err=True)
