"""Events on their way: stored, claimed, recorded, taken back, sent again."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from core import schedule
from core.catalog import Body
from core.clock import now_ms
from core.ids import new_id
from core.models import AttemptResult, Delivery, DeliveryState, Outcome
from core.store.config import find_webhook
from core.store.errors import EpochEnded, KeyReused, NotPossible
from core.store.history import find_delivery, read_delivery
from core.store.store import Store

FRESH, RETRY = 0, 1
KEY_LIFE_MS = 7 * 86_400_000
INTERRUPTIONS_PER_STEP = 5
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Emitted:
    """The answer to `emit`. `repeated`: the key had come before, nothing new was stored."""

    id: str
    deliveries: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Slots:
    """How many deliveries of a webhook may be claimed; `fresh` of them may be first attempts.

    `version` is the webhook's version that the dispatcher knows: a webhook that was changed since waits.
    """

    webhook: int
    version: int
    free: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this epoch may attempt now. `step` counts the tries of this run of the schedule before it."""

    seq: int
    id: str
    webhook: int
    type: str
    body: bytes
    is_test: bool
    number: int
    step: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after an attempt. `due_at` is ms since 1970, 0 for at once."""

    state: DeliveryState
    step: int
    due_at: int = 0


async def emit(store: Store, event_type: str, body: Body, *, key: str | None = None) -> Emitted:
    """Store an event and its deliveries in one transaction. Raises KeyReused, StoreError.

    A webhook that is disabled gets a delivery, too: it is held. `key` makes it idempotent for 7 days.
    """
    identity = new_id("evt")
    return await store.write(lambda database: _emit(database, identity, event_type, body, key))


def _emit(
    database: sqlite3.Connection, identity: str, event_type: str, body: Body, key: str | None
) -> Emitted:
    if key is not None and (before := _by_key(database, event_type, body, key)) is not None:
        return before
    now = now_ms()
    event = _insert_event(database, identity, event_type, body, is_test=False, now=now)
    if key is not None:
        database.execute("REPLACE INTO event_keys VALUES (?, ?, ?)", (key, event, now + KEY_LIFE_MS))
    webhooks = database.execute(
        "SELECT seq FROM webhooks WHERE type = ? AND deleted_at IS NULL ORDER BY seq", (event_type,)
    ).fetchall()
    for (webhook,) in webhooks:
        _insert_delivery(database, event, webhook, now)
    if not webhooks:
        database.execute("INSERT INTO unwanted VALUES (?, 'no webhook of this type')", (event,))
    return Emitted(identity, len(webhooks), repeated=False)


def _by_key(database: sqlite3.Connection, event_type: str, body: Body, key: str) -> Emitted | None:
    row = database.execute(
        "SELECT e.id, e.type, e.body, (SELECT count(*) FROM deliveries d WHERE d.event = e.seq)"
        " FROM event_keys k JOIN events e ON e.seq = k.event WHERE k.key = ? AND k.expires_at > ?",
        (key, now_ms()),
    ).fetchone()
    if row is None:
        return None
    if (row[1], row[2]) != (event_type, body.raw):
        raise KeyReused(
            f"The key {key[:60]!r} was used for {row[0]} with another type or body. Use a new key."
        )
    return Emitted(row[0], row[3], repeated=True)


def _insert_event(
    database: sqlite3.Connection, identity: str, event_type: str, body: Body, *, is_test: bool, now: int
) -> int:
    cursor = database.execute(
        "INSERT INTO events (id, type, body, session, external_id, is_test, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (identity, event_type, body.raw, body.session, body.external_id, is_test, now),
    )
    return cursor.lastrowid or 0


def _insert_delivery(database: sqlite3.Connection, event: int, webhook: int, now: int) -> str:
    identity = new_id("dlv")
    database.execute(
        "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, created_at, changed_at)"
        " VALUES (?, ?, ?, 'pending', ?, 0, ?, ?)",
        (identity, event, webhook, FRESH, now, now),
    )
    return identity


async def emit_test(store: Store, webhook_id: str, body: Body) -> str:
    """Store a test event for one webhook; the ID of its delivery. Raises NotFound, NotPossible if disabled."""

    def test(database: sqlite3.Connection) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        if not webhook.enabled:
            raise NotPossible(f"{webhook.id} is disabled. Enable it, then test it.")
        now = now_ms()
        event = _insert_event(database, new_id("evt"), webhook.type, body, is_test=True, now=now)
        return _insert_delivery(database, event, seq, now)

    return await store.write(test)


async def deliver(store: Store, event_id: str, webhook_id: str) -> str:
    """Send a stored event to a webhook, as for one that nobody wanted; the new delivery's ID. Raises NotFound."""

    def again(database: sqlite3.Connection) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        row = database.execute("SELECT seq, type FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None or row[1] != webhook.type:
            raise NotPossible(f"{event_id[:60]} is not an event of the type of {webhook.id}, {webhook.type}.")
        database.execute("DELETE FROM unwanted WHERE event = ?", (row[0],))
        return _insert_delivery(database, row[0], seq, now_ms())

    return await store.write(again)


async def next_epoch(store: Store) -> int:
    """The fencing number of a dispatcher that has just taken the lock."""

    def begin(database: sqlite3.Connection) -> int:
        (epoch,) = database.execute("UPDATE dispatcher SET epoch = epoch + 1 RETURNING epoch").fetchone()
        return int(epoch)

    return await store.write(begin)


async def due_times(store: Store) -> dict[int, int]:
    """For each enabled webhook with pending deliveries (by `seq`): when the first of them is due, ms since 1970."""

    def read(database: sqlite3.Connection) -> dict[int, int]:
        rows = database.execute(
            "SELECT w.seq, (SELECT min(first) FROM (SELECT (SELECT due_at FROM deliveries INDEXED BY deliveries_due"
            "   WHERE state = 'pending' AND webhook = w.seq AND lane = lanes.lane ORDER BY due_at LIMIT 1) AS first"
            "   FROM (SELECT 0 AS lane UNION ALL SELECT 1) AS lanes))"
            " FROM webhooks w WHERE w.enabled AND w.deleted_at IS NULL"
        )
        return {webhook: first for webhook, first in rows if first is not None}

    return await store.read(read)


async def claim(store: Store, epoch: int, slots: Sequence[Slots]) -> list[Claim]:
    """Take due deliveries, retries first, and count the attempt. Raises EpochEnded."""

    def take(database: sqlite3.Connection) -> list[Claim]:
        _check_epoch(database, epoch)
        claims: list[Claim] = []
        for wanted in slots:
            if not _is_current(database, wanted):
                continue
            retries = _claim_lane(database, epoch, wanted.webhook, RETRY, max(1, wanted.free // 2))
            fresh = min(wanted.fresh, wanted.free - len(retries))
            claims += retries + _claim_lane(database, epoch, wanted.webhook, FRESH, fresh)
        return claims

    return await store.write(take)


def _check_epoch(database: sqlite3.Connection, epoch: int) -> None:
    (now,) = database.execute("SELECT epoch FROM dispatcher").fetchone()
    if now != epoch:
        raise EpochEnded(f"Another dispatcher has taken over (epoch {now}; this one is {epoch}).")


def _is_current(database: sqlite3.Connection, wanted: Slots) -> bool:
    return (
        database.execute(
            "SELECT 1 FROM webhooks WHERE seq = ? AND version = ? AND enabled AND deleted_at IS NULL",
            (wanted.webhook, wanted.version),
        ).fetchone()
        is not None
    )


def _claim_lane(database: sqlite3.Connection, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
    if most <= 0:
        return []
    now = now_ms()
    rows = database.execute(
        "UPDATE deliveries SET state = 'sending', epoch = ?, attempts = attempts + 1, changed_at = ? WHERE seq IN"
        " (SELECT seq FROM deliveries INDEXED BY deliveries_due WHERE state = 'pending' AND webhook = ? AND lane = ?"
        "  AND due_at <= ? ORDER BY due_at, seq LIMIT ?) RETURNING seq, id, event, attempts, step",
        (epoch, now, webhook, lane, now, most),
    ).fetchall()
    claims = []
    for seq, identity, event, attempts, step in sorted(rows):
        kind, body, is_test = database.execute(
            "SELECT type, body, is_test FROM events WHERE seq = ?", (event,)
        ).fetchone()
        claims.append(Claim(seq, identity, webhook, kind, body, bool(is_test), attempts, step))
    return claims


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

    await store.write(write)


def _with_wish(verdict: Verdict, wish: str | None) -> Verdict:
    """Delivered beats any wish."""
    if wish is None or verdict.state is DeliveryState.DELIVERED:
        return verdict
    if wish == "cancel":
        return Verdict(DeliveryState.CANCELLED, verdict.step)
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
    database.execute(
        "UPDATE deliveries SET state = ?, lane = ?, due_at = ?, step = ?, interruptions = ?, wish = NULL,"
        " last_outcome = ?, last_status = ?, last_reason = ?, changed_at = ? WHERE seq = ?",
        (
            verdict.state,
            RETRY,
            verdict.due_at,
            verdict.step,
            interruptions,
            result.outcome,
            result.status_code,
            result.reason,
            now_ms(),
            seq,
        ),
    )


async def recover(store: Store, epoch: int) -> int:
    """Take back what older epochs left `sending`: recorded as interrupted, due at once. Returns how many.

    An interruption takes no step of the schedule, but five in a row take one: a body that kills the dispatcher
    must not do so for ever.
    """

    def take_back(database: sqlite3.Connection) -> int:
        rows = database.execute(
            "SELECT d.seq, d.attempts, d.step, d.interruptions, d.changed_at, d.wish, w.url,"
            " coalesce(w.retry_schedule, (SELECT retry_schedule FROM settings), 'standard')"
            " FROM deliveries d JOIN webhooks w ON w.seq = d.webhook WHERE d.state = 'sending' AND d.epoch < ?",
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
    """Move waiting retries by a step of the wall clock, in milliseconds; how many."""
    return await store.write(
        lambda database: (
            database.execute(
                "UPDATE deliveries SET due_at = max(1, due_at + ?) WHERE state = 'pending' AND due_at > 0",
                (step,),
            ).rowcount
        )
    )


async def resend(store: Store, delivery_id: str, *, actor: str) -> Delivery:
    """Send a delivery once more, now, with a fresh run of the schedule; in place of a waiting retry.

    One that is being sent is sent again if it does not arrive. Raises NotFound, NotPossible.
    """

    def again(database: sqlite3.Connection) -> Delivery:
        seq = find_delivery(database, delivery_id)
        before = read_delivery(database, seq)
        if _webhook_is_deleted(database, seq):
            raise NotPossible(
                f"The webhook of {before.id} was deleted. Generate one, then deliver the event to it."
            )
        if before.state is DeliveryState.SENDING:
            database.execute("UPDATE deliveries SET wish = 'resend' WHERE seq = ?", (seq,))
        else:
            database.execute(
                "UPDATE deliveries SET state = 'pending', lane = ?, due_at = ?, step = 0, interruptions = 0, cancel_reason = NULL,"
                " changed_at = ? WHERE seq = ?",
                (RETRY, now_ms(), now_ms(), seq),
            )
        return read_delivery(database, seq)

    return await store.write(again)


def _webhook_is_deleted(database: sqlite3.Connection, delivery: int) -> bool:
    return (
        database.execute(
            "SELECT 1 FROM deliveries d JOIN webhooks w ON w.seq = d.webhook"
            " WHERE d.seq = ? AND w.deleted_at IS NOT NULL",
            (delivery,),
        ).fetchone()
        is not None
    )


async def cancel(store: Store, delivery_id: str, *, actor: str) -> Delivery:
    """Give a delivery up. One that is being sent is cancelled unless it arrives. Raises NotFound, NotPossible."""

    def give_up(database: sqlite3.Connection) -> Delivery:
        seq = find_delivery(database, delivery_id)
        before = read_delivery(database, seq)
        if before.state is DeliveryState.DELIVERED:
            raise NotPossible(f"{before.id} was delivered already.")
        reason = f"cancelled by {actor}"
        if before.state is DeliveryState.SENDING:
            database.execute(
                "UPDATE deliveries SET wish = 'cancel', cancel_reason = ? WHERE seq = ?", (reason, seq)
            )
        elif before.state is not DeliveryState.CANCELLED:
            database.execute(
                "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ? WHERE seq = ?",
                (reason, now_ms(), seq),
            )
        return read_delivery(database, seq)

    return await store.write(give_up)


async def set_token_wait(store: Store, wait: tuple[int, str] | None) -> None:
    """Say that deliveries wait for the token endpoint until a time (ms since 1970) and why; None: no longer."""

    def write(database: sqlite3.Connection) -> None:
        if wait is None:
            database.execute("DELETE FROM token_endpoint")
        else:
            database.execute("REPLACE INTO token_endpoint VALUES (1, ?, ?)", wait)

    await store.write(write)
