"""Receivers and token endpoints that go away and come back."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.catalog import accept
from core.clock import from_ms
from core.delivery import pace
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, notices, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.conftest import Dispatching
from tests.e2e.faults.sums import print_sum
from tests.support.extent import extent
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId":"66e1"}')
EVENTS = 200
FLAKY = extent(full=2_000, otherwise=500)
DOWN_FOR = extent(full=60.0, otherwise=2.0)
"""Seconds that the receiver is down. From 60 on, as in CI, its circuit breaker is probed at the real interval."""
PROBES = pace.PROBE_INTERVAL if DOWN_FOR >= 60 else 0.5


async def _until(store: Store, created: Counter[str], patience: float = 50.0, **wanted: int) -> None:
    """Wait until the sum shows the wanted number per state."""
    async with asyncio.timeout(patience):
        async for _ in store.changes(0.1):
            total = await print_sum(store, created)
            if all(total[state] == number for state, number in wanted.items()):
                return


async def _started_after(store: Store, moment: datetime) -> list[datetime]:
    """Return the start times of all attempts after a moment, in order."""
    attempts = [
        attempt
        for row in await history.list_deliveries(store, limit=1000)
        for attempt in await history.list_attempts(store, row.delivery.id)
    ]
    return sorted(attempt.started_at for attempt in attempts if attempt.started_at > moment)


@pytest.mark.timeout(180)
async def test_a_receiver_that_is_down_burns_no_attempts(
    database: Path, receiver: Receiver, dispatching: Dispatching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 20 failed attempts the breaker opens. Each probe is one attempt and the rest wait. Later all arrive."""
    monkeypatch.setattr(pace, "PROBE_INTERVAL", PROBES)
    port = receiver.port
    await receiver.__aexit__(None, None, None)
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule=" ".join(["0.3s"] * 30))
        await config.save_settings(store, settings, actor="ana")
        options = WebhookOptions(url=f"http://127.0.0.1:{port}/hook")
        webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
        created = Counter({webhook.id: EVENTS})
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EVENTS)))
        async with dispatching(store):
            down_until = time.monotonic() + DOWN_FOR
            opened_at: datetime | None = None
            probes: list[datetime] = []
            async for _ in store.changes(0.01):
                (summary,) = await config.list_webhooks(store)
                if opened_at is None and summary.pace is not None and summary.pace.word == "open":
                    opened_at = from_ms(summary.pace.since)
                if opened_at is not None:
                    probes = await _started_after(store, opened_at)
                if len(probes) >= 2 and time.monotonic() >= down_until:
                    break
            assert opened_at is not None
            attempts = await _started_after(store, datetime.min.replace(tzinfo=UTC))
            assert len([moment for moment in attempts if moment <= opened_at]) == 20
            gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(probes)]
            assert min(gaps) >= PROBES * 0.9, "each probe is one attempt"
            (row,) = await history.list_deliveries(store, limit=1)
            assert row.delivery.waits_for == "breaker"
            async with Receiver(port) as again:
                await _until(store, created, delivered=EVENTS)
                assert len(again.received) == EVENTS
            (summary,) = await config.list_webhooks(store)
            assert summary.pace is None


@pytest.mark.timeout(240)
@pytest.mark.parametrize("concurrency", [1, 2])
async def test_500_to_one_request_in_ten(
    database: Path, receiver: Receiver, dispatching: Dispatching, concurrency: int
) -> None:
    """All arrive, with one more attempt for each failure, and nothing ever waits for a probe."""

    def fail_every_tenth(number: int) -> None:
        receiver.status = 500 if number % 10 == 0 else 200

    receiver.on_request = fail_every_tenth
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule=" ".join(["0.1s"] * 10))
        await config.save_settings(store, settings, actor="ana")
        options = WebhookOptions(url=receiver.url, concurrency=concurrency)
        webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(FLAKY)))
        async with dispatching(store):
            await _until(store, Counter({webhook.id: FLAKY}), patience=200, delivered=FLAKY)
            (summary,) = await config.list_webhooks(store)
            assert summary.pace is None
    assert FLAKY * 1.1 <= len(receiver.received) <= FLAKY * 1.2


