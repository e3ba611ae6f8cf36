"""`make chaos`: two or more workers under load while everything that can break does, and a checker of what came out.

    python -m tests.chaos --rounds 50 --seed 1

Starts a broker of its own on the loopback (Java, see tests/kafka_broker.py) and ends all that it started. Exits with 1
if a decision is missing, duplicated or differs, a sequence has a gap, or a dead letter is lost.
"""

from __future__ import annotations

import signal
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.run import Run, settings_for_children
from tests.kafka_broker import Java, NoBroker


def main() -> int:
    """Run the rounds and print what they came to."""
    parser = ArgumentParser(
        prog="python -m tests.chaos", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="traffic and incidents follow from it (default: 1)")
    parser.add_argument("--encounters", type=int, default=80, help="of which each round tells (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="over which a round's records are sent (default: 4)")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first round that is wrong")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    settings_for_children()
    try:
        broker = Java()
    except NoBroker as reason:
        say(f"no broker: {reason}")
        return 2
    try:
        with TemporaryDirectory(prefix="cleanclaim-chaos-") as folder:
            run = Run(broker, Path(folder), seed=options.seed, encounters=options.encounters, seconds=options.seconds)
            try:
                began = time.monotonic()
                run.begin()
                for _ in range(options.rounds):
                    if not run.round(say) and not options.keep_going:
                        break
                for line in run.report.lines():
                    say(line)
                say(f"took {time.monotonic() - began:.0f} s, seed {options.seed}")
            finally:
                run.close()
    finally:
        broker.close()
    return 0 if run.report.sound else 1


def stop(number: int, _: object) -> None:
    """End, and what was started with it; a second signal must not cut that short."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def say(line: str) -> None:
    """On standard output, at once."""
    print(line, flush=True)  # noqa: T201 - a program


if __name__ == "__main__":
    sys.exit(main())
