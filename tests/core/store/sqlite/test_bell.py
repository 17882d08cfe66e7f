"""The bell beside the file: a write that makes something due rings it by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, jobs, queue, requests
from core.store.filter import DeliveryFilter
from core.store.jobs import JobKind
from core.store.sqlite.bell import Bell

BODY = accept("session-failed", b'{"interviewId": "66e1"}')


@contextmanager
def _listening(database: Path) -> Iterator[asyncio.Event]:
    rung = asyncio.Event()
    bell = Bell(database, rung)
    try:
        yield rung
    finally:
        bell.close()


async def _webhook(store: Store) -> str:
    options = WebhookOptions(url="https://a.example/")
    return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def _delivery(store: Store) -> str:
    return (await history.list_deliveries(store))[0].delivery.id


async def _emit(store: Store) -> None:
    await queue.emit(store, "session-failed", BODY)


async def _emit_test(store: Store) -> None:
    await queue.emit_test(store, (await config.list_webhooks(store))[0].webhook.id, BODY)


async def _deliver(store: Store) -> None:
    event = (await history.list_deliveries(store))[0].delivery.event_id
    await queue.deliver(store, event, await _webhook(store))


async def _deliver_unwanted(store: Store) -> None:
    webhook = (await config.list_webhooks(store))[0].webhook.id
    assert await queue.deliver_unwanted(store, webhook) == 1


async def _resend(store: Store) -> None:
    await queue.resend(store, await _delivery(store), actor="ana")


async def _start_job(store: Store) -> None:
    await jobs.start(store, JobKind.RESEND, DeliveryFilter(), actor="ana")


async def _enable(store: Store) -> None:
    await config.set_enabled(store, (await config.list_webhooks(store))[0].webhook.id, True, actor="ana")


async def _undo_delete(store: Store) -> None:
    webhook = (await config.list_webhooks(store))[0].webhook.id
    await config.delete_webhook(store, webhook, actor="ana")
    await config.undo_delete(store, webhook, actor="ana")


async def _ask(store: Store) -> None:
    await requests.ask_authorization(store, GeneralSettings())


DUE = [_emit, _emit_test, _deliver, _deliver_unwanted, _resend, _start_job, _enable, _undo_delete, _ask]


@pytest.mark.parametrize("write", DUE)
async def test_what_makes_something_due_rings(
    store: Store, database: Path, write: Callable[[Store], Awaitable[None]]
) -> None:
    """The dispatcher is woken at once, although the caller has not rung the bell itself."""
    if write is _deliver_unwanted:
        await _emit(store)
    await _webhook(store)
    await _emit(store)
    with _listening(database) as rung:
        await write(store)
        async with asyncio.timeout(30):
            await rung.wait()


async def test_what_makes_nothing_due_is_quiet(store: Store, database: Path) -> None:
    """A webhook that is disabled, and a write that fails, wake nobody: the next ring is the first."""
    webhook = await _webhook(store)
    with _listening(database) as rung:
        await config.set_enabled(store, webhook, False, actor="ana")
        with pytest.raises(Exception, match="404"):
            await queue.emit_test(store, "404", BODY)
        for _ in range(10):  # turns of the loop, which would hear a bell that was rung
            await asyncio.sleep(0)
        assert not rung.is_set()
