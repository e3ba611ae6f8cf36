"""The topics of the catalogue on a cluster: made as they must be, and compared with what stands there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package does not mark what it exports
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from agents.kafka.connection import refusal
from schemas.errors import Misuse, Unavailable
from schemas.record import DAY
from streams.topics import BY_NAME, PARTITIONS, TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.topics import Topic

REPLICATION_FACTOR = 3
"""Copies of every partition by default; two of them must have a record before it counts as written."""

FRAME_BYTES = 64 << 10
"""What a record may need beside its value: key, headers, and the frame of its batch."""

_CHANGELOG_SEGMENT_BYTES = 64 << 20
"""Compaction leaves the newest segment alone, and a restore reads all of it: small ones keep restores short."""

_SECONDS = 30.0
"""For an answer of the cluster."""

_PAUSE = 0.02
"""Seconds between two looks at what the cluster shows."""

_CRITICAL = ("partitions", "cleanup.policy", "message.timestamp.type")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the catalogue lies on a cluster.

    partitions          of every topic
    replication_factor  copies of each partition
    namespace           stands before every name, so that several installations share a cluster
    """

    partitions: int = PARTITIONS
    replication_factor: int = REPLICATION_FACTOR
    namespace: str = ""

    @property
    def min_insync_replicas(self) -> int:
        """One fewer than there are copies, so that one broker may be down; 1 of 1."""
        return max(1, self.replication_factor - 1)


class Found(NamedTuple):
    """A topic as it stands on a cluster."""

    partitions: int
    replication_factor: int
    config: Mapping[str, str]


class Difference(NamedTuple):
    """A topic is not as the catalogue wants it. `remedy` is what to do; `critical`: no worker starts over it."""

    topic: str
    what: str
    expected: str
    found: str
    remedy: str
    critical: bool

    def __str__(self) -> str:
        return f"{self.topic}: {self.what}: expected {self.expected}, found {self.found}; {self.remedy}"


def config_of(topic: Topic, layout: Layout) -> dict[str, str]:
    """The settings of a topic, by Kafka's names for them."""
    config = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "max.message.bytes": str(topic.max_bytes + FRAME_BYTES),
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": str(layout.min_insync_replicas),
    }
    if topic.compacted:
        return config | {"segment.bytes": str(_CHANGELOG_SEGMENT_BYTES)}
    days = topic.retention_days
    return config | {"retention.ms": "-1" if days is None else str(days * DAY)}


def create(admin: AdminClient, layout: Layout) -> list[str]:
    """Make the topics that are not there; the names of those made. What stands is left as it is: see `compare`.

    Raises `Misuse` where the cluster refuses, `Unavailable` where it does not answer.
    """
    new = [
        NewTopic(
            layout.namespace + topic.name, layout.partitions, layout.replication_factor, config=config_of(topic, layout)
        )
        for topic in TOPICS
    ]
    made = []
    for name, future in admin.create_topics(new, operation_timeout=_SECONDS, request_timeout=_SECONDS).items():
        try:
            future.result()
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise refusal(name, reason) from None
        else:
            made.append(name)
    _wait_for(admin, made)
    return made


def _wait_for(admin: AdminClient, names: list[str]) -> None:
    """Wait until the cluster shows these topics: the controller has answered, what brokers tell follows a moment later.

    Raises `Unavailable` if it takes half a minute.
    """
    end = time.monotonic() + _SECONDS
    while not set(names) <= {name for name, topic in _topics(admin).items() if not topic.error and topic.partitions}:
        if time.monotonic() > end:
            raise Unavailable("the topics were made, but the cluster does not show them; see: cleanclaim topics check")
        time.sleep(_PAUSE)


def _topics(admin: AdminClient) -> dict[str, Any]:
    try:
        return admin.list_topics(timeout=_SECONDS).topics
    except KafkaException as error:
        raise refusal("the list of topics", error.args[0]) from None


def find(admin: AdminClient, namespace: str = "") -> dict[str, Found]:
    """The topics of the catalogue that stand on the cluster, by their names there.

    Raises `Unavailable` where it does not answer.
    """
    metadata = _topics(admin)
    names = [name for name in (namespace + each for each in BY_NAME) if name in metadata and not metadata[name].error]
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    answers = admin.describe_configs(resources, request_timeout=_SECONDS) if resources else {}
    found = {}
    for resource, future in answers.items():
        try:
            entries: dict[str, Any] = future.result()
        except KafkaException as error:
            raise refusal(resource.name, error.args[0]) from None
        partitions = metadata[resource.name].partitions
        copies = min((len(partition.replicas) for partition in partitions.values()), default=0)
        config = {name: entry.value for name, entry in entries.items()}
        found[resource.name] = Found(len(partitions), copies, config)
    return found


def compare(found: Mapping[str, Found], layout: Layout, topics: Iterable[Topic] = TOPICS) -> list[Difference]:
    """Where what stands differs from the catalogue, in its order."""
    return [difference for topic in topics for difference in _differences(topic, found, layout)]


def _differences(topic: Topic, all_found: Mapping[str, Found], layout: Layout) -> list[Difference]:
    name = layout.namespace + topic.name
    found = all_found.get(name)
    if found is None:
        return [Difference(name, "the topic", "one", "none", "make it: cleanclaim topics create", critical=True)]
    wanted = {
        "partitions": str(layout.partitions),
        "replication factor": str(layout.replication_factor),
        **config_of(topic, layout),
    }
    stands = {
        "partitions": str(found.partitions),
        "replication factor": str(found.replication_factor),
        **found.config,
    }
    return [
        Difference(name, what, value, stands.get(what, "none"), _remedy(name, what, value), what in _CRITICAL)
        for what, value in wanted.items()
        if stands.get(what) != value
    ]


def _remedy(name: str, what: str, value: str) -> str:
    if what == "partitions":
        return (
            "partitions cannot be changed without moving keys: name the number that stands with --partitions if all "
            "topics have it, else delete the topic and make it anew: cleanclaim topics create"
        )
    if what == "replication factor":
        return "name the number that stands with --replication-factor, or reassign: kafka-reassign-partitions.sh"
    return f"set it: kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {what}={value}"


def refuse_mismatch(admin: AdminClient, topics: Iterable[Topic] = TOPICS, namespace: str = "") -> int:
    """What whoever reads or writes them calls before it starts: the number of partitions that all these topics have.

    Raises `Misuse` that names each topic that is missing, not co-partitioned, not compacted though a changelog, or
    stamped by the sender's clock, and what to do.
    """
    wanted, found = list(topics), find(admin, namespace)
    names = [namespace + topic.name for topic in wanted]
    standing = [found[name].partitions for name in names if name in found]
    layout = Layout(max(standing, key=standing.count) if standing else PARTITIONS, namespace=namespace)
    wrong = [difference for difference in compare(found, layout, wanted) if difference.critical]
    if wrong:
        listed = "\n".join(map(str, wrong))
        raise Misuse(f"the topics are not as they must be:\n{listed}")
    return layout.partitions
