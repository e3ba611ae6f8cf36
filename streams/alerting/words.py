"""Alerts in words: how many against how many, since when, what to do. Nothing here names a claim or a patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.alert import Alert
from schemas.record import DAY, INT_MAX, moment
from streams.alerting.overdue import OLDEST
from streams.alerting.spikes import Turn
from streams.gates import EDITS
from streams.naming import name_uuid

if TYPE_CHECKING:
    from schemas.decision import Gate
    from streams.alerting.overdue import Overdue
    from streams.alerting.spikes import Event

_REMEDIES = {edit.edit_id: edit.remedy for edit in EDITS}
_SPIKE: Final = "HOLD_SPIKE"
_OVERDUE: Final = "HOLD_OVERDUE"
_ACROSS = "*"


def spike(edit_id: str, gate: Gate, event: Event, window_ms: int) -> Alert:
    """A spike begins or ends."""
    episode, across = event.episode, event.site is None
    site = None if event.site is None else event.site.name
    start, end = episode.since * window_ms, (event.through + 1) * window_ms
    return Alert(
        alert_id=name_uuid(_SPIKE, edit_id, _ACROSS if across else f"={site or ''}", episode.opened),
        kind=_SPIKE,
        status="FIRING" if event.turn is Turn.BEGINS else "RESOLVED",
        site_id=site,
        edit_id=edit_id,
        gate=gate,
        window_start=moment(start),
        window_end=moment(end),
        observed=float(episode.count),
        expected=episode.expected,
        count=min(episode.count, INT_MAX),
        charge_cents=episode.cents,
        message=_spike_message(edit_id, event, start, end),
        occurred_at=moment(event.time),
    )


def _spike_message(edit_id: str, event: Event, start: int, end: int) -> str:
    episode = event.episode
    where = f"{event.sites} sites" if event.site is None else _site(event.site.name)
    counts = f"{_holds(episode.count)} by {edit_id} ({_dollars(episode.cents)})"
    usual = f"where {_rounded(episode.expected)} usual"
    match event.turn:
        case Turn.BEGINS:
            spoken = f"{counts} at {where} since {_time(start)}, {usual}."
            if event.site is None:
                spoken += " They rise at several sites at once: a payer or a rule may have changed."
            return f"{spoken} {remedy(edit_id)}"
        case Turn.CALM:
            return f"Over: {counts} at {where} from {_time(start)} to {_time(end)}, {usual}; back to usual since."
        case Turn.USUAL:
            return (
                f"Over, since it stayed: {counts} at {where} from {_time(start)} to {_time(end)}, where "
                f"{_rounded(episode.expected)} usual. From now on this level is."
            )
    return f"Goes on as part of the alert across sites: {counts} at {where} since {_time(start)}, {usual}."


def overdue(edit_id: str, gate: Gate, site: str | None, late: Overdue, time: int) -> Alert:
    """Holds are past due as the day that ends at `time` (ms) is over."""
    days = time // DAY - late.oldest
    age = f"{OLDEST} days or more" if days >= OLDEST else f"{days} day{'' if days == 1 else 's'}"
    message = (
        f"Past due: {_holds(late.holds)} by {edit_id} ({_dollars(late.cents)}) at {_site(site)}, the oldest for {age}. "
        f"{remedy(edit_id)}"
    )
    return _overdue_alert(edit_id, gate, site, time, time, message, late)


def overdue_no_more(edit_id: str, gate: Gate, site: str | None, opened: int, time: int) -> Alert:
    """The last hold past due was closed at `time`; `opened` is when the alert fired, both in ms."""
    message = f"Over: no hold by {edit_id} at {_site(site)} is past due any more; some were since {_time(opened)}."
    return _overdue_alert(edit_id, gate, site, opened, time, message, None)


def _overdue_alert(
    edit_id: str, gate: Gate, site: str | None, opened: int, time: int, message: str, late: Overdue | None
) -> Alert:
    count, cents = (late.holds, late.cents) if late is not None else (0, 0)
    return Alert(
        alert_id=name_uuid(_OVERDUE, edit_id, f"={site or ''}", opened),
        kind=_OVERDUE,
        status="RESOLVED" if late is None else "FIRING",
        site_id=site,
        edit_id=edit_id,
        gate=gate,
        window_start=moment(opened if late is None else late.oldest * DAY),
        window_end=moment(time),
        observed=float(count),
        expected=0.0,
        count=count,
        charge_cents=cents,
        message=message,
        occurred_at=moment(time),
    )


def remedy(edit_id: str) -> str:
    """What would fix a hold of this edit."""
    return _REMEDIES.get(edit_id) or f"A learned edit; what it rests on: cleanclaim edits show {edit_id}"


def _holds(count: int) -> str:
    return f"{count:,} hold{'' if count == 1 else 's'}"


def _site(site: str | None) -> str:
    return "claims without a known site" if site is None else site


def _dollars(cents: int) -> str:
    return f"${cents // 100:,}"


def _rounded(expected: float) -> str:
    """A number, and the verb that follows it."""
    if expected < 0.05:  # noqa: PLR2004 - would be shown as 0.0
        return "hardly any is"
    return f"{expected:,.0f} are" if expected >= 10 else f"{expected:.1f} are"  # noqa: PLR2004 - two digits are enough


def _time(time: int) -> str:
    return f"{moment(time):%Y-%m-%d %H:%M} UTC"
