"""Events come in: stored with their deliveries in one transaction."""

import sqlite3
from dataclasses import dataclass

from core.catalog import Body
from core.clock import now_ms
from core.ids import new_id
from core.store.config import find_webhook
from core.store.errors import KeyReused, NotPossible
from core.store.lanes import BULK, FRESH
from core.store.line import due_in_line
from core.store.store import Store

_STATUS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Emitted:
    """The answer to `emit`. `repeated`: the key had come before, nothing new was stored."""

    id: str
    deliveries: int
    repeated: bool


async def emit(store: Store, event_type: str, body: Body, *, key: str | None = None) -> Emitted:
    """Store an event and its deliveries in one transaction. Raises KeyReused, StoreError.

    A webhook that is disabled gets a delivery, too: it is held. One that filters this status out gets none, and
    the books say so. `key` makes it idempotent, for 7 days unless the settings say otherwise.
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
        database.execute(
            "REPLACE INTO event_keys VALUES (?, ?, ? + 86400000 * coalesce((SELECT keep_keys FROM settings), 7))",
            (key, event, now),
        )
    return Emitted(identity, _hand_out(database, event, event_type, body, now), repeated=False)


def _hand_out(database: sqlite3.Connection, event: int, event_type: str, body: Body, now: int) -> int:
    """A delivery to each webhook of the type that wants the event, and for the others why not; how many want it."""
    webhooks = database.execute(
        "SELECT seq, enabled, in_order, status_filter FROM webhooks WHERE type = ? AND deleted_at IS NULL ORDER BY seq",
        (event_type,),
    ).fetchall()
    status = f"status {(body.status or 'none')[:_STATUS_SHOWN]}"
    wanted = 0
    for webhook, enabled, in_order, statuses in webhooks:
        if statuses is not None and body.status not in statuses.splitlines():
            reason = f"{status} is not in its filter"
            database.execute("INSERT INTO skipped VALUES (?, ?, ?)", (event, webhook, reason))
            continue
        lane = FRESH if enabled else BULK  # what is held comes in a heap once it is released
        line = (body.session or None) if in_order else None
        insert_delivery(database, event, webhook, now, lane=lane, line=line)
        wanted += 1
    if not wanted:
        reason = f"no webhook wants {status}" if webhooks else "no webhook of this type"
        database.execute("INSERT INTO unwanted VALUES (?, ?)", (event, reason))
    return wanted


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


def insert_delivery(
    database: sqlite3.Connection,
    event: int,
    webhook: int,
    now: int,
    *,
    lane: int = FRESH,
    line: str | None = None,
) -> str:
    """Make a delivery that is due at once, or once those before it in its line have ended; its ID."""
    identity = new_id("dlv")
    due_at = due_in_line(database, webhook, line)
    database.execute(
        "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, line, created_at, changed_at)"
        " VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?)",
        (identity, event, webhook, lane, due_at, line, now, now),
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
        return insert_delivery(database, event, seq, now)

    return await store.write(test)


async def deliver(store: Store, event_id: str, webhook_id: str) -> str:
    """Send a stored event to a webhook, as for one that nobody wanted; the new delivery's ID. Raises NotFound.

    It goes outside the order, whatever the webhook's status filter says.
    """

    def again(database: sqlite3.Connection) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        row = database.execute("SELECT seq, type FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None or row[1] != webhook.type:
            raise NotPossible(f"{event_id[:60]} is not an event of the type of {webhook.id}, {webhook.type}.")
        database.execute("DELETE FROM unwanted WHERE event = ?", (row[0],))
        database.execute("DELETE FROM skipped WHERE event = ? AND webhook = ?", (row[0], seq))
        return insert_delivery(database, row[0], seq, now_ms())

    return await store.write(again)
