"""Alerting: the processor that turns holds, all of one edit in one place, into alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from streams.alerting.tuning import Tuning
from streams.alerting.watch import Watch
from streams.processor import Emit, Step
from streams.topics import ALERTING_STATE, ALERTS, HOLDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.alert import Alert
    from schemas.hold import Hold
    from schemas.record import Record
    from streams.processor import Inbound, Tables
    from streams.topics import Topic

_KEPT = 512
"""Edits kept parsed between steps: as a rule all that there are."""

_DEFAULTS = Tuning()


class Alerting:
    """Count the holds of an edit by site, window and due day; say when they spike and when they grow too old.

    One FIRING and one RESOLVED to an episode; (alert_id, status) is unique.
    """

    name = "alerting"
    inputs: tuple[Topic, ...] = (HOLDS,)
    tables: tuple[Topic, ...] = ()
    changelog = ALERTING_STATE

    def __init__(self, tuning: Tuning = _DEFAULTS) -> None:
        self._tuning = tuning
        self._parsed: dict[str, tuple[bytes, Watch]] = {}

    def process(self, record: Inbound, state: bytes | None, tables: Tables) -> Step:
        """Count a hold that was opened, or take one that was closed from its due day."""
        del tables
        hold = cast("Hold", record.value)
        alerts: list[Alert] = []
        watch = None
        if state is not None:
            watch = self._take(record.key, state)
            alerts = watch.advance(record.time)
        if watch is None or watch.is_over:
            watch = Watch.begin(hold, record.time, self._tuning)
        return self._step(record.key, watch, alerts + watch.take(hold, record.time))

    def wake(self, key: str, state: bytes, time: int) -> Step:
        """Close windows while an alert hangs on them, see what has become past due, and forget what is long silent."""
        watch = self._take(key, state)
        return self._step(key, watch, watch.advance(time))

    def reconsider(self, key: str, state: bytes, tables: Tables) -> Step:
        """Nothing changes: there are no tables to change."""
        del tables
        return self._step(key, self._take(key, state), [])

    def touched(self, table: Topic, old: Record | None, new: Record) -> Iterable[str]:  # noqa: ARG002 - no tables
        """No key at all."""
        return ()

    def _take(self, key: str, state: bytes) -> Watch:
        """The parsed state. It is out until the step is done, so that a step that fails leaves nothing behind."""
        dumped, watch = self._parsed.pop(key, (None, None))
        if watch is not None and dumped == state:
            return watch
        return Watch.load(key, state, self._tuning)

    def _step(self, key: str, watch: Watch, alerts: list[Alert]) -> Step:
        emits = tuple([Emit(ALERTS, alert) for alert in alerts])
        if watch.is_over:
            return Step(None, emits)
        state = watch.dump()
        if len(self._parsed) >= _KEPT:
            self._parsed.clear()
        self._parsed[key] = state, watch
        return Step(state, emits, watch.wake_at)
