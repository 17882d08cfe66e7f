"""An attempt that fails because this process cannot open more files is not the endpoint's fault."""

import asyncio
import errno
import ssl
from pathlib import Path

import httpx
import pytest
import trustme
from pydantic import SecretStr

from core.auth import Credentials, TokenSource
from core.delivery import notifier, outcome
from core.delivery.attempt import attempt
from core.delivery.authorization_check import try_authorization
from core.delivery.http import ClosedWithoutAnswer, Http
from core.delivery.notifier import Notifier
from core.delivery.tls import Tls
from core.models import GeneralSettings, NoticeKind, Outcome
from core.store import Store, config, notices
from tests.support.attempts import attempt_at, request_to
from tests.support.nameserver import Nameserver
from tests.support.no_files import no_file_can_be_opened
from tests.support.receiver import Receiver

LOOPBACK = ("127.0.0.0/8",)
OURS = (Outcome.LOCAL_LIMIT, "too many open files; no attempt used")


async def test_no_socket(http: Http, receiver: Receiver) -> None:
    """The message names the exhausted limit. Once there is room, the same attempt succeeds."""
    with no_file_can_be_opened():
        result = await attempt_at(http, receiver.url)
        assert (result.outcome, result.reason) == OURS
    assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK


async def test_a_kept_connection_needs_no_socket(http: Http, receiver: Receiver) -> None:
    """Open connections stay in use."""
    await attempt_at(http, receiver.url)
    with no_file_can_be_opened():
        assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
    assert receiver.connections == 1


async def test_no_socket_for_the_nameserver(receiver: Receiver) -> None:
    """The resolver itself does not say why it could not ask."""
    async with Nameserver() as names, Http(lambda: LOOPBACK, nameservers=[names.address]) as http:
        names.answers["hooks.example.com"] = [["127.0.0.1"]]
        url = f"http://hooks.example.com:{receiver.port}/"
        with no_file_can_be_opened():
            result = await attempt_at(http, url)
            assert (result.outcome, result.reason) == OURS
        assert (await attempt_at(http, url)).outcome is Outcome.OK


@pytest.mark.parametrize("field", ["ca_file", "client_certificate"])
async def test_tls_files_cannot_be_read(field: str, tmp_path: Path) -> None:
    """A context without them would be kept for good: none is made, and later the right one."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("us").private_key_and_cert_chain_pem.write_to_path(tmp_path / "us.pem")
    files = {"ca_file": str(tmp_path / "ca.pem")}
    if field == "client_certificate":
        files["client_certificate"] = str(tmp_path / "us.pem")
    settings = GeneralSettings(**files)  # type: ignore[arg-type]  # the names above
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    async with Receiver(tls=server) as receiver, Http(lambda: LOOPBACK, Tls(lambda: settings)) as http:
        with no_file_can_be_opened():
            for _ in range(2):
                result = await attempt_at(http, receiver.url)
                assert (result.outcome, result.reason) == OURS
        assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK


async def test_the_machines_authorities_cannot_be_read() -> None:
    """OpenSSL would continue without any, and later endpoints would wrongly fail with an unknown authority."""
    tls = Tls(GeneralSettings)
    with no_file_can_be_opened(), pytest.raises(OSError, match="Too many open files"):
        tls.context()
    assert tls.context().cert_store_stats() == ssl.create_default_context().cert_store_stats()


async def test_no_socket_for_the_token_endpoint(http: Http, receiver: Receiver) -> None:
    """No token, as before, but the words name the real reason."""
    credentials = Credentials.of(
        GeneralSettings(authentication_url=receiver.url, client_id="a", secret_key=SecretStr("b"))
    )
    assert credentials is not None
    async with TokenSource(http.client, credentials) as tokens:
        with no_file_can_be_opened():
            result = await attempt(http, request_to(receiver.url), tokens)
    assert result.outcome is Outcome.TOKEN_ERROR
    assert result.reason == (
        f"the token endpoint at 127.0.0.1:{receiver.port} was not asked: too many open files;"
        " the endpoint was not asked"
    )


async def test_authorization_cannot_be_tested_now(receiver: Receiver) -> None:
    """The requester gets the reason, and no exception ends the dispatcher."""
    settings = GeneralSettings(
        authentication_url=receiver.url, client_id="a", secret_key=SecretStr("b"), allowed_networks=LOOPBACK
    )
    with no_file_can_be_opened():
        answer = await try_authorization(settings)
    assert not answer.ok
    assert answer.words.endswith("was not asked: too many open files.")


async def test_a_notice_that_could_not_be_sent_has_not_been_tried(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays due, and takes no wait of its schedule."""
    monkeypatch.setattr(notifier, "_INTERVAL", 0.01)
    settings = GeneralSettings(notice_url=receiver.url)
    await config.save_settings(store, settings, actor="ana")
    await store.write(lambda database: notices.add(database, "a", NoticeKind.FAILING, "Words."))
    begun, stop = asyncio.Semaphore(0), asyncio.Event()

    async def begin(request: httpx.Request) -> None:
        begun.release()

    http.client.event_hooks = {"request": [begin]}
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Notifier(store, http, Tls(lambda: settings), lambda: settings).run(stop))
        with no_file_can_be_opened():
            for _ in range(3):  # the third begins when the second has ended
                await begun.acquire()
            (due,) = await notices.due_notices(store)
            assert due.tries == 0
        await receiver.wait_for(1)
        stop.set()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_innermost_error_decides(number: int, wrapped: bool) -> None:
    """This holds however a client wraps the error."""
    error: BaseException = OSError(number, "")
    if wrapped:
        outer = ClosedWithoutAnswer()
        outer.__cause__ = error
        error = outer
    assert outcome.of_error(error, "a.example", "203.0.113.1:443", 15.0)[0] is Outcome.LOCAL_LIMIT


def test_no_memory() -> None:
    """Python's own error for it, too."""
    found = outcome.of_error(MemoryError(), "a.example", "", 15.0)
    assert found == (Outcome.LOCAL_LIMIT, "not enough memory; no attempt used")
