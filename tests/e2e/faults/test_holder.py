"""The active dispatcher is stopped and continued, runs out of disk space, or has its clock changed."""

import asyncio
import resource
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, nodes, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.conftest import Dispatching
from tests.e2e.faults.sums import print_sum
from tests.support.extent import extent
from tests.support.receiver import Receiver

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId":"66e1"}')
EVENTS = 300
STOPPED_FOR = extent(full=60.0, otherwise=6.0)
"""Seconds: 60 in CI."""


async def _webhook(store: Store, url: str, **options: object) -> str:
    settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule="1s 1s 1s 1s 1s")
    await config.save_settings(store, settings, actor="ana")
    values = WebhookOptions.model_validate({"url": url} | options)
    return (await config.add_webhook(store, "session-failed", values, actor="ana")).id


async def _all_delivered(store: Store, webhook: str, number: int) -> None:
    async with asyncio.timeout(40):
        async for _ in store.changes(0.1):
            if (await print_sum(store, Counter({webhook: number})))["delivered"] == number:
                return


async def _each_attempt_once(store: Store, receiver: Receiver) -> None:
    """Check that the books match what arrived, without duplicate or missing records."""
    arrived = Counter(seen.headers["webhook-id"] for seen in receiver.received)
    for row in await history.list_deliveries(store, limit=10_000):
        attempts = await history.list_attempts(store, row.delivery.id)
        assert len(attempts) == row.delivery.attempts == arrived[row.delivery.id]


async def _note(database: Path, words: str) -> None:
    """Wait until the dispatcher's own note starts with these words."""
    async with asyncio.timeout(50):
        while not (note := nodes.standing_at(database).note).startswith(words) or bool(note) != bool(words):  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_a_stopped_holder_is_never_overtaken(database: Path, receiver: Receiver, serve: Serve) -> None:
    """A dispatcher is stopped by SIGSTOP while another stands by. Nobody else delivers, and later it simply goes on."""
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver.url)
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(EVENTS)))
        receiver.on_request = lambda number: receiver.gate.clear() if number > 50 else None
        holder = await serve()
        await line_with(holder, "delivering")
        other = await serve()
        await line_with(other, "standing by")
        await receiver.wait_for(51)
        holder.send_signal(signal.SIGSTOP)
        receiver.on_request = None
        receiver.gate.set()
        began = time.monotonic()
        while time.monotonic() - began < STOPPED_FOR:
            await asyncio.sleep(0.2)
            assert nodes.standing_at(database).pid == holder.pid
        assert len(receiver.received) < EVENTS
        assert nodes.standing_at(database).silent_since is not None
        holder.send_signal(signal.SIGCONT)
        await _all_delivered(store, webhook, EVENTS)
        await _each_attempt_once(store, receiver)
        assert nodes.standing_at(database).pid == holder.pid


async def test_a_full_disk_loses_nothing(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Unwritten outcomes wait in memory and nothing new is claimed. With free space, each is recorded once."""
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver.url)
        process = await serve()
        await line_with(process, "delivering")
        receiver.gate.clear()
        for _ in range(5):
            await queue.emit(store, "session-failed", BODY)
        await receiver.wait_for(5)
        # No file of the process may grow, which looks like a full disk to SQLite.
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
        receiver.gate.set()
        await line_with(process, "outcomes cannot be recorded")
        for _ in range(EVENTS):
            await queue.emit(store, "session-failed", BODY)
        await _note(database, "outcomes cannot be recorded")
        assert len(receiver.received) == 5
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        await _all_delivered(store, webhook, EVENTS + 5)
        await _each_attempt_once(store, receiver)
        await _note(database, "")


@pytest.mark.parametrize("step", [3600.0, -3600.0])
async def test_the_wall_clock_is_set(
    database: Path, receiver: Receiver, dispatching: Dispatching, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """The clock moves an hour forward or back. A waiting retry still comes when its wait is over."""
    receiver.statuses = [500]
    offset = 0.0
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() + offset)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(offset * 1e9))
    async with open_store(database) as store:
        webhook = await _webhook(store, receiver.url, retry_schedule="5s")
        await queue.emit(store, "session-failed", BODY)
        async with dispatching(store):
            async for _ in store.changes(0.05):
                (row,) = await history.list_deliveries(store)
                if row.delivery.waits_for == "time":
                    break
            due = row.delivery.next_attempt_at
            offset = step
            async for _ in store.changes(0.05):
                (row,) = await history.list_deliveries(store)
                if row.delivery.next_attempt_at not in (due, None):
                    break
            assert due is not None
            assert row.delivery.next_attempt_at is not None
            moved = (row.delivery.next_attempt_at - due).total_seconds()
            assert abs(moved - step) < 1
            await _all_delivered(store, webhook, 1)
        first, second = receiver.received
        assert 5.0 <= second.at - first.at - step < 15
