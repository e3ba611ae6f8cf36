"""The input of every part: facts of `cleanclaim generate` as they travel, five to a claim."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka import Producer

from agents.generate import Mix, generate
from agents.kafka.publisher import PRODUCER
from agents.ndjson import read_line
from schemas import registry
from streams.topics import CLAIMS_BUILT, FACT_TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 7
EVENTS_A_CLAIM = 5
_WAVE = 1_000
_MIX = Mix(remittances=False, garbled=0.0)


class Fact(NamedTuple):
    """A record of an input topic. `encounter_id` is its key, `claim_id` is there for a claim."""

    topic: str
    key: str
    value: bytes
    claim_id: str | None


def make(number: int, seed: int = SEED) -> list[Fact]:
    """At least `number` facts of whole encounters, in the order of their arrival.

    Encounters with one claim have six facts, those with several have less than four to a claim; of either kind so many
    are taken that there are five in the middle.
    """
    found: list[Fact] = []
    facts: dict[str, int] = defaultdict(int)
    claims: dict[str, set[str]] = defaultdict(set)
    for event in generate(2 * number // 5, seed, mix=_MIX):
        if event.readable:
            topic, key, record = read_line(event.line)
            if topic in FACT_TOPICS:
                claim_id = getattr(record, "claim_id", None) if topic is CLAIMS_BUILT else None
                found.append(Fact(topic.name, key, registry.write(record), claim_id))
                facts[key] += 1
                if claim_id is not None:
                    claims[key].add(claim_id)
    taken = _with_five_a_claim({key: (size, len(claims[key])) for key, size in facts.items()}, number)
    return [fact for fact in found if fact.key in taken]


def _with_five_a_claim(sizes: dict[str, tuple[int, int]], number: int) -> set[str]:
    """Encounters, of which `sizes` tells facts and claims, that bring the mean to five and never lead away from it."""
    taken = set()
    facts = claims = 0
    for key, (more_facts, more_claims) in sizes.items():
        has_many = more_facts >= EVENTS_A_CLAIM * more_claims
        needs_many = facts <= EVENTS_A_CLAIM * claims
        if has_many == needs_many:
            taken.add(key)
            facts += more_facts
            claims += more_claims
        if facts >= number:
            break
    return taken


def load(facts: Sequence[Fact], bootstrap: str, namespace: str) -> None:
    """Send facts as `cleanclaim publish` does, and wait until the broker has them.

    A thousand at a time, so that append times follow the order of arrival, as they would over a day.
    """
    # Not compressed: Faust's client reads lz4 only with a package that nothing else here needs.
    producer = Producer({**PRODUCER, "bootstrap.servers": bootstrap, "compression.type": "none"})
    for at in range(0, len(facts), _WAVE):
        for fact in facts[at : at + _WAVE]:
            producer.produce(namespace + fact.topic, fact.value, fact.key)
        producer.flush()
