"""The TLS settings with real certificates: trust, client certificates, refusals and changes."""

import os
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from core.auth import Credentials, TokenError, fetch
from core.delivery import tls
from core.delivery.attempt import Request, attempt
from core.delivery.http import Http
from core.delivery.tls import Tls, UnusableFile, check_files
from core.models import AcceptedAnswer, AttemptResult, GeneralSettings, Outcome
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)


class Machine:
    """An authority, its files, the settings in force, and the HTTP module that follows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.settings = GeneralSettings()
        self.tls = Tls(lambda: self.settings)
        self.http: Http

    def server(self, *, ends: datetime | None = None, asks_for: trustme.CA | None = None) -> ssl.SSLContext:
        """What a server of the name localhost shows, and whose clients it takes."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("localhost", not_after=ends).configure_cert(context)
        if asks_for is not None:
            asks_for.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def file(self, name: str, content: bytes) -> str:
        """The path of a file with this content."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def trust(self) -> None:
        """Settings that name the authority."""
        self.set(ca_file=self.file("ca.pem", self.authority.cert_pem.bytes()))

    def set(self, **changes: object) -> None:
        """Settings that are saved."""
        self.settings = self.settings.model_copy(update=changes)

    async def attempt(self, receiver: Receiver) -> AttemptResult:
        """One attempt under the settings in force."""
        request = Request(
            url=receiver.url, delivery_id="dlv_1", event_type="session-failed", number=1, body=b"{}",
            is_test=False, signing_secrets=(), custom_headers=(), accepted_answer=AcceptedAnswer.ANY_2XX,
            deadline=10.0,
        )  # fmt: skip
        return await attempt(self.http, request, None)


@pytest.fixture
async def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """One that looks at its files each time."""
    monkeypatch.setattr(tls, "_LOOK_AGAIN", 0.0)
    machine = Machine(tmp_path)
    async with Http(lambda: LOOPBACK, machine.tls) as machine.http:
        yield machine


async def test_an_authority_of_our_own(machine: Machine) -> None:
    """Unknown, it is refused in words; named by the settings, it is trusted from the next attempt on."""
    async with Receiver(tls=machine.server()) as receiver:
        unknown = await machine.attempt(receiver)
        assert unknown.outcome is Outcome.TLS
        assert unknown.reason == "certificate of an unknown authority"
        machine.trust()
        assert (await machine.attempt(receiver)).outcome is Outcome.OK
        machine.set(ca_file=None)
        assert (await machine.attempt(receiver)).outcome is Outcome.TLS
        assert len(receiver.received) == 1


async def test_when_the_certificate_ends(machine: Machine) -> None:
    """An attempt that made the connection tells; one over a kept connection, or without TLS, does not."""
    machine.trust()
    end = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with Receiver(tls=machine.server(ends=end)) as receiver, Receiver() as plain:
        receiver.status = 204
        results = [await machine.attempt(receiver) for _ in range(2)]
        assert [result.certificate_ends_at for result in results] == [round(end.timestamp() * 1000), None]
        assert receiver.connections == 1
        assert (await machine.attempt(plain)).certificate_ends_at is None


async def test_client_certificate(machine: Machine) -> None:
    """A server that asks for one gets it, and refuses who has none; what was kept open is left."""
    clients = trustme.CA()
    machine.trust()
    async with Receiver(tls=machine.server(asks_for=clients)) as receiver:
        refused = (Outcome.TLS, Outcome.CONNECTION)  # TLS 1.3 ends the handshake before the server has looked
        assert (await machine.attempt(receiver)).outcome in refused
        pem = clients.issue_cert("hookkeeper").private_key_and_cert_chain_pem.bytes()
        machine.set(client_certificate=machine.file("client.pem", pem))
        assert (await machine.attempt(receiver)).outcome is Outcome.OK
        machine.set(client_certificate=None)
        assert (await machine.attempt(receiver)).outcome in refused
        assert len(receiver.received) == 1


async def test_a_renewed_file_is_read_again(machine: Machine) -> None:
    """Renewal needs no restart."""
    machine.trust()
    others = trustme.CA()
    async with Receiver(tls=machine.server()) as receiver:
        machine.file("ca.pem", others.cert_pem.bytes())
        assert (await machine.attempt(receiver)).outcome is Outcome.TLS
        machine.file("ca.pem", others.cert_pem.bytes() + machine.authority.cert_pem.bytes())
        assert (await machine.attempt(receiver)).outcome is Outcome.OK


def test_files_are_looked_at_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with each connection; settings that were changed count at once."""
    now = 1000.0
    monkeypatch.setattr(tls, "monotonic", lambda: now)
    machine = Machine(tmp_path)
    machine.trust()
    first = machine.tls.context()
    machine.file("ca.pem", trustme.CA().cert_pem.bytes() * 2)
    now = 1000.99
    assert machine.tls.context() is first
    now = 1001.0
    second = machine.tls.context()
    assert second is not first
    machine.trust()
    now = 1001.99
    assert machine.tls.context() is second
    machine.set(ca_file=machine.file("other.pem", machine.authority.cert_pem.bytes()))
    assert machine.tls.context() is not second


