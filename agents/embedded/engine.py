"""The embedded engine: one process, one SQLite file, no server."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.dispatch import UNREADABLE, Entry, Header, Original, event_time
from agents.embedded.collector import rare_collections
from agents.embedded.flow import PENDING_BYTES, Flow
from agents.embedded.inputs import Inputs
from agents.embedded.metering import Metering
from agents.embedded.projection import Projection
from agents.embedded.reader import Reader
from agents.embedded.store import MEMORY, Store
from agents.ndjson import LineReader, read_line
from agents.ndjson_errors import UnreadableLine
from agents.second_reading import entry_from_wire, second_reading
from agents.tracing import passed_on
from schemas import codec, registry
from schemas.errors import Misuse, Unavailable, Unreadable
from streams.processor import Outcome
from streams.topics import INPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import BinaryIO, Self

    from agents.embedded.reader import DeadLetter
    from agents.engine import Logged
    from agents.ndjson import Line, Position
    from schemas.record import Record
    from streams.processor import Processor
    from streams.topics import Topic


def now_ms() -> int:
    """The real time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """How an embedded engine runs. Nothing here but `clock` and `partitions` shows in what comes out.

    clock       `events`: append time is the largest event time so far; `wall`: the real time
    partitions  of every topic, fixed when the store is made; None: what the store has, or 12
    now         the real time (ms): for the wall clock, and to refuse event times more than a day ahead
    batch       input records to a commit: so many that its cost does not count, so few that it comes several times a
                second
    memory      bytes of state kept in memory, over all processors
    out         folder for the projections; None: none
    metrics     file for the metrics; None: none
    """

    clock: Literal["events", "wall"] = "events"
    partitions: int | None = None
    now: Callable[[], int] = now_ms
    batch: int = 4_096
    memory: int = 64 << 20
    out: Path | None = None
    metrics: Path | None = None


_DEFAULTS = Options()


