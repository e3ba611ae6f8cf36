"""A client for Confluent-compatible schema registries, as small as our use of them.

Plain HTTP by the standard library: the client in confluent-kafka brings four more packages for encryption and OAuth,
and asks seldom matter here, since an id means one schema for ever and is asked for once.
Source: Confluent Schema Registry API, v1; Apicurio speaks it under /apis/ccompat/v7.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from schemas.errors import Misuse, Unavailable, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMPATIBILITY = "FULL_TRANSITIVE"
"""Every version of a schema reads every other: what was written years ago is read today, and new is read by old."""

_SECONDS = 5.0
"""For one answer."""

_PAUSES = (0.1, 0.3, 1.0, 2.0)
"""Seconds before asking again: about as long as a registry behind a load balancer takes to move."""

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_BUSY = {408, 429}
_NOT_FOUND = 404
_FAULTS = 500
"""From here on an HTTP status is the server's fault."""
_CONFLICT = 409
_INVALID = 422


class RegistryClient:
    """Asks one registry. Every call raises `Unavailable` after a few seconds without an answer, `Misuse` if refused."""

    def __init__(
        self,
        url: str,
        credentials: tuple[str, str] | None = None,
        ca: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`credentials` are user and password; `ca` a file of certificates (PEM) for https."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise Misuse("schema registry: expected http://host:port or https://host:port, without a user in it")
        self._url = url.rstrip("/")
        self._headers = {"Accept": _MEDIA_TYPE, "Content-Type": _MEDIA_TYPE}
        if credentials is not None:
            token = base64.b64encode(":".join(credentials).encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        try:
            context = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        except OSError:
            raise Misuse(f"schema_registry_ca: {ca}: expected certificates in PEM") from None
        self._context = context
        self._sleep = sleep
        self._schemas: dict[int, dict[str, Any]] = {}

    def schema(self, schema_id: int) -> dict[str, Any]:
        """The schema behind an id; asked for once. Raises `Unreadable` for an id that the registry does not know."""
        if schema_id not in self._schemas:
            status, answer = self._ask("GET", f"/schemas/ids/{schema_id}")
            if status == _NOT_FOUND or answer.get("schemaType", "AVRO") != "AVRO":
                raise Unreadable(f"schema id {schema_id} names no Avro schema in the registry")
            self._schemas[schema_id] = self._parsed(answer)
        return self._schemas[schema_id]

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        """The id of `schema` under `subject`, given now if it has none.

        Raises `Misuse` where it cannot be read by, or cannot read, what stands there.
        """
        status, answer = self._ask("POST", f"/subjects/{_quoted(subject)}/versions", _as_body(schema))
        if status in {_CONFLICT, _INVALID}:
            raise Misuse(
                f"schema registry: {subject}: the schema of this version of cleanclaim is not compatible with an "
                "earlier one there; run the version that wrote it, or see: cleanclaim topics check"
            )
        self._expect(status, f"registering {subject}")
        return int(answer["id"])

    def lookup(self, subject: str, schema: dict[str, Any]) -> int | None:
        """The id that `schema` has under `subject`, None where it has none."""
        status, answer = self._ask("POST", f"/subjects/{_quoted(subject)}", _as_body(schema))
        if status == _NOT_FOUND:
            return None
        self._expect(status, f"looking for {subject}")
        return int(answer["id"])

    def compatibility(self, subject: str) -> str:
        """The rule that new versions under `subject` must keep: its own, else the registry's."""
        status, answer = self._ask("GET", f"/config/{_quoted(subject)}?defaultToGlobal=true")
        if status == _NOT_FOUND:
            status, answer = self._ask("GET", "/config")
        self._expect(status, f"the compatibility of {subject}")
        return str(answer.get("compatibilityLevel", "NONE"))

    def set_compatibility(self, subject: str) -> None:
        """Have the registry refuse what would not be FULL_TRANSITIVE under `subject`."""
        status, _ = self._ask("PUT", f"/config/{_quoted(subject)}", {"compatibility": COMPATIBILITY})
        self._expect(status, f"setting the compatibility of {subject}")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """HTTP status and answer, asking again while the registry is down or busy."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, self._headers, method=method)  # noqa: S310 - http or https, seen above
        for pause in (*_PAUSES, None):
            try:
                with urllib.request.urlopen(request, timeout=_SECONDS, context=self._context) as response:  # noqa: S310 - see above
                    return response.status, json.load(response)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code < _FAULTS and error.code not in _BUSY:
                        return error.code, {}
            except (OSError, http.client.HTTPException):
                pass  # not there, or gone in mid-answer
            except ValueError:
                raise Misuse(f"{self._where}: the answer is no JSON; is this the address of a registry?") from None
            if pause is not None:
                self._sleep(pause)
        raise Unavailable(f"{self._where} does not answer")

    def _expect(self, status: int, what: str) -> None:
        if not http.client.OK <= status < http.client.MULTIPLE_CHOICES:
            raise Misuse(f"{self._where}: {what}: refused with HTTP status {status}")

    def _parsed(self, answer: dict[str, Any]) -> dict[str, Any]:
        try:
            schema = json.loads(answer["schema"])
        except (KeyError, ValueError):
            raise Misuse(f"{self._where}: the answer holds no schema; is this the address of a registry?") from None
        return schema if isinstance(schema, dict) else {"type": schema}

    @property
    def _where(self) -> str:
        return f"schema registry {self._url}"


def _quoted(subject: str) -> str:
    return urllib.parse.quote(subject, safe="")


def _as_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemaType": "AVRO", "schema": json.dumps(schema)}
