"""Webhooks that are deleted, and brought back within a day."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from core.clock import from_ms, now_ms
from core.models import Webhook
from core.store import audit
from core.store.config.rows import WEBHOOK, find_existing, find_webhook, update_webhook, webhook_of
from core.store.errors import NotPossible
from core.store.line import mend_lines
from core.store.store import Store

_CANCELLED_BY_DELETION = "state = 'cancelled' AND cancel_reason = 'webhook_deleted'"

UNDO_MS = 24 * 3_600_000
"""How long a deleted webhook can be brought back."""


@dataclass(frozen=True, slots=True)
class DeletedWebhook:
    """A webhook that can be brought back, with what its deletion cancelled."""

    webhook: Webhook
    deleted_at: datetime
    deleted_by: str
    cancelled: int


async def delete_webhook(store: Store, identity: str, *, actor: str) -> int:
    """Delete a webhook and cancel what waits for it; what is being sent is cancelled once it comes back.

    Returns how many deliveries were cancelled. Raises NotFound, or Conflict if it is deleted already.
    """

    def delete(database: sqlite3.Connection) -> int:
        seq, webhook = find_existing(database, identity, "Nothing is left to delete.")
        update_webhook(database, seq, {"deleted_at": now_ms()}, actor)
        cancelled = cancel_waiting(database, seq, "webhook_deleted")
        audit.note(database, actor, "deleted", webhook.id, f"{cancelled:,} deliveries cancelled")
        return cancelled

    return await store.write(delete)


def cancel_waiting(database: sqlite3.Connection, webhook: int, reason: str) -> int:
    """Cancel a webhook's pending deliveries, and those in flight unless they arrive; how many are pending."""
    database.execute(
        "UPDATE deliveries SET wish = 'cancel', cancel_reason = ? WHERE webhook = ? AND state = 'sending'",
        (reason, webhook),
    )
    return database.execute(
        "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ?"
        " WHERE webhook = ? AND state = 'pending'",
        (reason, now_ms(), webhook),
    ).rowcount


async def list_deleted(store: Store) -> list[DeletedWebhook]:
    """The webhooks that can still be brought back, the last one deleted first."""

    def read(database: sqlite3.Connection) -> list[DeletedWebhook]:
        rows = database.execute(
            "SELECT deleted_at, (SELECT count(*) FROM deliveries INDEXED BY deliveries_of_deleted"
            f" WHERE webhook = w.seq AND {_CANCELLED_BY_DELETION}), {WEBHOOK}"
            " FROM webhooks w WHERE deleted_at > ? ORDER BY deleted_at DESC, seq DESC",
            (now_ms() - UNDO_MS,),
        ).fetchall()
        return [
            DeletedWebhook(webhook := webhook_of(columns), from_ms(at), webhook.updated_by, cancelled)
            for at, cancelled, *columns in rows
        ]

    return await store.read(read)


async def undo_delete(store: Store, identity: str, *, actor: str) -> Webhook:
    """Bring a webhook back, disabled, with those deliveries held that its deletion cancelled, due when they were.

    Raises NotFound, or NotPossible once it was deleted for more than 24 hours.
    """

    def undo(database: sqlite3.Connection) -> Webhook:
        seq, webhook = find_webhook(database, identity, deleted=True)
        (at,) = database.execute("SELECT deleted_at FROM webhooks WHERE seq = ?", (seq,)).fetchone()
        if at <= now_ms() - UNDO_MS:
            raise NotPossible(
                f"{webhook.id} was deleted more than 24 hours ago and cannot be brought back. Generate a new one."
            )
        restored = update_webhook(database, seq, {"deleted_at": None, "enabled": 0}, actor)
        held = hold_again(database, seq)
        audit.note(database, actor, "undeleted", webhook.id, f"{held:,} deliveries held")
        return restored

    return await store.write(undo)


def hold_again(database: sqlite3.Connection, webhook: int) -> int:
    """Take back what `cancel_waiting` did for a deletion; how many deliveries wait again."""
    database.execute(
        "UPDATE deliveries SET wish = NULL, cancel_reason = NULL WHERE webhook = ? AND state = 'sending'"
        " AND wish = 'cancel' AND cancel_reason = 'webhook_deleted'",
        (webhook,),
    )
    held = database.execute(
        "UPDATE deliveries INDEXED BY deliveries_of_deleted SET state = 'pending', cancel_reason = NULL,"
        f" changed_at = ? WHERE webhook = ? AND {_CANCELLED_BY_DELETION}",
        (now_ms(), webhook),
    ).rowcount
    mend_lines(database, webhook)  # what stood at the head may have arrived since
    return held
