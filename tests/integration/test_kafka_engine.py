"""The Kafka engine keeps the promises of every engine, on a real broker."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from streams.topics import ENCOUNTERS
from tests.integration.engine_contract import (
    BEGINNING,
    DAY,
    EngineContract,
    keys_of_one_partition,
    notes,
)
from tests.kafka_engine import KafkaEngine
from tests.toys import visit

pytestmark = pytest.mark.kafka


class TestKafka(EngineContract):
    @pytest.fixture
    def start(self, broker):
        with ExitStack() as engines:

            def start(processors):
                engine = KafkaEngine(broker, processors)
                engines.callback(engine.close)
                return engine

            yield start

    def test_a_wake_comes_before_the_record_that_moved_the_time_on(self, engine):
        """As for every engine, but one transaction that writes to two partitions has no order between them."""
        first, second = keys_of_one_partition(2)
        engine.feed(ENCOUNTERS, visit(first))
        engine.feed(ENCOUNTERS, visit(second, hours=7 * 24))

        due = BEGINNING + 7 * DAY
        assert {f"{first}/1 of 0", f"{first}/{due}", f"{second}/1 of 0"} == set(notes(engine))
        assert engine.state("ledger", first) is None

    test_a_few_failures_in_a_thousand_do_not_stop_it = None
    """The guard is shared by the engines (tests/unit/test_dispatch.py); 1,500 records one by one take minutes here."""
