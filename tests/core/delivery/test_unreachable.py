"""Why an attempt got no answer, in words: names, connections, certificates, TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import trustme

from core.delivery.http import Http
from core.delivery.tls import Tls
from core.models import AttemptResult, GeneralSettings, Outcome
from tests.support.attempts import attempt_at

LOOPBACK = ("127.0.0.0/8",)
DAY = timedelta(days=1)
NOT_FOUND, SERVER_FAILED, REFUSED = 3, 2, 5


@asynccontextmanager
async def _server(
    answer: bytes, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Answers the first bytes of a connection with these, then closes it; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class _Nameserver(asyncio.DatagramProtocol):
    """Answers every question with this code (RFC 1035, section 4.1.1); None: never."""

    def __init__(self, code: int | None) -> None:
        self._code = code
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self._code is not None:
            self._transport.sendto(data[:2] + bytes([0x81, 0x80 | self._code]) + data[4:], address)


async def _resolved_by(code: int | None, servers: int = 1) -> AttemptResult:
    """An attempt at a name while all nameservers are like this."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_datagram_endpoint(partial(_Nameserver, code), local_addr=("127.0.0.1", 0))
        for _ in range(servers)
    ]
    names = ["{}:{}".format(*transport.get_extra_info("sockname")) for transport, _ in made]
    async with Http(lambda: LOOPBACK, nameservers=names) as http:
        result = await attempt_at(http, "http://hooks.example.com/", deadline=20)
    for transport, _ in made:
        transport.close()
    return result


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (NOT_FOUND, "no such host"),
        (SERVER_FAILED, "the nameserver could not say"),
        (REFUSED, "the nameserver could not say"),
    ],
)
async def test_names(code: int, words: str) -> None:
    """A name that does not exist, and nameservers that fail."""
    result = await _resolved_by(code)
    assert (result.outcome, result.reason) == (Outcome.DNS, words)


async def test_silent_nameservers() -> None:
    """Three that never answer cost 3 s together."""
    result = await _resolved_by(None, servers=3)
    assert (result.outcome, result.reason) == (Outcome.DNS, "the nameserver did not answer within 3 s")
    assert 2900 < result.total_ms < 8000


async def test_an_international_name_is_asked_for_in_its_idna_form(http: Http) -> None:
    """Whatever the client makes of the name becomes an outcome."""
    result = await attempt_at(http, "http://bücher.invalid:81/a?b=ü")
    assert result.outcome is Outcome.DNS


async def test_refused(http: Http) -> None:
    """The address and port that were really used are named, behind a name too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening: nobody else gets this port meanwhile
        port = taken.getsockname()[1]
        literal = await attempt_at(http, f"http://127.0.0.1:{port}/")
        named = await attempt_at(http, f"http://localhost:{port}/")
    assert (literal.outcome, literal.reason) == (
        Outcome.CONNECTION,
        f"connection refused by 127.0.0.1:{port}",
    )
    assert named.reason in (f"connection refused by {host}:{port}" for host in ("127.0.0.1", "[::1]"))


async def test_closed_without_an_answer(http: Http) -> None:
    """A receiver that closes the connection at once."""
    async with _server(b"") as port:
        result = await attempt_at(http, f"http://localhost:{port}/")
    assert result.outcome is Outcome.CONNECTION
    assert result.reason == f"127.0.0.1:{port} closed the connection before it answered"


@pytest.mark.parametrize(
    ("which", "host", "words"),
    [
        ("expired", "localhost", "certificate expired"),
        ("future", "localhost", "certificate not yet valid"),
        ("other host", "localhost", "certificate is not for localhost"),
        ("other host", "127.0.0.1", "certificate is not for 127.0.0.1"),
        ("unknown authority", "localhost", "certificate of an unknown authority"),
        ("self-signed", "localhost", "certificate is self-signed"),
    ],
)
async def test_certificates(which: str, host: str, words: str, tmp_path: Path) -> None:
    """What is wrong with a certificate is said; a good one is used."""
    authority, now = trustme.CA(), datetime.now(UTC)
    certificates = {
        "expired": lambda: authority.issue_cert("localhost", not_before=now - 2 * DAY, not_after=now - DAY),
        "future": lambda: authority.issue_cert("localhost", not_before=now + DAY, not_after=now + 2 * DAY),
        "other host": lambda: authority.issue_cert("other.example"),
        "unknown authority": lambda: trustme.CA().issue_cert("localhost"),
        "good": lambda: authority.issue_cert("localhost", "127.0.0.1"),
    }
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    settings = GeneralSettings(ca_file=str(tmp_path / "ca.pem"))
    async with Http(lambda: LOOPBACK, Tls(lambda: settings)) as http:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if which == "self-signed":
            lone = trustme.CA()
            with lone.private_key_pem.tempfile() as key, lone.cert_pem.tempfile() as certificate:
                tls.load_cert_chain(certificate, key)
        else:
            certificates[which]().configure_cert(tls)
        async with _server(b"", tls) as port:
            bad = await attempt_at(http, f"https://{host}:{port}/")
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificates["good"]().configure_cert(tls)
        async with _server(b"HTTP/1.1 204 X\r\n\r\n", tls) as port:
            good = await attempt_at(http, f"https://{host}:{port}/")
    assert (bad.outcome, bad.reason) == (Outcome.TLS, words)
    assert good.outcome is Outcome.OK


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "{} does not speak TLS"),
        # A fatal alert (RFC 5246, section 7.2): protocol_version is how TLS 1.1 refuses our 1.2.
        (bytes([21, 3, 2, 0, 2, 2, 70]), "{} does not speak TLS 1.2 or newer"),
        (bytes([21, 3, 3, 0, 2, 2, 40]), "no TLS connection with {}: sslv3 alert handshake failure"),
    ],
)
async def test_no_tls(http: Http, answer: bytes, words: str) -> None:
    """What answers no TLS, an old one, or refuses to."""
    async with _server(answer) as port:
        result = await attempt_at(http, f"https://localhost:{port}/")
    assert (result.outcome, result.reason) == (Outcome.TLS, words.format(f"127.0.0.1:{port}"))
