"""One producer, one transaction at a time, and what its errors mean for the worker."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException

from agents.kafka.members import REFUSALS, reason_of, transactional_producer, translated
from schemas.errors import CleanclaimError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from confluent_kafka import Producer, TopicPartition

    from agents.kafka.options import Options
    from streams.processor import Processor

_CALL = 10.0
"""Seconds for one answer of the transaction coordinator."""

_PATIENCE = 30.0
"""Seconds for which a call that may be repeated is; by then the coordinator has timed the transaction out."""

_OFFSETS = 5.0
"""Seconds for the group's coordinator, which answers within milliseconds; after that a new producer is sooner there."""

_CULPRITS = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_RECORD})
"""A record of the batch is at fault, not the cluster."""


class Aborted(CleanclaimError):
    """The transaction came to nothing, and the cluster knows. `culprit`: a record of the batch is why."""

    def __init__(self, cause: str, *, culprit: bool) -> None:
        super().__init__(f"transaction aborted: {cause}")
        self.cause = cause
        self.culprit = culprit


class Lost(CleanclaimError):
    """The producer is of no use any more, and how its transaction ended is not known here: restore."""


class Transactions:
    """The transactional producer of a slot. Making one ends what an earlier one with the same name left open.

    Raises `Aborted` when the batch may run again, `Lost` when a new producer and a restore are needed, `Misuse` where
    the cluster refuses for good.
    """

    def __init__(self, options: Options, processor: Processor) -> None:
        self._producer: Producer = transactional_producer(options, processor)
        self._open = False
        self._call(self._producer.init_transactions, _CALL)

    def begin(self) -> None:
        """Open a transaction."""
        self._call(self._producer.begin_transaction)
        self._open = True

    def produce(
        self, topic: str, key: bytes | None, value: bytes | None, time_ms: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """Add a record, to the partition that its key gives."""
        self._produce(topic, value, key, headers=list(headers.items()) if headers else None, timestamp=time_ms)

    def produce_to(self, topic: str, partition: int, key: bytes, value: bytes | None, time_ms: int) -> None:
        """Add a record to `partition`."""
        self._produce(topic, value, key, partition, timestamp=time_ms)

    def _produce(self, *args: Any, **keywords: Any) -> None:
        while True:
            try:
                self._producer.produce(*args, **keywords)
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                reason = reason_of(error)
                if reason.fatal():
                    raise Lost(reason.name()) from None
                raise Aborted(reason.name(), culprit=reason.code() in _CULPRITS) from None
            else:
                return

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        """Commit what was produced together with the positions of the inputs."""
        self._call(self._producer.send_offsets_to_transaction, list(offsets), group, _OFFSETS, patience=0.0)
        self._call(self._producer.commit_transaction, _CALL)
        self._open = False

    def abort(self) -> None:
        """Take back what was produced. Raises `Lost` if that cannot be made sure."""
        if not self._open:
            return
        self._open = False
        try:
            self._call(self._producer.abort_transaction, _CALL)
        except Aborted as error:
            raise Lost(error.cause) from None

    def close(self) -> None:
        """Let go of the producer; an open transaction is aborted if the cluster answers, or times out there."""
        with contextlib.suppress(
            KafkaException
        ):  # after a fatal error it will do nothing; the next one ends what is open
            if self._open:
                self._producer.abort_transaction(1.0)
            self._producer.purge()

    def _call(self, call: Callable[..., Any], *args: Any, patience: float = _PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                call(*args)
            except KafkaException as error:
                reason = reason_of(error)
                if reason.code() in REFUSALS:
                    raise translated(reason, "transaction") from None
                if reason.fatal():
                    raise Lost(reason.name()) from None
                if reason.txn_requires_abort():
                    raise Aborted(reason.name(), culprit=reason.code() in _CULPRITS) from None
                if not reason.retriable() or time.monotonic() > deadline:
                    raise Lost(reason.name()) from None
                time.sleep(0.1)
            else:
                return
