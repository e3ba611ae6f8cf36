"""One POST, and what came of it, in words that show neither address nor answer: both may hold secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 10.0
"""For a receiver to answer."""

_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
"""Refusals that are about the moment, not the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said. `status` is None where there was no answer; `reason` is then a class of errors."""

    status: int | None
    reason: str = ""
    retry_after: str | None = None

    @property
    def taken(self) -> bool:
        """Whether it was delivered."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def final(self) -> bool:
        """Whether asking again will not help: the request itself is refused."""
        return (
            self.status is not None
            and not self.taken
            and self.status < HTTPStatus.INTERNAL_SERVER_ERROR
            and self.status not in _LATER
        )

    def __str__(self) -> str:
        return f"no answer ({self.reason})" if self.status is None else f"answered {self.status}"


class Post(Protocol):
    """Sends JSON to a URL, once. What goes wrong is an `Answer` too."""

    async def __call__(self, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """`body` is made JSON, or sent as it is where it is bytes."""


def poster(session: aiohttp.ClientSession) -> Post:
    """A `Post` over a session of aiohttp. Redirects are not followed: a signed body goes where it was meant to go."""

    async def post(url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            async with session.post(
                url,
                data=data,
                headers={"Content-Type": "application/json", **headers},
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as answer:
                return Answer(answer.status, retry_after=answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Answer(None, type(error).__name__)

    return post
