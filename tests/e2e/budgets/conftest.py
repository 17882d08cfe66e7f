"""Shared fixtures of the budgets: books in which everything was delivered, and a running dispatcher."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from core.catalog import EVENT_TYPES, accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.support.receiver import Receiver

TYPES = ("onboarding-status", "session-failed", "session-succeeded")


@pytest.fixture
async def books(database: Path, receiver: Receiver, serve: Serve) -> AsyncIterator[Store]:
    """Three webhooks and thirty deliveries, all delivered, with a dispatcher that waits for more."""
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        for kind in TYPES:
            await config.add_webhook(store, kind, WebhookOptions(url=receiver.url), actor="ana")
        await emit(store, 30)
        await line_with(await serve(), "delivering")
        await until_all_is_delivered(store)
        # Figures of the last minutes change every minute, so make these an hour old.
        await store.write(
            lambda database: database.execute("UPDATE minutes SET minute = minute - 60").rowcount
        )
        yield store


async def emit(store: Store, number: int) -> None:
    """Emit this many events, of all types in turn."""
    kinds = [TYPES[turn % len(TYPES)] for turn in range(number)]
    await asyncio.gather(*(queue.emit(store, kind, accept(kind, EVENT_TYPES[kind].sample)) for kind in kinds))


async def until_all_is_delivered(store: Store) -> None:
    """Wait until all deliveries are delivered."""
    async with asyncio.timeout(50), aclosing(store.changes(0.05)) as changes:
        async for _ in changes:
            if (await history.totals(store)).undelivered == 0:
                return
