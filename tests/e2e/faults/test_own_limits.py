"""Connections that this machine cannot open use no step of a retry schedule."""

import asyncio
import resource
import sys
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

from core import local_limit
from core.catalog import accept
from core.models import GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, nodes, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.sums import print_sum
from tests.support.receiver import Receiver

BODY = accept("session-failed", b'{"interviewId":"66e1"}')
LOOPBACK = ("127.0.0.0/8",)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


async def _add_webhooks(store: Store, urls: list[str], events: int) -> Counter[str]:
    """Add webhooks with this many deliveries each, whose first retry would come long after the test's end."""
    settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule="1h")
    await config.save_settings(store, settings, actor="ana")
    added = await asyncio.gather(
        *(config.add_webhook(store, "session-failed", WebhookOptions(url=url), actor="ana") for url in urls)
    )
    await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(events)))
    return Counter({webhook.id: events for webhook in added})


async def _all_are_delivered(store: Store, created: Counter[str]) -> None:
    """Wait until all are delivered, then check that each took exactly one step and that no webhook is blamed."""
    async with asyncio.timeout(100):
        async for _ in store.changes(0.2):
            total = await print_sum(store, created)
            if total["delivered"] == created.total():
                break
    rows = await history.list_deliveries(store, limit=created.total())
    assert {row.delivery.tries for row in rows} == {1}
    assert {each.webhook.failing_since for each in await config.list_webhooks(store)} == {None}
    again = [row.delivery.id for row in rows if row.delivery.attempts > 1]
    outcomes = {
        each.outcome for identity in again[:50] for each in await history.list_attempts(store, identity)
    }
    print(f"{len(again)} were attempted more than once: {outcomes}")
    assert outcomes <= {Outcome.OK, Outcome.LOCAL_LIMIT}


@linux
@pytest.mark.timeout(180)
async def test_1500_webhooks_on_1500_addresses_under_ulimit_1024(database: Path, serve: Serve) -> None:
    """One event goes to all of them, although not all connections can be open at once."""
    local_limit.raise_open_files()
    async with Receiver(host="0.0.0.0") as receiver, open_store(database) as store:
        urls = [f"http://127.0.{number // 250}.{number % 250 + 1}:{receiver.port}/" for number in range(1500)]
        created = await _add_webhooks(store, urls, 1)
        await line_with(await serve(open_files=1024), "delivering")
        await _all_are_delivered(store, created)


@linux
@pytest.mark.timeout(180)
async def test_20_webhooks_with_4000_deliveries_under_ulimit_64(database: Path, serve: Serve) -> None:
    """There are fewer connections than the webhooks would use, so fewer requests go out at once."""
    async with Receiver(host="0.0.0.0") as receiver, open_store(database) as store:
        urls = [f"http://127.0.1.{number + 1}:{receiver.port}/" for number in range(20)]
        created = await _add_webhooks(store, urls, 200)
        await line_with(await serve(open_files=64), "delivering")
        await _all_are_delivered(store, created)


@linux
async def test_a_limit_that_was_lowered_slows_down_and_says_why(database: Path, serve: Serve) -> None:
    """No connection can be opened for a while. Attempts become rare, no step is used, and then all arrive."""
    async with Receiver(host="0.0.0.0") as receiver, open_store(database) as store:
        urls = [f"http://127.0.2.{number + 1}:{receiver.port}/" for number in range(20)]
        created = await _add_webhooks(store, urls, 1)
        process = await serve()
        await receiver.wait_for(20)
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard
        # Kept-alive connections end within seconds, and no new ones can be opened.
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3, hard))
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(50)))
        created = Counter(dict.fromkeys(created, 51))
        async with asyncio.timeout(30), aclosing(store.changes(0.1)) as changes:
            async for _ in changes:
                if nodes.standing_at(database).slowed:
                    break
        status = nodes.standing_at(database)
        assert status.slowed == "too many open files"
        assert status.words.endswith(
            "Deliveries go out more slowly: too many open files."
            " Raise the limit: ulimit -n, or LimitNOFILE= in the service's unit."
        )
        assert len(receiver.received) < created.total()
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        await _all_are_delivered(store, created)


async def test_serve_with_too_few_files(serve: Serve) -> None:
    """`serve` reports this at once instead of failing later."""
    process = await serve(open_files=30)
    _, words = await process.communicate()
    assert process.returncode == 1
    assert (
        words.decode()
        .strip()
        .endswith(
            "This process may have 30 files open, and delivering needs 48. Raise the limit: ulimit -n 1024"
        )
    )