async def test_a_file_that_breaks_later(machine: Machine) -> None:
    """Every attempt says so, and nothing goes out with less trust than was asked for; http needs no file."""
    machine.trust()
    path = str(machine.settings.ca_file)
    async with Receiver(tls=machine.server()) as receiver, Receiver() as plain:
        assert (await machine.attempt(receiver)).outcome is Outcome.OK
        os.remove(path)
        for _ in range(2):
            result = await machine.attempt(receiver)
            assert (result.outcome, result.reason) == (
                Outcome.TLS,
                f"no TLS connection with localhost: {path} cannot be used as CA file: no such file or directory",
            )
        assert len(receiver.received) == 1
        assert (await machine.attempt(plain)).outcome is Outcome.OK


async def test_the_token_endpoint(machine: Machine) -> None:
    """It is asked with the same files."""
    clients = trustme.CA()
    async with TokenEndpoint(tls=machine.server(asks_for=clients)) as endpoint:
        url = endpoint.url.replace("127.0.0.1", "localhost")
        credentials = Credentials(url, endpoint.client_id, SecretStr(endpoint.secret))
        machine.trust()
        with pytest.raises(TokenError):
            await fetch(machine.http.client, credentials)
        pem = clients.issue_cert("hookkeeper").private_key_and_cert_chain_pem.bytes()
        machine.set(client_certificate=machine.file("client.pem", pem))
        assert (await fetch(machine.http.client, credentials)).value == SecretStr("tok-1")
        machine.set(ca_file="/nothing/ca.pem")
        with pytest.raises(TokenError) as caught:
            await fetch(machine.http.client, credentials)
    host = url.removeprefix("https://").removesuffix("/token")
    assert str(caught.value) == (
        f"the token endpoint at {host} cannot be asked: /nothing/ca.pem cannot be used as CA file:"
        " no such file or directory."
    )


def test_when_the_client_certificate_ends(machine: Machine) -> None:
    """Its own end, not its authority's."""
    assert machine.tls.certificate_ends_at is None
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    pem = machine.authority.issue_cert("me", not_after=end).private_key_and_cert_chain_pem.bytes()
    machine.set(client_certificate=machine.file("client.pem", pem))
    assert machine.tls.certificate_ends_at == end


def test_a_certificate_whose_end_is_unknown(machine: Machine) -> None:
    """OpenSSL's own form of a certificate works, though nothing tells when it ends."""
    pem = machine.authority.issue_cert("me").private_key_and_cert_chain_pem.bytes()
    trusted = pem.replace(b" CERTIFICATE-----", b" TRUSTED CERTIFICATE-----")
    machine.set(client_certificate=machine.file("client.pem", trusted))
    machine.tls.context()
    assert machine.tls.certificate_ends_at is None


def _encrypted(certificate: trustme.LeafCert) -> bytes:
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    return certificate.cert_chain_pems[0].bytes() + pem


def test_files_that_cannot_be_used(machine: Machine) -> None:
    """Each is refused with its reason; a passphrase is never asked for."""
    mine, other = machine.authority.issue_cert("a"), machine.authority.issue_cert("b")
    chain, key = mine.cert_chain_pems[0].bytes(), other.private_key_pem.bytes()
    no_pem, no_pair = (
        "it holds no certificate in PEM form",
        "it does not hold a certificate and its key in PEM form",
    )
    for field, content, problem in (
        ("ca_file", b"", no_pem),
        ("ca_file", b"\xff\x00", no_pem),
        ("ca_file", mine.private_key_pem.bytes(), no_pem),
        ("ca_file", machine.authority.cert_pem.bytes()[:300], no_pem),
        ("client_certificate", chain, no_pair),
        ("client_certificate", mine.private_key_pem.bytes(), no_pair),
        ("client_certificate", b"\xff\x00", no_pair),
        ("client_certificate", chain + key, "its key does not belong to its certificate"),
        ("client_certificate", _encrypted(mine), "its key is encrypted; store the key without a passphrase"),
    ):
        path = machine.file("file.pem", content)
        label = "CA file" if field == "ca_file" else "client certificate"
        with pytest.raises(UnusableFile) as caught:
            check_files(GeneralSettings.model_validate({field: path}))
        assert (caught.value.field, str(caught.value)) == (
            field,
            f"{path} cannot be used as {label}: {problem}.",
        )
    with pytest.raises(UnusableFile) as caught:
        check_files(GeneralSettings(ca_file="/dev/zero"))
    assert str(caught.value) == "/dev/zero cannot be used as CA file: it is not a file."
