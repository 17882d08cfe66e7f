"""The history: deliveries, their attempts, and events."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.clock import from_ms
from core.models import Attempt, Delivery, Event, Outcome, Skipped
from core.store.counts import count_attention, oldest_waiting, read_counts
from core.store.database import Database
from core.store.delivery_rows import Row as Row
from core.store.delivery_rows import read_delivery
from core.store.errors import NotFound
from core.store.filter import DeliveryFilter, View
from core.store.pages import count_matching, load_page
from core.store.store import Store

_EVERYTHING = DeliveryFilter()
_TAIL_REACH = 10_000
_PAGE = 1000
_HEADERS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_SKIPPED = msgspec.json.Decoder(tuple[tuple[str, str], ...])


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of open deliveries over all webhooks. `waiting` counts those that are pending but not held, which
    the dispatcher still has to send. `oldest` is when the oldest one that is waiting or being sent was created.
    """

    attention: int
    undelivered: int
    sending: int
    waiting: int
    held: int
    oldest: datetime | None
    token_waits_until: datetime | None
    token_reason: str | None


def find_delivery(database: Database, identity: str) -> int:
    """Return the row number for a delivery ID, or for the tail of a recent one. Raises NotFound."""
    return _find(database, "deliveries", identity)


_NOUNS = {"deliveries": "delivery", "events": "event"}


def _find(database: Database, table: str, identity: str) -> int:
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
    """Strip an ID and replace lone surrogates, which stand for bytes that are not UTF-8: no database stores them."""
    return identity.strip().encode("utf-8", "replace").decode()


async def list_deliveries(
    store: Store, chosen: DeliveryFilter = _EVERYTHING, *, before: int | None = None, limit: int = 100
) -> list[Row]:
    """Return the deliveries that match the filter, newest first. `before` is a row number, for the next page."""
    rows: list[Row] = []
    while len(rows) < limit:
        most = min(_PAGE, limit - len(rows))
        page = await load_page(store, chosen.view or View.ALL, chosen, before=before, limit=most)
        rows += page.rows
        before = page.position
        if before is None:
            break
    return rows


async def count_deliveries(store: Store, chosen: DeliveryFilter) -> int:
    """Return how many deliveries match the filter."""
    return await count_matching(store, chosen)


async def load_delivery(store: Store, identity: str) -> Delivery:
    """Return the delivery with this ID or tail. Raises NotFound."""
    return await store.read(lambda database: read_delivery(database, find_delivery(database, identity)))


async def list_attempts(store: Store, delivery_id: str) -> list[Attempt]:
    """Return the attempts of a delivery, newest first. Raises NotFound."""

    def read(database: Database) -> list[Attempt]:
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
    """Return the event with this ID, or a recent one with this tail. The body is as accepted. Raises NotFound."""

    def read(database: Database) -> Event:
        row = database.execute(f"{_EVENT} WHERE e.seq = ?", (_find(database, "events", identity),)).fetchone()
        return _event(row)

    return await store.read(read)


async def list_events(store: Store, *, unwanted: bool = False, limit: int = 100) -> list[Event]:
    """Return the latest events, newest first. `unwanted` restricts them to events that no webhook wanted."""
    where = "WHERE u.event IS NOT NULL" if unwanted else ""
    sql = f"{_EVENT} {where} ORDER BY e.seq DESC LIMIT ?"
    return await store.read(lambda database: [_event(row) for row in database.execute(sql, (limit,))])


async def totals(store: Store) -> Totals:
    """Return the counts over all webhooks."""
    return await store.read(read_totals)


def read_totals(database: Database) -> Totals:
    """Return the same as `totals`, inside the caller's transaction."""
    counts = read_counts(database)
    oldest = oldest_waiting(database)
    wait = database.execute("SELECT next_try_at, reason FROM token_endpoint").fetchone()
    return Totals(
        attention=count_attention(database, counts),
        undelivered=sum(count.pending + count.sending + count.failed for count in counts.values()),
        sending=sum(count.sending for count in counts.values()),
        waiting=sum(count.pending for count in counts.values() if count.enabled),
        held=sum(count.pending for count in counts.values() if not count.enabled),
        oldest=from_ms(oldest) if oldest is not None else None,
        token_waits_until=from_ms(wait[0]) if wait else None,
        token_reason=wait[1] if wait else None,
    )
