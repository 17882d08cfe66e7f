"""A real HTTP receiver on loopback that records requests and answers as a test wants.

`python -m tests.support.receiver` runs one in its own process and prints its URL.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Received:
    """One request as it was received."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Receiver:
    """An HTTP/1.1 server written by hand, so that it can misbehave.

    `status`, `headers`, `body`: the answer. `raw`: bytes to send instead of the answer. `gate`: answers wait while it
    is cleared. `statuses`: statuses of the first answers, one each. `close_after`: the number of answers after which
    a connection is closed. `on_request`: called with the number of requests received. `on_answer`: called with the
    number of answers written. With `tls` it serves https for the name localhost.
    """

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._port = port
        self._host = host
        self._tls = tls
        self.status = 200
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.body = b'{"success":true}'
        self.raw: bytes | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.close_after: int | None = None
        self.on_request: Callable[[int], None] | None = None
        self.on_answer: Callable[[int], None] | None = None
        self.received: list[Received] = []
        self.answered = 0
        self.connections = 0
        self._news = asyncio.Condition()
        self._server: asyncio.Server
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self._port, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.close()
        for writer in self._writers:
            writer.close()

    @property
    def port(self) -> int:
        """The port on which the receiver listens."""
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """A URL that reaches the receiver."""
        origin = "https://localhost" if self._tls else "http://127.0.0.1"
        return f"{origin}:{self.port}/hook"

    async def wait_for(self, number: int) -> list[Received]:
        """Wait for this many requests and return them."""
        async with asyncio.timeout(50), self._news:
            await self._news.wait_for(lambda: len(self.received) >= number)
        return self.received

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        answers = 0
        try:
            while await self._exchange(reader, writer):
                answers += 1
                if answers == self.close_after:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8")
        lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        lengths = [int(value) for name, value in headers.items() if name.lower() == "content-length"]
        body = await reader.readexactly(sum(lengths))
        async with self._news:
            self.received.append(Received(lines[0].split(" ")[1], headers, body, time.time()))
            self._news.notify_all()
        if self.on_request is not None:
            self.on_request(len(self.received))
        await self.gate.wait()
        writer.write(self.raw if self.raw is not None else self._answer())
        await writer.drain()
        self.answered += 1
        if self.on_answer is not None:
            self.on_answer(self.answered)
        return self.raw is None

    def _answer(self) -> bytes:
        status = self.statuses.pop(0) if self.statuses else self.status
        body = b"" if status == 204 else self.body
        headers = self.headers if status == 204 else self.headers | {"Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _main() -> None:
    async with Receiver() as receiver:
        print(receiver.url, flush=True)
        number = 0
        while True:
            number += 1
            seen = (await receiver.wait_for(number))[number - 1]
            print(seen.headers.get("hookkeeper-event"), seen.body.decode("utf-8", "replace"), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
