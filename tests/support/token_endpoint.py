"""A real token endpoint on loopback that follows RFC 6749 strictly, and is slow, down or wrong if a test wants.

`python -m tests.support.token_endpoint` runs one in its own process and prints its URL.
"""

import argparse
import asyncio
import base64
import binascii
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, unquote_plus

from aiohttp import web

Decoding = Literal["form", "percent", "nothing"]
"""How an endpoint decodes ID and secret in a Basic header: fully, %XX but not "+", or not at all."""

_FORM_URLENCODED = re.compile(r"(?:[A-Za-z0-9*._~-]|\+|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True)
class Asked:
    """One token request as it was received, with the ID and secret decoded from it."""

    headers: dict[str, str]
    form: dict[str, str]
    client_id: str | None
    secret: str | None


class _Refused(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        self.code = code
        self.status = status
        super().__init__(code)


class TokenEndpoint:
    """A token endpoint that issues `tok-1`, `tok-2`, ... to one client. The attributes may be changed at any time.

    `form`: the only client authentication that it accepts ("basic" or "body"; None: either). `decodes`: how it
    decodes a Basic header. `scopes`: the scopes that it grants (None: any). `expires_in`: the value in the answer
    (None: the field is left out). `delay`: seconds before an answer. `gate`: an Event; requests wait while it is
    cleared. `bare_401`: refuse a client with the status alone. `statuses`: statuses of the first answers, one each
    (None in it: the normal answer). `status`: answer with this status instead of a token. `body`: send this instead
    of the JSON. `answer`: fields that override those of the token answer. `headers`: added to each answer.
    `document`: fields that override those of the discovery documents. `clock`: the clock by which tokens expire.
    """

    def __init__(
        self,
        client_id: str = "hookkeeper",
        secret: str = "correct horse",
        *,
        form: Literal["basic", "body"] | None = None,
        scopes: str | None = None,
        expires_in: object = 3600,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client_id = client_id
        self.secret = secret
        self.form = form
        self.decodes: Decoding = "form"
        self.bare_401 = False
        self.scopes = scopes
        self.expires_in = expires_in
        self.delay = 0.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.statuses: list[int | None] = []
        self.status: int | None = None
        self.body: bytes | None = None
        self.answer: dict[str, object] = {}
        self.headers: dict[str, str] = {}
        self.document: dict[str, object] = {}

        self.asked: list[Asked] = []
        self.documents_asked = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._valid_until: dict[str, float] = {}
        self._tls = tls
        self._clock = clock
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, port: int = 0) -> None:
        """Start to listen. After a close, listen on the same port again."""
        app = web.Application()
        app.router.add_post("/token", self._token)
        for path in ("/tenant", "/page/.well-known/openid-configuration"):
            app.router.add_get(path, self._page)
        for prefix in ("", "/tenant"):
            for name in ("openid-configuration", "oauth-authorization-server"):
                app.router.add_get(f"{prefix}/.well-known/{name}", self._discovery)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, so that connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def base(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{self.base}/token"

    @property
    def issuer(self) -> str:
        """The issuer's URL, which answers a POST with 405 and has a discovery document."""
        return f"{self.base}/tenant"

    @property
    def discovery_url(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    @property
    def issued(self) -> list[str]:
        return list(self._valid_until)

    @property
    def count(self) -> int:
        """The number of token requests so far, including refused ones."""
        return len(self.asked)

    def is_valid(self, token: str) -> bool:
        """Return whether a receiver should accept this bearer token now."""
        return self._clock() < self._valid_until.get(token, 0.0)

    def revoke(self) -> None:
        """Invalidate all tokens issued so far."""
        self._valid_until = dict.fromkeys(self._valid_until, 0.0)

    async def wait_for(self, count: int) -> None:
        """Wait until this many token requests have been received."""
        async with self._news:
            await self._news.wait_for(lambda: self.count >= count)

    async def _token(self, request: web.Request) -> web.Response:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answered(request)
        finally:
            self.in_flight -= 1

    async def _answered(self, request: web.Request) -> web.Response:
        body = await request.text()
        refusal: _Refused | None = None
        try:
            self._check(self._read(request, body))
        except _Refused as error:
            refusal = error
        async with self._news:
            self._news.notify_all()
        await self.gate.wait()
        await asyncio.sleep(self.delay)
        if self.statuses and (status := self.statuses.pop(0)) is not None:
            return web.Response(status=status, headers=self.headers)
        if self.body is not None:
            return web.Response(status=self.status or 200, body=self.body, headers=self.headers)
        if self.status is not None:
            return web.Response(status=self.status, headers=self.headers)
        if refusal is not None and refusal.status == 401 and self.bare_401:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        if refusal is not None:
            return web.json_response({"error": refusal.code}, status=refusal.status, headers=self.headers)
        return web.json_response(self._issue() | self.answer, headers=self.headers)

    def _issue(self) -> dict[str, object]:
        token = f"tok-{len(self._valid_until) + 1}"
        lifetime = float(self.expires_in) if isinstance(self.expires_in, int | float) else 300.0
        self._valid_until[token] = self._clock() + lifetime
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer"}
        return answer if self.expires_in is None else answer | {"expires_in": self.expires_in}

    def _read(self, request: web.Request, body: str) -> Asked:
        fields = parse_qsl(body, keep_blank_values=True, strict_parsing=True) if body else []
        form = dict(fields)
        authorization = request.headers.get("Authorization")
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if authorization is not None:
            client_id, secret = _decode_basic(authorization, self.decodes)
        asked = Asked(dict(request.headers), form, client_id, secret)
        self.asked.append(asked)
        if len(form) != len(fields) or request.content_type != "application/x-www-form-urlencoded":
            raise _Refused("invalid_request")
        if authorization is not None and "client_secret" in form:
            raise _Refused("invalid_request")
        if self.form is not None and self.form != ("body" if authorization is None else "basic"):
            raise _Refused("invalid_client", 401)
        return asked

    def _check(self, asked: Asked) -> None:
        if (asked.client_id, asked.secret) != (self.client_id, self.secret):
            raise _Refused("invalid_client", 401)
        if asked.form.get("grant_type") != "client_credentials":
            raise _Refused("unsupported_grant_type")
        wanted = asked.form.get("scope")
        if wanted == "" or (
            self.scopes is not None and not set((wanted or "").split()) <= set(self.scopes.split())
        ):
            raise _Refused("invalid_scope")

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text="<h1>Sign in</h1>", content_type="text/html")

    async def _discovery(self, request: web.Request) -> web.Response:
        self.documents_asked += 1
        issuer = str(request.url).partition("/.well-known/")[0]
        return web.json_response({"issuer": issuer, "token_endpoint": self.url} | self.document)


def _decode_basic(authorization: str, decodes: Decoding) -> tuple[str | None, str | None]:
    """Return ID and secret (RFC 6749, section 2.3.1), each None if it is not encoded as the endpoint expects."""
    kind, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        if kind != "Basic" or not colon:
            return None, None
        if decodes == "nothing":
            return client_id, secret
        if not all(map(_FORM_URLENCODED.fullmatch, (client_id, secret))):
            return None, None
        decode = unquote_plus if decodes == "form" else unquote
        return decode(client_id, errors="strict"), decode(secret, errors="strict")
    except (binascii.Error, UnicodeDecodeError):
        return None, None


async def _serve(arguments: argparse.Namespace) -> None:
    endpoint = TokenEndpoint(arguments.client_id, arguments.secret, expires_in=arguments.expires_in)
    await endpoint.open(arguments.port)
    print(endpoint.url, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await endpoint.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.token_endpoint")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id", default="hookkeeper")
    parser.add_argument("--secret", default="correct horse")
    parser.add_argument("--expires-in", type=float, default=3600)
    asyncio.run(_serve(parser.parse_args()))
