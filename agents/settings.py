"""Where cleanclaim keeps and finds things, and how it reaches Kafka: one entry per setting, with its limits and why.

An option of a command wins over the variable `CLEANCLAIM_<NAME>`, that over the settings file (TOML, named by
`CLEANCLAIM_SETTINGS`), that over the default. Secrets are never printed: neither by `repr` nor by an error.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from agents.configuration import load_configuration
from agents.reference import load_reference
from schemas.errors import Misuse
from streams.rules import Rules
from streams.topics import PARTITIONS

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "CLEANCLAIM_"
FILE_VARIABLE = "CLEANCLAIM_SETTINGS"
"""Names the settings file."""

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(BaseSettings):
    """All that a person may set, but for what claims are judged by: that is the file that `config` names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    store: Path = Field(
        Path("cleanclaim.db"), description="The store: one SQLite file with every event, decision and position."
    )
    out: Path = Field(Path("out"), description="Directory for the outputs, one NDJSON file per topic.")
    reference_dir: Path | None = Field(
        None, description="Directory of reference tables that replace the shipped ones of the same name."
    )
    config: Path | None = Field(None, description="Settings file in TOML: days allowed, payers exempt.")

    bootstrap_servers: str | None = Field(None, description="Kafka brokers to begin with, as host:port,host:port.")
    namespace: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]*$",
        max_length=100,
        description="Stands before the name of every topic, consumer group and transactional id, so that several "
        "installations share a cluster: test.",
    )
    partitions: int = Field(
        PARTITIONS,
        ge=1,
        le=1_000,
        description="Of every topic. Fixed once the topics are made: another number would move keys away from their "
        "state. 12 divide evenly among 1, 2, 3, 4, 6 or 12 workers.",
    )
    replication_factor: int = Field(
        3,
        ge=1,
        le=10,
        description="Copies of every partition; one fewer must have a record before it counts as written, so with 3 "
        "one broker may be down. 1 for a single broker.",
    )
    security_protocol: SecurityProtocol = Field("PLAINTEXT", description="How brokers are spoken to.")
    sasl_mechanism: SaslMechanism = Field(
        "SCRAM-SHA-512", description="How a user is proved to brokers, where security_protocol is one of SASL."
    )
    sasl_username: str | None = Field(None, description="The user for brokers.")
    sasl_password: SecretStr | None = Field(None, description="The user's password.")
    ssl_ca: Path | None = Field(
        None, description="Certificates (PEM) of who may vouch for brokers; those of the system by default."
    )
    ssl_certificate: Path | None = Field(None, description="This client's certificate (PEM), where brokers want one.")
    ssl_key: Path | None = Field(None, description="The private key (PEM) of ssl_certificate.")
    ssl_key_password: SecretStr | None = Field(None, description="What ssl_key is encrypted with.")

    schema_registry_url: str | None = Field(
        None, description="Confluent-compatible schema registry; without one, schemas have the ids of the package."
    )
    schema_registry_username: str | None = Field(None, description="The user for the registry.")
    schema_registry_password: SecretStr | None = Field(None, description="The password of that user.")
    schema_registry_ca: Path | None = Field(
        None, description="Certificates (PEM) of who may vouch for the registry; those of the system by default."
    )

    slot: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]+$",
        max_length=100,
        description="Name of this worker: one running worker each, kept over restarts.",
    )
    agents: str | None = Field(
        None,
        description="What a worker runs, separated by commas. Without it all, notifier where a receiver is set.",
    )
    web_port: int = Field(6066, ge=1, le=65_535, description="A worker's port for /healthz, /readyz and /metrics.")
    web_bind: str = Field("127.0.0.1", description="Address for that port.")
    batch: int = Field(
        5_000,
        ge=1,
        le=100_000,
        description="Records to a transaction at most. A batch never waits to fill; more gain little.",
    )

    log_level: LogLevel = Field(
        "INFO", description="The least that workers log. DEBUG adds what the Kafka client says of its connections."
    )

    alertmanager_url: str | None = Field(
        None, description="An Alertmanager that is told which alerts fire, such as http://localhost:9093."
    )
    webhook_url: SecretStr | None = Field(
        None, description="Where each alert is posted once, as JSON. Kept secret: such addresses often hold a token."
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Signs what is posted to webhook_url (HMAC-SHA256): whsec_ and base64, or any text."
    )
    runbooks_url: str = Field(
        "docs/runbooks", description="Where the pages of docs/runbooks are published; alerts link to a page below it."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file())

    @property
    def notifies(self) -> bool:
        """Whether there is anybody to tell of alerts."""
        return bool(self.alertmanager_url or self.webhook_url)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"security_protocol {self.security_protocol}: needs sasl_username and sasl_password")
        if (self.ssl_certificate is None) != (self.ssl_key is None):
            raise ValueError("ssl_certificate and ssl_key: each needs the other")
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("webhook_url: needs webhook_secret, so that its receiver can tell who sends")
        return self


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def load_settings(**given: Any) -> Settings:
    """The settings, those `given` (but for None) before all others.

    Raises `Misuse` that names the setting and what was expected, and never shows what came.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise Misuse("\n".join(map(_explain, error.errors(include_input=False, include_url=False)))) from None


def _explain(detail: Any) -> str:
    if not detail["loc"]:
        return str(detail["ctx"]["error"])
    name = str(detail["loc"][0])
    if name not in Settings.model_fields:
        return f"{os.environ.get(FILE_VARIABLE)}: {name}: no such setting; docs/settings.md lists all"
    return f"{variable_of(name)} (in the settings file: {name}): expected {takes(Settings.model_fields[name])}"


def takes(field: FieldInfo) -> str:
    """What a setting takes, in words."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return f"one of {', '.join(kinds)}"
    if kinds == [int]:
        low = next(limit.ge for limit in field.metadata if isinstance(limit, Ge))
        high = next(limit.le for limit in field.metadata if isinstance(limit, Le))
        return f"a whole number from {low} to {high}"
    if any(hasattr(limit, "pattern") for limit in field.metadata):
        return "letters, digits, dots, dashes and underscores"
    return {Path: "a path", SecretStr: "text, kept secret"}.get(kinds[0], "text")


def read_file() -> dict[str, Any]:
    """What the settings file says, nothing without one. Raises `Misuse` for one that cannot be read."""
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{FILE_VARIABLE}={path}: expected a file in TOML, UTF-8, that can be read") from None
    except tomllib.TOMLDecodeError:
        raise Misuse(f"{FILE_VARIABLE}={path}: expected TOML, one `name = value` a line, text in quotes") from None


def load_rules(reference_directory: Path | None = None, configuration: Path | None = None) -> Rules:
    """What claims are judged by: the shipped tables and defaults, each replaced where a path says so.

    Raises `Misuse` that names the file, the line and what was expected.
    """
    return Rules(load_reference(reference_directory), load_configuration(configuration))
