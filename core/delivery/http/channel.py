"""One connection: sends a request at a time and waits for its answer."""

import asyncio
from collections.abc import Callable
from typing import cast

from core.delivery.http.answer_reader import AnswerReader
from core.delivery.http.errors import HeadTooLarge, NotHttp, StaleConnection
from core.delivery.http.reply import Reply


class Channel(asyncio.Protocol):
    """A connection to `peer`. `closed` is called once, when it is no more.

    The first request goes out as soon as the connection stands, before anything can be read from it: some servers
    answer before they are asked (`nc -l < answer`).
    """

    def __init__(self, peer: str, closed: Callable[["Channel"], None], request: bytes, reply: Reply) -> None:
        self.peer = peer
        self.is_open = True
        self.idle_since = 0.0
        self._closed = closed
        self._first = request, reply
        self._transport: asyncio.Transport
        self._reader = AnswerReader()
        self._answered: asyncio.Future[None] | None = None

    def send(self, request: bytes, reply: Reply) -> None:
        """Send another request, whose answer goes into `reply`. Raises StaleConnection."""
        if not self.is_open:
            raise StaleConnection
        self._begin(request, reply, reused=True)

    def _begin(self, request: bytes, reply: Reply, *, reused: bool) -> None:
        reply.peer, reply.reused = self.peer, reused
        self._reader.begin(reply)
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)

    async def answer(self) -> bool:
        """Wait for the answer; whether the connection can be kept.

        Raises ClosedWithoutAnswer, HeadTooLarge, NotHttp, OSError; nothing once the head of an answer is complete.
        """
        assert self._answered is not None
        try:
            await self._answered
        finally:
            self._answered = None
        # With bytes left to write, the answer came before the whole request was there.
        usable = not self._transport.is_closing() and not self._transport.get_write_buffer_size()
        return self._reader.keeps and usable

    def close(self) -> None:
        """End the connection at once."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._begin(*self._first, reused=False)
        del self._first  # a kept connection keeps no large body

    def data_received(self, data: bytes) -> None:
        answered = self._answered
        if answered is None or answered.done():
            self.close()  # nobody asked for it, and the next answer could not be told from it
            return
        try:
            if self._reader.feed(data):
                answered.set_result(None)
        except (HeadTooLarge, NotHttp) as error:
            answered.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._closed(self)
        answered = self._answered
        if answered is None or answered.done():
            return
        try:
            self._reader.end(clean=exc is None)
            answered.set_result(None)
        except (ConnectionError, NotHttp) as error:
            # A reset or a broken pipe is an end like another; of anything else the system knows best.
            other = exc is not None and not isinstance(exc, ConnectionError)
            answered.set_exception(exc if other and exc is not None else error)
