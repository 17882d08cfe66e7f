"""The errors for an unreachable token endpoint, with both transports that httpx may have here."""

import asyncio
import contextlib
import dataclasses
import errno
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import trustme

from core.auth import Credentials, TokenError, fetch
from core.delivery.http import Http
from tests.support.token_endpoint import TokenEndpoint


@pytest.fixture(params=["httpx's own", "ours"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    if request.param == "httpx's own":
        async with httpx.AsyncClient(trust_env=False) as client:
            yield client
        return
    async with Http(lambda: ("127.0.0.0/8", "::1/128")) as http:
        yield http.client


async def refusal(client: httpx.AsyncClient, credentials: Credentials, *, deadline: float = 10.0) -> str:
    with pytest.raises(TokenError) as refused:
        await fetch(client, credentials, deadline=deadline)
    return str(refused.value)


@contextlib.asynccontextmanager
async def raw_server(answer: bytes, *, reset: bool = False, silent: bool = False) -> AsyncIterator[str]:
    """Run a server that reads a request, writes these bytes, and then resets, closes, or stays silent."""
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if not silent:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.close()


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_refused(client: httpx.AsyncClient, credentials: Credentials, unused_port: int) -> None:
    """Nothing listens."""
    down = dataclasses.replace(credentials, authentication_url=f"http://127.0.0.1:{unused_port}/token")

    assert await refusal(client, down) == (
        f"the token endpoint at 127.0.0.1:{unused_port} refuses the connection."
    )


async def test_no_such_host(client: httpx.AsyncClient, credentials: Credentials) -> None:
    """A name that cannot exist (RFC 6761)."""
    nowhere = dataclasses.replace(credentials, authentication_url="http://auth.invalid/token")

    assert await refusal(client, nowhere) == "no address is found for the token endpoint at auth.invalid."


async def test_name_that_cannot_be_sent(client: httpx.AsyncClient, credentials: Credentials) -> None:
    """A host that IDNA refuses gives an error message, not a crash."""
    odd = dataclasses.replace(credentials, authentication_url="http://\u2488com/token")

    assert await refusal(client, odd) == "the host in the Authentication URL is not a valid name: check it."


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]
)
async def test_cut_off(
    client: httpx.AsyncClient, credentials: Credentials, answer: bytes, reset: bool
) -> None:
    """The connection is closed or reset before or within the answer, or is not HTTP."""
    async with raw_server(answer, reset=reset) as host:
        words = await refusal(client, dataclasses.replace(credentials, authentication_url=f"http://{host}/"))

    assert words == f"the token endpoint at {host} gave no complete HTTP answer."


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
async def test_deadline(client: httpx.AsyncClient, credentials: Credentials, answer: bytes) -> None:
    """The deadline covers head and body."""
    async with raw_server(answer, silent=True) as host:
        slow = dataclasses.replace(credentials, authentication_url=f"http://{host}/")
        words = await refusal(client, slow, deadline=0.2)

    assert words == "the token endpoint gave no complete answer within 0.2 s."


async def test_untrusted_certificate(client: httpx.AsyncClient, credentials: Credentials) -> None:
    """The certificate is not signed by a trusted authority."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)

    async with TokenEndpoint(tls=server) as endpoint:
        words = await refusal(client, dataclasses.replace(credentials, authentication_url=endpoint.url))

    host = endpoint.base.removeprefix("https://")
    assert words.startswith(f"the certificate of the token endpoint at {host} is refused: ")
    assert endpoint.count == 0


async def test_https_to_an_http_port(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The URL says https, but the server speaks http."""
    url = endpoint.url.replace("http:", "https:")
    host = endpoint.base.removeprefix("http://")

    assert await refusal(client, dataclasses.replace(credentials, authentication_url=url)) == (
        f"the token endpoint at {host} does not speak TLS as it should."
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_blocked_address(endpoint: TokenEndpoint, credentials: Credentials, host: str) -> None:
    """The address guard's message is reported, for a typed address and for a resolved one."""
    url = endpoint.url.replace("127.0.0.1", host)

    async with Http(lambda: ()) as http:
        words = await refusal(http.client, dataclasses.replace(credentials, authentication_url=url))

    assert re.fullmatch(
        r"the token endpoint is blocked: "
        r"(127\.0\.0\.1 is in 127\.0\.0\.0/8|::1 is in ::1/128); Settings, Allowed private networks\.",
        words,
    )
    assert endpoint.count == 0


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EHOSTUNREACH, "the token endpoint at 127.0.0.1:9 cannot be reached."),
        (errno.ETIMEDOUT, "the token endpoint at 127.0.0.1:9 does not answer in time."),
    ],
)
async def test_no_way_there(credentials: Credentials, number: int, words: str) -> None:
    """Other operating system errors of a failed connection have messages, too."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("of the operating system") from OSError(number, "of the operating system")

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        away = dataclasses.replace(credentials, authentication_url="http://127.0.0.1:9/token")
        assert await refusal(client, away) == words


async def test_a_huge_answer_is_not_read_on(client: httpx.AsyncClient, credentials: Credentials) -> None:
    """Reading an endless answer stops after 64 KiB."""

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 1024)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(pour, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        words = await refusal(client, dataclasses.replace(credentials, authentication_url=url))

    assert words == (
        "the token endpoint answered 200, but its body is larger than 64 KiB: check the Authentication URL."
    )