async def test_retry_after_holds_back_the_whole_destination(
    database: Path, receiver: Receiver, dispatching: Dispatching
) -> None:
    """After a 429 with Retry-After, nothing is sent to the destination before that time, and this is reported."""
    receiver.statuses = [429]
    receiver.headers["Retry-After"] = "2"
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule="0.1s")
        await config.save_settings(store, settings, actor="ana")
        options = WebhookOptions(url=receiver.url, concurrency=1)
        webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(5)))
        async with dispatching(store):
            async for _ in store.changes(0.05):
                (summary,) = await config.list_webhooks(store)
                if summary.pace is not None:
                    break
            await _until(store, Counter({webhook.id: 5}), delivered=5)
    first, *others = receiver.received
    assert len(others) == 5
    assert min(seen.at for seen in others) >= first.at + 2


async def test_token_endpoint_that_flaps(database: Path, receiver: Receiver, serve: Serve) -> None:
    """It is slow, wrong, down, healthy, then issues short-lived tokens. Everything arrives and nothing fails."""
    async with TokenEndpoint(expires_in=1) as endpoint, open_store(database) as store:
        settings = GeneralSettings(
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr(endpoint.secret),
            allowed_networks=LOOPBACK,
            retry_schedule="incode",
        )
        await config.save_settings(store, settings, actor="ana")
        webhook = await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url), actor="ana"
        )
        created = Counter({webhook.id: EVENTS})
        endpoint.body = b"<html>not a token</html>"
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EVENTS)))
        await line_with(await serve(), "delivering")
        await endpoint.wait_for(1)
        endpoint.body, endpoint.status = None, 503
        await endpoint.wait_for(2)
        endpoint.status, endpoint.delay = None, 0.5
        await receiver.wait_for(20)
        endpoint.status = 500
        await receiver.wait_for(25)
        endpoint.status = None
        await _until(store, created, delivered=EVENTS, failed=0)
        rows = await history.list_deliveries(store, limit=1000)
        assert {row.delivery.tries for row in rows} == {1}
        assert endpoint.most_in_flight == 1


async def test_401_for_ever(database: Path, receiver: Receiver, serve: Serve) -> None:
    """A receiver that refuses every token causes one fetch, and one more per minute. Each attempt is recorded."""
    receiver.status = 401
    async with TokenEndpoint() as endpoint, open_store(database) as store:
        settings = GeneralSettings(
            authentication_url=endpoint.url,
            client_id=endpoint.client_id,
            secret_key=SecretStr(endpoint.secret),
            allowed_networks=LOOPBACK,
            retry_schedule="0.1s 0.1s",
        )
        await config.save_settings(store, settings, actor="ana")
        webhook = await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url), actor="ana"
        )
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EVENTS)))
        await line_with(await serve(), "delivering")
        await _until(store, Counter({webhook.id: EVENTS}), failed=EVENTS)
        assert len(endpoint.asked) == 2
        # Attempts in flight with the first token are repeated with the second, but not after that.
        assert 3 * EVENTS < len(receiver.received) <= 3 * EVENTS + 10


async def test_an_endpoint_that_is_gone(database: Path, receiver: Receiver, dispatching: Dispatching) -> None:
    """410 disables the webhook and uses no step. Deliveries are held and reported, and arrive once it is enabled."""
    receiver.statuses = [410]
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=LOOPBACK), actor="ana")
        options = WebhookOptions(url=receiver.url, concurrency=1)
        webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(3)))
        async with dispatching(store) as wake:
            async for _ in store.changes(0.05):
                (summary,) = await config.list_webhooks(store)
                if not summary.webhook.enabled:
                    break
            assert (summary.webhook.disabled_reason, summary.held) == ("gone", 3)
            assert {row.delivery.tries for row in await history.list_deliveries(store)} == {0}
            (notice,) = await notices.list_notices(store)
            assert "answered 410 Gone and is disabled; its deliveries are held" in notice.message
            assert len(receiver.received) == 1
            await config.set_enabled(store, webhook.id, True, actor="ana", held="release")
            wake.set()
            await _until(store, Counter({webhook.id: 3}), delivered=3)
