"""Jobs that resend or cancel many deliveries: each matching delivery once, and no others."""

import asyncio

import pytest

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, Outcome, Webhook, WebhookOptions
from core.store import (
    NotFound,
    NotPossible,
    Store,
    StoreError,
    audit,
    config,
    history,
    jobs,
    notices,
    queue,
)
from core.store.filter import DeliveryFilter
from core.store.jobs import Job, JobKind
from core.store.sqlite import search

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://a.example/", 1, 5, 503)
FAILED = DeliveryFilter(state="failed")
GIVEN_UP = queue.Verdict(DeliveryState.FAILED, 10)


async def _webhook(store: Store) -> Webhook:
    options = WebhookOptions(url="https://a.example/")
    return await config.add_webhook(store, "session-failed", options, actor="ana")


async def _claim(store: Store, webhook: int = 1, number: int = 100, version: int = 1) -> list[queue.Claim]:
    epoch = await queue.next_epoch(store)
    return await queue.claim(store, epoch, [queue.Slots(webhook, version, number, number)])


async def _fail(store: Store, number: int, webhook: int = 1) -> list[str]:
    """Emit so many events, and let their deliveries to this webhook fail; their IDs."""
    for _ in range(number):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(webhook, 1, number, number)])
    for claim in claims:
        await queue.record(store, epoch, claim, BAD, GIVEN_UP)
    return [claim.id for claim in claims]


async def _finish(store: Store, job: Job, most: int = 2) -> Job:
    while job.state == "running":
        job = await jobs.step(store, job.id, most)
    return job


async def _states(store: Store) -> list[str]:
    """The states of all deliveries, oldest first."""
    return [str(row.delivery.state) for row in reversed(await history.list_deliveries(store))]


def _figures(job: Job) -> tuple[str, int, int, int]:
    return str(job.state), job.total, job.done, job.skipped


async def test_a_job_goes_slice_by_slice(store: Store) -> None:
    """Each slice is resent with a new run in the bulk lane, so that new events are sent before it."""
    await _webhook(store)
    failed = await _fail(store, 5)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    assert (job.words, _figures(job)) == ("failed", ("running", 5, 0, 0))
    job = await jobs.step(store, job.id, 2)
    assert _figures(job) == ("running", 5, 2, 0)
    assert await _states(store) == ["pending"] * 2 + ["failed"] * 3
    job = await _finish(store, job)
    assert _figures(job) == ("done", 5, 5, 0)
    assert await jobs.step(store, job.id) == job
    await queue.emit(store, "session-failed", BODY)
    first, *rest = await queue.claim(store, await queue.next_epoch(store), [queue.Slots(1, 1, 1, 1)])
    assert (first.number, rest) == (1, [])
    again = await _claim(store)
    assert [(claim.id, claim.number, claim.step) for claim in again] == [(each, 2, 0) for each in failed]


async def test_a_job_ends_where_it_began(store: Store) -> None:
    """What fails after a job was started is not resent by it."""
    await _webhook(store)
    await _fail(store, 2)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    await _fail(store, 2)
    assert _figures(await _finish(store, job, 100)) == ("done", 2, 2, 0)
    assert await _states(store) == ["pending", "pending", "failed", "failed"]


async def test_the_end_of_a_long_job_is_told(store: Store) -> None:
    """By one notice, in the same transaction; a short one is seen by whoever started it."""
    await _webhook(store)
    await _fail(store, 3)
    short = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    await _finish(store, short)
    assert await notices.list_notices(store) == []
    long = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(state="pending"), actor="bob")
    await store.write(
        lambda database: database.execute("UPDATE jobs SET created_at = created_at - 10000").rowcount
    )
    await _finish(store, long)
    assert [(each.kind, each.message) for each in await notices.list_notices(store)] == [
        ("job", "Cancelled 3 of 3 deliveries (pending), as bob asked.")
    ]


async def test_what_cannot_be_resent_is_skipped_and_counted(store: Store) -> None:
    """Deliveries of a deleted webhook, and those that somebody resent meanwhile: total is done and skipped."""
    await _webhook(store)
    doomed = await _webhook(store)
    first, *_ = await _fail(store, 3)
    await _fail(store, 2, webhook=2)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    assert job.total == 5
    await queue.resend(store, first, actor="bob")
    await config.delete_webhook(store, doomed.id, actor="bob")
    assert _figures(await _finish(store, job)) == ("done", 5, 2, 3)
    assert (await history.load_delivery(store, first)).state is DeliveryState.PENDING


