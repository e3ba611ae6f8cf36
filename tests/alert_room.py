"""A room where the holds of one edit are watched: let windows pass, look at the alerts.

room = Room()                                # or Room(state) to go on from what another room left
room.windows({"site-1": 10}, 288)            # 288 windows, ten holds each, spread evenly
room.told                                    # [("HOLD_SPIKE", "FIRING", "site-1")]
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from schemas.hold import Hold
from schemas.record import moment
from streams.alerting import Alerting
from streams.alerting.state import EditState
from streams.processor import Inbound, Step
from streams.topics import HOLDS

if TYPE_CHECKING:
    from schemas.alert import Alert

WINDOW = 300_000
HOUR = 12 * WINDOW
DAY = 24 * HOUR
MONDAY = 20_458 * DAY  # 2026-01-05
EDIT = "coding-units"


def hold(site: str | None = "site-1", at: int = MONDAY, **changes: Any) -> Hold:
    """A hold of $100 at `site`, opened at `at` (ms), due in five days."""
    values: dict[str, Any] = {
        "hold_id": "H1",
        "claim_id": "C1",
        "edit_id": EDIT,
        "gate": "CODING",
        "route": "HOLD",
        "site_id": site,
        "payer_id": "P01",
        "state": "OPENED",
        "charge_cents": 10_000,
        "due_at": moment(at + 5 * DAY),
        "occurred_at": moment(at),
    } | changes
    return Hold(**values)


class Room:
    """Alerting and the stream time of one edit, as an engine keeps them."""

    def __init__(self, state: bytes | None = None, time: int = MONDAY, **alerting: Any) -> None:
        self.processor = Alerting(**alerting)
        self.state = state
        self.key = EDIT
        self.time = time
        self.wake_at: int | None = None
        self.wakes = 0
        self.alerts: list[Alert] = []

    def send(self, held: Hold, at: int) -> None:
        """A hold record at append time `at`."""
        self.key = held.edit_id
        self.advance(at)
        self._take(self.processor.process(Inbound(HOLDS, held.edit_id, held, b"", self.time), self.state, {}))

    def open(self, site: str | None = "site-1", at: int | None = None, number: int = 1, **changes: Any) -> None:
        """Holds opened at once."""
        at = self.time if at is None else at
        for _ in range(number):
            self.send(hold(site, at, **changes), at)

    def windows(self, holds: dict[str, int], number: int = 1) -> None:
        """Let windows pass, so many holds a window at each site, without due days."""
        for _ in range(number):
            start = self.time - self.time % WINDOW
            arrivals = sorted((k * WINDOW // n, site) for site, n in holds.items() for k in range(n))
            for offset, site in arrivals:
                self.open(site, start + offset, due_at=None)
            self.advance(start + WINDOW)

    def advance(self, to: int) -> None:
        """Let the stream time reach `to`, waking what asked for it."""
        self.time = max(self.time, to)
        while self.wake_at is not None and self.wake_at <= self.time:
            self.wakes += 1
            at, self.wake_at = self.wake_at, None
            self._take(self.processor.wake(self.key, self.state or b"", at))

    def _take(self, step: Step) -> None:
        self.state, self.wake_at = step.state, step.wake_at
        self.alerts += [emit.value for emit in step.emits]  # type: ignore[misc]

    @property
    def is_asleep(self) -> bool:
        """Whether it waits for nothing, or for nothing but to be forgotten."""
        return self.wake_at is None or self.wake_at == EditState.load(self.state or b"").forgotten_from * DAY

    @property
    def told(self) -> list[tuple[str, str, str | None]]:
        """Kind, status and site of every alert so far."""
        return [(alert.kind, alert.status, alert.site_id) for alert in self.alerts]


NINE_DAYS = MONDAY + 9 * DAY + 10 * HOUR
"""Wednesday of the second week, 10:00: when the rooms that know what is usual begin."""


@cache
def usual(*levels: tuple[str, int]) -> bytes:
    """The state after nine days and ten hours of so many holds in each window at each site."""
    room = Room()
    room.windows(dict(levels), (NINE_DAYS - MONDAY) // WINDOW)
    assert [] == room.alerts, room.told
    return room.state or b""


def at_work(**levels: int) -> Room:
    """A room that knows what is usual: at_work(a=10) for ten holds in each window at site a."""
    return Room(usual(*sorted(levels.items())), NINE_DAYS)
