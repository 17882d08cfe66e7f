"""A real nameserver on loopback that answers as a test wants, or not at all."""

import asyncio
import struct
from types import TracebackType
from typing import Self

_A, _AAAA = 1, 28


class Nameserver(asyncio.DatagramProtocol):
    """`answers` has for each name one list of addresses per question. The last list is repeated.

    A name that is not in it gets no answer.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: set[str] = set()
        self._news = asyncio.Event()
        self._transport: asyncio.DatagramTransport

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    @property
    def address(self) -> str:
        """The address on which the nameserver listens."""
        return "{}:{}".format(*self._transport.get_extra_info("sockname"))

    async def wait_for(self, names: int) -> None:
        """Wait until this many names have been asked for."""
        while len(self.asked) < names:
            self._news.clear()
            await self._news.wait()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, kind, question = _question(data)
        if kind == _A:
            self.asked.add(name)
            self._news.set()
        if name not in self.answers:
            return
        left = self.answers[name]
        addresses = (left.pop(0) if len(left) > 1 else left[0]) if kind == _A else []
        head = data[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0)
        records = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", _A, 1, 0, 4) + bytes(int(part) for part in address.split("."))
            for address in addresses
        )
        self._transport.sendto(head + question + records, addr)


def _question(data: bytes) -> tuple[str, int, bytes]:
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    (kind,) = struct.unpack(">H", data[at + 1 : at + 3])
    return ".".join(labels), kind, data[12 : at + 5]
