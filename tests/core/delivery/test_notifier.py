"""Notices that are sent to the operator, and those that the dispatcher itself creates."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from core.catalog import accept
from core.clock import now_ms, utc_words
from core.delivery import notifier
from core.delivery.dispatcher import Dispatcher
from core.models import CustomHeader, Notice, NoticeKind, WebhookOptions
from core.store import Store, config, history, notices, queue
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId": "66e1"}')


@asynccontextmanager
async def _delivering(store: Store, stop: asyncio.Event | None = None) -> AsyncIterator[None]:
    """A dispatcher at work; it is drained at the end."""
    stop = stop or asyncio.Event()
    dispatcher = Dispatcher(store, await queue.next_epoch(store), asyncio.Event(), lambda words: None)
    task = asyncio.create_task(dispatcher.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def _save(store: Store, **changes: object) -> None:
    now = await config.load_settings(store)
    settings = now.model_copy(update={"allowed_networks": LOOPBACK} | changes)
    await config.save_settings(store, settings, actor="ana")


async def _add(store: Store, about: str = "a", *, webhook: int | None = None) -> None:
    await store.write(
        lambda database: notices.add(database, about, NoticeKind.FAILING, "The words.", webhook=webhook)
    )


async def _notices(store: Store, enough: Callable[[list[Notice]], bool]) -> list[Notice]:
    """All notices, once there are enough of them."""
    async with asyncio.timeout(50):
        # Written by the dispatcher's tasks, through the file.
        while not enough(found := await notices.list_notices(store)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def _until_none_is_due(store: Store) -> None:
    async with asyncio.timeout(50):
        # As above.
        while await notices.due_notices(store):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_what_is_sent(store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON, once, without token, custom headers or signature."""
    monkeypatch.setattr(notifier, "_INTERVAL", 0.01)
    await _save(
        store,
        notice_url=receiver.url + "/a%2Fb?q=%20x",
        authentication_url="https://auth.example/token",
        client_id="me",
        secret_key=SecretStr("hush"),
        custom_headers=(CustomHeader(name="x-tenant", value=SecretStr("mx")),),
    )
    webhook = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    await _add(store, webhook=1)
    (notice,) = await notices.list_notices(store)
    async with _delivering(store):
        await receiver.wait_for(1)
        await _until_none_is_due(store)
    (seen,) = receiver.received
    assert seen.path == "/hook/a%2Fb?q=%20x"
    sent = json.loads(seen.body)
    assert datetime.fromisoformat(sent.pop("at")) == notice.at
    assert sent == {"id": notice.id, "kind": "failing", "webhook": webhook.id, "message": "The words."}
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert headers["content-type"] == "application/json"
    assert set(headers) == {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
    }  # fmt: skip


async def test_failed_ones_are_tried_again(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first retry comes after at least 5 s. After ten tries the notice is dropped, without another notice."""
    monkeypatch.setattr(notifier, "_INTERVAL", 0.01)
    receiver.status = 503
    await _save(store, notice_url=receiver.url)
    await _add(store)
    began = now_ms()
    async with _delivering(store):
        await receiver.wait_for(1)
        await _until_none_is_due(store)
        monkeypatch.setattr(notices, "now_ms", lambda: began + 4_999)
        assert await notices.due_notices(store) == []
        monkeypatch.setattr(notices, "now_ms", lambda: began + 86_400_000_000)
        await receiver.wait_for(10)
        await _until_none_is_due(store)
    assert len(receiver.received) == 10
    assert len(await notices.list_notices(store, acknowledged=True)) == 1


async def test_guard_and_deadline(store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private address that no setting allows is not connected to; an answer that does not come ends."""
    monkeypatch.setattr(notifier, "_INTERVAL", 0.01)
    await _save(store, notice_url=receiver.url, allowed_networks=(), deadline=1.0)
    await _add(store, "blocked")
    async with _delivering(store):
        await _until_none_is_due(store)
    assert receiver.connections == 0
    receiver.gate.clear()
    await _save(store)
    await _add(store, "slow")
    async with _delivering(store):
        await receiver.wait_for(1)
        await _until_none_is_due(store)
    assert len(receiver.received) == 1


async def test_nothing_is_sent_while_shutting_down(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices that are due during the drain wait for the next dispatcher."""
    monkeypatch.setattr(notifier, "_INTERVAL", 0.01)
    async with Receiver() as operator:
        await _save(store, notice_url=operator.url)
        await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
        await queue.emit(store, "session-failed", BODY)
        receiver.gate.clear()
        stop = asyncio.Event()
        async with _delivering(store, stop):
            await receiver.wait_for(1)
            stop.set()
            await _add(store)
            # Many turns of the notifier: the drain goes on for as long as the attempt does.
            asyncio.get_running_loop().call_later(0.5, receiver.gate.set)
        assert operator.received == []
    assert len(await notices.due_notices(store)) == 1


async def test_a_refused_client_is_told_once_for_its_settings(store: Store, receiver: Receiver) -> None:
    """An error that only a person can fix raises a notice. A token endpoint that is down does not."""
    async with TokenEndpoint() as endpoint:
        endpoint.status = 503
        await _save(
            store,
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr("wrong"),
        )
        await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
        await queue.emit(store, "session-failed", BODY)
        async with _delivering(store):
            await endpoint.wait_for(2)
            assert await notices.list_notices(store) == []
            endpoint.status = None
            (notice,) = await _notices(store, lambda found: len(found) == 1)
            assert (notice.kind, notice.webhook) == ("authorization", None)
            assert notice.message == (
                "Nothing is delivered, for there is no token: 401 invalid_client: the token endpoint refuses"
                " the Client ID or the Secret Key."
            )
        await queue.emit(store, "session-failed", BODY)
        async with _delivering(store):
            await endpoint.wait_for(endpoint.count + 1)
            async with asyncio.timeout(50):
                # As above: it is written after the notice would be.
                while (await history.totals(store)).token_reason is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        assert len(await notices.list_notices(store)) == 1
        await _save(store, secret_key=SecretStr("wrong again"))
        await queue.emit(store, "session-failed", BODY)
        async with _delivering(store):
            await _notices(store, lambda found: len(found) == 2)


async def test_certificates_that_end_soon(store: Store, tmp_path: Path) -> None:
    """An endpoint's and our own, over a real connection; a client certificate that is gone."""
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=3)).configure_cert(server)
    trusted, shown = tmp_path / "ca.pem", tmp_path / "client.pem"
    trusted.write_bytes(authority.cert_pem.bytes())
    end = datetime.now(UTC) + timedelta(days=2)
    mine = authority.issue_cert("hookkeeper", not_after=end)
    shown.write_bytes(mine.private_key_and_cert_chain_pem.bytes())
    await _save(store, ca_file=str(trusted), client_certificate=str(shown))
    async with Receiver(tls=server) as receiver:
        webhook = await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url), actor="ana"
        )
        for _ in range(3):
            await queue.emit(store, "session-failed", BODY)
        async with _delivering(store):
            found = await _notices(store, lambda found: len(found) == 2)
            assert {notice.kind for notice in found} == {"certificate"}
            (theirs,) = (notice for notice in found if notice.webhook == webhook.id)
            (ours,) = (notice for notice in found if notice.webhook is None)
            assert theirs.message.startswith("The certificate of localhost ends on ")
            assert ours.message == (
                f"The client certificate {shown} ends on {utc_words(end)}: put a new one there."
            )
            shown.unlink()
            found = await _notices(store, lambda found: len(found) == 3)
            assert found[0].message == (
                f"Nothing is delivered over https: {shown} cannot be used as client certificate:"
                " no such file or directory."
            )
