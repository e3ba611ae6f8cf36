"""A real broker for tests, from wherever one can be had. In this order:

1. `CLEANCLAIM_TEST_BOOTSTRAP`: one that runs. All topics of the catalogue on it are deleted and made anew!
2. Docker, through testcontainers: the image `CLEANCLAIM_KAFKA_IMAGE`, by default the public apache/kafka.
3. Java: jars that scripts/fetch_kafka.sh resolves with Maven.

Where there is none, `NoBroker` says why.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from agents.kafka.topics import Layout, create
from streams.topics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
JARS = ROOT / "build" / "kafka"
PARTITIONS = 4
"""Enough for two workers to share, few enough that 18 topics are made in a moment."""

_READY_SECONDS = 60
_FETCH_SECONDS = 600
_PULL_SECONDS = 180

SINGLE: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",  # a test need not wait for members that never come
    "auto.create.topics.enable": "false",  # a misspelled topic is an error
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",  # a killed worker's transaction ends soon
}
"""What a broker needs that is alone, and has no time to lose."""


class NoBroker(Exception):
    """No broker can be had here, and why."""


class Broker(ABC):
    """A broker that runs. Where it is ours, a test may stop it and start it again."""

    bootstrap: str

    @abstractmethod
    def close(self) -> None:
        """Let go of it, and of all that it holds where it is ours."""

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})

    def reset(self, partitions: int = PARTITIONS) -> None:
        """Fresh topics, all of the catalogue, and no group that is at rest."""
        admin = self.admin()
        standing = self._standing(admin)
        if standing:
            for future in admin.delete_topics(list(standing), operation_timeout=30).values():
                future.result()
        self._wait_for(admin, {})
        groups = [group.group_id for group in admin.list_consumer_groups(request_timeout=10).result().valid]
        if groups:
            for future in admin.delete_consumer_groups(groups, request_timeout=10).values():
                with contextlib.suppress(KafkaException):  # one with members is not deleted; its offsets went above
                    future.result()
        create(admin, Layout(partitions, replication_factor=1))
        self._wait_for(admin, dict.fromkeys(BY_NAME, partitions))

    @staticmethod
    def _standing(admin: AdminClient) -> dict[str, int]:
        topics = admin.list_topics(timeout=10).topics
        return {name: len(topics[name].partitions) for name in topics if name in BY_NAME}

    def _wait_for(self, admin: AdminClient, wanted: Mapping[str, int]) -> None:
        """The controller has answered by now; what the broker tells clients follows a moment later."""
        end = time.monotonic() + 30
        while self._standing(admin) != wanted:
            assert time.monotonic() < end, "the broker's metadata did not follow the controller"
            time.sleep(0.01)


class Running(Broker):
    """One that somebody else runs."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        wait_until_ready(bootstrap)

    def close(self) -> None:
        """Not ours to stop."""


class Java(Broker):
    """KRaft, broker and controller in one process, on free ports of the loopback. Data and log lie in `home`."""

    def __init__(
        self,
        extra: Mapping[str, str] | None = None,
        listener: str = "PLAINTEXT",
        client: Mapping[str, Any] | None = None,
        scram: str | None = None,
    ) -> None:
        """`listener` names its protocol, `client` what a client must say to it, `scram` a user to begin with."""
        fetch()
        self.home = Path(tempfile.mkdtemp(prefix="cleanclaim-kafka-"))
        self._client = dict(client or {})
        port, controller = free_port(), free_port()
        self.bootstrap = f"localhost:{port}"
        self._process: subprocess.Popen[bytes] | None = None
        properties = {
            **SINGLE,
            "controller.quorum.voters": f"1@localhost:{controller}",
            "listeners": f"{listener}://localhost:{port},CONTROLLER://localhost:{controller}",
            "advertised.listeners": f"{listener}://localhost:{port}",
            "listener.security.protocol.map": f"{listener}:{listener},CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": listener,
            "log.dirs": str(self.home / "data"),
            **(extra or {}),
        }
        self._settings = self.home / "server.properties"
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        identity = ["-t", str(uuid.uuid4()), *(["--add-scram", scram] if scram else [])]
        format_command = [
            *self._java("256m"),
            "kafka.tools.StorageTool",
            "format",
            *identity,
            "-c",
            str(self._settings),
        ]
        done = subprocess.run(format_command, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode:
            self.close()
            raise NoBroker(f"the storage of a broker cannot be made: {done.stderr[-500:]}")
        self.start()

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        with (self.home / "broker.log").open("ab") as log:
            command = [*self._java("1g"), "kafka.Kafka", str(self._settings)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_until_ready(self.bootstrap, self._client, self._process)
        except NoBroker as error:
            tail = (self.home / "broker.log").read_text("utf-8", "replace")[-1000:]
            self.close()
            raise NoBroker(f"{error}: {tail}") from None

    def stop(self) -> None:
        """Stop it in good order; its data stays."""
        self._end(kill=False)

    def kill(self) -> None:
        """kill -9; its data stays."""
        self._end(kill=True)

    def close(self) -> None:
        self._end(kill=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2, **self._client})

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=30)

    def _java(self, heap: str) -> list[str]:
        level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return ["java", f"-Xmx{heap}", level, "-cp", str(JARS / "broker" / "*")]


