"""The HTTP client: one connection pool for deliveries and all other requests."""

import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx

from core.delivery.http.channel import Channel
from core.delivery.http.conversation import Conversation
from core.delivery.http.dial import Dialer
from core.delivery.http.errors import StaleConnection
from core.delivery.http.names import Names, Networks
from core.delivery.http.pool import Pool
from core.delivery.http.reply import Reply
from core.delivery.http.target import Target
from core.delivery.tls import Tls
from core.models import GeneralSettings
from core.version import VERSION

_MOST_CONNECTIONS = 1000


class Http:
    """Sends deliveries with `send`, and all other requests with `client`.

    `allowed_networks` is called for each new connection, and `tls` for each request. Without `tls`, the machine's
    certificate authorities are trusted. `nameservers` (`address:port`) replace the machine's. Once `most_connections`
    are open, idle connections are closed to make room for new ones, the longest idle first.
    """

    client: httpx.AsyncClient

    def __init__(
        self,
        allowed_networks: Networks,
        tls: Tls | None = None,
        *,
        nameservers: Sequence[str] = (),
        most_connections: int = _MOST_CONNECTIONS,
    ) -> None:
        self._allowed = allowed_networks
        self._tls = tls or Tls(GeneralSettings)
        self._nameservers = nameservers
        self._most_connections = most_connections
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._names = Names(self._allowed, self._nameservers)
        self._stack.push_async_callback(self._names.close)
        self._dialer = Dialer(self._names, self._allowed)
        self._pool = Pool(self._most_connections)
        self._stack.push_async_callback(self._pool.close)
        self.client = await self._stack.enter_async_context(
            httpx.AsyncClient(
                transport=Conversation(self.send),
                headers={"User-Agent": f"Hookkeeper/{VERSION}"},
                # httpx stores cookies by default; this policy accepts none.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                trust_env=False,
            )
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def send(self, target: Target, request: bytes, reply: Reply) -> None:
        """Send a request, head and body, and fill `reply` with the answer. The caller sets the deadline.

        If the deadline ends the call, `reply` holds what has arrived. Raises ClosedWithoutAnswer, HeadTooLarge,
        NotHttp, OSError, NameNotResolved, AddressBlocked, UnusableFile, ssl.SSLError. Raises nothing once the head is
        complete.
        """
        context = self._tls.context() if target.tls else None
        place = (target.host, target.port, context)
        if (kept := self._pool.take(place)) is not None:
            # The receiver may have closed it while it was idle, so a new connection is tried in the same attempt.
            with suppress(StaleConnection):
                kept.send(request, reply)
                await self._answer(kept, place)
                return
        self._pool.make_room()
        channel = await self._dialer.connect(
            target, context, reply, lambda peer: Channel(peer, self._pool.closed, request, reply)
        )
        self._pool.opened(channel)
        await self._answer(channel, place)

    async def _answer(self, channel: Channel, place: tuple[str, int, ssl.SSLContext | None]) -> None:
        is_kept = False
        try:
            is_kept = await channel.answer()
        finally:
            if is_kept:
                self._pool.keep(channel, place)
            else:
                channel.close()

    async def look_up(self, host: str) -> None:
        """Look up and check a name's addresses without connecting. Raises NameNotResolved, AddressBlocked."""
        await self._names.addresses(host)
