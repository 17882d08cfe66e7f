"""Carries out the running jobs, one slice of each in turn, and resends only as fast as deliveries go out."""

import asyncio
from collections.abc import Callable

import structlog

from core.store import Store, StoreError, jobs
from core.store.jobs import Job, JobKind, JobState

MOST_WAITING = 500
"""How many deliveries may wait in the bulk lane before a job resends more. It bounds what a paused job still sends."""
_REST = 0.02
"""Seconds between two slices, in which others can take the write lock."""
_AGAIN = 1.0

_log = structlog.get_logger()


async def run_jobs(store: Store, can_deliver: Callable[[], bool], news: asyncio.Event) -> None:
    """Carry out jobs until cancelled. `news` is set after every commit.

    The progress of a job is in the store, so the next dispatcher continues it.
    """
    while True:
        news.clear()
        try:
            running = await jobs.running_jobs(store)
            for job in running:
                await _go_on(store, job, can_deliver)
        except StoreError as error:
            _log.error("jobs cannot go on", reason=str(error))
            await asyncio.sleep(_AGAIN)
            continue
        if running:
            await asyncio.sleep(_REST)
        else:
            await news.wait()


async def _go_on(store: Store, job: Job, can_deliver: Callable[[], bool]) -> None:
    if job.kind is JobKind.RESEND and not (can_deliver() and await _has_room(store, job)):
        return
    after = await jobs.step(store, job.id)
    if after.state is JobState.DONE:
        _log.info("job done", job=job.id, kind=str(job.kind), deliveries=after.done, skipped=after.skipped)


async def _has_room(store: Store, job: Job) -> bool:
    waiting = await jobs.bulk_waiting(store, MOST_WAITING, webhook=job.filter.webhook)
    return waiting < MOST_WAITING
