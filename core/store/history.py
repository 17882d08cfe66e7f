"""What happened: deliveries, their attempts, events."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core import schedule
from core.clock import from_ms, now_ms
from core.models import Attempt, Delivery, DeliveryState, Event, Outcome, Skipped
from core.store.errors import NotFound
from core.store.filter import DeliveryFilter
from core.store.line import NEVER
from core.store.paces import PaceState, pace_of
from core.store.store import Store

_EVERYTHING = DeliveryFilter()
_TAIL_REACH = 10_000
_HEADERS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_SKIPPED = msgspec.json.Decoder(tuple[tuple[str, str], ...])

_DELIVERY = f"""
SELECT d.seq, d.id, e.id, w.id, e.type, w.url, d.state, w.enabled, e.is_test, d.attempts, d.step,
    coalesce(w.retry_schedule, (SELECT retry_schedule FROM settings), 'standard'),
    d.last_outcome, d.last_status, d.last_reason, d.due_at, d.cancel_reason, e.session, e.external_id,
    d.created_at, d.changed_at, d.last_ms, (SELECT next_try_at FROM token_endpoint), w.rate,
    iif(d.state = 'pending' AND d.due_at = {NEVER}, (SELECT head.id FROM deliveries head INDEXED BY deliveries_line
        WHERE head.webhook = d.webhook AND head.line = d.line AND head.state IN ('pending', 'sending')
        ORDER BY head.seq LIMIT 1), NULL),
    p.state, p.since, p.until, p.reason
FROM deliveries d JOIN events e ON e.seq = d.event JOIN webhooks w ON w.seq = d.webhook
    LEFT JOIN paces p ON p.webhook = d.webhook
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in a list, with its place in the order."""

    seq: int
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Totals:
    """What is open, over all webhooks. `waiting` is pending but not held: what a dispatcher has still to send."""

    attention: int
    undelivered: int
    sending: int
    waiting: int
    held: int
    oldest: datetime | None
    token_waits_until: datetime | None
    token_reason: str | None


def _row(values: tuple[object, ...]) -> Row:
    return Row(int(str(values[0])), _delivery(values))


def _delivery(values: tuple[object, ...]) -> Delivery:
    (_, identity, event, webhook, kind, url, state_text, enabled, is_test, attempts, step, waits, outcome, status,
     reason, due_at, cancel_reason, session, external_id, created_at, changed_at, took, token_wait, rate, head,
     *pace) = values  # fmt: skip
    state = DeliveryState(str(state_text))
    held = state is DeliveryState.PENDING and not enabled
    next_at, waits_for = None, None
    if state is DeliveryState.PENDING:
        next_at, waits_for = _next(held, int(str(due_at)), token_wait, pace_of(*pace), rate)
    return Delivery.model_construct(
        id=identity,
        event_id=event,
        webhook_id=webhook,
        type=kind,
        url=url,
        state=state,
        held=held,
        is_test=bool(is_test),
        attempts=attempts,
        tries=int(str(step)) + (state is DeliveryState.SENDING),
        most_tries=len(schedule.parse(str(waits))) + 1,
        outcome=Outcome(str(outcome)) if outcome else None,
        status_code=status,
        reason=reason,
        took_ms=took,
        next_attempt_at=next_at,
        waits_for=waits_for,
        head_id=head,
        cancel_reason=cancel_reason if state is DeliveryState.CANCELLED else None,
        session=session,
        external_id=external_id,
        created_at=from_ms(int(str(created_at))),
        changed_at=from_ms(int(str(changed_at))),
    )


def _next(
    held: bool, due_at: int, token_wait: object, pace: PaceState | None, rate: object
) -> tuple[datetime | None, str]:
    """When a pending delivery is tried next, and what it waits for."""
    now = now_ms()
    if held:
        return None, "enabling"
    if due_at == NEVER:
        return None, "order"
    if pace is not None and due_at <= max(now, pace.until):
        return from_ms(pace.until), "breaker" if pace.is_breaker else "pause"
    if token_wait is not None and due_at <= max(now, int(str(token_wait))):
        return from_ms(int(str(token_wait))), "token"
    if due_at > now:
        return from_ms(due_at), "time"
    return None, "now" if rate is None else "rate"


def read_delivery(database: sqlite3.Connection, seq: int) -> Delivery:
    """The delivery of a row number."""
    return _delivery(database.execute(f"{_DELIVERY} WHERE d.seq = ?", (seq,)).fetchone())


def read_rows(database: sqlite3.Connection, seqs: Sequence[int]) -> list[Row]:
    """The deliveries of these row numbers, in this order."""
    wanted = json.dumps(list(seqs))
    sql = _DELIVERY.replace(
        "FROM deliveries d", "FROM json_each(?) wanted CROSS JOIN deliveries d ON d.seq = wanted.value"
    )
    return [_row(row) for row in database.execute(sql, (wanted,))]


def find_delivery(database: sqlite3.Connection, identity: str) -> int:
    """The row number for an ID, or for the tail of one of the newest. Raises NotFound."""
    return _find(database, "deliveries", identity)


_NOUNS = {"deliveries": "delivery", "events": "event"}


def _find(database: sqlite3.Connection, table: str, identity: str) -> int:
    row = database.execute(f"SELECT seq FROM {table} WHERE id = ?", (_storable(identity),)).fetchone()
    if row is not None:
        return int(row[0])
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    if len(tail) >= 4 and tail.isalnum():
        rows = database.execute(
            f"SELECT seq FROM {table} WHERE id LIKE ? AND seq > (SELECT max(seq) FROM {table}) - ? LIMIT 2",
            (f"%{tail}", _TAIL_REACH),
        ).fetchall()
        if len(rows) == 1:
            return int(rows[0][0])
    raise NotFound(
        f"There is no {_NOUNS[table]} {identity.strip()[:60]}. hookkeeper {table} list shows the newest."
    )


def _storable(identity: str) -> str:
    """An ID as it was typed; no database takes half a surrogate pair, which stands for a byte that is no text."""
    return identity.strip().encode("utf-8", "replace").decode()


async def list_deliveries(
    store: Store, chosen: DeliveryFilter = _EVERYTHING, *, before: int | None = None, limit: int = 100
) -> list[Row]:
    """The newest deliveries that the filter lets through, newest first; `before` a row number for the next page."""
    condition, values = chosen.condition()
    page = "d.seq < :before" if before is not None else "1"
    sql = f"{_DELIVERY} WHERE {condition} AND {page} ORDER BY d.seq DESC LIMIT :limit"
    values |= {"before": before, "limit": limit}
    return await store.read(lambda database: [_row(row) for row in database.execute(sql, values)])


async def count_deliveries(store: Store, chosen: DeliveryFilter) -> int:
    """How many deliveries the filter lets through."""
    condition, values = chosen.condition()
    sql = f"SELECT count(*) FROM ({_DELIVERY} WHERE {condition})"
    return await store.read(lambda database: int(database.execute(sql, values).fetchone()[0]))


async def load_delivery(store: Store, identity: str) -> Delivery:
    """The delivery with this ID or tail. Raises NotFound."""
    return await store.read(lambda database: read_delivery(database, find_delivery(database, identity)))


async def list_attempts(store: Store, delivery_id: str) -> list[Attempt]:
    """The attempts of a delivery, newest first. Raises NotFound."""

    def read(database: sqlite3.Connection) -> list[Attempt]:
        delivery = find_delivery(database, delivery_id)
        rows = database.execute(
            "SELECT id, number, started_at, outcome, status_code, reason, url, token_ms, connect_ms, first_byte_ms,"
            " total_ms, response_headers, response_body, response_body_cut FROM attempts WHERE delivery = ?"
            " ORDER BY number DESC, seq DESC LIMIT 1000",
            (delivery,),
        )
        return [
            Attempt.model_construct(
                id=row[0],
                delivery_id=delivery_id,
                number=row[1],
                started_at=from_ms(row[2]),
                outcome=Outcome(row[3]),
                status_code=row[4],
                reason=row[5],
                url=row[6],
                token_ms=row[7],
                connect_ms=row[8],
                first_byte_ms=row[9],
                total_ms=row[10],
                response_headers=_HEADERS.decode(row[11]),
                response_body=row[12],
                response_body_cut=bool(row[13]),
            )
            for row in rows
        ]

    return await store.read(read)


_EVENT = """
SELECT e.id, e.type, e.body, (SELECT key FROM event_keys k WHERE k.event = e.seq), e.session, e.external_id, e.is_test,
    u.reason, (SELECT json_group_array(json_array(w.id, s.reason)) FROM skipped s JOIN webhooks w ON w.seq = s.webhook
        WHERE s.event = e.seq), e.created_at
