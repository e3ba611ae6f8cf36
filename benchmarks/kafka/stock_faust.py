"""The same processor as a Faust application is usually written: topics, a table for the state, at least once.

    python -m benchmarks.kafka.stock_faust BOOTSTRAP NAMESPACE PARTITIONS FACTS

Prints seconds by the clock and of CPU, from the first fact to the last, as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import click
import faust

from agents.dispatch import Applied, Dispatch, event_time, read_value
from agents.settings import load_rules
from streams.adjudication import Adjudication
from streams.processor import Inbound
from streams.topics import BY_NAME, CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, EDITS, FACT_TOPICS, HOLDS

if TYPE_CHECKING:
    from faust.types import StreamT


def make_app(bootstrap: str, namespace: str, partitions: int, facts: int, folder: str) -> faust.App:
    """An app that decides `facts` facts and then stops itself."""
    app = faust.App(
        f"{namespace}faust-{time.time_ns()}",
        broker=f"aiokafka://{bootstrap}",
        store="memory://",
        datadir=folder,
        value_serializer="raw",
        key_serializer="raw",
        topic_partitions=partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    inputs = app.topic(*[namespace + topic.name for topic in FACT_TOPICS], key_type=bytes, value_type=bytes)
    outputs = {
        topic.name: app.topic(namespace + topic.name, key_type=bytes, value_type=bytes)
        for topic in (CLAIMS_HELD, CLAIMS_REBUILD, CLAIMS_RELEASED, HOLDS)
    }
    states = app.Table("state", partitions=partitions, key_type=bytes, value_type=bytes)
    processor, dispatch = Adjudication(load_rules()), Dispatch()
    tables: dict[str, Any] = {EDITS.name: {}}

    @app.agent(inputs)
    async def adjudicate(stream: StreamT[bytes]) -> None:
        began = cpu = 0.0
        done = 0
        async for event in stream.events():
            if not began:
                began, cpu = time.perf_counter(), time.process_time()
            message = event.message
            record, body = read_value(event.value)
            event_time(record, 1 << 62)
            topic = BY_NAME[message.topic.removeprefix(namespace)]
            inbound = Inbound(topic, event.key.decode(), record, body, int(message.timestamp * 1000))
            result = dispatch.process(processor, inbound, states.get(event.key), tables)
            if isinstance(result, Applied):
                for entry in result.entries:
                    await outputs[entry.topic.name].send(key=(entry.key or "").encode(), value=entry.value)
                if result.step.state is not None:
                    states[event.key] = result.step.state
            done += 1
            if done == facts:
                taken = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
                click.echo(json.dumps(taken))
                os.kill(os.getpid(), signal.SIGTERM)

    return app


def main() -> None:
    """Run until all is decided."""
    bootstrap, namespace, partitions, facts = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="cleanclaim-") as folder:
        app = make_app(bootstrap, namespace, int(partitions), int(facts), folder)
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)  # as `cleanclaim worker` has it
        worker = faust.Worker(app, quiet=True, loglevel="ERROR", redirect_stdouts=False)
        worker.spinner = None
        worker.execute_from_commandline()


if __name__ == "__main__":
    main()
