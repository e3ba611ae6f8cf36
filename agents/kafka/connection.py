"""How Kafka's clients are told to reach the cluster: librdkafka, which carries the money, and aiokafka inside Faust."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from agents.kafka.registered import Registered
from schemas.errors import Misuse, Unavailable
from schemas.registry_client import RegistryClient

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT
    from pydantic import SecretStr

    from agents.settings import Settings


_UNREACHABLE = {
    KafkaError._TRANSPORT,  # noqa: SLF001 - the client's own spelling, here and below
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
}


_REFUSED = {
    KafkaError._AUTHENTICATION,  # noqa: SLF001
    KafkaError._SSL,  # noqa: SLF001
    KafkaError.SASL_AUTHENTICATION_FAILED,
}

_SECONDS = 30.0
"""For a cluster to answer for the first time."""


def bootstrap_servers(settings: Settings) -> str:
    """Where to begin. Raises `Misuse` where nobody said."""
    if not settings.bootstrap_servers:
        raise Misuse("no Kafka brokers named: give --bootstrap-servers HOST:PORT or set CLEANCLAIM_BOOTSTRAP_SERVERS")
    return settings.bootstrap_servers


def librdkafka(settings: Settings) -> dict[str, str | int]:
    """What every librdkafka client begins with: servers, TLS and SASL. It holds secrets, so it is not for printing."""
    said = {
        "bootstrap.servers": bootstrap_servers(settings),
        "security.protocol": settings.security_protocol,
        "ssl.ca.location": settings.ssl_ca,
        "ssl.certificate.location": settings.ssl_certificate,
        "ssl.key.location": settings.ssl_key,
        "ssl.key.password": _revealed(settings.ssl_key_password),
    }
    if settings.security_protocol.startswith("SASL"):
        said |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username,
            "sasl.password": _revealed(settings.sasl_password),
        }
    return {name: str(value) for name, value in said.items() if value is not None}


def admin_client(settings: Settings, seconds: float = _SECONDS) -> AdminClient:
    """A client that makes and looks at topics, once the cluster answers.

    Raises `Unavailable` if it does not for so many seconds, `Misuse` as soon as it will not have us.
    """
    refused: list[KafkaError] = []

    def note(error: KafkaError) -> None:
        if error.code() in _REFUSED:
            refused.append(error)

    quiet: dict[str, Any] = {"log_level": 2, "error_cb": note}
    client = AdminClient({**librdkafka(settings), **quiet})
    end = time.monotonic() + seconds
    while True:
        try:
            client.list_topics(timeout=1.0)
        except KafkaException as error:
            client.poll(0)  # calls `note` with what there was to say meanwhile
            if refused:
                raise Misuse(
                    f"Kafka brokers refuse this client ({refused[0].name()}): see security_protocol, sasl_* and ssl_* "
                    "in docs/settings.md"
                ) from None
            if time.monotonic() > end:
                raise refusal("Kafka brokers", error.args[0]) from None
        else:
            return client


def schema_registry(settings: Settings) -> Registered | None:
    """The schemas in the registry, None where none is configured: then ids are those of the package."""
    if not settings.schema_registry_url:
        return None
    user, password = settings.schema_registry_username, _revealed(settings.schema_registry_password)
    credentials = (user, password or "") if user else None
    client = RegistryClient(settings.schema_registry_url, credentials, settings.schema_registry_ca)
    return Registered(client, settings.namespace)


def refusal(what: str, reason: KafkaError) -> Misuse | Unavailable:
    """An error of a client as one of ours. Its text is librdkafka's or the broker's, who do not read records."""
    if reason.retriable() or reason.code() in _UNREACHABLE:
        return Unavailable(f"{what}: the cluster does not answer: {reason.name()}")
    return Misuse(f"{what}: the cluster refuses: {reason.str()}")


def faust_credentials(settings: Settings) -> CredentialsT | None:
    """TLS and SASL for aiokafka, None where brokers are spoken to in the clear. Raises `Misuse` for an unfit file."""
    import faust  # noqa: PLC0415 - takes a second, and only workers need it

    protocol = settings.security_protocol
    context = _context(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=_revealed(settings.sasl_password),
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca)
    except OSError:
        raise Misuse(f"ssl_ca: {settings.ssl_ca}: expected certificates in PEM") from None
    if settings.ssl_certificate is not None:
        try:
            context.load_cert_chain(settings.ssl_certificate, settings.ssl_key, _revealed(settings.ssl_key_password))
        except OSError:
            files = f"{settings.ssl_certificate}, {settings.ssl_key}"
            raise Misuse(f"ssl_certificate, ssl_key: {files}: expected a certificate and its key in PEM") from None
    return context


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
