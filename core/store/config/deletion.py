"""Deleting webhooks, and restoring them within a day."""

from dataclasses import dataclass
from datetime import datetime

from core.clock import from_ms, now_ms
from core.models import Webhook
from core.store import audit
from core.store.config.changes import follow
from core.store.config.webhook_rows import WEBHOOK, find_existing, find_webhook, update_webhook, webhook_of
from core.store.counts import read_counts
from core.store.database import Database
from core.store.errors import NotPossible
from core.store.store import Store

_COUNT_CANCELLED = (
    "(SELECT count(*) FROM deliveries INDEXED BY deliveries_of_deleted"
    " WHERE webhook = w.seq AND state = 'cancelled' AND cancel_reason = 'webhook_deleted')"
)

UNDO_MS = 24 * 3_600_000
"""How long a deleted webhook can be restored."""


@dataclass(frozen=True, slots=True)
class DeletedWebhook:
    """A deleted webhook that can be restored. `cancelled` is the number of deliveries that its deletion cancelled."""

    webhook: Webhook
    deleted_at: datetime
    deleted_by: str
    cancelled: int


async def delete_webhook(store: Store, identity: str, *, actor: str) -> int:
    """Delete a webhook and cancel its pending deliveries. Those in flight are cancelled unless they arrive.

    Returns how many deliveries were cancelled. Raises NotFound, or Conflict if it is deleted already.
    """

    def delete(database: Database) -> tuple[int, int]:
        seq, webhook = find_existing(database, identity, "Nothing is left to delete.")
        update_webhook(database, seq, {"deleted_at": now_ms()}, actor)
        cancelled = count_pending(database, seq)
        cancel_sending(database, seq, "webhook_deleted")
        audit.note(database, actor, "deleted", webhook.id, f"{cancelled:,} deliveries cancelled")
        return seq, cancelled

    seq, cancelled = await store.write(delete)
    await follow(store, seq)
    return cancelled


def count_pending(database: Database, webhook: int) -> int:
    """Return how many deliveries of a webhook are pending."""
    count = read_counts(database).get(webhook)
    return count.pending if count is not None else 0


def cancel_sending(database: Database, webhook: int, reason: str) -> None:
    """Request that the deliveries in flight to a webhook are cancelled unless they arrive."""
    database.execute(
        "UPDATE deliveries SET requested_action = 'cancel', cancel_reason = ? WHERE webhook = ? AND state = 'sending'",
        (reason, webhook),
    )


async def list_deleted(store: Store) -> list[DeletedWebhook]:
    """Return the webhooks that can still be restored, the most recently deleted first."""

    def read(database: Database) -> list[DeletedWebhook]:
        rows = database.execute(
            f"SELECT deleted_at, {_COUNT_CANCELLED}, {WEBHOOK}"
            " FROM webhooks w WHERE deleted_at > ? ORDER BY deleted_at DESC, seq DESC",
            (now_ms() - UNDO_MS,),
        ).fetchall()
        return [
            DeletedWebhook(webhook := webhook_of(columns), from_ms(at), webhook.updated_by, cancelled)
            for at, cancelled, *columns in rows
        ]

    return await store.read(read)


async def last_deletion(store: Store) -> datetime | None:
    """Return when the last webhook that can be restored was deleted, or None if there is none."""

    def read(database: Database) -> datetime | None:
        sql = "SELECT max(deleted_at) FROM webhooks WHERE deleted_at > ?"
        (at,) = database.execute(sql, (now_ms() - UNDO_MS,)).fetchone()
        return from_ms(at) if at else None

    return await store.read(read)


async def undo_delete(store: Store, identity: str, *, actor: str) -> Webhook:
    """Restore a deleted webhook. It is disabled, and the deliveries that its deletion cancelled are held.

    These deliveries keep their due times. Raises NotFound, or NotPossible if the deletion was more than 24 hours ago.
    """

    def undo(database: Database) -> tuple[int, Webhook]:
        seq, webhook = find_webhook(database, identity, deleted=True)
        (at,) = database.execute("SELECT deleted_at FROM webhooks WHERE seq = ?", (seq,)).fetchone()
        if at <= now_ms() - UNDO_MS:
            raise NotPossible(
                f"{webhook.id} was deleted more than 24 hours ago and cannot be brought back. Generate a new one."
            )
        restored = update_webhook(database, seq, {"deleted_at": None, "enabled": 0}, actor)
        database.execute(
            "UPDATE deliveries SET requested_action = NULL, cancel_reason = NULL WHERE webhook = ? AND state = 'sending'"
            " AND requested_action = 'cancel' AND cancel_reason = 'webhook_deleted'",
            (seq,),
        )
        (cancelled,) = database.execute(
            f"SELECT {_COUNT_CANCELLED} FROM webhooks w WHERE seq = ?", (seq,)
        ).fetchone()
        held = cancelled + count_pending(database, seq)  # an interrupted deletion may have left some pending
        audit.note(database, actor, "undeleted", webhook.id, f"{held:,} deliveries held")
        return seq, restored

    seq, restored = await store.write(undo, rings=True)
    await follow(store, seq)
    return restored