class Embedded:
    """Runs processors over a store. Also the project's topology test driver: feed, move the clock, look.

        with Embedded([Adjudication(rules)]) as engine:
            engine.feed(ENCOUNTERS, encounter)
            engine.advance(to_ms)
            decisions = list(engine.records(CLAIMS_RELEASED))

    Without a path the store is in memory. What was left unfinished by an engine that was killed is finished on opening.
    Leaving the `with` block commits, or goes back to the last commit if an exception leaves it.

    Raises `Misuse` for a path that is no store, `Unavailable` for one that has a writer and for a disk that is full or
    fails, and `Defect` once processors fail on more than 1 % of 1,000 records.
    """

    def __init__(
        self, processors: Sequence[Processor], path: Path | str = MEMORY, options: Options = _DEFAULTS
    ) -> None:
        self._options = options
        self._fed = 0
        self._projection: Projection | None = None
        self._metering: Metering | None = None
        self._store = Store(path, options.partitions)
        try:
            self._flow = Flow(self._store, processors, options.memory)
            self._inputs = Inputs(self._store)
            self._flow.along.append(self._inputs.ride)
            if options.out is not None:
                self._projection = Projection(self._store, options.out)
                self._projection.complete()
                self._flow.appended.append(self._projection.add)
                self._flow.along.append(self._projection.ride)
            self._flow.drain()
            self.commit()
            self._reader = Reader(self._store.read, self._store.path)
            if options.metrics is not None:
                self._metering = self._meter(options.metrics)
        except BaseException:
            self.abandon()
            raise
        self._flow.counts.clear()

    def _meter(self, path: Path) -> Metering:
        flow = self._flow
        metering = Metering(
            self._store, self._reader, path, (lambda: flow.time) if self._options.clock == "wall" else None
        )
        flow.appended.append(metering.add)
        flow.along.append(metering.ride)
        return metering

    # Feeding

    def feed(
        self, topic: Topic, record: Record, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Outcome:
        """Take one record, and carry it and all that follows from it through the processors.

        `key` only where the catalogue cannot compute it. Raises `Misuse` where the topic does not hold such records.
        """
        if type(record) is not topic.record:
            raise Misuse(f"{topic.name} does not hold {type(record).__name__}")
        key = topic.key(record) if topic.key is not None else key
        if key is None:
            raise Misuse(f"{topic.name}: give the key, {topic.key_words}")
        return self.feed_bytes(topic, key, registry.write(record), headers)

    def feed_bytes(
        self, topic: Topic, key: str | None, value: bytes, headers: Mapping[str, str] | None = None
    ) -> Outcome:
        """Take a value as it came off a wire, whatever it holds. A record without a key gets its own."""
        try:
            entry, body = entry_from_wire(topic, key, value)
            outcome = self._take(entry._replace(headers=headers), body)
        except Unreadable as error:
            original = Original(value, topic, key, passed_on(headers) or {})
            outcome = self._flow.set_aside(original, UNREADABLE, f"{topic.name}: {error}")
        return self._fed_one(outcome)

    def publish(self, line: Line, file: str) -> Outcome:
        """Take a line of NDJSON. `file` names it in the complaint if it cannot be read."""
        topic, key = None, None
        try:
            if line.length is not None:
                raise UnreadableLine(f"expected a line of up to {INPUT_BYTES} bytes, got {line.length}")  # noqa: TRY301 - one way out for all that cannot be read
            topic, key, record = read_line(line.data)
            body = codec.encode(record)
            value = codec.frame(registry.package_id(type(record)), body)
            outcome = self._take(Entry(topic, key, value, record), body, (file, str(line.number)))
        except UnreadableLine as error:
            outcome = self._set_aside(line, file, str(error), error.topic, error.key)
        except Unreadable as error:
            outcome = self._set_aside(line, file, f"{topic.name}: {error}" if topic else str(error), topic, key)
        return self._fed_one(outcome)

    def run(self, stream: BinaryIO, name: str, watch: Callable[[Position], None] | None = None) -> None:
        """Take all lines of a stream and commit. `watch` hears after each commit how far it is.

        Of a file, what was taken before (known by its content) is not taken again but counted as duplicate.
        """
        known = self._inputs.known(stream)
        if known is not None:
            self._flow.count_again(known[0].records)
        reader = LineReader(stream, known)
        self._inputs.follow(reader)
        with rare_collections() as collect:
            for line in reader:
                if line is None:
                    self.commit()
                else:
                    self.publish(line, name)
                if not self._fed:  # a commit has begun
                    collect(reader.position.records)
                    if watch is not None:
                        watch(reader.position)
        self.commit()
        if watch is not None:
            watch(reader.position)

    def run_file(self, path: Path | str, watch: Callable[[Position], None] | None = None) -> None:
        """`run` over a file. Raises `Misuse` if it cannot be opened, `Unavailable` if reading it fails."""
        try:
            stream = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed below; only opening it is the user's doing
        except OSError as error:
            raise Misuse(f"{path}: cannot be read: {error.strerror}") from error
        with stream:
            try:
                self.run(stream, Path(path).name, watch)
            except OSError as error:
                raise Unavailable(f"{path}: reading stopped: {error.strerror}; run again to go on") from error

    def advance(self, to_ms: int) -> None:
        """Move the stream time of every partition to `to_ms` and wake what is due. Time never goes back."""
        if not self._flow.is_past(to_ms):
            self._flow.tick(to_ms)
            self._fed_one(Outcome.APPLIED)

    def replay(self, prefix: str, replacement: bytes | None = None) -> Outcome:
        """Give a dead letter its second chance: its own bytes, or the line that replaces it.

        `prefix` is its id or the beginning of it. Raises `Misuse` if there is no such dead letter, it was replayed
        before or the replacement is for another encounter, `Unreadable` if it cannot be taken this time either: then
        everything stays as it was.
        """
        self.commit()
        letter = self._reader.dead_letter(prefix)
        if letter.replayed_at is not None:
            raise Misuse(f"dead letter {letter.id[:12]}: replayed before")
        try:
            outcome = self._take_again(letter, replacement)
        except Unreadable as error:
            self._go_back()
            raise Unreadable(f"dead letter {letter.id[:12]}: {error}") from error
        except BaseException:
            self._go_back()
            raise
        self._flow.replayed(letter.id)
        self.commit()
        return outcome

    def _take_again(self, letter: DeadLetter, replacement: bytes | None) -> Outcome:
        """Read a dead letter through today's code and carry it. Raises `Unreadable` if any processor complains."""
        headers, original = letter.logged.headers, letter.logged.value
        self._flow.complaint = None
        if Header.ENTRY in headers:
            self._flow.step_again(headers[Header.PROCESSOR], letter.logged.key or "", headers[Header.ENTRY])
            outcome = Outcome.APPLIED
        else:
            entry, body = second_reading(letter.id, letter.logged, replacement)
            replaces = {str(Header.REPLAY_OF): hashlib.sha256(original).hexdigest()}
            outcome = self._take(entry._replace(headers=replaces), body)
        if self._flow.complaint is not None:
            raise Unreadable(self._flow.complaint)
        return outcome

    def _take(self, entry: Entry, body: bytes, place: Sequence[str] = ()) -> Outcome:
        """`place` as in `flow.Item`. Raises `Unreadable` if the record says that it comes from the future."""
        now = self._options.now()
        happened = event_time(entry.record, now)  # type: ignore[arg-type]  # an entry from outside has its record
        time = max(self._flow.time, happened if self._options.clock == "events" else now)
        return self._flow.take(entry, body, time, place)

    def _set_aside(self, line: Line, file: str, text: str, topic: Topic | None, key: str | None) -> Outcome:
        place: dict[str, str] = {Header.FILE: file, Header.LINE: str(line.number)}
        original = Original(line.data, topic, key, place, line.length, line.sha256)
        return self._flow.set_aside(original, UNREADABLE, f"{file}:{line.number}: {text}")

    def _fed_one(self, outcome: Outcome) -> Outcome:
        self._fed += 1
        if self._fed >= self._options.batch or self._flow.pending_bytes >= PENDING_BYTES:
            self._begin_commit()
        return outcome

    # Committing

    def commit(self) -> None:
        """Commit what was fed; it is on disk when this returns."""
        self._begin_commit()
        self._store.settle()

    def _begin_commit(self) -> None:
        """Commit what was fed, on the side; the next commit and any look at the store wait for it."""
        self._flow.commit()
        self._fed = 0

    def _go_back(self) -> None:
        """Forget what was fed since the last commit."""
        if self._projection is not None:
            self._projection.forget()
        if self._metering is not None:
            self._metering.forget()
        self._flow.reload()

    def close(self) -> None:
        """Commit, complete the projections and the metrics, and let go of the store."""
        self.commit()
        if self._metering is not None:
            self._metering.finish()
        if self._projection is not None or self._metering is not None:
            self.commit()  # writes what the first one made certain
        self.abandon()

    def abandon(self) -> None:
        """Let go of the store without a commit: it stays as the last one left it."""
        if self._projection is not None:
            self._projection.close()
            self._projection = None
        self._store.close()

    def __enter__(self) -> Self:
        """The engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Commit, or go back to the last commit after an exception."""
        if kind is None:
            self.close()
        else:
            self.abandon()

    # Looking

    @property
    def reader(self) -> Reader:
        """The store with all that was fed so far."""
        self.commit()
        return self._reader

    def records(self, topic: Topic, key: str | None = None) -> Iterator[Logged]:
        """The log of a topic, all of it or one key's, in order."""
        return self.reader.records(topic, key)

    def state(self, processor: str, key: str) -> bytes | None:
        """What a processor remembers of a key."""
        return self._flow.state(processor, key)

    def outcomes(self) -> dict[Outcome, int]:
        """How many records fed to this engine since it was opened ended as what."""
        return {
            outcome: sum(number for (_, each), number in self._flow.counts.items() if each is outcome)
            for outcome in Outcome
        }

    def outcomes_by_topic(self) -> dict[tuple[str, Outcome], int]:
        """The same by topic; lines whose topic is not known, or that were skipped as known, stand under ""."""
        return dict(self._flow.counts)

    def on_dead_letter(self, listener: Callable[[str], None]) -> None:
        """Let `listener` hear the message of every new dead letter."""
        self._flow.complained = listener
