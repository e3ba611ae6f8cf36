"""A real schema registry for tests: Apicurio, on Java, in memory. It speaks Confluent's API."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import Misuse, Unavailable
from schemas.registry_client import RegistryClient
from tests.kafka_broker import JARS, NoBroker, fetch, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_READY_SECONDS = 90


class Registry:
    """One that a test may stop, and start again empty on the same port."""

    def __init__(self) -> None:
        fetch()
        self._home = Path(tempfile.mkdtemp(prefix="cleanclaim-registry-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://localhost:{self._port}/apis/ccompat/v7"
        self.start()

    def start(self) -> None:
        jar = next((JARS / "registry").glob("*-runner.jar"))
        options = [f"-Dquarkus.http.port={self._port}", "-Dquarkus.http.host=localhost", "-Dquarkus.log.level=WARN"]
        with (self._home / "registry.log").open("ab") as log:
            command = ["java", "-Xmx512m", *options, "-jar", str(jar)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + _READY_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(Misuse, Unavailable):
                RegistryClient(self.url, sleep=lambda _: None).compatibility("none")
                return
            time.sleep(0.2)
        tail = (self._home / "registry.log").read_text("utf-8", "replace")[-1000:]
        self.close()
        raise NoBroker(f"the registry did not answer for {_READY_SECONDS} s: {tail}")

    def stop(self) -> None:
        """Stop it; being in memory, it forgets all."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(timeout=30)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)


@contextlib.contextmanager
def registry_or_reason() -> Iterator[Registry | str]:
    """A registry for the time of the block, or why there is none."""
    try:
        registry = Registry()
    except NoBroker as error:
        yield str(error)
        return
    try:
        yield registry
    finally:
        registry.close()
