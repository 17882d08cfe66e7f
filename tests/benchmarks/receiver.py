"""The receiver, a separate process that does as little as possible so that it is not the bottleneck.

`/timed` records when a request arrived (number in the body, seconds since 1970). `GET /arrivals` returns these
records and clears them. `/hang` never answers.
"""

import asyncio
import json
import time
from typing import cast

import uvloop

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
_ANSWER = _HEAD + b'16\r\n\r\n{"success":true}'
_LENGTH = b"content-length: "
_arrivals: list[tuple[str, float]] = []


class _Exchanges(asyncio.Protocol):
    """One connection. It trusts the clients that are measured here and checks nothing."""

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            body, self._data = self._data[end + 4 : end + 4 + length], self._data[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path == b"/hang":
            return
        if path == b"/arrivals":
            told = json.dumps(_arrivals).encode()
            _arrivals.clear()
            self._transport.write(b"%b%d\r\n\r\n%b" % (_HEAD, len(told), told))
            return
        if path == b"/timed":
            _arrivals.append((json.loads(body)["interviewId"], time.time()))
        self._transport.write(_ANSWER)


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Exchanges, "127.0.0.1", 0, backlog=1000)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
