"""A clearinghouse's end of claims.released.v1: each claim revision is submitted at most once, and recalls are heeded.

    python examples/clearinghouse/clearinghouse.py --book clearinghouse.db --outbox submitted.ndjson

The book is one SQLite file: how far the topic was read and what was submitted change in one transaction, so a kill -9
at any moment loses nothing and submits nothing twice. Where brokers are is told by CLEANCLAIM_* as to any worker.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
from typing import TYPE_CHECKING, NamedTuple, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from agents.dispatch import read_value
from agents.kafka.connection import librdkafka, schema_registry
from agents.settings import load_settings
from streams.topics import CLAIMS_RELEASED

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import Message as KafkaMessage

    from agents.settings import Settings
    from schemas.claim import Claim
    from schemas.decision import Decision
    from schemas.record import Record

SUBMIT, RECALL, REINSTATE = "SUBMIT", "RECALL", "REINSTATE"

SCHEMA = """
    CREATE TABLE IF NOT EXISTS offsets (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS submissions (
        claim_id TEXT NOT NULL,
        claim_revision INTEGER NOT NULL,
        recalled INTEGER NOT NULL DEFAULT 0,
        pending TEXT,
        reasons TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (claim_id, claim_revision)
    ) STRICT;
"""
"""`pending` is what is about to be said of a revision, and is cleared when it was. A recall or reinstatement found
pending after a crash is said again: twice does no harm. A submission found so may have left or not: nobody submits it
again, somebody asks the clearinghouse (a claim status inquiry, X12 276)."""


class Message(NamedTuple):
    """What to tell the clearinghouse of a claim revision. `reasons`: the edits that made the recall."""

    kind: str
    claim_id: str
    claim_revision: int
    reasons: str = ""


class Book:
    """What was read and what was submitted."""

    def __init__(self, path: str) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it names claims
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)

    def next_offsets(self) -> dict[int, int]:
        """Partition -> the offset to go on with."""
        return dict(self._db.execute("SELECT partition, next FROM offsets"))

    def pending(self) -> list[Message]:
        """What a crash cut short."""
        sql = "SELECT pending, claim_id, claim_revision, reasons FROM submissions WHERE pending IS NOT NULL"
        return [Message(*row) for row in self._db.execute(sql)]

    def take(self, decision: Decision, partition: int, offset: int) -> Message | None:
        """Note a decision and that it was read, in one transaction; what to say now."""
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:  # commits
            message = self._released(decision) if decision.route == "RELEASE" else self._recalled(decision)
            if message is not None:
                self._db.execute(
                    "INSERT INTO submissions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                    "SET recalled = excluded.recalled, pending = excluded.pending, reasons = excluded.reasons",
                    (message.claim_id, message.claim_revision, message.kind == RECALL, message.kind, message.reasons),
                )
            self._db.execute("INSERT OR REPLACE INTO offsets VALUES (?, ?)", (partition, offset + 1))
        return message

    def said(self, message: Message) -> None:
        """Note that the clearinghouse was told."""
        sql = "UPDATE submissions SET pending = NULL WHERE claim_id = ? AND claim_revision = ?"
        self._db.execute(sql, (message.claim_id, message.claim_revision))

    def _released(self, decision: Decision) -> Message | None:
        """Submit what never was; take back the recall of what was."""
        claim = (decision.claim_id, decision.claim_revision)
        sql = "SELECT recalled FROM submissions WHERE claim_id = ? AND claim_revision = ?"
        row = self._db.execute(sql, claim).fetchone()
        if row is None:
            return Message(SUBMIT, *claim)
        return Message(REINSTATE, *claim) if row[0] else None

    def _recalled(self, decision: Decision) -> Message | None:
        """Recall the last revision submitted; an earlier one was replaced by it."""
        sql = "SELECT claim_revision, recalled FROM submissions WHERE claim_id = ? ORDER BY claim_revision DESC LIMIT 1"
        row = self._db.execute(sql, (decision.claim_id,)).fetchone()
        if row is None or row[1]:
            return None
        reasons = " ".join(finding.edit_id for finding in decision.findings if finding.severity != "WARN")
        return Message(RECALL, decision.claim_id, row[0], reasons)


class Outbox:
    """Stands for the clearinghouse's own interface: a line per submission or recall, on disk before it counts."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def send(self, message: Message, claim: Claim | None = None) -> None:
        """One line; a submission holds the claim."""
        line = message._asdict() | ({} if claim is None else {"claim": claim.model_dump(mode="json")})
        os.write(self._descriptor, json.dumps(line).encode() + b"\n")
        os.fsync(self._descriptor)


def finish(book: Book, outbox: Outbox) -> None:
    """After a crash: say again what may be said twice, and name what may not."""
    for message in book.pending():
        if message.kind == SUBMIT:
            # Standard error may end in a log, and the id of a claim is not for logs.
            sys.stderr.write("clearinghouse: a submission was cut short: see `pending` in the book, and ask for it\n")
        else:
            outbox.send(message)
            book.said(message)


def run(settings: Settings, book: Book, outbox: Outbox, *, until_end: bool) -> None:
    """Follow the topic, for ever or to its present end."""
    registry = schema_registry(settings)
    read = read_value if registry is None else registry.read
    topic = settings.namespace + CLAIMS_RELEASED.name
    consumer = Consumer(
        {
            **librdkafka(settings),
            "group.id": settings.namespace + "clearinghouse",
            "enable.auto.commit": False,  # the book knows the offsets
            "isolation.level": "read_committed",  # a decision of an aborted transaction was never made
            "auto.offset.reset": "error",  # what is gone from the topic unread is for a person to know
            "enable.partition.eof": True,
        }
    )
    partitions = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    known = book.next_offsets()
    consumer.assign([TopicPartition(topic, each, known.get(each, OFFSET_BEGINNING)) for each in partitions])
    try:
        while partitions:
            record = consumer.poll(1.0)
            if record is None:
                continue
            error = record.error()
            if error is None:
                handle(record, read, book, outbox)
            elif error.code() == error._PARTITION_EOF:  # noqa: SLF001 - the client's own spelling
                if until_end:
                    partitions.discard(record.partition())
            elif error.fatal() or not error.retriable():
                sys.exit(f"clearinghouse: {topic}: {error.name()}")
    finally:
        consumer.close()


def handle(record: KafkaMessage, read: Callable[[bytes], tuple[Record, bytes]], book: Book, outbox: Outbox) -> None:
    """One decision: into the book first, then out. Raises `Unreadable` for what is none: stop, and skip nothing."""
    decision = cast("Decision", read(record.value() or b"")[0])
    message = book.take(decision, cast("int", record.partition()), cast("int", record.offset()))
    if message is not None:
        outbox.send(message, decision.claim if message.kind == SUBMIT else None)
        book.said(message)


def main() -> None:
    """Read the arguments and follow the topic."""
    parser = argparse.ArgumentParser(description="Submit released claims, each revision at most once.")
    parser.add_argument("--book", default="clearinghouse.db", help="SQLite file: what was read and submitted")
    parser.add_argument("--outbox", default="submitted.ndjson", help="where submissions and recalls go")
    parser.add_argument("--until-end", action="store_true", help="stop at the present end of the topic")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    book, outbox = Book(arguments.book), Outbox(arguments.outbox)
    finish(book, outbox)
    run(load_settings(), book, outbox, until_end=arguments.until_end)


if __name__ == "__main__":
    main()
