"""A webhook: each record of alerts.v1 once, as JSON, signed. After the Standard Webhooks specification.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from agents.notifier.alertmanager import SEVERITY, runbook_of
from agents.notifier.backoff import pauses
from schemas.errors import CleanclaimError, Misuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agents.notifier.backoff import Pauses
    from agents.notifier.posting import Answer, Post
    from schemas.alert import Alert

_PREFIX = "whsec_"


class Undelivered(CleanclaimError):
    """A webhook would not have an alert (`refused`), or did not answer in all the time that it was given."""

    def __init__(self, text: str, *, refused: bool) -> None:
        super().__init__(text)
        self.refused = refused


def body_of(alert: Alert, runbooks: str) -> dict[str, Any]:
    """What is sent: the record, how urgent it is, and where it says what to do."""
    return {
        "type": f"alert.{alert.status.lower()}",
        "timestamp": alert.model_dump(mode="json", include={"occurred_at"})["occurred_at"],
        "data": alert.model_dump(mode="json")
        | {"severity": SEVERITY[alert.kind], "runbook_url": runbook_of(alert, runbooks)},
    }


def key_of(secret: str) -> bytes:
    """The key in a secret: base64 behind `whsec_`, as the specification writes it, else the text itself.

    Raises `Misuse` for a key that is empty, since anybody could sign with that.
    """
    try:
        coded = secret.startswith(_PREFIX)
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True) if coded else secret.encode()
    except binascii.Error:
        raise Misuse(f"CLEANCLAIM_WEBHOOK_SECRET: expected base64 behind {_PREFIX}") from None
    if not key:
        raise Misuse(
            "CLEANCLAIM_WEBHOOK_SECRET: expected a key, got none; set it to the secret that the receiver checks with: "
            f"{_PREFIX} and base64 of 24 to 64 bytes, or any text"
        )
    return key


def signed(key: bytes, name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent `body`, when (s since 1970), and whether it had it before."""
    content = f"{name}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {"webhook-id": name, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


class Webhook:
    """One receiver. `now` gives seconds since 1970, `sleep` waits."""

    def __init__(
        self,
        url: str,
        secret: str,
        post: Post,
        runbooks: str,
        now: Callable[[], float],
        *,
        waits: Callable[[], Pauses] = pauses,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._key = key_of(secret)
        self._post = post
        self._runbooks = runbooks
        self._now = now
        self._waits = waits
        self._sleep = sleep

    async def tell(self, alert: Alert) -> None:
        """Deliver one record, however often it takes. Raises `Undelivered` where it cannot be, or not in time."""
        body = json.dumps(body_of(alert, self._runbooks), separators=(",", ":")).encode()
        attempts = 1
        waits = self._waits()
        while not (answer := await self._send(alert, body)).taken:
            pause = None if answer.final else waits.after(answer.retry_after, self._now())
            if pause is None:
                raise Undelivered(f"webhook: {answer}, at attempt {attempts}", refused=answer.final)
            await self._sleep(pause)
            attempts += 1

    async def _send(self, alert: Alert, body: bytes) -> Answer:
        """One attempt. Signed anew: receivers refuse a signature that is minutes old."""
        name = f"{alert.alert_id}.{alert.status}"
        return await self._post(self._url, body, signed(self._key, name, int(self._now()), body))
