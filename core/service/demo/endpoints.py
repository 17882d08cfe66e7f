"""The demo's endpoints on loopback: as good and as bad as those of real life, and a token endpoint."""

import asyncio
import itertools
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

from aiohttp import BasicAuth, web
from aiohttp.typedefs import Handler

CLIENT_ID = "hookkeeper-demo"
SECRET_KEY = "made up"
_TOKEN_LIFETIME = 300
_WINDOW = 10.0
"""Seconds in which the limited endpoint takes `_LIMIT` requests."""
_LIMIT = 4
_HOSTILE = (
    "\x1b[2J\x1b[31mYour terminal is mine\x1b]0;owned\x07 [bold]not markup[/bold] \u202edesrever\u202c \x00"
)


class Endpoints:
    """Handlers of one server. What they answer by chance is the same in every run with the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._tokens: set[str] = set()
        self._taken: deque[float] = deque()
        self._turns = itertools.count()
        self.app = web.Application(middlewares=[self._authorize])
        self.app.router.add_post("/oauth2/token", self._token)
        for name in ("good", "slow", "flaky", "limited", "gone", "hostile"):
            self.app.router.add_post(f"/{name}", getattr(self, f"_{name}"))

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Endpoints take their own tokens only."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path != "/oauth2/token" and token not in self._tokens:
            return web.json_response({"error": "invalid_token"}, status=401)
        await request.read()
        return await handler(request)

    async def _token(self, request: web.Request) -> web.Response:
        try:
            client = BasicAuth.decode(request.headers.get("Authorization", ""))
        except ValueError:
            client = BasicAuth("")
        if (client.login, client.password) != (CLIENT_ID, SECRET_KEY.replace(" ", "+")):
            return web.json_response({"error": "invalid_client"}, status=401)
        token = f"{self._chance.getrandbits(128):032x}"
        self._tokens.add(token)
        return web.json_response(
            {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LIFETIME}
        )

    async def _good(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _slow(self, request: web.Request) -> web.Response:
        """Now and then slower than any deadline of the demo."""
        await asyncio.sleep(60 if self._chance.random() < 0.06 else self._chance.uniform(0.4, 1.8))
        return web.json_response({"success": True})

    async def _flaky(self, request: web.Request) -> web.Response:
        draw = self._chance.random()
        if draw < 0.1 and request.transport is not None:
            request.transport.abort()
        if draw < 0.45:
            return web.Response(status=503, text="Try again later")
        return web.json_response({"success": True})

    async def _limited(self, request: web.Request) -> web.Response:
        now = monotonic()
        while self._taken and self._taken[0] < now - _WINDOW:
            self._taken.popleft()
        if len(self._taken) >= _LIMIT:
            wait = round(self._taken[0] + _WINDOW - now) + 1
            return web.Response(status=429, headers={"Retry-After": str(wait)})
        self._taken.append(now)
        return web.Response(status=204)

    async def _gone(self, request: web.Request) -> web.Response:
        return web.Response(status=410, text="This endpoint was removed")

    async def _hostile(self, request: web.Request) -> web.StreamResponse:
        """By turns control characters, and an answer without an end."""
        if next(self._turns) % 2 == 0:
            return web.Response(status=500, text=_HOSTILE)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        with suppress(ConnectionError):  # who has seen enough goes
            await response.prepare(request)
            while True:
                await response.write(b"[" * 4096)
                await asyncio.sleep(0.05)
        return response


@asynccontextmanager
async def open_endpoints(seed: int) -> AsyncIterator[str]:
    """Listen on a free port of loopback; yields the origin, such as `http://127.0.0.1:40123`."""
    runner = web.AppRunner(Endpoints(seed).app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
