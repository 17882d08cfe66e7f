"""One POST and its answer over the one connector, without aiohttp's session: half of what a delivery costs is there.

What is left out is what a delivery never has: redirects, cookies, proxies, compression, forms, uploads. aiohttp
keeps the connections, parses the answers and names what goes wrong.
"""

import asyncio

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from core.delivery.http import MOST_HEADER_BYTES, Http
from core.delivery.http import Connection as Learned

_READ_BUFFER = 16 * 1024
_SWITCHING_PROTOCOLS = 101


class Answer:
    """A status line, headers, and a body that is read from `payload`. Whoever has it closes it."""

    __slots__ = ("_connection", "head", "payload")

    def __init__(self, connection: Connection, head: RawResponseMessage, payload: StreamReader) -> None:
        self._connection: Connection | None = connection
        self.head = head
        self.payload = payload
        payload.on_eof(self._keep_connection)

    def close(self) -> None:
        """A connection whose answer was not read to its end is of no more use."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _keep_connection(self) -> None:
        connection = self._connection
        if connection is None or connection.protocol is None or connection.protocol.upgraded:
            return
        self._connection = None
        if connection.transport is not None and connection.transport.get_write_buffer_size():
            connection.close()  # answered before it had the whole body
        else:
            connection.release()


async def post(http: Http, url: URL, head: bytes, body: bytes, learned: Learned) -> Answer:
    """Send a request (`head` ends with its empty line) and wait for the status line and headers.

    Raises what aiohttp raises: ClientError, HttpProcessingError, OSError; AddressBlocked, UnusableFile.
    """
    connection = await http.connect(url, learned)
    try:
        protocol, transport = _prepared(connection)
        transport.write(head + body)
        while True:
            answer, payload = await protocol.read()
            if not 100 <= answer.code < 200 or answer.code == _SWITCHING_PROTOCOLS:
                return Answer(connection, answer, payload)
    except BaseException:
        connection.close()
        raise


def _prepared(connection: Connection) -> tuple[ResponseHandler, asyncio.Transport]:
    """The connection's two ends, ready for one answer."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_bufsize=_READ_BUFFER,
        max_line_size=MOST_HEADER_BYTES,
        max_field_size=MOST_HEADER_BYTES,
    )
    return protocol, transport
