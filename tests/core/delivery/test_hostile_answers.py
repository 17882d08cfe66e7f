"""Answers as attacks. Each costs at most the deadline and a few kilobytes, and gives an outcome with a message."""

import asyncio
import gzip
import itertools
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from core.delivery.attempt import EVIDENCE
from core.delivery.http import Http
from core.models import AttemptResult, Outcome
from tests.support.attempts import BODY, attempt_at, attempt_until_answered

OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"x" * 1_000_000
DRIP = 0.02

OK_CUT = (Outcome.OK, "answered 200 OK (body cut)")
TOO_LARGE = (Outcome.ANSWER_TOO_LARGE, "the answer's headers are too large")
TIMEOUT = (Outcome.TIMEOUT, "no complete answer within 1 s")
CLOSED = (Outcome.CONNECTION, "{} closed the connection before it answered")


def _invalid(words: str) -> tuple[Outcome, str]:
    return Outcome.CONNECTION, f"no valid HTTP answer from 127.0.0.1: {words}"


NO_HTTP = _invalid("bad status line: Expected HTTP/, RTSP/ or ICE/")

Parts = Callable[[], Iterable[bytes]]

# Written as fast as they are taken, then the connection is closed.
FAST: dict[str, tuple[Parts, tuple[Outcome, str]]] = {
    "100 MB of body": (
        lambda: [OK, b"Content-Length: 100000000\r\n\r\n", *itertools.repeat(MEGABYTE, 100)],
        OK_CUT,
    ),
    "endless body": (lambda: itertools.chain([OK, b"\r\n"], itertools.repeat(MEGABYTE)), OK_CUT),
    "endless chunks": (
        lambda: itertools.chain(
            [OK, b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\nx\r\n" * 1000)
        ),
        OK_CUT,
    ),
    "a bomb of gzip": (
        lambda: [OK, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(30_000_000))],
        OK_CUT,
    ),
    "chunk extension without end": (
        lambda: itertools.chain([OK, b"Transfer-Encoding: chunked\r\n\r\n1;"], itertools.repeat(MEGABYTE)),
        OK_CUT,
    ),
    "100,000 headers": (
        lambda: [OK, *(b"X-%d: y\r\n" % number for number in range(100_000)), b"\r\n"],
        TOO_LARGE,
    ),
    "as many headers as are read": (
        lambda: [OK, *[b"X: " + b"\xff" * 8_000 + b"\r\n"] * 128, b"\r\n"],
        (Outcome.OK, "answered 200 OK"),
    ),
    "a header of 1 MB": (lambda: [OK, b"X: ", MEGABYTE, b"\r\n\r\n"], TOO_LARGE),
    "a header's name of 1 MB": (lambda: [OK, MEGABYTE, b": y\r\n\r\n"], TOO_LARGE),
    "a status line of 1 MB": (lambda: [b"HTTP/1.1 200 ", MEGABYTE, b"\r\n\r\n"], TOO_LARGE),
    "no status line": (lambda: [b"<html>\r\n\r\n"], NO_HTTP),
    "no HTTP at all": (lambda: [b"SSH-2.0-OpenSSH_9.6\r\n"], NO_HTTP),
    "a status that is none": (
        lambda: [b"HTTP/1.1 2000 OK\r\n\r\n"],
        _invalid("bad status line: Invalid response status"),
    ),
    "end in the head": (lambda: [OK, b"X: y"], CLOSED),
    "end at once": (list, CLOSED),
    "end in the body": (lambda: [OK, b"Content-Length: 100\r\n\r\nhalf"], OK_CUT),
    "103 for ever": (lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100), TIMEOUT),
    "trailers without end": (
        lambda: itertools.chain(
            [OK, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"], itertools.repeat(b"A: b\r\n" * 1000)
        ),
        OK_CUT,
    ),
    "another protocol": (
        lambda: itertools.chain(
            [b"HTTP/1.1 101 X\r\nUpgrade: w\r\nConnection: upgrade\r\n\r\n"], itertools.repeat(MEGABYTE)
        ),
        (Outcome.HTTP_STATUS, "answered 101 Switching Protocols"),
    ),
}

# Written byte by byte, for ever.
SLOW: dict[str, tuple[bytes, tuple[Outcome, str]]] = {
    "dripping body": (OK + b"Content-Length: 1000000\r\n\r\n", OK_CUT),
    "dripping head": (b"HTTP/1.1 200 OK\r\nX: ", TIMEOUT),
    "nothing": (b"", TIMEOUT),
}


@asynccontextmanager
async def _sender(head: bytes, parts: Iterable[bytes], pause: float | None = None) -> AsyncIterator[int]:
    """Run a server that answers each request like this, and yield its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(BODY)
            writer.write(head)
            for part in parts:
                writer.write(part)
                await writer.drain()
                if pause is not None:
                    await asyncio.sleep(pause)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextmanager
def _little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000, peak


async def _ended(http: Http, url: str, expected: Outcome) -> AttemptResult:
    """Make an attempt. A refused answer ends it at once, so only the others get a short deadline."""
    if expected in (Outcome.OK, Outcome.HTTP_STATUS):
        return await attempt_until_answered(http, url, 1)
    return await attempt_at(http, url, deadline=1 if expected is Outcome.TIMEOUT else 30)


def _check(result: AttemptResult, port: int, expected: tuple[Outcome, str]) -> None:
    outcome, words = expected
    assert (result.outcome, result.reason) == (outcome, words.format(f"127.0.0.1:{port}"))
    assert len(result.response_body) <= EVIDENCE
    headers = sum(len(name.encode()) + len(value.encode()) for name, value in result.response_headers)
    assert headers + len(result.response_body) <= 64 * 1024


@pytest.mark.parametrize("attack", FAST)
async def test_fast(http: Http, attack: str) -> None:
    """What is sent as fast as possible, and more of it than anybody asked for."""
    parts, expected = FAST[attack]
    async with _sender(b"", parts()) as port:
        with _little_memory():
            result = await _ended(http, f"http://127.0.0.1:{port}/", expected[0])
    _check(result, port, expected)


@pytest.mark.parametrize("attack", SLOW)
async def test_slow(http: Http, attack: str) -> None:
    """What never comes to an end."""
    head, expected = SLOW[attack]
    async with _sender(head, itertools.repeat(b"x" if head else b""), DRIP) as port:
        result = await _ended(http, f"http://127.0.0.1:{port}/", expected[0])
    _check(result, port, expected)
    assert result.total_ms >= 990
