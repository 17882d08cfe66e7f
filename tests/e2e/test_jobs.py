"""A job in the dispatcher survives a kill, and new events do not wait for it."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, jobs, open_store, queue
from core.store.filter import DeliveryFilter
from tests.e2e.conftest import ROOT, Serve, line_with
from tests.support.receiver import Receiver

FAILED, FRESH = 1_000, 20
BODY = accept("session-failed", b'{"interviewId":"66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "http://a.example/", 1, 5, 503)


async def _fail(store: Store, number: int) -> None:
    """Store this many deliveries that have failed for good."""
    await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(number)))
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, number, number)])
    verdict = queue.Verdict(DeliveryState.FAILED, 10)
    await asyncio.gather(*(queue.record(store, epoch, claim, BAD, verdict) for claim in claims))


async def _hookkeeper(*words: str) -> str:
    """Run a command and return its output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "core.cli",
        *words,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=dict(os.environ),
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().strip()


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(50):
        while not await holds():  # noqa: ASYNC110  # the last COMMIT may come before we listen
            await asyncio.sleep(0.02)


async def test_killed_in_the_middle_of_a_job(database: Path, receiver: Receiver, serve: Serve) -> None:
    """After SIGKILL each failed delivery is resent exactly once. New events overtake the rest of the job."""
    receiver.gate.clear()
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        options = WebhookOptions(url=receiver.url, deadline=300)
        await config.add_webhook(store, "session-failed", options, actor="ana")
        await _fail(store, FAILED)
        first = await serve()
        await line_with(first, "delivering")
        identity = await _hookkeeper("deliveries", "resend", "--all-failed")
        # Without answers the bulk lane stays full, so the job waits half-way.

        async def in_its_middle() -> bool:
            return (await jobs.load_job(store, identity)).done >= 500

        await _until(in_its_middle)
        fresh = [await queue.emit(store, "session-failed", BODY) for _ in range(FRESH)]
        first.send_signal(signal.SIGKILL)
        await first.wait()
        job = await jobs.load_job(store, identity)
        assert (job.state, job.total, job.done, job.skipped) == ("running", FAILED, 600, 0)
        receiver.gate.set()
        second = await serve()
        await line_with(second, "job done")
        log = asyncio.create_task(second.communicate())
        job = await jobs.load_job(store, identity)
        assert (job.state, job.total, job.done, job.skipped) == ("done", FAILED, FAILED, 0)

        async def all_arrived() -> bool:
            return not await history.count_deliveries(store, DeliveryFilter(state="undelivered"))

        await _until(all_arrived)
        second.terminate()
        await log
        rows = await history.list_deliveries(store, limit=10_000)
        for row in rows[FRESH:]:
            outcomes = [each.outcome for each in await history.list_attempts(store, row.delivery.id)]
            assert [each for each in outcomes if each != "interrupted"] == ["ok", "http_status"]
            assert len(outcomes) == row.delivery.attempts
    assert {row.delivery.event_id for row in rows[:FRESH]} == {each.id for each in fresh}
    arrived = [seen.headers["webhook-id"] for seen in receiver.received]
    last_fresh = max(arrived.index(row.delivery.id) for row in rows[:FRESH])
    assert last_fresh < FAILED / 2


async def test_a_job_without_a_dispatcher_waits_for_one(
    database: Path, receiver: Receiver, serve: Serve
) -> None:
    """The job is stored and the next dispatcher runs it. Cancelling needs no endpoint."""
    async with open_store(database) as store:
        await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
        await _fail(store, 3)
        identity = await _hookkeeper("deliveries", "cancel", "--all", "--yes")
        assert (await jobs.load_job(store, identity)).done == 0
        await line_with(await serve(), "job done")
        assert await history.count_deliveries(store, DeliveryFilter(state="cancelled")) == 3
    assert receiver.received == []
