"""The dispatcher as a process: kills, standby, a token endpoint that is down, draining."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path

from pydantic import SecretStr

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.service.status import dispatcher_status
from core.store import Store, bell, config, history, open_store, queue, requests
from tests.e2e.conftest import Serve, line_with
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId":"66e1"}')


async def _until(store: Store, done: int) -> None:
    """Wait until so many deliveries are delivered."""
    async with asyncio.timeout(50):
        if len(await history.list_deliveries(store, state="delivered", limit=10_000)) >= done:
            return
        async for _ in store.changes(0.05):
            if len(await history.list_deliveries(store, state="delivered", limit=10_000)) >= done:
                return


async def test_killed_ten_times(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Ten SIGKILLs, half of them the instant an answer went out: every event arrives, few twice, books whole."""
    events, cap = 300, 10
    choose = random.Random(7)
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=LOOPBACK), actor="ana")
        options = WebhookOptions(url=receiver.url, concurrency=cap)
        await config.add_webhook(store, "session-failed", options, actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(events)))
        for kill in range(10):
            process = await serve()
            await line_with(process, "delivering")
            target = len(receiver.received) + choose.randint(5, 15)
            if kill % 2:
                await receiver.wait_for(min(target, events))
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await serve()
        await _until(store, events)
        rows = await history.list_deliveries(store, limit=10_000)
        interrupted = 0
        for row in rows:
            attempts = await history.list_attempts(store, row.delivery.id)
            interrupted += sum(attempt.outcome == "interrupted" for attempt in attempts)
            assert len(attempts) == row.delivery.attempts
    arrived = Counter(seen.headers["webhook-id"] for seen in receiver.received)
    assert set(arrived) == {row.delivery.id for row in rows}
    assert Counter(row.delivery.state for row in rows) == {"delivered": events}
    assert sum(arrived.values()) - events <= interrupted <= 10 * cap


async def test_token_endpoint_down(database: Path, receiver: Receiver, serve: Serve) -> None:
    """While no token is to be had nothing fails and no step is used; then everything arrives with a token."""
    async with TokenEndpoint(client_id="a:b %+&=/", secret="s e:c%r+e&t=/") as endpoint:
        endpoint.status = 503
        settings = GeneralSettings(
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr(endpoint.secret),
            allowed_networks=LOOPBACK,
            retry_schedule="incode",
        )
        async with open_store(database) as store:
            await config.save_settings(store, settings, actor="ana")
            await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
            for _ in range(20):
                await queue.emit(store, "session-failed", BODY)
            await serve()
            await endpoint.wait_for(3)
            rows = [row.delivery for row in await history.list_deliveries(store)]
            assert Counter(row.state for row in rows) == {"pending": 20}
            assert {row.tries for row in rows} == {0}
            assert {row.waits_for for row in rows} == {"token"}
            tried = next(row for row in rows if row.attempts)
            (attempt, *_) = await history.list_attempts(store, tried.id)
            assert attempt.outcome == "token_error"
            assert attempt.reason == "the token endpoint answered 503; the endpoint was not asked"
            assert (await history.totals(store)).token_reason == "the token endpoint answered 503"
            assert receiver.received == []
            endpoint.status = None
            await _until(store, 20)
            assert (await history.totals(store)).token_waits_until is None
        assert endpoint.most_in_flight == 1
        assert {seen.headers["Authorization"] for seen in receiver.received} == {"Bearer tok-1"}


async def test_second_one_stands_by_and_takes_over(database: Path, serve: Serve) -> None:
    """A second `serve` waits for the first one's end and then delivers with the next epoch."""
    first = await serve()
    await line_with(first, "delivering")
    assert dispatcher_status(database).pid == first.pid
    second = await serve()
    await line_with(second, "standing by")
    first.send_signal(signal.SIGTERM)
    assert await first.wait() == 0
    assert "epoch=2" in await line_with(second, "delivering")
    second.send_signal(signal.SIGHUP)
    assert await second.wait() == 0
    assert not dispatcher_status(database).running


async def test_drain_records_the_rest(database: Path, receiver: Receiver, serve: Serve) -> None:
    """SIGTERM waits for what is in flight, up to the deadline and 2 s; the rest takes no step."""
    receiver.gate.clear()
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, deadline=1.0)
        await config.save_settings(store, settings, actor="ana")
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url, deadline=300), actor="ana"
        )
        options = WebhookOptions(url=receiver.url, deadline=1)
        await config.add_webhook(store, "session-started", options, actor="ana")
        process = await serve()
        await line_with(process, "delivering")
        await queue.emit(store, "session-started", BODY)
        bell.ring(database)
        await receiver.wait_for(1)
        process.send_signal(signal.SIGTERM)
        await line_with(process, "draining")
        receiver.gate.set()
        assert await process.wait() == 0
        assert Counter(row.delivery.state for row in await history.list_deliveries(store)) == {"delivered": 1}


async def test_it_follows_changes_and_answers_requests(
    database: Path, receiver: Receiver, serve: Serve
) -> None:
    """Settings and webhooks that change are followed at once; "Test authorization" is answered in words."""
    async with open_store(database) as store, TokenEndpoint() as endpoint:
        await line_with(await serve(), "delivering")
        blocked = WebhookOptions(url=receiver.url, retry_schedule="1s 1s 1s")
        webhook = await config.add_webhook(store, "session-failed", blocked, actor="ana")
        await queue.emit_test(store, webhook.id, BODY)
        bell.ring(database)
        async for _ in store.changes(0.05):
            (row,) = await history.list_deliveries(store)
            if row.delivery.outcome is not None:
                break
        assert row.delivery.outcome == "address_blocked"
        form = GeneralSettings(
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr(endpoint.secret),
            allowed_networks=LOOPBACK,
        )
        await config.save_settings(store, form, actor="ana")
        await _until(store, 1)
        assert receiver.received[0].headers["hookkeeper-test"] == "1"
        for secret, words in (
            (endpoint.secret, "token received in"),
            ("wrong", "401 invalid_client: the token"),
        ):
            asked = form.model_copy(update={"secret_key": SecretStr(secret)})
            number = await requests.ask_authorization(store, asked)
            async for _ in store.changes(0.05):
                answer = await requests.authorization_answer(store, number)
                if answer is not None:
                    break
            assert answer is not None
            assert answer.words.startswith(words)
