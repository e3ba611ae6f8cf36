"""SASL/SCRAM over TLS with ACLs: each role does its part with what docs/kafka-access.md grants, and no more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time

import aiokafka
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from agents.kafka.access import ROLES
from agents.kafka.committed import read_committed
from agents.kafka.connection import faust_credentials
from agents.settings import load_settings
from schemas import registry
from streams.topics import ALERTS, CLAIMS_RELEASED, DEAD_LETTERS
from tests.alerts import alert
from tests.integration.command_line import CLEAN, cleanclaim, write
from tests.integration.test_cli_edits import written as write_edit
from tests.kafka.loop_inputs import PARTS
from tests.kafka_broker import ROOT, Java, NoBroker, fetch, free_port
from tests.receiver import receiving

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KEYTOOL = shutil.which("keytool") or "keytool"
PASSWORD = "only-for-tests"  # noqa: S105 - of a broker that lives for a minute
ADMIN, MECHANISM, NAMESPACE = "admin", "SCRAM-SHA-512", "secured."
USERS = {role.split(":")[0].split(" ")[0]: grants for role, grants in ROLES.items()}
"""The first word of each role, as its user."""


def keytool(*arguments):
    subprocess.run([KEYTOOL, *arguments], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key for localhost, in a store for the broker and as PEM for clients."""
    folder = tmp_path_factory.mktemp("tls")
    store, pem = str(folder / "broker.p12"), folder / "ca.pem"
    shared = ("-alias", "broker", "-keystore", store, "-storetype", "PKCS12", "-storepass", PASSWORD)
    keytool("-genkeypair", *shared, "-keyalg", "RSA", "-dname", "CN=localhost", "-ext", "san=dns:localhost")
    keytool("-exportcert", "-rfc", *shared, "-file", str(pem))
    return store, pem


@pytest.fixture(scope="module")
def secured(certificate, broker):
    """A broker that wants TLS, a password and grants; its users are the roles."""
    del broker  # where there is none, there is none of these either
    try:
        fetch()
    except NoBroker as error:
        if os.environ.get("CLEANCLAIM_REQUIRE_KAFKA") == "1":
            raise
        pytest.skip(f"the broker at hand is not made by Java, and only such a one is secured here: {error}")
    store, pem = certificate
    client = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": MECHANISM,
        "sasl.username": ADMIN,
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(pem),
    }
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    extra = {
        "sasl.enabled.mechanisms": MECHANISM,
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            f'{login} required username="{ADMIN}" password="{PASSWORD}";'
        ),
        "ssl.keystore.location": store,
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.password": PASSWORD,
        "ssl.truststore.location": str(pem),
        "ssl.truststore.type": "PEM",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN};User:ANONYMOUS",  # anonymous: the controller's own listener
    }
    java = Java(extra, "SASL_SSL", client, f"{MECHANISM}=[name={ADMIN},password={PASSWORD}]")
    admin = java.admin()
    _make_users(admin)
    _grant(admin)
    yield java, pem
    java.close()


def _make_users(admin: AdminClient):
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = [UserScramCredentialUpsertion(user, info, PASSWORD.encode()) for user in USERS]
    for future in admin.alter_user_scram_credentials(wanted).values():
        future.result()


def _grant(admin: AdminClient):
    bindings = [
        AclBinding(
            ResourceType[grant.resource],
            NAMESPACE + grant.name,
            ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL,
            f"User:{user}",
            "*",
            AclOperation[grant.operation],
            AclPermissionType.ALLOW,
        )
        for user, grants in USERS.items()
        for grant in grants
    ]
    for future in admin.create_acls(bindings).values():
        future.result()


@pytest.fixture
def environment(secured):
    """The settings of a role."""
    java, pem = secured

    def of(user, password=PASSWORD):
        return {
            "CLEANCLAIM_BOOTSTRAP_SERVERS": java.bootstrap,
            "CLEANCLAIM_NAMESPACE": NAMESPACE,
            "CLEANCLAIM_PARTITIONS": "2",
            "CLEANCLAIM_REPLICATION_FACTOR": "1",
            "CLEANCLAIM_SECURITY_PROTOCOL": "SASL_SSL",
            "CLEANCLAIM_SASL_MECHANISM": MECHANISM,
            "CLEANCLAIM_SASL_USERNAME": user,
            "CLEANCLAIM_SASL_PASSWORD": password,
            "CLEANCLAIM_SSL_CA": str(pem),
        }

    return of


@pytest.fixture
def client(secured):
    """Of librdkafka, as the administrator."""
    java, pem = secured
    login = {"sasl.username": ADMIN, "sasl.password": PASSWORD, "sasl.mechanism": MECHANISM}
    server = {"bootstrap.servers": java.bootstrap, "security.protocol": "SASL_SSL", "ssl.ca.location": str(pem)}
    return {**server, **login, "log_level": 2}


@contextlib.contextmanager
def working(agents, variables, folder):
    """A worker for the time of the block. Gives a check that it lives and is not late; it must end in good order."""
    path = folder / "worker.log"
    command = [str(ROOT / ".venv" / "bin" / "cleanclaim"), "worker", "--agents", agents, "--slot", "a"]
    with path.open("wb") as log:
        arguments = [*command, "--web-port", str(free_port())]
        process = subprocess.Popen(arguments, env=os.environ | variables, stdout=log, stderr=log)
    end = time.monotonic() + 90

    def lives():
        assert process.poll() is None, path.read_text()
        assert time.monotonic() < end, path.read_text()

    try:
        yield lives
    finally:
        process.terminate()
        ended = process.wait(timeout=60)
    assert (0, False) == (ended, PASSWORD in path.read_text())


