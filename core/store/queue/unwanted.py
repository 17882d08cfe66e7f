"""Delivers events that no webhook wanted when they came in."""

from datetime import datetime

from core.clock import now_ms
from core.store.config import find_webhook
from core.store.database import Database
from core.store.lanes import BULK
from core.store.queue.intake import insert_delivery
from core.store.store import Store

_SLICE = 200
_UNWANTED = (
    "FROM unwanted u CROSS JOIN events e ON e.seq = u.event"
    " WHERE e.type = :type AND e.created_at >= :since AND u.event <= :newest"
)


async def count_unwanted(store: Store, webhook_id: str, *, since: datetime | None = None) -> int:
    """Return how many events of the webhook's type no webhook wanted. Raises NotFound."""

    def count(database: Database) -> int:
        _, values = _scope(database, webhook_id, since)
        return int(database.execute(f"SELECT count(*) {_UNWANTED}", values).fetchone()[0])

    return await store.read(count)


async def deliver_unwanted(store: Store, webhook_id: str, *, since: datetime | None = None) -> int:
    """Send the webhook the events of its type that no webhook wanted, oldest first in the bulk lane. Return how many.

    Works slice by slice. After an interruption, no event is delivered twice, and the next call continues with the rest.
    Raises NotFound, also if the webhook is deleted meanwhile.
    """
    webhook, values = await store.read(lambda database: _scope(database, webhook_id, since))

    def deliver(database: Database) -> int:
        seq, _ = find_webhook(database, webhook)
        events = database.execute(
            f"SELECT u.event {_UNWANTED} ORDER BY u.event LIMIT {_SLICE}", values
        ).fetchall()
        for (event,) in events:
            insert_delivery(database, event, seq, now_ms(), lane=BULK)
        database.executemany("DELETE FROM unwanted WHERE event = ?", events)
        database.executemany(f"DELETE FROM skipped WHERE event = ? AND webhook = {seq}", events)
        return len(events)

    delivered = 0
    while number := await store.write(deliver, rings=True):
        delivered += number
    return delivered


def _scope(database: Database, webhook_id: str, since: datetime | None) -> tuple[str, dict[str, object]]:
    """Return the whole ID of the webhook, and the SQL values that select its events. Later events are not included."""
    _, webhook = find_webhook(database, webhook_id)
    (newest,) = database.execute("SELECT coalesce(max(event), 0) FROM unwanted").fetchone()
    start = round(since.timestamp() * 1000) if since is not None else 0
    return webhook.id, {"type": webhook.type, "since": start, "newest": newest}
