"""A receiver of posts for tests: keeps what comes, and answers as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Posted(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    status: int  # how it was answered

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Listens on the loopback. `answers` are used up one by one: status, headers; then 200."""

    def __init__(self) -> None:
        self.posts: list[Posted] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                named = {name.lower(): value for name, value in self.headers.items()}
                receiver.posts.append(Posted(self.path, named, body, status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def wait(self, number: int, seconds: float = 30.0) -> list[Posted]:
        """Wait until so many were taken; those there are."""
        end = time.monotonic() + seconds
        while len(self.taken) < number and time.monotonic() < end:
            time.sleep(0.02)
        return self.taken

    @property
    def taken(self) -> list[Posted]:
        """What was answered well."""
        return [post for post in self.posts if post.status < 300]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the time of the block."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    """Takes the posts of a webhook."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def alertmanager() -> Iterator[Receiver]:
    """Takes what Alertmanager would."""
    with receiving() as receiver:
        yield receiver