@pytest.fixture
def topics(environment):
    result = cleanclaim("topics", "create", env=environment("operator"))
    assert 0 == result.exit_code, result.output


@pytest.mark.usefixtures("topics")
def test_every_role_does_its_part_with_what_it_is_granted(environment, tmp_path):
    checked = cleanclaim("topics", "check", env=environment("operator"))
    sent = cleanclaim("publish", write(tmp_path / "day.ndjson", *CLEAN, "{\n"), env=environment("sender"))
    listed = cleanclaim("dead-letters", "list", env=environment("steward"))
    replayed = cleanclaim("dead-letters", "replay", "--all", env=environment("steward"))
    edit = write_edit(tmp_path)
    added = cleanclaim("edits", "add", edit, "--reason", "payer bulletin", env=environment("analyst"))
    seen = cleanclaim("edits", "list", env=environment("analyst"))
    tried = cleanclaim("edits", "backtest", "--with", edit, env=environment("analyst"))
    rates = tmp_path / "rates.csv"
    rates.write_text("payer_id,procedure_code,effective_from,rate_cents\nP01,93015,2026-01-01,8000\n")
    paid = cleanclaim("underpaid", "--rates", rates, env=environment("contract"))
    submitted = _work_until_submitted(environment, tmp_path)

    assert (0, 0, 0, 1) == (checked.exit_code, sent.exit_code, listed.exit_code, replayed.exit_code), sent.output
    assert "1 dead letter, 1 not replayed" in listed.stdout
    assert (0, 0, 0) == (added.exit_code, seen.exit_code, tried.exit_code), added.output + seen.output + tried.output
    assert (0, True) == (paid.exit_code, "0 lines of 0 short" in paid.stdout), paid.output
    assert ["C1"] == [each["claim_id"] for each in submitted]


def _work_until_submitted(environment, folder):
    """Run a worker until the clearinghouse has submitted something."""
    outbox = folder / "out.ndjson"
    program = [str(ROOT / "examples" / "clearinghouse" / "clearinghouse.py"), "--until-end"]
    house = [sys.executable, *program, "--book", str(folder / "book.db"), "--outbox", str(outbox)]
    with working("adjudication", environment("worker"), folder) as lives:
        while not outbox.exists() or not outbox.read_text():
            lives()
            subprocess.run(house, check=True, env=os.environ | environment("clearinghouse") | {"PYTHONPATH": str(ROOT)})
    return [json.loads(line) for line in outbox.read_text().splitlines()]


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize("role", PARTS)
def test_each_worker_of_the_loop_says_its_part_with_what_it_is_granted(role, client, environment, tmp_path):
    def length(topic):
        return sum(1 for _ in read_committed(client, NAMESPACE, [topic], "look"))

    part = PARTS[role]()
    before = {topic: length(topic) for topic in (*part.outputs, DEAD_LETTERS)}
    producer = Producer({**client, "partitioner": "murmur2_random"})
    for topic, key, value in part.sent:
        producer.produce(NAMESPACE + topic.name, value, key)
    producer.flush(10)

    with working(role, environment(role), tmp_path) as lives:
        while any(length(topic) == before[topic] for topic in part.outputs):
            lives()
            time.sleep(0.5)

    assert before[DEAD_LETTERS] == length(DEAD_LETTERS)


@pytest.mark.usefixtures("topics")
def test_a_notifier_tells_with_what_it_is_granted(client, environment, tmp_path):
    producer = Producer(client)
    producer.produce(NAMESPACE + ALERTS.name, b"no Avro", b"alert-1", partition=0)
    producer.produce(NAMESPACE + ALERTS.name, registry.write(alert()), b"alert-1", partition=0)
    producer.flush(10)
    with receiving() as webhook:
        receiver = {"CLEANCLAIM_WEBHOOK_URL": webhook.url, "CLEANCLAIM_WEBHOOK_SECRET": PASSWORD}
        with working("notifier", environment("notifier") | receiver, tmp_path) as lives:
            while "alert-1.FIRING" not in (told := [post.headers["webhook-id"] for post in webhook.taken]):
                lives()
                time.sleep(0.1)
            listed = cleanclaim("dead-letters", "list", env=environment("steward")).stdout

    assert (1, True) == (told.count("alert-1.FIRING"), "alerts.v1" in listed)


@pytest.mark.usefixtures("topics")
def test_a_role_may_not_do_what_another_does(environment, tmp_path):
    made = cleanclaim("topics", "create", env=environment("clearinghouse") | {"CLEANCLAIM_NAMESPACE": "own."})
    sent = cleanclaim("publish", write(tmp_path / "day.ndjson", *CLEAN), env=environment("clearinghouse"))

    assert (2, 2) == (made.exit_code, sent.exit_code), (made.output, sent.output)


def test_a_wrong_password_is_told_at_once_and_not_shown(environment):
    began = time.monotonic()
    result = cleanclaim("topics", "check", env=environment("operator", "wrong-horse"))

    assert (2, True) == (result.exit_code, "Kafka brokers refuse this client" in result.stderr)
    assert ("wrong-horse" in result.output, time.monotonic() - began < 15) == (False, True)


@pytest.mark.usefixtures("topics")
def test_aiokafka_is_let_in_with_what_faust_is_given(environment, monkeypatch):
    for name, value in environment("clearinghouse").items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    auth = credentials_to_aiokafka_auth(faust_credentials(settings))

    async def partitions():
        consumer = aiokafka.AIOKafkaConsumer(name, bootstrap_servers=settings.bootstrap_servers, **auth)
        await consumer.start()
        try:
            return len(consumer.partitions_for_topic(name))
        finally:
            await consumer.stop()

    name = NAMESPACE + CLAIMS_RELEASED.name
    assert 2 == asyncio.run(partitions())
