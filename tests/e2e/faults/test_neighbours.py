"""Fifty webhooks that hang do not hurt the fifty-first."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import config, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.sums import print_sum
from tests.support.extent import extent
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
HANGING, EACH, FRESH = 50, extent(full=2_000, otherwise=100), 40


async def test_fifty_hang_and_the_next_one_does_not_notice(
    database: Path, receiver: Receiver, serve: Serve
) -> None:
    """Each has 2,000 due deliveries and holds every request until the deadline. New events still arrive at once."""
    async with Receiver() as silent, open_store(database) as store:
        silent.gate.clear()
        settings = GeneralSettings(allowed_networks=("127.0.0.0/8",), deadline=300)
        await config.save_settings(store, settings, actor="ana")
        created: Counter[str] = Counter()
        for number in range(HANGING):
            options = WebhookOptions(url=f"{silent.url}/{number}")
            created[(await config.add_webhook(store, "session-failed", options, actor="ana")).id] = EACH
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EACH)))
        healthy = await config.add_webhook(
            store, "session-started", WebhookOptions(url=receiver.url), actor="ana"
        )
        await line_with(await serve(), "delivering")
        await silent.wait_for(HANGING * 4)
        waits = []
        for number in range(1, FRESH + 1):
            began = time.monotonic()
            await queue.emit(store, "session-started", BODY)
            await receiver.wait_for(number)
            waits.append(time.monotonic() - began)
        created[healthy.id] = FRESH
        print(f"fresh event beside {HANGING} that hang: slowest of {FRESH} {max(waits) * 1000:.0f} ms")
        async for _ in store.changes(0.05):
            total = await print_sum(store, created)
            if total["delivered"] == FRESH:
                break
        assert len(silent.received) <= 256
        silent.gate.set()
