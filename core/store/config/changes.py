"""Changes of a webhook that reach many deliveries: they hold at once, the deliveries follow a slice at a time.

Nothing but the webhook says what its deliveries have to follow: one that was deleted has none pending, one that was
brought back none cancelled by its deletion, one without the order none in a line. So a slice obeys whoever was last, and
what a kill cut short, the dispatcher finishes.
"""

from functools import partial

from core.clock import now_ms
from core.store.database import Database
from core.store.line import end_lines, mend_lines
from core.store.store import Store

SLICE = 200
"""Deliveries changed in one transaction."""

_UNFINISHED = """
SELECT w.seq FROM webhooks w WHERE w.updated_at >= ? AND CASE
    WHEN w.deleted_at IS NOT NULL THEN EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_by_state
        WHERE webhook = w.seq AND state = 'pending')
    ELSE EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_of_deleted
            WHERE webhook = w.seq AND state = 'cancelled' AND cancel_reason = 'webhook_deleted')
        OR NOT w.in_order AND EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_line
            WHERE webhook = w.seq AND line IS NOT NULL AND state IN ('pending', 'sending'))
    END
"""


async def finish_changes(store: Store, since: int = 0) -> None:
    """See that the deliveries of all webhooks have followed that were changed since then, ms since 1970.

    Raises StoreError.
    """
    for (webhook,) in await store.read(lambda database: database.execute(_UNFINISHED, (since,)).fetchall()):
        await follow(store, webhook)


async def follow(store: Store, webhook: int) -> None:
    """See that the deliveries of a webhook (a row number) have followed. Raises StoreError."""
    while await store.write(partial(_slice, webhook=webhook)):
        pass


def _slice(database: Database, *, webhook: int) -> int:
    """How many have followed; 0 once all have."""
    deleted, in_order = database.execute(
        "SELECT deleted_at IS NOT NULL, in_order FROM webhooks WHERE seq = ?", (webhook,)
    ).fetchone()
    if deleted:
        return cancel_slice(database, webhook, "webhook_deleted")
    held = _hold_slice(database, webhook)
    return held or (0 if in_order else end_lines(database, webhook, SLICE))


def cancel_slice(database: Database, webhook: int, reason: str, up_to: int = 2**63 - 1) -> int:
    """Cancel the oldest of a webhook's pending deliveries, up to a row number; how many."""
    return database.execute(
        "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ? WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_by_state WHERE webhook = ? AND state = 'pending' AND seq <= ?"
        f" ORDER BY seq LIMIT {SLICE})",
        (reason, now_ms(), webhook, up_to),
    ).rowcount


def _hold_slice(database: Database, webhook: int) -> int:
    """Let the oldest of those wait again that the webhook's deletion cancelled; how many."""
    held = database.execute(
        "UPDATE deliveries SET state = 'pending', cancel_reason = NULL, changed_at = ? WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_of_deleted WHERE webhook = ? AND state = 'cancelled'"
        f" AND cancel_reason = 'webhook_deleted' ORDER BY seq LIMIT {SLICE})",
        (now_ms(), webhook),
    ).rowcount
    if held:
        mend_lines(database, webhook)  # what stood at a head may have arrived since
    return held
