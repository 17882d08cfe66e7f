"""How attempts ended, and what becomes of their deliveries."""

import sqlite3
from dataclasses import dataclass

import msgspec

from core import schedule
from core.clock import now_ms
from core.ids import new_id
from core.models import AttemptResult, DeliveryState, Outcome
from core.store import minutes, notices
from core.store.errors import EpochEnded
from core.store.lanes import RETRY
from core.store.line import NEVER, next_in_line
from core.store.queue import health
from core.store.queue.claims import Claim
from core.store.store import Store

INTERRUPTIONS_PER_STEP = 5
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after an attempt. `due_at` is ms since 1970, 0 for at once.

    `gone`: the endpoint says for good that it is no more; its webhook is disabled.
    """

    state: DeliveryState
    step: int
    due_at: int = 0
    gone: bool = False


async def record(store: Store, epoch: int, claimed: Claim, result: AttemptResult, verdict: Verdict) -> None:
    """Write down how an attempt ended and what becomes of the delivery. Raises EpochEnded, StoreError."""

    def write(database: sqlite3.Connection) -> None:
        row = database.execute(
            "SELECT wish FROM deliveries WHERE seq = ? AND state = 'sending' AND epoch = ?",
            (claimed.seq, epoch),
        ).fetchone()
        if row is None:
            raise EpochEnded(f"The outcome of {claimed.id} is not taken: another dispatcher has taken over.")
        _insert_attempt(database, claimed.seq, claimed.number, result)
        _settle(database, claimed.seq, result, _with_wish(verdict, row[0]))
        database.execute(
            "UPDATE webhooks SET last_outcome = ?1, last_status = ?2"
            " WHERE seq = ?3 AND (last_outcome IS NOT ?1 OR last_status IS NOT ?2)",
            (result.outcome, result.status_code, claimed.webhook),
        )
        health.note_attempt(database, claimed.webhook, result)
        minutes.note_attempt(database, result)
        if verdict.gone:
            health.disable_gone(database, claimed.webhook)

    await store.write(write)


def _with_wish(verdict: Verdict, wish: str | None) -> Verdict:
    """Delivered beats any wish."""
    if wish is None or verdict.state is DeliveryState.DELIVERED:
        return verdict
    if wish == "cancel":
        return Verdict(DeliveryState.CANCELLED, verdict.step, verdict.due_at)  # a deletion may be undone
    return Verdict(DeliveryState.PENDING, 0, now_ms())


def _insert_attempt(database: sqlite3.Connection, delivery: int, number: int, result: AttemptResult) -> None:
    database.execute(
        "INSERT INTO attempts (id, delivery, number, started_at, outcome, status_code, reason, url, token_ms,"
        " connect_ms, first_byte_ms, total_ms, response_headers, response_body, response_body_cut)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new_id("att"),
            delivery,
            number,
            result.started_at,
            result.outcome,
            result.status_code,
            result.reason,
            result.url,
            result.token_ms,
            result.connect_ms,
            result.first_byte_ms,
            result.total_ms,
            _encode(result.response_headers).decode(),
            result.response_body,
            result.response_body_cut,
        ),
    )


def _settle(
    database: sqlite3.Connection, seq: int, result: AttemptResult, verdict: Verdict, interruptions: int = 0
) -> None:
    webhook, line = database.execute(
        "UPDATE deliveries SET state = ?, lane = ?, due_at = ?, step = ?, interruptions = ?, wish = NULL,"
        " last_outcome = ?, last_status = ?, last_reason = ?, last_ms = ?, changed_at = ? WHERE seq = ? RETURNING webhook, line",
        (
            verdict.state,
            RETRY,
            verdict.due_at,
            verdict.step,
            interruptions,
            result.outcome,
            result.status_code,
            result.reason,
            result.total_ms,
            now_ms(),
            seq,
        ),
    ).fetchone()
    if verdict.state is not DeliveryState.PENDING:
        next_in_line(database, webhook, line)


async def recover(store: Store, epoch: int) -> int:
    """Take back what older epochs left `sending`: recorded as interrupted, due at once. Returns how many.

    An interruption takes no step of the schedule, but five in a row take one: a body that kills the dispatcher
    must not do so for ever.
    """

    def take_back(database: sqlite3.Connection) -> int:
        rows = database.execute(
            "SELECT d.seq, d.attempts, d.step, d.interruptions, d.changed_at, d.wish, w.url,"
            " coalesce(w.retry_schedule, (SELECT retry_schedule FROM settings), 'standard')"
            " FROM webhooks w CROSS JOIN deliveries d INDEXED BY deliveries_by_state ON d.webhook = w.seq"
            " WHERE d.state = 'sending' AND d.epoch < ?",
            (epoch,),
        ).fetchall()
        for seq, attempts, step, interruptions, started_at, wish, url, waits in rows:
            result = AttemptResult(
                Outcome.INTERRUPTED, "the dispatcher was stopped in the middle", url, started_at, 0
            )
            verdict, so_far = _after_interruption(step, interruptions + 1, waits)
            _insert_attempt(database, seq, attempts, result)
            _settle(database, seq, result, _with_wish(verdict, wish), so_far)
        return len(rows)

    return await store.write(take_back)


def _after_interruption(step: int, interruptions: int, waits: str) -> tuple[Verdict, int]:
    if interruptions < INTERRUPTIONS_PER_STEP:
        return Verdict(DeliveryState.PENDING, step, now_ms()), interruptions
    wait = schedule.wait_after(schedule.parse(waits), step + 1)
    if wait is None:
        return Verdict(DeliveryState.FAILED, step + 1), 0
    return Verdict(DeliveryState.PENDING, step + 1, now_ms() + int(wait * 1000)), 0


async def move_due_times(store: Store, step: int) -> int:
    """Move what waits or is counted by the wall clock by a step of it, in milliseconds; how many retries."""

    def move(database: sqlite3.Connection) -> int:
        health.move_clock(database, step)
        notices.move_clock(database, step)
        return database.execute(
            "UPDATE deliveries SET due_at = max(1, due_at + ?)"
            f" WHERE state = 'pending' AND due_at > 0 AND due_at < {NEVER}",
            (step,),
        ).rowcount

    return await store.write(move)


async def set_token_wait(store: Store, wait: tuple[int, str] | None) -> None:
    """Say that deliveries wait for the token endpoint until a time (ms since 1970) and why; None: no longer."""

    def write(database: sqlite3.Connection) -> None:
        if wait is None:
            database.execute("DELETE FROM token_endpoint")
        else:
            database.execute("REPLACE INTO token_endpoint VALUES (1, ?, ?)", wait)

    await store.write(write)
