"""The order of a session: of its unfinished deliveries to a webhook only the first, the head, has a due time.

`deliveries.line` names the session. It is empty for what goes outside the order.

While deliveries come back that the webhook's deletion cancelled, no line moves on: the rows do not say yet who is first.
"""

from core.store.database import Database

NEVER = 2**63 - 1
"""The due time of a delivery that waits for those before it in its line."""

_UNFINISHED = (
    "FROM deliveries INDEXED BY deliveries_line WHERE webhook = :webhook AND line = :line"
    " AND state IN ('pending', 'sending')"
)


def is_coming_back(database: Database, webhook: int) -> bool:
    """Whether a webhook has deliveries that its deletion cancelled: while it is deleted, or until an undo has ended."""
    sql = (
        "SELECT 1 FROM deliveries INDEXED BY deliveries_of_deleted"
        " WHERE webhook = ? AND state = 'cancelled' AND cancel_reason = 'webhook_deleted' LIMIT 1"
    )
    return database.execute(sql, (webhook,)).fetchone() is not None


def due_in_line(database: Database, webhook: int, line: str | None) -> int:
    """The due time of a new delivery at the end of a line: 0 for the head."""
    if is_coming_back(database, webhook):
        return NEVER
    values = {"webhook": webhook, "line": line}
    return NEVER if database.execute(f"SELECT 1 {_UNFINISHED} LIMIT 1", values).fetchone() else 0


def next_in_line(database: Database, webhook: int, line: str | None) -> None:
    """The head of a line has ended: whoever is first now is due. To be called in the same transaction."""
    if line is None or is_coming_back(database, webhook):
        return
    database.execute(
        f"UPDATE deliveries SET due_at = 0 WHERE due_at = {NEVER} AND seq = (SELECT min(seq) {_UNFINISHED})",
        {"webhook": webhook, "line": line},
    )


def mend_lines(database: Database, webhook: int) -> None:
    """Many of a webhook's deliveries have changed at once: whoever is first in its line now is due."""
    if is_coming_back(database, webhook):
        return
    database.execute(
        f"UPDATE deliveries SET due_at = 0 WHERE due_at = {NEVER} AND seq IN (SELECT min(seq)"
        " FROM deliveries INDEXED BY deliveries_line WHERE webhook = ? AND line IS NOT NULL"
        " AND state IN ('pending', 'sending') GROUP BY line)",
        (webhook,),
    )


def end_lines(database: Database, webhook: int, most: int) -> int:
    """The webhook no longer keeps an order: so many of those that waited for others are due; how many it were."""
    return database.execute(
        f"UPDATE deliveries SET line = NULL, due_at = iif(due_at = {NEVER}, 0, due_at) WHERE seq IN (SELECT seq"
        " FROM deliveries INDEXED BY deliveries_line WHERE webhook = ? AND line IS NOT NULL"
        " AND state IN ('pending', 'sending') LIMIT ?)",
        (webhook, most),
    ).rowcount
