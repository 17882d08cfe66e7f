"""Ordered delivery: a line holds a webhook's unfinished deliveries with one ordering key. Only its first one is due.

The column `deliveries.ordering_key` holds the ordering key, which is the session. It is NULL for deliveries outside the order.

No line of a webhook advances while it has deliveries that its deletion cancelled. An undo makes them pending again
slice by slice, so the first delivery of a line may still be among the cancelled ones.
"""

from core.store.database import Database

NEVER = 2**63 - 1
"""The due time of a delivery that waits for an earlier one in its line."""

_UNFINISHED = (
    "FROM deliveries INDEXED BY deliveries_line WHERE webhook = :webhook AND ordering_key = :ordering_key"
    " AND state IN ('pending', 'sending')"
)


def is_coming_back(database: Database, webhook: int) -> bool:
    """Return whether a webhook has deliveries that its deletion cancelled and that an undo has not restored yet."""
    sql = (
        "SELECT 1 FROM deliveries INDEXED BY deliveries_of_deleted"
        " WHERE webhook = ? AND state = 'cancelled' AND cancel_reason = 'webhook_deleted' LIMIT 1"
    )
    return database.execute(sql, (webhook,)).fetchone() is not None


def due_in_line(database: Database, webhook: int, ordering_key: str | None) -> int:
    """Return the due time of a new delivery at the end of a line: 0 if it is the first, else NEVER."""
    if is_coming_back(database, webhook):
        return NEVER
    values = {"webhook": webhook, "ordering_key": ordering_key}
    return NEVER if database.execute(f"SELECT 1 {_UNFINISHED} LIMIT 1", values).fetchone() else 0


def next_in_line(database: Database, webhook: int, ordering_key: str | None) -> None:
    """Make the next delivery of a line due after its first one has ended. Call this in the same transaction."""
    if ordering_key is None or is_coming_back(database, webhook):
        return
    database.execute(
        f"UPDATE deliveries SET due_at = 0 WHERE due_at = {NEVER} AND seq = (SELECT min(seq) {_UNFINISHED})",
        {"webhook": webhook, "ordering_key": ordering_key},
    )


def mend_lines(database: Database, webhook: int) -> None:
    """Make the first delivery of each line due, after many of a webhook's deliveries have changed at once."""
    if is_coming_back(database, webhook):
        return
    database.execute(
        f"UPDATE deliveries SET due_at = 0 WHERE due_at = {NEVER} AND seq IN (SELECT min(seq)"
        " FROM deliveries INDEXED BY deliveries_line WHERE webhook = ? AND ordering_key IS NOT NULL"
        " AND state IN ('pending', 'sending') GROUP BY ordering_key)",
        (webhook,),
    )


def end_lines(database: Database, webhook: int, most: int) -> int:
    """Make up to `most` deliveries independent of their lines, for a webhook without ordering. Return how many."""
    return database.execute(
        f"UPDATE deliveries SET ordering_key = NULL, due_at = CASE WHEN due_at = {NEVER} THEN 0 ELSE due_at END WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_line WHERE webhook = ? AND ordering_key IS NOT NULL"
        " AND state IN ('pending', 'sending') LIMIT ?)",
        (webhook, most),
    ).rowcount