async def test_what_is_being_sent_gets_the_wish(store: Store) -> None:
    """A delivery in flight gets a requested action. When its attempt ends, it is resent, or cancelled for the actor."""
    await _webhook(store)
    for kind, state in ((JobKind.RESEND, "pending"), (JobKind.CANCEL, "cancelled")):
        await queue.emit(store, "session-failed", BODY)
        epoch = await queue.next_epoch(store)
        (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
        job = await jobs.start(store, kind, DeliveryFilter(state="sending"), actor="ana")
        assert _figures(await _finish(store, job)) == ("done", 1, 1, 0)
        await queue.record(store, epoch, claim, BAD, GIVEN_UP)
        delivery = await history.load_delivery(store, claim.id)
        assert (delivery.state, delivery.tries) == (state, 0 if state == "pending" else 10)
        await queue.cancel(store, claim.id, actor="bob")
    assert delivery.cancel_reason == "cancelled by ana"


async def test_cancelling_many(store: Store) -> None:
    """Pending and failed ones are cancelled; one that was delivered or cancelled already is skipped."""
    await _webhook(store)
    await _fail(store, 1)
    for _ in range(3):
        await queue.emit(store, "session-failed", BODY)
    (row, *_) = await history.list_deliveries(store)
    await queue.cancel(store, row.delivery.id, actor="bob")
    job = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(), actor="ana")
    assert _figures(await _finish(store, job)) == ("done", 4, 3, 1)
    assert await _states(store) == ["cancelled"] * 4
    reasons = [row.delivery.cancel_reason for row in await history.list_deliveries(store)]
    assert reasons == ["cancelled by bob"] + ["cancelled by ana"] * 3


async def test_pause_resume_and_stop(store: Store) -> None:
    """A job that rests or was stopped changes nothing; what cannot be asked of it is refused in words."""
    await _webhook(store)
    await _fail(store, 3)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    await jobs.step(store, job.id, 1)
    assert (await jobs.pause(store, job.id[-4:], actor="bob")).state == "paused"
    assert await jobs.running_jobs(store) == []
    assert (await jobs.step(store, job.id)).done == 1
    with pytest.raises(NotPossible, match="is paused already"):
        await jobs.pause(store, job.id, actor="bob")
    assert (await jobs.resume(store, job.id, actor="ana")).state == "running"
    assert (await jobs.step(store, job.id, 1)).done == 2
    assert _figures(await jobs.stop(store, job.id, actor="bob")) == ("cancelled", 3, 2, 0)
    assert (await jobs.step(store, job.id)).done == 2
    for change in (jobs.pause, jobs.resume, jobs.stop):
        with pytest.raises(NotPossible, match="is cancelled already"):
            await change(store, job.id, actor="ana")
    changes = await audit.list_changes(store, subject=job.id)
    assert [(each.actor, each.action, each.details) for each in changes] == [
        ("bob", "stop", "failed"),
        ("ana", "resume", "failed"),
        ("bob", "pause", "failed"),
        ("ana", "resend", "failed"),
    ]


async def test_finding_jobs(store: Store) -> None:
    """By ID or tail; a wrong one is answered in words. The newest come first."""
    first = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    second = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(state="held"), actor="ana")
    assert [job.id for job in await jobs.list_jobs(store)] == [second.id, first.id]
    assert await jobs.list_jobs(store, limit=1) == [await jobs.load_job(store, f"job_…{second.id[-6:]}")]
    for unknown in ("job_none", "job_\ud800aaaa", ""):
        with pytest.raises(NotFound, match="There is no job"):
            await jobs.load_job(store, unknown)
    await store.write(lambda db: db.execute("UPDATE jobs SET id = 'job_' || seq || 'aaaa'"))
    with pytest.raises(NotFound, match="More than one job"):
        await jobs.load_job(store, "aaaa")


async def test_a_filter_that_this_program_does_not_know(store: Store) -> None:
    """A job of a newer program is an answer in words: its filter is never read as a wider one."""
    await jobs.start(store, JobKind.CANCEL, FAILED, actor="ana")
    await store.write(
        lambda db: db.execute("""UPDATE jobs SET filter = '{"state":"failed","region":"mx"}'""").rowcount
    )
    with pytest.raises(StoreError, match="was started by a newer Hookkeeper"):
        await jobs.running_jobs(store)


