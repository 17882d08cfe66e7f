"""What the books keep during delivery: no secrets, and nothing longer than its retention period."""

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier

from core.catalog import accept
from core.models import CustomHeader, GeneralSettings, WebhookOptions
from core.store import Store, config, history, notices, open_store, queue
from core.store.database import Database
from core.store.filter import DeliveryFilter, State
from core.store.key_rotation import rotate_keys
from tests.e2e.conftest import ROOT, Serve, line_with
from tests.support.many import write_many
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId":"66e1"}')


async def _until(store: Store, state: State, number: int) -> None:
    """Wait until this many deliveries are in a state."""
    async with asyncio.timeout(50):
        if len(await history.list_deliveries(store, DeliveryFilter(state=state))) == number:
            return
        async for _ in store.changes(0.05):
            if len(await history.list_deliveries(store, DeliveryFilter(state=state))) == number:
                return


async def test_no_secret_is_written_down(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Deliveries failed, needed a new token and arrived, while secrets and keys were rotated."""
    async with TokenEndpoint(secret="hush-secret-key") as endpoint, open_store(database) as store:
        endpoint.answer = {"access_token": "hush-access-token"}
        settings = GeneralSettings(
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr(endpoint.secret),
            custom_headers=(CustomHeader(name="x-tenant", value=SecretStr("hush-header-value")),),
            allowed_networks=LOOPBACK,
            retry_schedule="1s 1s 1s",
        )
        saved = await config.save_settings(store, settings, actor="ana")
        webhook = await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url), actor="ana"
        )
        secrets = [await config.reveal_secret(store, webhook.id, actor="ana")]
        receiver.statuses = [503, 401, 503]
        process = await serve()
        await queue.emit(store, "session-failed", BODY)
        await _until(store, "delivered", 1)
        for _ in range(2):
            secrets.append(await config.rotate_secret(store, webhook.id, actor="ana"))
        await rotate_keys(store, actor="ana", remove_old=True)
        header = CustomHeader(name="x-tenant", value=SecretStr("hush-other-value"))
        await config.save_settings(store, saved.model_copy(update={"custom_headers": (header,)}), actor="ana")
        await queue.emit(store, "session-failed", BODY)
        await _until(store, "delivered", 2)
        process.terminate()
        _, log = await process.communicate()
        last = receiver.received[-1]
        for secret in secrets:
            Verifier(secret.get_secret_value()).verify(last.body, last.headers)
        sent = {seen.headers["x-tenant"] for seen in receiver.received}
        assert sent == {"hush-header-value", "hush-other-value"}
        assert last.headers["Authorization"] == "Bearer hush-access-token"
        written = log + b"".join(
            file.read_bytes() for file in database.parent.glob(database.name + "*") if file.is_file()
        )
    assert receiver.url.encode() in written
    assert b"answered 503" in written
    assert b"header x-tenant replaced" in written
    hidden = [*(secret.get_secret_value() for secret in secrets), "hush-"]
    hidden += [seen.headers["webhook-signature"].split()[0] for seen in receiver.received]
    assert [secret for secret in hidden if secret.encode() in written] == []


async def test_the_dispatcher_prunes(database: Path, serve: Serve) -> None:
    """Old rows are pruned automatically during delivery."""
    async with open_store(database) as store:
        options = WebhookOptions(url="https://a.example/")
        await config.add_webhook(store, "session-failed", options, actor="ana")
        for _ in range(2):
            await queue.emit(store, "session-failed", BODY)
        (_, old) = await history.list_deliveries(store)
        await queue.cancel(store, old.delivery.id, actor="ana")
        (webhook,) = await config.list_webhooks(store)
        await config.set_enabled(store, webhook.webhook.id, False, actor="ana")

        def age(database: Database) -> None:
            database.execute("UPDATE deliveries SET created_at = 1, changed_at = 1")
            database.execute("UPDATE events SET created_at = 1")

        await store.write(age)
        words = await line_with(await serve(), "pruned")
        assert "delivered=1" in words
        assert "overdue=1" in words
        (left,) = await history.list_deliveries(store)
        assert left.delivery.held
        assert len(await history.list_events(store)) == 1
        async for _ in store.changes(0.05):
            told = [notice.message for notice in await notices.list_notices(store)]
            if told:
                break
    assert told == [
        "1 deliveries have waited for more than 90 days. They stay until they arrive or are cancelled."
    ]


async def test_a_deletion_outlives_who_asked_for_it(database: Path, serve: Serve) -> None:
    """It is killed while it cancels 10,000 deliveries. None of them goes out, and a dispatcher cancels the rest."""
    many = 50_000
    async with open_store(database) as store:
        await write_many(store, many)
        await store.write(
            lambda db: (
                db.execute(
                    "UPDATE deliveries SET state = 'pending', lane = 0, due_at = 0, last_outcome = NULL,"
                    " last_status = NULL WHERE webhook = 2"
                ).rowcount
            )
        )
        webhook = (await config.list_webhooks(store))[1].webhook
        deleter = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "core.cli", "--db", str(database), "webhooks", "delete", webhook.id, "--yes",
            stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        async for _ in store.changes(0.005):
            if len(await config.list_webhooks(store)) == 4:
                break
        deleter.kill()
        await deleter.communicate()
        left = await history.count_deliveries(store, DeliveryFilter(state="pending", webhook=webhook.id))
        assert left > 0
        await serve()
        async with asyncio.timeout(50):
            async for _ in store.changes(0.05):
                chosen = DeliveryFilter(state="pending", webhook=webhook.id)
                if await history.count_deliveries(store, chosen) == 0:
                    break
        (deleted,) = await config.list_deleted(store)
        assert deleted.cancelled == many // 5
        sent = "SELECT count(*) FROM deliveries WHERE webhook = 2 AND attempts > 1"
        assert await store.read(lambda db: db.execute(sent).fetchone()) == (0,)
