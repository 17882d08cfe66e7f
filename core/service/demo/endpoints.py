"""The demo's endpoints on loopback: good ones, faulty ones and a token endpoint."""

import base64
import itertools
import json
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_plus

CLIENT_ID = "hookkeeper-demo"
SECRET_KEY = "made up"
_TOKEN_LIFETIME = 300
_WINDOW = 10.0
"""Seconds in which the limited endpoint accepts `_LIMIT` requests."""
_LIMIT = 4
_HOSTILE = (
    "\x1b[2J\x1b[31mYour terminal is mine\x1b]0;owned\x07 [bold]not markup[/bold] \u202edesrever\u202c \x00"
)
_NAMES = ("good", "slow", "flaky", "limited", "gone", "hostile")


class Endpoints(ThreadingHTTPServer):
    """One server for all endpoints. Its random answers come from a generator with a fixed seed."""

    daemon_threads = True

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Endpoint)
        self.chance = random.Random(seed)
        self.tokens: set[str] = set()
        self.turns = itertools.count()
        self._taken: deque[float] = deque()
        self._one_at_a_time = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Do nothing: a client that disconnects early must not print an error on the demo's screen."""

    def wait_for_turn(self) -> int | None:
        """Count a request of the limited endpoint. Return the seconds to wait if it is over the limit, else None."""
        with self._one_at_a_time:
            now = time.monotonic()
            while self._taken and self._taken[0] < now - _WINDOW:
                self._taken.popleft()
            if len(self._taken) >= _LIMIT:
                return round(self._taken[0] + _WINDOW - now) + 1
            self._taken.append(now)
            return None


class _Endpoint(BaseHTTPRequestHandler):
    """One connection. Each method below `do_POST` is an endpoint."""

    protocol_version = "HTTP/1.1"
    server: Endpoints

    def log_message(self, format: str, *args: object) -> None:
        """Do nothing: nobody reads the log."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.path.strip("/")
        if name == "oauth2/token":
            self._token()
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.server.tokens:
            self._answer(401, {"error": "invalid_token"})
        elif name in _NAMES:
            getattr(self, f"_{name}")()
        else:
            self._answer(404)

    def _token(self) -> None:
        given = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        if unquote_plus(given.decode()) != f"{CLIENT_ID}:{SECRET_KEY}":
            self._answer(401, {"error": "invalid_client"})
            return
        token = f"{self.server.chance.getrandbits(128):032x}"
        self.server.tokens.add(token)
        self._answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LIFETIME})

    def _good(self) -> None:
        self._answer(204)

    def _slow(self) -> None:
        """Answer slowly, sometimes later than any deadline of the demo."""
        chance = self.server.chance
        time.sleep(60 if chance.random() < 0.06 else chance.uniform(0.4, 1.8))
        self._answer(200, {"success": True})

    def _flaky(self) -> None:
        draw = self.server.chance.random()
        if draw < 0.1:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif draw < 0.45:
            self._answer(503, "Try again later")
        else:
            self._answer(200, {"success": True})

    def _limited(self) -> None:
        wait = self.server.wait_for_turn()
        if wait is None:
            self._answer(204)
        else:
            self._answer(429, headers={"Retry-After": str(wait)})

    def _gone(self) -> None:
        self._answer(410, "This endpoint was removed")

    def _hostile(self) -> None:
        """Answer alternately with control characters and with a body that never ends."""
        if next(self.server.turns) % 2 == 0:
            self._answer(500, _HOSTILE)
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        while True:
            self.wfile.write(b"[" * 4096)
            time.sleep(0.05)

    def _answer(
        self,
        status: int,
        body: dict[str, object] | str | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body is not None:
            kind = "text/plain" if isinstance(body, str) else "application/json"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def open_endpoints(seed: int) -> Iterator[str]:
    """Listen on a free port of loopback and yield the origin, such as `http://127.0.0.1:40123`.

    Each connection has a thread, which ends with the process at the latest.
    """
    with Endpoints(seed) as server:
        listening = threading.Thread(target=server.serve_forever, name="endpoints", daemon=True)
        listening.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
