"""Events come in: stored with their deliveries in one transaction."""

import sqlite3
from dataclasses import dataclass

from core.catalog import Body
from core.clock import now_ms
from core.ids import new_id
from core.store.config import find_webhook
from core.store.errors import KeyReused, NotPossible
from core.store.lanes import FRESH
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class Emitted:
    """The answer to `emit`. `repeated`: the key had come before, nothing new was stored."""

    id: str
    deliveries: int
    repeated: bool


async def emit(store: Store, event_type: str, body: Body, *, key: str | None = None) -> Emitted:
    """Store an event and its deliveries in one transaction. Raises KeyReused, StoreError.

    A webhook that is disabled gets a delivery, too: it is held. `key` makes it idempotent, for 7 days unless
    the settings say otherwise.
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
    webhooks = database.execute(
        "SELECT seq FROM webhooks WHERE type = ? AND deleted_at IS NULL ORDER BY seq", (event_type,)
    ).fetchall()
    for (webhook,) in webhooks:
        insert_delivery(database, event, webhook, now)
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


def insert_delivery(
    database: sqlite3.Connection, event: int, webhook: int, now: int, *, lane: int = FRESH
) -> str:
    """Make a delivery that is due at once; its ID."""
    identity = new_id("dlv")
    database.execute(
        "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, created_at, changed_at)"
        " VALUES (?, ?, ?, 'pending', ?, 0, ?, ?)",
        (identity, event, webhook, lane, now, now),
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
    """Send a stored event to a webhook, as for one that nobody wanted; the new delivery's ID. Raises NotFound."""

    def again(database: sqlite3.Connection) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        row = database.execute("SELECT seq, type FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None or row[1] != webhook.type:
            raise NotPossible(f"{event_id[:60]} is not an event of the type of {webhook.id}, {webhook.type}.")
        database.execute("DELETE FROM unwanted WHERE event = ?", (row[0],))
        return insert_delivery(database, row[0], seq, now_ms())

    return await store.write(again)
