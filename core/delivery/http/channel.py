"""One connection, which sends one request at a time and waits for its answer."""

import asyncio
from collections.abc import Callable
from typing import cast

from core.delivery.http.answer_reader import AnswerReader
from core.delivery.http.errors import HeadTooLarge, NotHttp, StaleConnection
from core.delivery.http.reply import Reply


class Channel(asyncio.Protocol):
    """A connection to `peer`. `closed` is called once, when the connection is closed.

    The first request is sent as soon as the connection is made, before any data is read. Some servers answer without
    waiting for the request (`nc -l < answer`).
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
        """Send another request. Its answer goes into `reply`. Raises StaleConnection if the connection is closed."""
        if not self.is_open:
            raise StaleConnection
        self._begin(request, reply, reused=True)

    def _begin(self, request: bytes, reply: Reply, *, reused: bool) -> None:
        reply.peer, reply.reused = self.peer, reused
        self._reader.begin(reply)
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)

    async def answer(self) -> bool:
        """Wait for the answer, and return whether the connection can be reused.

        Raises ClosedWithoutAnswer, HeadTooLarge, NotHttp, OSError; nothing once the head of an answer is complete.
        """
        assert self._answered is not None
        try:
            await self._answered
        finally:
            self._answered = None
        # If bytes are left to write, the answer came before the whole request was sent.
        usable = not self._transport.is_closing() and not self._transport.get_write_buffer_size()
        return self._reader.keeps and usable

    def close(self) -> None:
        """Close the connection at once, without sending what is left to write."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._begin(*self._first, reused=False)
        del self._first  # frees a large body while the connection is idle

    def data_received(self, data: bytes) -> None:
        answered = self._answered
        if answered is None or answered.done():
            self.close()  # data without a request could be mistaken for the next answer
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
            # A reset or a broken pipe counts as an ordinary end. Any other error of the system says more than ours.
            other = exc is not None and not isinstance(exc, ConnectionError)
            answered.set_exception(exc if other and exc is not None else error)
