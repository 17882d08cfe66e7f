"""The job runner: it waits while nothing can be sent, still cancels, and survives jobs that it cannot read."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.testing import capture_logs

from core.catalog import accept
from core.delivery.jobs import run_jobs
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import Store, config, jobs, queue
from core.store.filter import DeliveryFilter
from core.store.jobs import JobKind

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://a.example/", 1, 5, 503)


class Sending:
    """A fake answer to whether deliveries can be sent, which counts how often it was asked."""

    def __init__(self, possible: bool) -> None:
        self.possible = possible
        self.asked = 0
        self.news = asyncio.Event()

    def __call__(self) -> bool:
        self.asked += 1
        self.news.set()
        return self.possible

    async def wait_for(self, times: int) -> None:
        while self.asked < times:
            self.news.clear()
            await self.news.wait()


async def _fail(store: Store) -> None:
    """Three deliveries that failed for good."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    for _ in range(3):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    for claim in await queue.claim(store, epoch, [queue.Slots(1, 1, 3, 3)]):
        await queue.record(store, epoch, claim, BAD, queue.Verdict(DeliveryState.FAILED, 10))


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110  # nothing but the file tells how far a job is
        await asyncio.sleep(0.01)


async def _done(store: Store, identity: str) -> None:
    """Wait until a job is done."""

    async def is_done() -> bool:
        return (await jobs.load_job(store, identity)).state == "done"

    await _until(is_done)


async def test_resending_waits_while_nothing_can_be_sent(store: Store) -> None:
    """A token endpoint that fails must not find a queue full of bulk when it is well again."""
    await _fail(store)
    job = await jobs.start(store, JobKind.RESEND, DeliveryFilter(state="failed"), actor="ana")
    sending = Sending(False)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_jobs(store, sending, asyncio.Event()))
        await sending.wait_for(3)
        assert (await jobs.load_job(store, job.id)).position == 0
        sending.possible = True
        await _done(store, job.id)
        running.cancel()
    assert await jobs.bulk_waiting(store, 500) == 3


async def test_cancelling_does_not_wait(store: Store) -> None:
    """It does not wait for a resend job either, which must wait."""
    await _fail(store)
    resending = await jobs.start(store, JobKind.RESEND, DeliveryFilter(state="failed"), actor="ana")
    cancelling = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(state="failed"), actor="ana")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_jobs(store, Sending(False), asyncio.Event()))
        await _done(store, cancelling.id)
        running.cancel()
    assert (await jobs.load_job(store, cancelling.id)).done == 3
    assert (await jobs.load_job(store, resending.id)).done == 0


async def test_a_job_of_a_newer_program_stops_no_dispatcher(store: Store) -> None:
    """It is left alone until somebody can read it."""
    await _fail(store)
    job = await jobs.start(store, JobKind.RESEND, DeliveryFilter(state="failed"), actor="ana")
    (stored,) = await store.read(lambda db: db.execute("SELECT filter FROM jobs").fetchone())
    await store.write(lambda db: db.execute("""UPDATE jobs SET filter = '{"region":"mx"}'""").rowcount)

    async def has_failed() -> bool:
        return any(entry["event"] == "jobs cannot go on" for entry in log)

    with capture_logs() as log:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(run_jobs(store, Sending(True), asyncio.Event()))
            await _until(has_failed)
            await store.write(lambda db: db.execute("UPDATE jobs SET filter = ?", (stored,)).rowcount)
            await _done(store, job.id)
            running.cancel()
    assert (await jobs.load_job(store, job.id)).done == 3
