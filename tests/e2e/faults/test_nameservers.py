"""Silent nameservers, and one whose answer becomes a private address, while the dispatcher delivers."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, open_store, queue
from core.store.filter import DeliveryFilter
from tests.e2e.faults.conftest import Dispatching
from tests.e2e.faults.sums import print_sum
from tests.support.nameserver import Nameserver
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
SILENT, EACH, FRESH = 4, 50, 40


@pytest.fixture
async def nameserver() -> AsyncIterator[Nameserver]:
    """A real nameserver on loopback."""
    async with Nameserver() as nameserver:
        yield nameserver


async def _webhook(store: Store, kind: str, url: str, **more: object) -> str:
    options = WebhookOptions.model_validate({"url": url} | more)
    return (await config.add_webhook(store, kind, options, actor="ana")).id


async def test_four_silent_nameservers_change_nothing(
    database: Path, receiver: Receiver, nameserver: Nameserver, dispatching: Dispatching
) -> None:
    """Four names that are never resolved have 50 due deliveries each. New events to a healthy name still arrive."""
    nameserver.answers["good.test"] = [["127.0.0.1"]]
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        created: Counter[str] = Counter()
        for number in range(SILENT):
            created[await _webhook(store, "session-failed", f"https://silent{number}.test/")] = EACH
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EACH)))
        healthy = await _webhook(store, "session-started", f"http://good.test:{receiver.port}/")
        created[healthy] = FRESH
        waits = []
        async with dispatching(store, nameserver.address) as wake:
            await nameserver.wait_for(SILENT)
            for number in range(1, FRESH + 1):
                began = time.monotonic()
                await queue.emit(store, "session-started", BODY)
                wake.set()
                await receiver.wait_for(number)
                waits.append(time.monotonic() - began)
        print(f"fresh event beside {SILENT} silent names: slowest of {FRESH} {max(waits) * 1000:.0f} ms")
        assert await print_sum(store, created) == {"delivered": FRESH, "pending": SILENT * EACH}


async def test_an_answer_that_turns_private_is_blocked(
    database: Path, receiver: Receiver, nameserver: Nameserver, dispatching: Dispatching
) -> None:
    """A name is public at the first attempt and private at the second. No connection is made, and the books say why."""
    nameserver.answers["turning.test"] = [["203.0.114.1"], ["127.0.0.1"]]
    async with open_store(database) as store:
        url = f"http://turning.test:{receiver.port}/"
        # The retry waits longer than a DNS answer is cached.
        webhook = await _webhook(store, "session-failed", url, retry_schedule="11s", deadline=1)
        await queue.emit(store, "session-failed", BODY)
        async with dispatching(store, nameserver.address):
            async for _ in store.changes(0.1):
                if await history.list_deliveries(store, DeliveryFilter(state="failed"), limit=1):
                    break
        assert await print_sum(store, Counter({webhook: 1})) == {"failed": 1}
        (row,) = await history.list_deliveries(store)
        second, first = await history.list_attempts(store, row.delivery.id)
    assert first.outcome in (Outcome.TIMEOUT, Outcome.CONNECTION)
    assert (second.outcome, second.reason) == (
        Outcome.ADDRESS_BLOCKED,
        "127.0.0.1 is in 127.0.0.0/8; Settings, Allowed private networks",
    )
    assert receiver.connections == 0
