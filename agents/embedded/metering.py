"""Metrics of the embedded engine, as a file that is replaced while a run goes on and when it ends.

A run is over before long, and the next one would begin to count at 0: a monitoring system could not tell the work of
one from that of the other. So counts go on over runs. They are kept in the store, with the place in the log up to which
records were counted; what runs without `--metrics` or a kill left out is counted from the log when the next one begins.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from agents.dispatch import Entry
from agents.embedded.log import read_topic
from agents.metrics import textfile
from agents.metrics.committed import COUNTED, Committed
from agents.metrics.figures import registry_of
from agents.metrics.labels import UNKNOWN
from agents.metrics.states import States
from agents.metrics.tables import edits_by_status
from streams.topics import DEAD_LETTERS, EDITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agents.embedded.reader import Reader
    from agents.embedded.store import Store
    from agents.engine import Logged
    from agents.metrics.figures import Figures

EVERY = 15.0
"""Seconds between two files: as often as monitoring systems look."""

_SETTING = "metrics"
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
_STATES_OF = "SELECT key, value FROM state WHERE processor = (SELECT id FROM names WHERE name = ?) ORDER BY key"
_KEYS = """
    SELECT substr(name, length('processor ') + 1), count(*) FROM state JOIN names ON names.id = processor
    GROUP BY processor
"""


class Metering:
    """Counts what is committed and writes `path`. Made when all that the store holds is committed.

    `stream_time` gives the append time (ms) of the record that is being carried, where it is of the clock, so that
    latencies can be told.
    """

    def __init__(self, store: Store, reader: Reader, path: Path, stream_time: Callable[[], int] | None = None) -> None:
        self._store = store
        self._reader = reader
        self._path = path
        self._stream_time = stream_time
        self._counts = Committed()
        states = States(self._states, self._counts)
        self._registry = registry_of([self._counts.show, states.show, self._show])
        self._waiting, self._committing = self._counts.tally(), self._counts.tally()
        self._waiting_end = self._committing_end = 0
        kept = json.loads(store.setting(_SETTING) or '{"seq": 0, "counts": []}')
        self._counts.load(kept["counts"])
        self._counted = self._catch_up(kept["seq"])
        self._due = time.monotonic() + EVERY
        textfile.write(self._registry, path)

    def _catch_up(self, after: int) -> int:
        """Count what the log holds after a place; where it ends."""
        end: int = self._store.read("SELECT coalesce(max(seq), 0) FROM log")[0][0]
        tally = self._counts.tally()
        for topic in COUNTED:
            for row in read_topic(self._store.read, topic, after=after):
                if row.logged is not None:
                    tally.note(_entry(row.logged))
        self._counts.add(tally, time.time())
        return end

    def add(self, seq: int, entry: Entry) -> None:
        """Note a record that was appended to the log; it counts when it is committed."""
        time_of = self._stream_time
        self._waiting.note(entry, None if time_of is None else time_of() / 1_000)
        self._waiting_end = seq

    def forget(self) -> None:
        """Drop what waits: it was rolled back."""
        self._waiting.clear()

    def ride(self) -> None:
        """Before a commit: count what the last one made certain, and now and then let this one keep the counts."""
        self._store.settle()
        self._counts.add(self._committing, time.time())
        self._counted = max(self._counted, self._committing_end)
        self._committing.clear()
        self._committing, self._waiting = self._waiting, self._committing
        self._committing_end = self._waiting_end
        if time.monotonic() >= self._due:
            self._write()

    def finish(self) -> None:
        """Let the next commit, the last one, count all that came before and write the file."""
        self._due = 0.0

    def _write(self) -> None:
        """Write the file, and let the commit that comes keep the counts."""
        self._due = time.monotonic() + EVERY
        kept = {"seq": self._counted, "counts": self._counts.dump()}
        self._store.write(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(_SETTING, json.dumps(kept, separators=(",", ":")))],
        )
        textfile.write(self._registry, self._path)

    def _states(self, processor: str) -> list[tuple[str, bytes]]:
        return self._store.read(_STATES_OF, (f"processor {processor}",))

    def _show(self, figures: Figures) -> None:
        """What the store itself says."""
        for (topic, outcome), number in self._reader.outcomes_by_topic().items():
            figures.add("cleanclaim_input_records_total", (topic or UNKNOWN, outcome.value), number)
        for processor, keys in self._store.read(_KEYS):
            figures.add("cleanclaim_state_keys", (processor, ""), keys)
        edits_by_status(figures, self._reader.table(EDITS))
        figures.add("cleanclaim_store_bytes", (), self._store.read(_SIZE)[0][0])


def _entry(logged: Logged) -> Entry:
    record = None if logged.topic is DEAD_LETTERS else logged.record
    return Entry(logged.topic, logged.key, logged.value, record, logged.headers)
