"""What people wish of a delivery: once more, or not at all."""

import sqlite3

from core.clock import now_ms
from core.models import Delivery, DeliveryState
from core.store import audit
from core.store.errors import NotPossible
from core.store.history import find_delivery, read_delivery
from core.store.queue.intake import RETRY
from core.store.store import Store


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
        audit.note(database, actor, "resent", before.id, f"was {before.state}")
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
        if before.state is not DeliveryState.CANCELLED:
            audit.note(database, actor, "cancelled", before.id, f"was {before.state}")
        return read_delivery(database, seq)

    return await store.write(give_up)
