"""Actions that a person requests for a delivery: resend or cancel."""

from datetime import datetime

from core.clock import clock_time, from_ms, now_ms, to_ms
from core.models import Delivery, DeliveryState
from core.store import audit
from core.store.database import Database
from core.store.delivery_rows import read_delivery
from core.store.errors import NotPossible
from core.store.history import find_delivery
from core.store.lanes import RETRY
from core.store.ordering import NEVER, mend_lines, next_in_line
from core.store.queue.rules import takes_effect_at_once
from core.store.store import Store


async def resend(store: Store, delivery_id: str, *, actor: str, seen: datetime | None = None) -> Delivery:
    """Resend a delivery now, with a fresh run of the schedule. This replaces a waiting retry.

    A delivery in flight is sent again only if it does not arrive. A resent delivery leaves the order of its session,
    unless it is the next one in it. `seen` is the time of the last change that the person saw. Raises NotFound, or
    NotPossible if the webhook was deleted or somebody has resent the delivery since `seen`.
    """

    def again(database: Database) -> Delivery:
        seq = find_delivery(database, delivery_id)
        before = read_delivery(database, seq)
        if _webhook_is_deleted(database, seq):
            raise NotPossible(
                f"The webhook of {before.id} was deleted. Generate one, then deliver the event to it."
            )
        if seen is not None:
            _refuse_resent(database, before, seen)
        send_again(database, seq, before.state, RETRY)
        audit.note(database, actor, "resent", before.id, f"was {before.state}")
        return read_delivery(database, seq)

    return await store.write(again, rings=True)


def _refuse_resent(database: Database, delivery: Delivery, seen: datetime) -> None:
    row = database.execute(
        "SELECT actor, at FROM audit WHERE subject = ? AND action = 'resent' AND at > ? ORDER BY seq DESC LIMIT 1",
        (delivery.id, to_ms(seen)),
    ).fetchone()
    if row is not None and delivery.changed_at > seen:
        who, at = row
        raise NotPossible(f"Already resent by {who} at {clock_time(from_ms(at))}.")


def send_again(database: Database, seq: int, state: DeliveryState, lane: int) -> None:
    """Start a fresh run of the schedule in this lane. A delivery in flight is sent again only if it does not arrive."""
    if not takes_effect_at_once(state):
        database.execute("UPDATE deliveries SET requested_action = 'resend' WHERE seq = ?", (seq,))
        return
    webhook, reason = database.execute(
        "SELECT webhook, cancel_reason FROM deliveries WHERE seq = ?", (seq,)
    ).fetchone()
    database.execute(
        "UPDATE deliveries SET state = 'pending', lane = ?, due_at = ?, step = 0, interruptions = 0, cancel_reason = NULL,"
        f" changed_at = ?, ordering_key = CASE WHEN state = 'pending' AND due_at < {NEVER} THEN ordering_key END WHERE seq = ?",
        (lane, now_ms(), now_ms(), seq),
    )
    if reason == "webhook_deleted":
        mend_lines(database, webhook)  # it may be the last delivery that the undo had to restore


def _webhook_is_deleted(database: Database, delivery: int) -> bool:
    return (
        database.execute(
            "SELECT 1 FROM deliveries d JOIN webhooks w ON w.seq = d.webhook"
            " WHERE d.seq = ? AND w.deleted_at IS NOT NULL",
            (delivery,),
        ).fetchone()
        is not None
    )


async def cancel(store: Store, delivery_id: str, *, actor: str) -> Delivery:
    """Cancel a delivery. One in flight is cancelled unless it arrives. Raises NotFound, NotPossible."""

    def cancel_one(database: Database) -> Delivery:
        seq = find_delivery(database, delivery_id)
        before = read_delivery(database, seq)
        if before.state is DeliveryState.DELIVERED:
            raise NotPossible(f"{before.id} was delivered already.")
        if before.state is not DeliveryState.CANCELLED:
            give_up(database, seq, before.state, actor)
            audit.note(database, actor, "cancelled", before.id, f"was {before.state}")
        return read_delivery(database, seq)

    return await store.write(cancel_one)


def give_up(database: Database, seq: int, state: DeliveryState, actor: str) -> None:
    """Cancel a delivery that is neither delivered nor cancelled. One in flight is cancelled unless it arrives."""
    reason = f"cancelled by {actor}"
    if not takes_effect_at_once(state):
        database.execute(
            "UPDATE deliveries SET requested_action = 'cancel', cancel_reason = ? WHERE seq = ?",
            (reason, seq),
        )
    else:
        webhook, ordering_key = database.execute(
            "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ? WHERE seq = ?"
            " RETURNING webhook, ordering_key",
            (reason, now_ms(), seq),
        ).fetchone()
        next_in_line(database, webhook, ordering_key)
