"""What is known of alerts: which fire now, and which records a receiver of events was told.

Two questions, two memories. *What is the case* (for Alertmanager) follows from all records of alerts.v1, so the topic
is the memory. *What has happened* (for the webhook) needs to know how far a predecessor came: the committed position.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.alert import Alert


class Episode(NamedTuple):
    """An alert from when it fired until it was resolved. `resolved` is None while it fires."""

    fired: Alert
    resolved: Alert | None = None


@dataclass(slots=True)
class Partition:
    """What one partition of alerts.v1 says.

    firing  alert_id -> the FIRING record of each alert that has no RESOLVED one
    seen    (alert_id, status) of every record in here; a second one, such as a replayed dead letter, changes nothing
    told    those that the webhook need not be told, or not again
    ended   episodes that ended while there was no notifier: Alertmanager still thinks that they fire
    """

    firing: dict[str, Alert] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)
    ended: list[Episode] = field(default_factory=list)

    @classmethod
    def recalled(cls, records: Iterable[tuple[int, Alert]], position: int | None) -> Partition:
        """From all `records` (offset, alert) so far, where the webhook was told those below `position`.

        Without a position nobody was told anything, and what is over by now is no news: only what still fires is.
        """
        found = cls()
        for offset, alert in records:
            ended = found.fold(alert)
            if position is None or offset < position:
                found.told.add(name_of(alert))
            elif ended is not None:
                found.ended.append(ended)
        if position is None:
            found.told -= {name_of(alert) for alert in found.firing.values()}
        return found

    def fold(self, alert: Alert) -> Episode | None:
        """Take a record in; the episode that it ends."""
        if name_of(alert) in self.seen:
            return None
        self.seen.add(name_of(alert))
        if alert.status == "FIRING":
            self.firing[alert.alert_id] = alert
            return None
        fired = self.firing.pop(alert.alert_id, None)
        return None if fired is None else Episode(fired, alert)


def name_of(alert: Alert) -> tuple[str, str]:
    """What no two records of one kind share: by it, a receiver tells a repetition."""
    return alert.alert_id, alert.status


class Board:
    """The partitions that this notifier has, and the episodes that ended since Alertmanager was last told."""

    def __init__(self) -> None:
        self._partitions: dict[int, Partition] = {}
        self._ended: dict[str, Episode] = {}

    def clear(self) -> None:
        """No partition is ours: what fires there is for another notifier to say, or to be recalled first."""
        self._partitions = {}

    def assign(self, partitions: Mapping[int, Partition]) -> None:
        """These partitions are ours from now on, as recalled."""
        self._partitions = dict(partitions)
        for partition in partitions.values():
            self._ended |= {episode.fired.alert_id: episode for episode in partition.ended}

    def has(self, number: int) -> bool:
        """Whether a partition is ours and recalled."""
        return number in self._partitions

    def note(self, number: int, alert: Alert) -> bool:
        """Fold in a record of a partition that is ours; whether the webhook is to be told."""
        partition = self._partitions[number]
        ended = partition.fold(alert)
        if ended is not None:
            self._ended[alert.alert_id] = ended
        return name_of(alert) not in partition.told

    def told(self, number: int, alert: Alert) -> None:
        """The webhook has it, or a dead letter does."""
        if number in self._partitions:
            self._partitions[number].told.add(name_of(alert))

    def episodes(self) -> list[Episode]:
        """What Alertmanager is to be told now: all that fires, and what ended since it last was."""
        firing = [Episode(alert) for partition in self._partitions.values() for alert in partition.firing.values()]
        return [*firing, *self._ended.values()]

    def posted(self, episodes: Iterable[Episode]) -> None:
        """Alertmanager has these; those that ended need not be said again."""
        for episode in episodes:
            if episode.resolved is not None:
                self._ended.pop(episode.fired.alert_id, None)
