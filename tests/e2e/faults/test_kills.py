"""Repeated SIGKILL: every event arrives, few arrive twice, and the books are intact."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.catalog import accept
from core.models import GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, open_store, queue
from core.store.filter import DeliveryFilter
from tests.e2e.conftest import Serve
from tests.e2e.faults.sums import print_sum
from tests.support.extent import extent
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
EVENTS, SLOTS = extent(full=2000, otherwise=500), 10
KILLS = int(os.environ.get("HOOKKEEPER_KILLS", "10"))
"""Ten in CI, fifty on demand."""


@pytest.mark.timeout(300)
async def test_killed_again_and_again(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Half of the kills come right after an answer, a quarter between claim and send, a quarter before an answer."""
    choose = random.Random(7)
    async with TokenEndpoint() as endpoint, open_store(database) as store:
        webhook = await _webhook(store, receiver, endpoint)
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EVENTS)))
        cut_off: Counter[str] = Counter()
        most = 4 * EVENTS // (KILLS * 5)
        for kill in range(KILLS):
            await _killed(serve, receiver, endpoint, kill, choose.randint(1, most))
            left = await history.list_deliveries(store, DeliveryFilter(state="sending"), limit=EVENTS)
            cut_off.update(row.delivery.id for row in left)
        process = await serve()
        log = asyncio.create_task(process.communicate())
        await _until_all_are_delivered(store)
        process.terminate()
        await log
        await print_sum(store, Counter({webhook: EVENTS}))
        rows = await history.list_deliveries(store, limit=2 * EVENTS)
        assert +await _interruptions(store, [row.delivery.id for row in rows]) == cut_off
    arrived = Counter(seen.headers["webhook-id"] for seen in receiver.received)
    assert set(arrived) == {row.delivery.id for row in rows}
    assert Counter(row.delivery.state for row in rows) == {"delivered": EVENTS}
    repeats = arrived - Counter(dict.fromkeys(arrived, 1))
    print(f"{KILLS} kills, {cut_off.total()} attempts cut off, {repeats.total()} arrived once more")
    assert repeats <= cut_off
    assert 0 < repeats.total() <= KILLS * SLOTS


async def _webhook(store: Store, receiver: Receiver, endpoint: TokenEndpoint) -> str:
    settings = GeneralSettings(
        authentication_url=endpoint.url,
        client_id=endpoint.client_id,
        secret_key=SecretStr(endpoint.secret),
        allowed_networks=("127.0.0.0/8",),
    )
    await config.save_settings(store, settings, actor="ana")
    options = WebhookOptions(url=receiver.url, concurrency=SLOTS)
    return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def _killed(serve: Serve, receiver: Receiver, endpoint: TokenEndpoint, kill: int, count: int) -> None:
    """Run the dispatcher once and kill it in one of three ways."""
    if kill % 4 == 2:
        endpoint.gate.clear()  # claimed deliveries wait for a token
    process = await serve()
    if kill % 2:
        receiver.on_answer = _killer(process, receiver.answered + count)
    elif kill % 4 == 2:
        await endpoint.wait_for(endpoint.count + 1)
        process.kill()
    else:
        receiver.on_request = _killer(process, len(receiver.received) + count)
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    receiver.on_answer = receiver.on_request = None
    endpoint.gate.set()


def _killer(process: asyncio.subprocess.Process, at: int) -> Callable[[int], None]:
    """Return a callback that kills the process at this count of requests or answers, before anything else happens."""

    def kill(count: int) -> None:
        if count == at:
            process.kill()

    return kill


async def _until_all_are_delivered(store: Store) -> None:
    undelivered = DeliveryFilter(state="undelivered")
    async with asyncio.timeout(100), aclosing(store.changes(0.1)) as changes:
        async for _ in changes:
            if not await history.list_deliveries(store, undelivered, limit=1):
                return


async def _interruptions(store: Store, deliveries: list[str]) -> Counter[str]:
    """Return how many attempts of each delivery were interrupted. Each also has exactly one that arrived."""
    interrupted: Counter[str] = Counter()
    for identity in deliveries:
        attempts = await history.list_attempts(store, identity)
        assert [attempt.number for attempt in attempts] == [*range(len(attempts), 0, -1)]
        assert [attempt.outcome for attempt in attempts].count(Outcome.OK) == 1
        assert {attempt.outcome for attempt in attempts[1:]} <= {Outcome.INTERRUPTED}
        interrupted[identity] = len(attempts) - 1
    return interrupted