async def test_few_that_match_among_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is searched for a moment, and the job goes on behind it; where an index knows, it goes there."""
    monkeypatch.setattr(search, "PATIENCE", 0.0)
    monkeypatch.setattr(search, "_FIRST_SPAN", 3)
    await _webhook(store)
    for _ in range(7):
        await queue.emit(store, "session-failed", BODY)
    (row, *_) = await history.list_deliveries(store)
    job = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(text=row.delivery.id[-8:]), actor="ana")
    places = []
    while job.state == "running":
        job = await jobs.step(store, job.id)
        places.append((job.position, job.done))
    assert places == [(3, 0), (6, 0), (7, 1)]
    job = await jobs.start(store, JobKind.CANCEL, DeliveryFilter(state="cancelled"), actor="ana")
    job = await jobs.step(store, job.id)
    assert (job.position, job.skipped, job.state) == (7, 1, "done")


async def test_two_that_step_at_once(store: Store) -> None:
    """A slice is processed once, even if two runners found it."""
    await _webhook(store)
    await _fail(store, 3)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    await asyncio.gather(jobs.step(store, job.id, most=1), jobs.step(store, job.id, most=1))
    job = await jobs.load_job(store, job.id)
    assert (job.done, job.skipped, job.position) == (1, 0, 1)


async def test_what_has_changed_since_it_was_found(store: Store) -> None:
    """It is looked at again when its turn comes: what no longer matches stays as it is."""
    await _webhook(store)
    await _fail(store, 3)
    job = await jobs.start(store, JobKind.RESEND, FAILED, actor="ana")
    (first, *_) = await history.list_deliveries(store)
    step = asyncio.create_task(jobs.step(store, job.id))
    await queue.cancel(store, first.delivery.id, actor="ana")
    job = await step
    assert (job.done + job.skipped, job.total, job.state) == (3, 3, "done")


async def test_the_backlog_counts_what_could_be_sent(store: Store) -> None:
    """Bulk deliveries that wait for an endpoint or for a person keep no job waiting."""
    webhook = await _webhook(store)
    await _fail(store, 4)
    await queue.emit(store, "session-failed", BODY)
    await _finish(store, await jobs.start(store, JobKind.RESEND, FAILED, actor="ana"))
    assert await jobs.bulk_waiting(store, 500) == 4
    assert await jobs.bulk_waiting(store, 3) == 3
    assert await jobs.bulk_waiting(store, 500, webhook=webhook.id) == 4
    assert await jobs.bulk_waiting(store, 500, webhook="wh_another") == 0
    await store.write(lambda db: db.execute("INSERT INTO paces VALUES (1, 'open', 1, 2, 'answered 503')"))
    assert await jobs.bulk_waiting(store, 500) == 0
    await store.write(lambda db: db.execute("DELETE FROM paces"))
    await config.set_enabled(store, webhook.id, False, actor="ana")
    assert await jobs.bulk_waiting(store, 500) == 0


async def test_what_was_held_goes_behind_what_is_fresh(store: Store) -> None:
    """Enabling releases into the bulk lane; enabling what is enabled changes no lane."""
    webhook = await _webhook(store)
    await config.set_enabled(store, webhook.id, False, actor="ana")
    held = await queue.emit(store, "session-failed", BODY)
    await config.set_enabled(store, webhook.id, True, actor="ana")
    fresh = await queue.emit(store, "session-failed", BODY)
    await config.set_enabled(store, webhook.id, True, actor="ana")
    epoch = await queue.next_epoch(store)
    order = [
        claim.id for _ in range(2) for claim in await queue.claim(store, epoch, [queue.Slots(1, 4, 1, 1)])
    ]
    events = [(await history.load_delivery(store, each)).event_id for each in order]
    assert events == [fresh.id, held.id]


async def test_unwanted_events_are_delivered_together(store: Store) -> None:
    """All of the webhook's type that nobody wanted, and were created since; each once, in the bulk lane."""
    before = await queue.emit(store, "session-failed", BODY)
    emitted = [await queue.emit(store, "session-failed", BODY) for _ in range(3)]
    await queue.emit(store, "session-started", BODY)
    webhook = await _webhook(store)
    fresh = await queue.emit(store, "session-failed", BODY)
    since = (await history.load_event(store, emitted[0].id)).created_at
    assert await queue.count_unwanted(store, webhook.id) == 4
    assert await queue.count_unwanted(store, webhook.id[-4:], since=since) == 3
    assert await queue.deliver_unwanted(store, webhook.id[-4:], since=since) == 3
    assert await queue.deliver_unwanted(store, webhook.id, since=since) == 0
    assert await queue.deliver_unwanted(store, webhook.id) == 1
    rows = await history.list_deliveries(store)
    wanted = {fresh.id, before.id} | {each.id for each in emitted}
    assert {row.delivery.event_id for row in rows} == wanted
    (unwanted,) = await history.list_events(store, unwanted=True)
    assert unwanted.type == "session-started"
    later = await queue.emit(store, "session-failed", BODY)
    claims = await _claim(store, number=2)
    first = {(await history.load_delivery(store, claim.id)).event_id for claim in claims}
    assert first == {fresh.id, later.id}


async def test_many_unwanted_events_take_several_slices(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one transaction takes."""
    for _ in range(3):
        await queue.emit(store, "session-failed", BODY)
    webhook = await _webhook(store)
    monkeypatch.setattr(queue.unwanted, "_SLICE", 2)
    assert await queue.deliver_unwanted(store, webhook.id) == 3
    assert await _states(store) == ["pending"] * 3
