"""Runs httpx over Hookkeeper's own connections, so that the guard also checks requests other than deliveries."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from core.delivery.http.errors import ClosedWithoutAnswer, HeadTooLarge, NotHttp
from core.delivery.http.reply import Reply
from core.delivery.http.target import Target, target_of

_MOST_BODY = 64 * 1024 + 1
"""One byte more than the most that callers read, so that they notice a larger body."""

Send = Callable[[Target, bytes, Reply], Awaitable[None]]


class Conversation(httpx.AsyncBaseTransport):
    """Sends httpx's requests with `send`. The caller sets the timeout: those of httpx are ignored."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises httpx.TransportError, caused by the original error, AddressBlocked, UnusableFile."""
        body = await request.aread()
        reply = Reply(_MOST_BODY)
        try:
            await self._send(target_of(str(request.url)), _head(request) + body, reply)
        except (NotHttp, HeadTooLarge, ClosedWithoutAnswer) as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return httpx.Response(reply.status or 0, headers=reply.headers, stream=_Body(reply))


class _Body(httpx.AsyncByteStream):
    """The kept part of a body. Reading to its end raises httpx.ReadError if the body was cut."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._reply.body
        if self._reply.cut:
            raise httpx.ReadError("the connection ended before the answer did")


def _head(request: httpx.Request) -> bytes:
    lines = [
        f"{request.method} ".encode() + request.url.raw_path + b" HTTP/1.1",
        *(name + b": " + value for name, value in request.headers.raw),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"
