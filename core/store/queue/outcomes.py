"""Records how attempts ended and updates their deliveries."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from core.clock import now_ms
from core.ids import new_id
from core.models import AttemptResult, DeliveryState, Outcome
from core.store import attempts_by_minute, notices
from core.store.claimed import Claim
from core.store.database import Database
from core.store.errors import EpochEnded
from core.store.lanes import RETRY
from core.store.many_rows import insert
from core.store.ordering import NEVER, next_in_line
from core.store.queue import webhook_health
from core.store.queue.rules import RequestedAction, Verdict, after_interruption, after_request
from core.store.store import Store

_MOVED_AT_ONCE = 500
_WITH_DUE_TIME = (
    "SELECT d.seq, d.due_at FROM webhooks w CROSS JOIN (SELECT 0 AS lane UNION ALL SELECT 1 UNION ALL SELECT 2) lanes"
    " CROSS JOIN deliveries d INDEXED BY deliveries_due ON d.webhook = w.seq AND d.lane = lanes.lane"
    f" WHERE d.state = 'pending' AND d.due_at > 0 AND d.due_at < {NEVER}"
)
_encode = msgspec.json.Encoder().encode
_ATTEMPTS = (
    "INSERT INTO attempts (id, delivery, number, started_at, outcome, status_code, reason, url, token_ms,"
    " connect_ms, first_byte_ms, total_ms, response_headers, response_body, response_body_cut)"
)
_SETTLE = (
    "UPDATE deliveries SET state = ?, lane = ?, due_at = ?, step = ?, interruptions = ?, requested_action = NULL,"
    " last_outcome = ?, last_status = ?, last_reason = ?, last_ms = ?, changed_at = ? WHERE seq = ?"
)


class Ending(NamedTuple):
    """How the attempt of a claim ended."""

    claim: Claim
    result: AttemptResult
    verdict: Verdict


async def record(store: Store, epoch: int, claimed: Claim, result: AttemptResult, verdict: Verdict) -> None:
    """Record how an attempt ended and update its delivery. Raises EpochEnded, StoreError."""
    await record_all(store, epoch, [Ending(claimed, result, verdict)])


async def record_all(store: Store, epoch: int, endings: Sequence[Ending]) -> None:
    """Record many attempts in one transaction. Raises EpochEnded if another dispatcher has taken over; StoreError."""

    def write(database: Database) -> None:
        special = _settle_plain(database, epoch, endings)
        attempts = [_attempt_row(claim.seq, claim.number, result) for claim, result, _ in endings]
        insert(database, _ATTEMPTS, attempts)
        for ending in endings:
            if ending.claim.seq in special:
                _settle(
                    database,
                    ending.claim.seq,
                    ending.result,
                    after_request(ending.verdict, special[ending.claim.seq], now_ms()),
                )
        _note_webhooks(database, endings)
        attempts_by_minute.note_attempts(database, [ending.result for ending in endings])

    await store.write(write)


def _settle_plain(
    database: Database, epoch: int, endings: Sequence[Ending]
) -> dict[int, RequestedAction | None]:
    """Settle the deliveries that have no requested action and no ordering key.

    Returns the others, which the caller settles one by one: their requested actions by `seq`. Raises EpochEnded.
    """
    now = now_ms()
    rows = [_settled(claim.seq, result, verdict, 0, now) for claim, result, verdict in endings]
    settled = database.settle(epoch, rows)
    if settled == len(endings):
        return {}
    claimed = json.dumps([claim.seq for claim, _, _ in endings])
    others = dict(
        database.execute(
            "SELECT seq, requested_action FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))"
            " AND state = 'sending' AND epoch = ?",
            (claimed, epoch),
        )
    )
    if settled + len(others) < len(endings):
        raise EpochEnded("Outcomes are not taken: another dispatcher has taken over.")
    return others


def _note_webhooks(database: Database, endings: Sequence[Ending]) -> None:
    """Update the webhooks of these attempts: the last outcome and their health."""
    last = {claim.webhook: result for claim, result, _ in endings}
    database.executemany(
        "UPDATE webhooks SET last_outcome = :outcome, last_status = :status WHERE seq = :webhook"
        " AND (last_outcome IS DISTINCT FROM :outcome OR last_status IS DISTINCT FROM :status)",
        [
            {"outcome": result.outcome, "status": result.status_code, "webhook": webhook}
            for webhook, result in sorted(last.items())
        ],
    )
    well: set[int] = set()
    for claim, result, verdict in endings:
        webhook_health.note_attempt(database, claim.webhook, result, is_known_well=claim.webhook in well)
        if result.outcome is Outcome.OK:
            well.add(claim.webhook)
        else:
            well.discard(claim.webhook)
        if verdict.gone:
            webhook_health.disable_gone(database, claim.webhook)


def _attempt_row(delivery: int, number: int, result: AttemptResult) -> tuple[object, ...]:
    return (
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
    )


def _settled(
    seq: int, result: AttemptResult, verdict: Verdict, interruptions: int, now: int
) -> tuple[object, ...]:
    return (
        verdict.state,
        RETRY,
        verdict.due_at,
        verdict.step,
        interruptions,
        result.outcome,
        result.status_code,
        result.reason,
        result.total_ms,
        now,
        seq,
    )


def _settle(
    database: Database, seq: int, result: AttemptResult, verdict: Verdict, interruptions: int = 0
) -> None:
    row = _settled(seq, result, verdict, interruptions, now_ms())
    database.execute(_SETTLE, row)
    if verdict.state is not DeliveryState.PENDING:
        webhook, ordering_key = database.execute(
            "SELECT webhook, ordering_key FROM deliveries WHERE seq = ?", (seq,)
        ).fetchone()
        next_in_line(database, webhook, ordering_key)


async def recover(store: Store, epoch: int) -> int:
    """Recover the deliveries that older epochs left `sending`. Return how many there were.

    Their attempts are recorded as interrupted. See `rules.after_interruption` for when they are due again.
    """

    def take_back(database: Database) -> int:
        rows = database.execute(
            "SELECT d.seq, d.attempts, d.step, d.interruptions, d.changed_at, d.requested_action, w.url,"
            " coalesce(w.retry_schedule, (SELECT retry_schedule FROM settings), 'standard')"
            " FROM webhooks w CROSS JOIN deliveries d INDEXED BY deliveries_by_state ON d.webhook = w.seq"
            " WHERE d.state = 'sending' AND d.epoch < ?",
            (epoch,),
        ).fetchall()
        for seq, attempts, step, interruptions, started_at, requested_action, url, waits in rows:
            result = AttemptResult(
                Outcome.INTERRUPTED, "the dispatcher was stopped in the middle", url, started_at, 0
            )
            verdict, so_far = after_interruption(step, interruptions + 1, waits, now_ms())
            insert(database, _ATTEMPTS, [_attempt_row(seq, attempts, result)])
            _settle(database, seq, result, after_request(verdict, requested_action, now_ms()), so_far)
        return len(rows)

    return await store.write(take_back)


async def move_due_times(store: Store, step: int) -> int:
    """Move due times and the starts of failures by a change of the wall clock, in ms. Return how many deliveries moved.

    Deliveries are moved in batches. A delivery whose due time changed meanwhile is left alone: its new due time is
    already by the new clock.
    """

    def begin(database: Database) -> None:
        webhook_health.move_clock(database, step)
        notices.move_clock(database, step)

    def move(database: Database) -> int:
        return database.executemany(
            "UPDATE deliveries SET due_at = ? WHERE seq = ? AND state = 'pending' AND due_at = ?",
            [(max(1, due_at + step), seq, due_at) for seq, due_at in slice_],
        ).rowcount

    await store.write(begin)
    waiting = await store.read(lambda database: database.execute(_WITH_DUE_TIME).fetchall())
    moved = 0
    for start in range(0, len(waiting), _MOVED_AT_ONCE):
        slice_ = waiting[start : start + _MOVED_AT_ONCE]
        moved += await store.write(move)
    return moved


async def set_token_wait(store: Store, wait: tuple[int, str] | None) -> None:
    """Publish until when deliveries wait for the token endpoint (ms since 1970), and why. None: they no longer wait."""

    def write(database: Database) -> None:
        if wait is None:
            database.execute("DELETE FROM token_endpoint")
        else:
            database.execute(
                "INSERT INTO token_endpoint VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET next_try_at = excluded.next_try_at, reason = excluded.reason",
                wait,
            )

    await store.write(write)
