"""Jobs resend or cancel many deliveries. They work in small transactions, show their progress, and survive a crash."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from core.clock import from_ms, now_ms
from core.ids import new_id
from core.models import DeliveryState, NoticeKind
from core.store import audit, notices
from core.store.database import Database
from core.store.errors import NotFound, NotPossible, StoreError
from core.store.filter import DeliveryFilter
from core.store.filter_sql import condition
from core.store.history import count_deliveries
from core.store.lanes import BULK
from core.store.queue.requested_actions import give_up, send_again
from core.store.store import Store

SLICE = 200
"""The most deliveries that one transaction changes."""
_LONG = timedelta(seconds=10)
"""The end of a job that took at least this long is reported by a notice, since nobody may be watching any more."""
_COLUMNS = (
    "id, kind, filter, words, state, total, done, skipped, position, created_at, created_by, changed_at"
)


class JobKind(StrEnum):
    """What a job does to each delivery."""

    RESEND = "resend"
    CANCEL = "cancel"


class JobState(StrEnum):
    """The state of a job. `cancelled` and `done` are final."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class Job(BaseModel):
    """A job that changes all deliveries that match a filter and existed when it was started.

    `skipped` counts deliveries that could not be changed, or no longer matched when the job reached them. Once the job
    is done, `total` is the sum of `done` and `skipped`. `position` is the row number that the job has reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: JobKind
    filter: DeliveryFilter
    words: str
    state: JobState
    total: int
    done: int
    skipped: int
    position: int
    created_at: datetime
    created_by: str
    changed_at: datetime


def _job(row: tuple[object, ...]) -> Job:
    """Return the job of a row. Raises StoreError if this version cannot read its filter."""
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    try:
        chosen = DeliveryFilter.model_validate_json(str(values["filter"]))
    except ValidationError:
        raise StoreError(
            f"The job {values['id']} was started by a newer Hookkeeper; this one cannot read its filter. "
            "Upgrade this Hookkeeper."
        ) from None
    return Job.model_validate(
        values
        | {
            "filter": chosen,
            "created_at": from_ms(int(str(values["created_at"]))),
            "changed_at": from_ms(int(str(values["changed_at"]))),
        }
    )


async def start(store: Store, kind: JobKind, chosen: DeliveryFilter, *, actor: str) -> Job:
    """Start a job for the deliveries that match the filter now. The dispatcher carries it out once it runs."""
    newest = await store.read(
        lambda database: database.execute("SELECT coalesce(max(seq), 0) FROM deliveries").fetchone()[0]
    )
    bounded = chosen.model_copy(update={"up_to": newest})
    total = await count_deliveries(store, bounded)
    identity = new_id("job")
    words = chosen.words()

    def insert(database: Database) -> Job:
        now = now_ms()
        database.execute(
            "INSERT INTO jobs (id, kind, filter, words, state, total, position, created_at, created_by, changed_at)"
            " VALUES (?, ?, ?, ?, 'running', ?, 0, ?, ?, ?)",
            (identity, kind, bounded.model_dump_json(exclude_defaults=True), words, total, now, actor, now),
        )
        audit.note(database, actor, kind, identity, words)
        return _find(database, identity)

    return await store.write(insert, rings=True)


async def step(store: Store, identity: str, most: int = SLICE) -> Job:
    """Find the next slice of a job, then change it and store the new position in one transaction.

    A kill between two slices therefore loses and repeats nothing. Resent deliveries go into the bulk lane, due now,
    with a fresh run of their schedule. A job that is not running is returned unchanged. Raises NotFound.
    """
    job = await load_job(store, identity)
    if job.state is not JobState.RUNNING:
        return job
    found = await store.read(
        lambda database: database.search(job.filter, after=job.position, most=most, newest_first=False)
    )

    def slice_(database: Database) -> Job:
        now = _find(database, identity)
        if now.state is not JobState.RUNNING or now.position != job.position:
            return now  # the job was stopped or advanced meanwhile
        matching = _matching(database, now, found.found)
        changed = sum(_change(database, now, *delivery) for delivery in matching)
        end = now.filter.up_to or 0
        position = min(end, found.position or end)
        ended = position >= end
        counts = progress(now, changed, len(found.found) - changed, ended=ended)
        _move(database, now, position, counts, ended=ended)
        moved = _find(database, identity)
        if moved.state is JobState.DONE and moved.changed_at - moved.created_at >= _LONG:
            notices.add(database, f"job {identity}", NoticeKind.JOB, _ended(moved))
        return moved

    return await store.write(slice_)


def _matching(database: Database, job: Job, found: Sequence[int]) -> list[tuple[int, DeliveryState, bool]]:
    """Return the deliveries that still match: row number, state, and whether the webhook was deleted."""
    where, values = condition(job.filter)
    rows = database.execute(
        "SELECT d.seq, d.state, w.deleted_at IS NOT NULL FROM deliveries d JOIN events e ON e.seq = d.event"
        " JOIN webhooks w ON w.seq = d.webhook"
        f" WHERE d.seq IN (SELECT value FROM json_each(:found)) AND {where}",
        values | {"found": json.dumps(found)},
    )
    return sorted((seq, DeliveryState(state), bool(deleted)) for seq, state, deleted in rows)


def _change(database: Database, job: Job, seq: int, state: DeliveryState, deleted: bool) -> bool:
    """Change one delivery. Return whether that was possible."""
    if not can_change(job.kind, state, webhook_is_deleted=deleted):
        return False
    if job.kind is JobKind.RESEND:
        send_again(database, seq, state, BULK)
    else:
        give_up(database, seq, state, job.created_by)
    return True


def can_change(kind: JobKind, state: DeliveryState, *, webhook_is_deleted: bool) -> bool:
    """Return whether a job of this kind changes a delivery in this state."""
    if kind is JobKind.RESEND:
        return not webhook_is_deleted
    return state not in (DeliveryState.DELIVERED, DeliveryState.CANCELLED)


class Progress(NamedTuple):
    """The counts of a job after a slice: deliveries changed, left as they are, and both together."""

    done: int
    skipped: int
    total: int


def progress(job: Job, changed: int, unchanged: int, *, ended: bool) -> Progress:
    """Return the counts of a job after a slice that changed so many deliveries and left so many unchanged."""
    done, skipped = job.done + changed, job.skipped + unchanged
    if ended:
        skipped = max(skipped, job.total - done)  # some were counted at the start, but no longer match
    return Progress(done, skipped, max(job.total, done + skipped))  # some may match only since the count


def _move(database: Database, job: Job, position: int, now: Progress, *, ended: bool) -> None:
    state = JobState.DONE if ended else JobState.RUNNING
    database.execute(
        "UPDATE jobs SET position = ?, done = ?, skipped = ?, total = ?, state = ?, changed_at = ? WHERE id = ?",
        (position, *now, state, now_ms(), job.id),
    )


def _ended(job: Job) -> str:
    done = "Resent" if job.kind is JobKind.RESEND else "Cancelled"
    rest = f"; {job.skipped:,} were left as they are" if job.skipped else ""
    return f"{done} {job.done:,} of {job.total:,} deliveries ({job.words}), as {job.created_by} asked{rest}."


async def pause(store: Store, identity: str, *, actor: str) -> Job:
    """Pause a running job. Raises NotFound, NotPossible."""
    return await _set_state(store, identity, actor, "pause", JobState.PAUSED, (JobState.RUNNING,))


async def resume(store: Store, identity: str, *, actor: str) -> Job:
    """Resume a paused job. Raises NotFound, NotPossible."""
    return await _set_state(store, identity, actor, "resume", JobState.RUNNING, (JobState.PAUSED,))


async def stop(store: Store, identity: str, *, actor: str) -> Job:
    """Cancel a running or paused job. Its changes so far stay. Raises NotFound, NotPossible."""
    unfinished = (JobState.RUNNING, JobState.PAUSED)
    return await _set_state(store, identity, actor, "stop", JobState.CANCELLED, unfinished)


async def _set_state(
    store: Store, identity: str, actor: str, action: str, state: JobState, allowed: tuple[JobState, ...]
) -> Job:
    def change(database: Database) -> Job:
        job = _find(database, identity)
        if job.state not in allowed:
            raise NotPossible(f"{job.id} is {job.state} already.")
        database.execute("UPDATE jobs SET state = ?, changed_at = ? WHERE id = ?", (state, now_ms(), job.id))
        audit.note(database, actor, action, job.id, job.words)
        return _find(database, job.id)

    return await store.write(change, rings=True)


async def list_jobs(store: Store, *, limit: int = 100) -> list[Job]:
    """Return the latest jobs, newest first."""
    sql = f"SELECT {_COLUMNS} FROM jobs ORDER BY seq DESC LIMIT ?"
    return await store.read(lambda database: [_job(row) for row in database.execute(sql, (limit,))])


async def running_jobs(store: Store) -> list[Job]:
    """Return the running jobs, oldest first, for the dispatcher."""
    sql = f"SELECT {_COLUMNS} FROM jobs WHERE state = 'running' ORDER BY seq"
    return await store.read(lambda database: [_job(row) for row in database.execute(sql)])


async def load_job(store: Store, identity: str) -> Job:
    """Return the job with this ID, or with an ID that ends in this tail of at least 4 characters. Raises NotFound."""
    return await store.read(lambda database: _find(database, identity))


def _find(database: Database, identity: str) -> Job:
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    rows = (
        database.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE id = ? OR id LIKE ? LIMIT 2", (identity.strip(), f"%{tail}")
        ).fetchall()
        if len(tail) >= 4 and tail.isascii() and tail.isalnum()
        else []
    )
    if len(rows) == 1:
        return _job(rows[0])
    if rows:
        raise NotFound(f"More than one job ends in {tail}. Write more of its ID.")
    raise NotFound(f"There is no job {identity.strip()[:60]}. hookkeeper jobs shows the newest.")


async def bulk_waiting(store: Store, most: int, *, webhook: str | None = None) -> int:
    """Return how many deliveries of the bulk lane could be sent now, counted up to `most`; of one webhook or of all.

    Deliveries to webhooks that are disabled, paused or behind a circuit breaker are not counted.
    """
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM webhooks w CROSS JOIN deliveries d INDEXED BY deliveries_due"
        " ON d.webhook = w.seq WHERE d.state = 'pending' AND d.lane = :lane AND d.due_at <= :now AND w.enabled"
        " AND w.deleted_at IS NULL AND w.seq NOT IN (SELECT webhook FROM paces)"
        " AND (:webhook IS NULL OR w.id = :webhook) LIMIT :most)"
    )
    values = {"lane": BULK, "now": now_ms(), "webhook": webhook, "most": most}
    return await store.read(lambda database: int(database.execute(sql, values).fetchone()[0]))
