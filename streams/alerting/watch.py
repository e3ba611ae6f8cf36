"""The watch over one edit: what a hold, or the time alone, makes of its state, and the alerts that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.record import DAY, millis
from streams.alerting import words
from streams.alerting.spikes import Spikes
from streams.alerting.state import NEVER, EditState

if TYPE_CHECKING:
    from schemas.alert import Alert
    from schemas.hold import Hold
    from streams.alerting.spikes import Event
    from streams.alerting.state import Site
    from streams.alerting.tuning import Tuning


class Watch:
    """One edit. All times are stream time, in milliseconds."""

    def __init__(self, edit_id: str, state: EditState, tuning: Tuning) -> None:
        self._edit_id = edit_id
        self._state = state
        self._spikes = Spikes(state, tuning)

    @classmethod
    def begin(cls, hold: Hold, time: int, tuning: Tuning) -> Watch:
        """The watch over the edit of its first hold."""
        state = EditState(hold.gate, tuning.per_hour, time // tuning.window_ms)
        return cls(hold.edit_id, state, tuning)

    @classmethod
    def load(cls, edit_id: str, dumped: bytes, tuning: Tuning) -> Watch:
        """The inverse of `dump`."""
        return cls(edit_id, EditState.load(dumped), tuning)

    def dump(self) -> bytes:
        """The state as bytes."""
        return self._state.dump()

    @property
    def wake_at(self) -> int | None:
        """When something may change although no hold comes; None for never."""
        state, closes_at = self._state, self._spikes.closes_at
        day = state.next_due + 1
        if state.today < state.forgotten_from:  # else a hold is open, and the edit stays until it is closed
            day = min(day, state.forgotten_from)
        if day > NEVER:
            return closes_at
        return day * DAY if closes_at is None else min(day * DAY, closes_at)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing worth keeping: the edit was silent for so long."""
        return self._state.is_silent

    def advance(self, time: int) -> list[Alert]:
        """Let it be `time`: windows close and days pass in their order, however long nobody looked."""
        alerts: list[Alert] = []
        while (midnight := (self._state.today + 1) * DAY) <= time:
            alerts += self._told(self._spikes.advance(midnight // self._state.window_ms))
            if self._state.next_due < self._state.today:
                alerts += self._day_over(midnight)
            self._state.forget()
        return alerts + self._told(self._spikes.advance(time // self._state.window_ms))

    def take(self, hold: Hold, time: int) -> list[Alert]:
        """A hold was opened or closed at `time`, to which the watch has advanced."""
        alerts: list[Alert] = []
        state = self._state
        site = state.site(hold.site_id)
        site.last_day = state.last_day = state.today
        state.changed.add(site)
        if hold.state == "OPENED":
            window = millis(hold.occurred_at) // state.window_ms
            alerts += self._told(self._spikes.add(site, window, hold.charge_cents, time))
        if hold.due_at is not None:
            alerts += self._account(site, hold, millis(hold.due_at) // DAY, time)
        return alerts

    def _account(self, site: Site, hold: Hold, day: int, time: int) -> list[Alert]:
        """Put a hold under its due day, or take it away; the last one past due ends the alert."""
        today = time // DAY
        if hold.state == "OPENED":
            site.due.add(day, hold.charge_cents, today)
            # What was past due when it was opened is told when the day is over, as all else: once a day, not by each.
            self._state.next_due = min(self._state.next_due, max(day, today))
            return []
        site.due.take(day, hold.charge_cents, today)
        opened = site.due.opened
        if opened is None or site.due.overdue(today) is not None:
            return []
        site.due.opened = None
        return [words.overdue_no_more(self._edit_id, self._state.gate, site.name, opened, time)]

    def _day_over(self, time: int) -> list[Alert]:
        """A due day ends at `time`: sites with holds past due of which nobody was told."""
        today = time // DAY
        alerts = []
        days = [NEVER]
        for site in self._state.sites.values():
            late = site.due.overdue(today)
            if late is not None and site.due.opened is None:
                site.due.opened = time
                self._state.changed.add(site)
                alerts.append(words.overdue(self._edit_id, self._state.gate, site.name, late, time))
            days += site.due.days_from(today)
        self._state.next_due = min(days)
        return alerts

    def _told(self, events: list[Event]) -> list[Alert]:
        state = self._state
        return [words.spike(self._edit_id, state.gate, event, state.window_ms) for event in events]
