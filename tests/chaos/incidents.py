"""What goes wrong. Each incident leaves the fleet as it found it: two workers that run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from typing import Protocol

    from tests.chaos.fleet import Fleet

    class Bounced(Protocol):
        """A broker that may go and come back."""

        def kill(self) -> None:
            """kill -9."""

        def stop(self) -> None:
            """Stop it in good order."""

        def start(self) -> None:
            """Start it again, and wait until it answers."""


SESSION = 6.0
"""Seconds after which the group gives the partitions of a silent member away."""


def kill_mid_batch(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """At some instant under load."""
    del broker
    time.sleep(rnd.uniform(0.0, 0.8))
    fleet.restart_killed(_one(fleet, rnd), rnd.choice([0.0, 0.5]))


def kill_mid_commit(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """While a transaction is open that has records in the log."""
    del broker
    slot = _one(fleet, rnd)
    fleet.kill_in_transaction(slot, 4.0)
    fleet.start(slot)


def kill_mid_restore(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """Again and again while it starts, joins and restores."""
    del broker
    slot = _one(fleet, rnd)
    fleet.restart_killed(slot, 0.0)
    for _ in range(2):
        time.sleep(rnd.uniform(1.2, 3.0))
        fleet.restart_killed(slot, 0.0)


def kill_mid_rebalance(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """While a third worker joins, and takes partitions of the others."""
    del broker
    slot = _one(fleet, rnd)
    fleet.start("c")
    time.sleep(rnd.uniform(1.5, 3.0))
    fleet.restart_killed(slot, rnd.choice([0.0, 1.0]))
    time.sleep(1.0)
    fleet.remove("c")


def kill_both(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """Nobody is left for a moment."""
    del broker
    slots = sorted(fleet.workers)
    for slot in slots:
        fleet.kill(slot)
    time.sleep(rnd.uniform(0.0, 1.0))
    for slot in slots:
        fleet.start(slot)


def zombie(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """One stands still for longer than its session, others go on, and it wakes up and means to commit."""
    del broker
    fleet.freeze(_one(fleet, rnd), SESSION + rnd.uniform(1.0, 2.5))


def bounce(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """The broker is killed, and comes back."""
    del fleet
    broker.kill()
    time.sleep(rnd.uniform(0.0, 1.5))
    broker.start()


def restart_broker(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """The broker is stopped in good order, and comes back."""
    del fleet, rnd
    broker.stop()
    broker.start()


def add_and_remove(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """A third worker comes and goes."""
    del broker
    fleet.start("c")
    time.sleep(rnd.uniform(3.0, 5.0))
    fleet.remove("c")


def stop_and_start(fleet: Fleet, broker: Bounced, rnd: Random) -> None:
    """An operator restarts a worker."""
    del broker
    slot = _one(fleet, rnd)
    fleet.remove(slot)
    fleet.start(slot)


def _one(fleet: Fleet, rnd: Random) -> str:
    return rnd.choice(sorted(fleet.workers))


SHORT: tuple[Callable[[Fleet, Bounced, Random], None], ...] = (
    kill_mid_batch,
    kill_mid_commit,
    kill_both,
    stop_and_start,
)
"""Over in a moment; a round has two of them."""

LONG: tuple[Callable[[Fleet, Bounced, Random], None], ...] = (
    kill_mid_restore,
    kill_mid_rebalance,
    zombie,
    bounce,
    restart_broker,
    add_and_remove,
)
"""Take seconds; a round has one of them."""
