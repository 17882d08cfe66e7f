"""Shared fixtures of the fault tests: a dispatcher in this process, besides the real ones that `serve` starts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from core.delivery.dispatcher import Dispatcher
from core.store import Store, queue

Dispatching = Callable[..., AbstractAsyncContextManager[asyncio.Event]]


@pytest.fixture
def dispatching() -> Dispatching:
    """Deliver from an open store while the context lasts. The context yields the wake-up bell."""

    @asynccontextmanager
    async def dispatch(store: Store, *nameservers: str) -> AsyncIterator[asyncio.Event]:
        wake, stop = asyncio.Event(), asyncio.Event()
        epoch = await queue.next_epoch(store)
        await queue.recover(store, epoch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                Dispatcher(store, epoch, wake, lambda words: None, nameservers=nameservers).run(stop)
            )
            try:
                yield wake
            finally:
                stop.set()

    return dispatch
