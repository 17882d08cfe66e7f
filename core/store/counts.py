"""Counts of the open deliveries by webhook. Triggers maintain most of them, so reading stays cheap for any number."""

from dataclasses import dataclass

from core.clock import now_ms
from core.store.database import Database
from core.store.filter import WAITS_LONG_MS
from core.store.moments import first_since

# With very many webhooks, most have nothing open. Only the others are searched for in the indexes.
_COUNTS = """
SELECT c.webhook, w.enabled, c.open, c.tried, c.failed,
    CASE WHEN c.open > 0 THEN (
        SELECT count(*) FROM deliveries INDEXED BY deliveries_by_state
        WHERE webhook = c.webhook AND state = 'sending'
    ) ELSE 0 END
FROM counts c CROSS JOIN webhooks w ON w.seq = c.webhook WHERE c.open > 0 OR c.failed > 0
"""
_STATE_HERE = "FROM deliveries INDEXED BY deliveries_by_state WHERE webhook = c.webhook AND state ="
# Many young deliveries may be open, but they are limited to those of the last ten seconds.
_YOUNG = f"""
SELECT (SELECT count(*) {_STATE_HERE} 'pending' AND seq >= :young)
    + (SELECT count(*) {_STATE_HERE} 'sending' AND seq >= :young)
    - (SELECT count(*) FROM deliveries INDEXED BY deliveries_tried
        WHERE webhook = c.webhook AND last_outcome <> 'ok' AND state IN ('pending', 'sending') AND seq >= :young)
FROM counts c CROSS JOIN webhooks w ON w.seq = c.webhook WHERE w.enabled AND c.open > 0
"""
_OLDEST = f"""
SELECT min(created_at) FROM deliveries WHERE seq IN (
    SELECT (SELECT min(seq) {_STATE_HERE} state.name)
    FROM counts c CROSS JOIN webhooks w ON w.seq = c.webhook
        CROSS JOIN (SELECT 'pending' AS name UNION ALL SELECT 'sending') state
    WHERE w.enabled AND c.open > 0
)
"""


@dataclass(frozen=True, slots=True)
class Count:
    """The open deliveries of a webhook. `tried` counts the pending and sending ones that have failed before."""

    enabled: bool
    pending: int
    sending: int
    tried: int
    failed: int


def read_counts(database: Database) -> dict[int, Count]:
    """Return the counts of each webhook with open deliveries, by its row number. Deleted webhooks are included."""
    return {
        webhook: Count(bool(enabled), open_ - sending, sending, tried, failed)
        for webhook, enabled, open_, tried, failed, sending in database.execute(_COUNTS)
    }


def count_attention(database: Database, counts: dict[int, Count]) -> int:
    """Return the size of the view Attention: failed deliveries, and open ones that wait too long or failed before."""
    young = first_since(database, now_ms() - WAITS_LONG_MS)
    fresh: int = sum(number for (number,) in database.execute(_YOUNG, {"young": young}))
    waiting = sum(count.pending + count.sending for count in counts.values() if count.enabled)
    return sum(count.failed for count in counts.values()) + waiting - fresh


def oldest_waiting(database: Database) -> int | None:
    """Return when the oldest delivery that is pending or being sent, and not held, was created; ms since 1970."""
    (oldest,) = database.execute(_OLDEST).fetchone()
    return None if oldest is None else int(oldest)
