"""The connection pool: its idle timeout, its limit, and the rule that a half-used connection is never reused."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from core.delivery.http import Http, pool
from core.models import Outcome
from tests.support.attempts import BODY, attempt_at
from tests.support.nameserver import Nameserver
from tests.support.receiver import Receiver

LOOPBACK = ("127.0.0.0/8",)


@asynccontextmanager
async def _receivers(number: int) -> AsyncIterator[list[Receiver]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Receiver()) for _ in range(number)]


async def _closed(receiver: Receiver) -> None:
    """Wait until the receiver has no connection left."""
    async with asyncio.timeout(20):
        while receiver._writers:
            await asyncio.gather(
                *(writer.wait_closed() for writer in list(receiver._writers)), return_exceptions=True
            )


async def test_the_oldest_idle_connection_makes_room() -> None:
    """With a limit of two, a third receiver's connection replaces the first one. The second one is kept."""
    async with _receivers(3) as receivers, Http(lambda: LOOPBACK, most_connections=2) as http:
        for receiver in receivers:
            assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
        await _closed(receivers[0])
        for receiver in receivers[1:]:
            assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
        assert [receiver.connections for receiver in receivers] == [1, 1, 1]
        assert (await attempt_at(http, receivers[0].url)).outcome is Outcome.OK
        assert receivers[0].connections == 2


async def test_what_is_in_use_is_not_closed_for_want_of_room() -> None:
    """The limit is for idle connections only. A request in flight still gets its answer."""
    async with _receivers(2) as (slow, other), Http(lambda: LOOPBACK, most_connections=1) as http:
        slow.gate.clear()
        waiting = asyncio.create_task(attempt_at(http, slow.url))
        await slow.wait_for(1)
        assert (await attempt_at(http, other.url)).outcome is Outcome.OK
        slow.gate.set()
        assert (await waiting).outcome is Outcome.OK


async def test_an_idle_connection_is_closed_after_a_while(
    http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed without another request."""
    monkeypatch.setattr(pool, "KEEP_ALIVE", 0.05)
    for _ in range(3):
        assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
        await _closed(receiver)
    assert receiver.connections == 3


async def test_an_answer_before_the_whole_request(http: Http) -> None:
    """A 413 after the head of a large request counts, and the connection is not reused."""
    ended = asyncio.Semaphore(0)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass
        writer.close()
        ended.release()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0, limit=4096) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for _ in range(2):
            result = await attempt_at(http, url, body=b"x" * 20_000_000)
            assert (result.outcome, result.status_code) == (Outcome.HTTP_STATUS, 413)
            await ended.acquire()


async def test_an_answer_before_the_request(http: Http) -> None:
    """`nc -l < answer` answers as soon as a client connects. The answer counts, and the request is still sent."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    received: list[bytes] = []

    def answer_each(listening: socket.socket) -> None:
        while len(received) < 10:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as reader:
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                received.append(reader.read())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = asyncio.create_task(asyncio.to_thread(answer_each, listening))
        for _ in range(10):
            result = await attempt_at(http, f"http://127.0.0.1:{listening.getsockname()[1]}/")
            assert (result.outcome, result.reason) == (Outcome.OK, "answered 200 OK")
        await answering
    assert all(request.endswith(BODY) for request in received)


async def test_who_gives_up_leaves_the_lookup_to_the_others(receiver: Receiver) -> None:
    """Two requests resolve the same name. The first one's deadline passes before the nameserver answers."""
    async with (
        Nameserver() as nameserver,
        Http(lambda: LOOPBACK, nameservers=[nameserver.address]) as http,
    ):
        first = asyncio.create_task(attempt_at(http, "http://late.test/", deadline=0.05))
        await nameserver.wait_for(1)
        second = asyncio.create_task(attempt_at(http, "http://late.test/", deadline=30))
        assert (await first).outcome is Outcome.TIMEOUT
        result = await second
    assert (result.outcome, result.reason) == (Outcome.DNS, "the nameserver did not answer within 3 s")


async def test_another_address_is_tried_beside_one_that_refuses(receiver: Receiver) -> None:
    """A name with two addresses, the first of which nobody listens at."""
    async with (
        Nameserver() as nameserver,
        Http(lambda: LOOPBACK, nameservers=[nameserver.address]) as http,
    ):
        nameserver.answers["two.test"] = [["127.0.0.2", "127.0.0.1"]]
        result = await attempt_at(http, f"http://two.test:{receiver.port}/")
        nameserver.answers["none.test"] = [["127.0.0.2", "127.0.0.3"]]
        refused = await attempt_at(http, f"http://none.test:{receiver.port}/")
    assert result.outcome is Outcome.OK
    assert refused.outcome is Outcome.CONNECTION
    assert refused.reason in (f"connection refused by 127.0.0.{last}:{receiver.port}" for last in (2, 3))
