"""The one module that makes connections: every address is judged by the guard, at two doors."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic
from types import TracebackType
from typing import Any, Self

import aiohttp
import httpx
from aiodns import error as dns
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection as AiohttpConnection
from aiohttp.resolver import AsyncResolver
from httpx_aiohttp import AiohttpTransport
from msgspec import Struct, field
from yarl import URL

from core.delivery.guard import check
from core.delivery.tls import Tls
from core.models import GeneralSettings
from core.version import VERSION

KEEP_ALIVE = 4.0
DNS_LIMIT = 3.0
MOST_HEADER_BYTES = 8 * 1024
_EVIDENCE_BUFFER = 16 * 1024
_MOST_REQUESTS = 1000
_RECEIVE_BUFFER = 16 * 1024

Networks = Callable[[], Sequence[str]]


class Connection(Struct):
    """What a request learns of its connection.

    `peer` is the address and port that were tried last, "" where no new connection was needed. `certificate_ends_at`
    is ms since 1970, where TLS began.
    """

    began: float = field(default_factory=monotonic)
    peer: str = ""
    reused: bool = False
    connect_ms: int | None = None
    certificate_ends_at: int | None = None

    def stands(self, transport: asyncio.BaseTransport | None) -> None:
        """The request goes out over it now."""
        self.reused = not self.peer
        if self.reused or transport is None:
            return
        self.connect_ms = round((monotonic() - self.began) * 1000)
        if certificate := transport.get_extra_info("peercert"):
            self.certificate_ends_at = ssl.cert_time_to_seconds(certificate["notAfter"]) * 1000


# The socket factory is not told which request it serves; aiohttp's tracing is, and takes a tenth of an attempt.
_opened_for: ContextVar[Connection | None] = ContextVar("opened_for", default=None)
_NO_LIMIT = aiohttp.ClientTimeout(total=None, sock_connect=None)


class _GuardedResolver(AbstractResolver):
    """The first door: any refused answer refuses the name. What goes wrong is an OSError in our words."""

    def __init__(self, allowed: Networks, nameservers: Sequence[str]) -> None:
        self._allowed = allowed
        self._resolver = AsyncResolver(timeout=DNS_LIMIT, tries=1, nameservers=list(nameservers) or None)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        try:
            # However many nameservers there are to be asked in turn.
            async with asyncio.timeout(DNS_LIMIT):
                answers = await self._resolver.resolve(host, port, family)
        except OSError as error:
            raise OSError(None, _dns_words(error)) from None
        for answer in answers:
            check(answer["host"], self._allowed())
        return answers

    async def close(self) -> None:
        await self._resolver.close()


def _dns_words(error: OSError) -> str:
    code = error.__cause__.args[0] if isinstance(error.__cause__, dns.DNSError) else None
    if isinstance(error, TimeoutError) or code == dns.ARES_ETIMEOUT:
        return f"the nameserver did not answer within {DNS_LIMIT:g} s"
    if code == dns.ARES_ECONNREFUSED:
        return "no nameserver can be reached"
    if code in (dns.ARES_ESERVFAIL, dns.ARES_EREFUSED):
        return "the nameserver could not say"
    return "no such host"


class Http:
    """One connector, two faces: its connections themselves for deliveries, httpx for conversations.

    `allowed_networks` is asked at each connection, `tls` at each request; without it the machine's certificate
    authorities are trusted. `nameservers` (`address:port`) replace the machine's.
    """

    def __init__(
        self, allowed_networks: Networks, tls: Tls | None = None, *, nameservers: Sequence[str] = ()
    ) -> None:
        self._allowed = allowed_networks
        self._nameservers = nameservers
        self._tls = tls or Tls(GeneralSettings)
        self._stack = AsyncExitStack()
        self._resolver: _GuardedResolver
        self.connector: aiohttp.TCPConnector
        self._request_to: Callable[[URL, ssl.SSLContext | bool], aiohttp.ClientRequest]
        self.client: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._resolver = _GuardedResolver(self._allowed, self._nameservers)
        self._request_to = lru_cache(_MOST_REQUESTS)(
            lambda url, context: aiohttp.ClientRequest("POST", url, ssl=context, loop=loop)
        )
        # The connector closes no resolver that it was given.
        self._stack.push_async_callback(self._resolver.close)
        self.connector = aiohttp.TCPConnector(
            limit=0,
            resolver=self._resolver,
            socket_factory=self._socket,
            keepalive_timeout=KEEP_ALIVE,
            ttl_dns_cache=10,
        )
        session = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                connector=self.connector,
                request_class=_request_class(self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=_NO_LIMIT,
                skip_auto_headers=("Accept", "User-Agent", "Accept-Encoding"),
                max_line_size=MOST_HEADER_BYTES,
                max_field_size=MOST_HEADER_BYTES,
                read_bufsize=_EVIDENCE_BUFFER,
            )
        )
        transport = AiohttpTransport(client=session)
        self.client = httpx.AsyncClient(
            transport=transport,
            headers={"User-Agent": f"Hookkeeper/{VERSION}"},
            # httpx keeps a jar of its own: nobody's cookies are let in.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def connect(self, url: URL, connection: Connection) -> AiohttpConnection:
        """A kept connection or a new one, for one request at a time; `connection` learns of it.

        Raises what aiohttp's connector raises, AddressBlocked, UnusableFile.
        """
        request = self._request_to(url, self._tls.context() if url.scheme == "https" else True)
        token = _opened_for.set(connection)
        try:
            connected = await self.connector.connect(request, [], _NO_LIMIT)
        finally:
            _opened_for.reset(token)
        connection.stands(connected.transport)
        return connected

    async def look_up(self, host: str) -> None:
        """Ask for a name's addresses, as a connection would. Raises OSError in words, AddressBlocked."""
        await self._resolver.resolve(host, family=socket.AF_UNSPEC)

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:  # Any: as getaddrinfo gives it
        """The second door: the address that is really used (literal addresses never meet the resolver)."""
        family, kind, protocol, _, target = address
        check(str(target[0]), self._allowed())
        if (connection := _opened_for.get()) is not None:
            host = f"[{target[0]}]" if family == socket.AF_INET6 else target[0]
            connection.peer = f"{host}:{target[1]}"
        made = socket.socket(family, kind, protocol)
        # The loop reads all that the kernel has before anybody else's turn; left alone, that grows to megabytes.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        return made


def _request_class(tls: Tls) -> type[aiohttp.ClientRequest]:
    """Requests that go over connections made with the current context: a kept one of another is not reused.

    httpx's transport hands no context on.
    """

    class Request(aiohttp.ClientRequest):
        def __init__(self, method: str, url: URL, **given: Any) -> None:  # Any: as the session gives it
            if url.scheme == "https":
                given["ssl"] = tls.context()
            super().__init__(method, url, **given)

    return Request
