"""What processors remember, as gauges: open holds and firing alerts from alerting, precision from learning.

Counters would begin anew with each restart of a worker; these are what is, wherever the state is restored. A state that
did not change since the last scrape is not read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from agents.metrics.labels import OTHER
from schemas.alert import Alert
from streams.alerting.processor import Alerting
from streams.alerting.state import EditState
from streams.learning.processor import Learning
from streams.learning.state import LearningState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from agents.metrics.committed import Committed
    from agents.metrics.figures import Figures, Labels

_FIRING = "cleanclaim_alerts_firing"
_OLDEST = "cleanclaim_hold_oldest_due_timestamp_seconds"
_KINDS: tuple[str, ...] = get_args(Alert.model_fields["kind"].annotation)
_DAY = 86_400
_FAR = 10**6
"""A day after all others: by then every open hold is past due."""

Shown = list[tuple[str, "Labels", float]]
"""Metric, labels, value."""


class States:
    """A source of a scrape. `states` gives key and state of all keys of a processor, by its name."""

    def __init__(self, states: Callable[[str], Iterable[tuple[str, bytes]]], counts: Committed) -> None:
        self._states = states
        self._counts = counts
        self._readers = {Alerting.name: self._alerting, Learning.name: self._learning}
        self._known: dict[str, dict[str, tuple[bytes, Shown]]] = {name: {} for name in self._readers}

    def show(self, figures: Figures) -> None:
        """Fill in what the states of now show."""
        for kind in _KINDS:
            figures.add(_FIRING, (kind,), 0)
        for name, read in self._readers.items():
            before, now = self._known[name], {}
            for key, state in self._states(name):
                known = before.get(key)
                now[key] = known if known is not None and known[0] == state else (state, list(read(key, state)))
                for metric, labels, value in now[key][1]:
                    (figures.add_least if metric == _OLDEST else figures.add)(metric, labels, value)
            self._known[name] = now

    def _alerting(self, edit_id: str, stored: bytes) -> Iterator[tuple[str, Labels, float]]:
        state = EditState.load(stored)
        if state.together.episode is not None:
            yield _FIRING, ("HOLD_SPIKE",), 1
        for site in state.sites.values():
            labels = self._counts.edit_label(edit_id), self._counts.site_label(site.name)
            if site.series.episode is not None:
                yield _FIRING, ("HOLD_SPIKE",), 1
            if site.due.opened is not None:
                yield _FIRING, ("HOLD_OVERDUE",), 1
            waiting = site.due.overdue(_FAR)
            if waiting is not None:
                yield "cleanclaim_holds_open", labels, waiting.holds
                yield "cleanclaim_held_cents", labels, waiting.cents
                yield _OLDEST, labels, waiting.oldest * _DAY

    def _learning(self, _: str, stored: bytes) -> Iterator[tuple[str, Labels, float]]:
        state = LearningState.load(stored, whole=False)
        if state.surge.is_on:
            yield _FIRING, ("DENIAL_SURGE",), 1
        for kept in state.edits.values():
            hits = kept.hits_denied + kept.hits_paid
            label = self._counts.edit_label(kept.edit.edit_id)
            if hits and label != OTHER:  # shares do not add up
                yield "cleanclaim_edit_precision_ratio", (label,), kept.hits_denied / hits
