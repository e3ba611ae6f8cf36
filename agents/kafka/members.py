"""The librdkafka clients that a worker runs on, and what their errors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from agents.logs import get_logger
from schemas.errors import Misuse, Unavailable
from streams.topics import OUTPUT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.kafka.options import Options
    from streams.processor import Processor

log = get_logger("cleanclaim.kafka")

MESSAGE_BYTES = OUTPUT_BYTES + (64 << 10)
"""Room for key, headers and the frame of a batch beside the largest value."""

# librdkafka's own codes begin with an underscore.
END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001
FATAL = KafkaError._FATAL  # noqa: SLF001

REFUSALS = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError._AUTHENTICATION,  # noqa: SLF001
    }
)
"""The cluster will not have us; asking again does not help."""

FENCED = frozenset({KafkaError.FENCED_INSTANCE_ID})
"""Another member took the name of this slot."""


def note_word(error: KafkaError) -> None:
    """The client tells of brokers that are down while it goes on trying; it is not for us to act on."""
    log.debug("word of the client", error=error.name())


def _common(options: Options) -> dict[str, Any]:
    return {
        **options.connection,
        "error_cb": note_word,
        "log_level": 2,
        "reconnect.backoff.max.ms": 1_000,  # by default up to 10 s pass until a broker that is back is found
        # Else a producer that was cut off from all brokers begins anew with the first ones, and then waits for ever for
        # the group coordinator that it knew: send_offsets_to_transaction does not even time out (librdkafka 2.16).
        "metadata.recovery.strategy": "none",
    }


def _reading(options: Options) -> dict[str, Any]:
    return _common(options) | {
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,  # how the merge and a restore know that an input is at its end
        "auto.offset.reset": "earliest",  # offsets that retention has taken: go on with the oldest that there is
        "fetch.wait.max.ms": 25,  # an end is told by an answer without records, and the merge waits for ends
        "fetch.queue.backoff.ms": 20,
        "receive.message.max.bytes": 128 << 20,
        "fetch.max.bytes": 64 << 20,
    }


def group_settings(options: Options, processor: Processor) -> dict[str, Any]:
    """How the static member reads a processor's inputs.

    Range assignment keeps partition N of every input on one worker, which the cooperative-sticky assignor does not.
    """
    return _reading(options) | {
        "group.id": options.group(processor),
        "group.instance.id": options.member(processor),
        "partition.assignment.strategy": "range",
        "session.timeout.ms": options.session_timeout_ms,
        "heartbeat.interval.ms": options.session_timeout_ms // 4,
        "max.poll.interval.ms": 300_000,
        # Small pieces of many partitions: the merge needs a little of every input, not much of one.
        "max.partition.fetch.bytes": 256 << 10,
        "queued.max.messages.kbytes": 48 << 10,
    }


def group_consumer(options: Options, processor: Processor, note: Callable[[KafkaError], None]) -> Consumer:
    """The static member that reads a processor's inputs. `note` hears of brokers that are down."""
    return Consumer(group_settings(options, processor) | {"error_cb": note})


def lone_consumer(options: Options, processor: Processor, purpose: str, *, committed: bool = True) -> Consumer:
    """A consumer that is told its partitions and commits nothing: for restores and tables.

    Unless `committed`, it sees records and ends of transactions that are still open.
    """
    return Consumer(
        _reading(options)
        | {
            "group.id": f"{options.group(processor)}.{purpose}",
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "max.partition.fetch.bytes": 4 << 20,
            "queued.max.messages.kbytes": 128 << 10,
        }
    )


def transactional_producer(options: Options, processor: Processor) -> Producer:
    """The one producer of a slot. What lingers leaves when the transaction commits, so lingering
    costs no latency.
    """
    return Producer(
        _common(options)
        | {
            "transactional.id": options.member(processor),
            "transaction.timeout.ms": options.transaction_timeout_ms,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 100,  # few large requests: with 5 the engine took half as much processor time again
            "batch.size": 1 << 20,
            "batch.num.messages": 20_000,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 512 << 10,
            "message.max.bytes": MESSAGE_BYTES,
            "delivery.report.only.error": True,
        }
    )


def reason_of(error: KafkaException) -> KafkaError:
    """What librdkafka says in an exception."""
    reason: KafkaError = error.args[0]
    return reason


def translated(reason: KafkaError, what: str) -> Misuse | Unavailable:
    """An error of a client in our words: only codes, never the text of a broker."""
    if reason.code() in FENCED:
        return Misuse(f"{what}: another worker runs under the same slot; give each its own --slot")
    if reason.code() in REFUSALS:
        return Misuse(
            f"{what}: the cluster refused ({reason.name()}); check the credentials and the ACLs of this worker"
        )
    return Unavailable(f"{what}: {reason.name()}")


def note_error(reason: KafkaError, what: str) -> None:
    """An error that came in place of a message. The client goes on by itself, so it is only logged.

    Raises `Misuse` if the cluster will not have us: going on is then of no use.
    """
    if reason.code() in REFUSALS:
        raise translated(reason, what)
    log.warning("an error in place of a record", topic=what, error=reason.name())
