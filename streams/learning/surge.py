"""Surge: does a payer deny a code more often now than it used to?

The last 7 days of answers are held against the 8 weeks before them, by the share of lines denied, so that a remittance
of a thousand lines is no surge by its size. Of the 8 weeks the two worst do not count: one bad week hides no other.
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from schemas.alert import Alert
from schemas.record import DAY, moment
from streams.naming import name_uuid
from streams.poisson import tail

WINDOW = 7  # days: payers answer in weekly runs
WEEKS = 8
KEPT = WINDOW * (WEEKS + 1)

WORST_WEEKS = 2  # left out of the baseline
FEWEST_WEEKS = 4  # with answers, for a baseline
FEWEST_ANSWERS = 20  # in those, once the worst are left out
LOWEST_SHARE = 0.01  # expected where nothing was denied: the next denial is no surprise

FEWEST_DENIALS = 5
UNLIKELY = 1e-4  # by chance: a key looked at daily errs once in some 25 years
TIMES_EXPECTED = 2.0  # at the least, so that a large payer's small drift wakes nobody
OVER_TIMES = 1.3  # over once the share is below so many times the baseline ...
OVER_DAYS = 56  # ... or has lasted so long that it is how this payer answers now

_DAY = struct.Struct(">HIIq")  # day, lines answered, lines denied, cents denied
_EPISODE = struct.Struct(">IqqdI")  # episodes so far, fired at, window start, share expected, length of alert_id


class Tally(NamedTuple):
    """Answers of some days: lines answered, of them denied, and cents denied."""

    answered: int = 0
    denied: int = 0
    cents: int = 0


_NONE = Tally()


class Episode(NamedTuple):
    """A surge that is on: its alert, when it fired, since when it counted (both ms), the share that was expected."""

    alert_id: str
    fired_at: int
    since: int
    share: float


class Surge:
    """Answers of one payer and code by day, for 9 weeks, and the surge that is on, if one is."""

    def __init__(self, payer_id: str, procedure_code: str) -> None:
        self._payer_id = payer_id
        self._procedure_code = procedure_code
        self._days: dict[int, Tally] = {}
        self._episodes = 0
        self._episode: Episode | None = None
        self._baseline: tuple[float | None] | None = None  # worked out, or not
        self._today = 0

    @property
    def is_on(self) -> bool:
        """Whether a surge goes on: its alert was said to begin, and not yet to be over."""
        return self._episode is not None

    @property
    def wake_at(self) -> int | None:
        """Stream time (ms) at which a surge may be over though nothing comes: the next midnight."""
        return None if self._episode is None else (self._today + 1) * DAY

    def count(self, day: int, more: Tally) -> None:
        """Count answers of a day; what is taken back has negative counts."""
        if day > self._today - KEPT:
            answered, denied, cents = self._days.get(day, _NONE)
            self._keep(day, Tally(max(0, answered + more.answered), max(0, denied + more.denied), cents + more.cents))

    def _keep(self, day: int, tally: Tally) -> None:
        """Keep a day, in order: nearly always it is the last."""
        days = self._days
        comes_late = day not in days and day < next(reversed(days), -1)
        days[day] = tally
        if comes_late:
            self._days = dict(sorted(days.items()))
        if day <= self._today - WINDOW:
            self._baseline = None

    def turn(self, today: int) -> None:
        """Let it be that day of stream time, a later one: forget the days that are too old by now."""
        self._today = today
        self._baseline = None
        while self._days and (first := next(iter(self._days))) <= today - KEPT:
            del self._days[first]

    def look(self, now: int) -> Alert | None:
        """An alert if a surge begins or is over, by the day of stream time. `now` is the time of the event (ms)."""
        if self._episode is None:
            return self._begun(now)
        return self._over(self._episode, now)

    def _begun(self, now: int) -> Alert | None:
        seen = self._sum(self._today - WINDOW + 1, self._today)
        if seen.denied < FEWEST_DENIALS:
            return None
        share = self._share_expected()
        if share is None:
            return None
        expected = share * seen.answered
        if seen.denied < TIMES_EXPECTED * expected or tail(seen.denied, expected) >= UNLIKELY:
            return None
        self._episodes += 1
        since = (self._today - WINDOW + 1) * DAY
        alert_id = name_uuid("DENIAL_SURGE", self._payer_id, self._procedure_code, self._episodes, now)
        self._episode = Episode(alert_id, now, since, share)
        text = f"{self._seen(seen, since)}, where {expected:.1f} were expected."
        return self._alert("FIRING", self._episode, seen, since, now, text)

    def _over(self, episode: Episode, now: int) -> Alert | None:
        since = (self._today - WINDOW + 1) * DAY
        seen = self._sum(self._today - WINDOW + 1, self._today)
        expected = episode.share * seen.answered
        lasted = self._today - episode.fired_at // DAY
        if seen.denied >= FEWEST_DENIALS and seen.denied > OVER_TIMES * expected and lasted < OVER_DAYS:
            return None
        self._episode = None
        now = max(now, episode.fired_at)  # what is taken back is dated when it was said, which may be long before
        why = "as before" if lasted < OVER_DAYS else f"for {OVER_DAYS} days, which is now what is expected"
        text = (
            f"{self._seen(seen, since)}, {why}; expected were {expected:.1f}. "
            f"The surge began in the week of {_date(episode.since)}."
        )
        return self._alert("RESOLVED", episode, seen, since, now, text)

    def _seen(self, seen: Tally, since: int) -> str:
        return (
            f"Payer {self._payer_id} denied {seen.denied} of {seen.answered} lines of {self._procedure_code} "
            f"since {_date(since)}"
        )

    def _alert(
        self, status: Literal["FIRING", "RESOLVED"], episode: Episode, seen: Tally, since: int, now: int, text: str
    ) -> Alert:
        return Alert(
            alert_id=episode.alert_id,
            kind="DENIAL_SURGE",
            status=status,
            payer_id=self._payer_id,
            procedure_code=self._procedure_code,
            window_start=moment(since),
            window_end=moment(max(now, since)),
            observed=float(seen.denied),
            expected=episode.share * seen.answered,
            count=seen.denied,
            charge_cents=seen.cents,
            message=text,
            occurred_at=moment(now),
        )

    def _share_expected(self) -> float | None:
        """Share of lines denied in the 8 weeks before the window; None where they tell too little."""
        if self._baseline is None:
            self._baseline = (self._work_out(),)
        return self._baseline[0]

    def _work_out(self) -> float | None:
        end = self._today - WINDOW
        weeks = [self._sum(end - (number + 1) * 7 + 1, end - number * 7) for number in range(WEEKS)]
        answered = sorted([week for week in weeks if week.answered], key=lambda week: week.denied / week.answered)
        usual = answered[: max(FEWEST_WEEKS, len(answered) - WORST_WEEKS)]
        lines = sum([week.answered for week in usual])
        if len(usual) < FEWEST_WEEKS or lines < FEWEST_ANSWERS:
            return None
        return max(LOWEST_SHARE, sum([week.denied for week in usual]) / lines)

    def _sum(self, first: int, last: int) -> Tally:
        answered = denied = cents = 0
        for day in range(first, last + 1):
            if day in self._days:
                more = self._days[day]
                answered, denied, cents = answered + more.answered, denied + more.denied, cents + more.cents
        return Tally(answered, denied, cents)

    def dump(self) -> bytes:
        """As bytes."""
        episode = self._episode
        if episode is None:
            head = _EPISODE.pack(self._episodes, 0, 0, 0.0, 0)
        else:
            name = episode.alert_id.encode()
            head = _EPISODE.pack(self._episodes, episode.fired_at, episode.since, episode.share, len(name)) + name
        return head + b"".join([_DAY.pack(day, *tally) for day, tally in self._days.items()])

    def load(self, stored: bytes, today: int) -> None:
        """The inverse of `dump`; `today` as it was when that was written."""
        self._today = today
        self._episodes, fired_at, since, share, length = _EPISODE.unpack_from(stored)
        at = _EPISODE.size + length
        if length:
            self._episode = Episode(stored[_EPISODE.size : at].decode(), fired_at, since, share)
        for day, *counts in _DAY.iter_unpack(stored[at:]):
            self._days[day] = Tally(*counts)


def _date(time: int) -> str:
    return moment(time).date().isoformat()