class Container(Broker):
    """The official image, or one made like it, started by testcontainers."""

    def __init__(self, image: str) -> None:
        from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - imports Docker's client
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - see above

        _have_image(image)
        testcontainers_config.ryuk_disabled = True  # another image to pull; `close` stops the container
        port = free_port()
        environment = {
            **{"KAFKA_" + name.upper().replace(".", "_"): value for name, value in SINGLE.items()},
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
            "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://localhost:29093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:{port}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        }
        self._container = DockerContainer(image).with_bind_ports(port, port)
        for name, value in environment.items():
            self._container = self._container.with_env(name, value)
        self.bootstrap = f"localhost:{port}"
        self._container.start()
        try:
            wait_until_ready(self.bootstrap)
        except NoBroker as error:
            logs = b"".join(self._container.get_logs())[-1000:].decode("utf-8", "replace")
            self.close()
            raise NoBroker(f"the container of {image}: {error}: {logs}") from None

    def close(self) -> None:
        self._container.stop()


def find_broker() -> Broker:
    """The first way that works. Raises `NoBroker`."""
    bootstrap = os.environ.get("CLEANCLAIM_TEST_BOOTSTRAP")
    if bootstrap:
        return Running(bootstrap)
    reasons = []
    image = os.environ.get("CLEANCLAIM_KAFKA_IMAGE")
    for way in (lambda: Container(image or "apache/kafka:4.1.1"), Java):
        try:
            return way()
        except NoBroker as error:
            reasons.append(str(error))
            if image and way is not Java:
                break  # who names an image wants that one
    raise NoBroker("; ".join(reasons))


def fetch() -> None:
    """The jars, resolved if need be. Raises `NoBroker`."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None and not (program == "mvn" and (JARS / ".fetched").exists()):
            raise NoBroker(f"{program} is not installed")
    try:
        done = subprocess.run(
            [str(ROOT / "scripts" / "fetch_kafka.sh")],
            check=False,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NoBroker(f"scripts/fetch_kafka.sh was not done after {_FETCH_SECONDS} s") from None
    if done.returncode:
        raise NoBroker(f"scripts/fetch_kafka.sh failed: {(done.stdout + done.stderr)[-500:]}")


def _have_image(image: str) -> None:
    """See that the image is there, pulling it in bounded time. Raises `NoBroker`."""
    import docker  # noqa: PLC0415 - see Container
    from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415

    if not _engine_listens():
        raise NoBroker("no Docker engine listens")
    try:
        client = docker.from_env(timeout=5)
    except DockerException:
        raise NoBroker("no Docker engine answers") from None
    with contextlib.closing(client):
        try:
            client.ping()
            try:
                client.images.get(image)
            except ImageNotFound:
                _pull(client, image)
        except (DockerException, OSError) as error:
            raise NoBroker(f"Docker has no image {image}, and it cannot be pulled: {type(error).__name__}") from None


def _engine_listens() -> bool:
    """Whether it is worth asking: Docker's client leaks a socket where nobody listens."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not host.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(host.removeprefix("unix://")) == 0


def _pull(client: Any, image: str) -> None:
    """A registry that says nothing for five seconds, or is slow, is as good as none."""
    repository, _, tag = image.rpartition(":")
    end = time.monotonic() + _PULL_SECONDS
    for progress in client.api.pull(repository, tag=tag, stream=True, decode=True):
        if "error" in progress or time.monotonic() > end:
            raise NoBroker(f"Docker has no image {image}, and it cannot be pulled")


def wait_until_ready(
    bootstrap: str, client: Mapping[str, Any] | None = None, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait until the broker can take topics. Raises `NoBroker` after a minute, or when `process` ends."""
    end = time.monotonic() + _READY_SECONDS
    said: list[KafkaError] = []
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2, "error_cb": said.append, **(client or {})})
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise NoBroker(f"the broker ended with {process.returncode}")
        with contextlib.suppress(KafkaException):
            if admin.list_topics(timeout=1).brokers:
                return
    raise NoBroker(f"{bootstrap} did not answer for {_READY_SECONDS} s ({said[-1].name() if said else 'no word'})")


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def broker_or_reason() -> Iterator[Broker | str]:
    """A broker for the time of the block, or why there is none."""
    try:
        broker = find_broker()
    except NoBroker as error:
        yield str(error)
        return
    try:
        yield broker
    finally:
        broker.close()