FROM events e LEFT JOIN unwanted u ON u.event = e.seq
"""


def _event(row: tuple[object, ...]) -> Event:
    identity, kind, body, key, session, external_id, is_test, unwanted, skipped, created_at = row
    return Event.model_construct(
        id=identity,
        type=kind,
        body=body,
        key=key,
        session=session,
        external_id=external_id,
        is_test=bool(is_test),
        unwanted=unwanted,
        skipped=tuple(
            Skipped.model_construct(webhook_id=webhook, reason=reason)
            for webhook, reason in _SKIPPED.decode(str(skipped))
        ),
        created_at=from_ms(int(str(created_at))),
    )


async def load_event(store: Store, identity: str) -> Event:
    """The event with this ID, or with the tail of one of the newest; its body as it was accepted. Raises NotFound."""

    def read(database: sqlite3.Connection) -> Event:
        row = database.execute(f"{_EVENT} WHERE e.seq = ?", (_find(database, "events", identity),)).fetchone()
        return _event(row)

    return await store.read(read)


async def list_events(store: Store, *, unwanted: bool = False, limit: int = 100) -> list[Event]:
    """The newest events, newest first; `unwanted`: only those that went to nobody."""
    where = "WHERE u.event IS NOT NULL" if unwanted else ""
    sql = f"{_EVENT} {where} ORDER BY e.seq DESC LIMIT ?"
    return await store.read(lambda database: [_event(row) for row in database.execute(sql, (limit,))])


async def totals(store: Store) -> Totals:
    """The figures over all webhooks."""

    condition, values = DeliveryFilter(state="attention").condition()

    def read(database: sqlite3.Connection) -> Totals:
        attention, undelivered, sending, waiting, held, oldest = database.execute(
            f"SELECT coalesce(sum({condition}), 0), count(*),"
            " coalesce(sum(d.state = 'sending'), 0), coalesce(sum(d.state = 'pending' AND w.enabled), 0),"
            " coalesce(sum(d.state = 'pending' AND NOT w.enabled), 0), min(d.created_at)"
            " FROM deliveries d INDEXED BY deliveries_open JOIN webhooks w ON w.seq = d.webhook"
            " WHERE d.state IN ('pending', 'sending', 'failed')",
            values,
        ).fetchone()
        wait = database.execute("SELECT next_try_at, reason FROM token_endpoint").fetchone()
        return Totals(
            attention,
            undelivered,
            sending,
            waiting,
            held,
            from_ms(oldest) if oldest else None,
            from_ms(wait[0]) if wait else None,
            wait[1] if wait else None,
        )

    return await store.read(read)
