"""Applies changes of a webhook to its deliveries. The change holds at once; the deliveries are updated slice by slice.

The webhook's row alone determines what its deliveries must look like. A deleted webhook has no pending deliveries. A
restored webhook has none that its deletion cancelled. A webhook without ordering has none in a line. So each slice
applies the latest change, and the dispatcher finishes whatever a kill interrupted.
"""

from functools import partial

from core.clock import now_ms
from core.store.database import Database
from core.store.ordering import end_lines, mend_lines
from core.store.store import Store

SLICE = 200
"""The most deliveries that one transaction changes."""

_UNFINISHED = """
SELECT w.seq FROM webhooks w WHERE w.updated_at >= ? AND CASE
    WHEN w.deleted_at IS NOT NULL THEN EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_by_state
        WHERE webhook = w.seq AND state = 'pending')
    ELSE EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_of_deleted
            WHERE webhook = w.seq AND state = 'cancelled' AND cancel_reason = 'webhook_deleted')
        OR NOT w.in_order AND EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_line
            WHERE webhook = w.seq AND ordering_key IS NOT NULL AND state IN ('pending', 'sending'))
    END
"""


async def finish_changes(store: Store, since: int = 0) -> None:
    """Update the deliveries of all webhooks changed at `since` (ms since 1970) or later. Raises StoreError."""
    for (webhook,) in await store.read(lambda database: database.execute(_UNFINISHED, (since,)).fetchall()):
        await follow(store, webhook)


async def follow(store: Store, webhook: int) -> None:
    """Update the deliveries of a webhook (a row number) to match its row. Raises StoreError."""
    while await store.write(partial(_slice, webhook=webhook)):
        pass


def _slice(database: Database, *, webhook: int) -> int:
    """Update one slice of deliveries. Return how many were changed; 0 means that all match."""
    deleted, in_order = database.execute(
        "SELECT deleted_at IS NOT NULL, in_order FROM webhooks WHERE seq = ?", (webhook,)
    ).fetchone()
    if deleted:
        return cancel_slice(database, webhook, "webhook_deleted")
    held = _hold_slice(database, webhook)
    return held or (0 if in_order else end_lines(database, webhook, SLICE))


def cancel_slice(database: Database, webhook: int, reason: str, up_to: int = 2**63 - 1) -> int:
    """Cancel a slice of a webhook's oldest pending deliveries, up to a row number. Return how many were cancelled."""
    return database.execute(
        "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ? WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_by_state WHERE webhook = ? AND state = 'pending' AND seq <= ?"
        f" ORDER BY seq LIMIT {SLICE})",
        (reason, now_ms(), webhook, up_to),
    ).rowcount


def _hold_slice(database: Database, webhook: int) -> int:
    """Make the oldest deliveries that the webhook's deletion cancelled pending again. Return how many."""
    held = database.execute(
        "UPDATE deliveries SET state = 'pending', cancel_reason = NULL, changed_at = ? WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_of_deleted WHERE webhook = ? AND state = 'cancelled'"
        f" AND cancel_reason = 'webhook_deleted' ORDER BY seq LIMIT {SLICE})",
        (now_ms(), webhook),
    ).rowcount
    if held:
        mend_lines(database, webhook)  # the first delivery of a line may have arrived since
    return held
