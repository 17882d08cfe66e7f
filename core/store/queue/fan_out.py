"""The fan-out: an event becomes a delivery for each webhook that wants it.

For a few webhooks, the transaction that stores the event also creates the deliveries. For very many, that would hold
the write lock for too long. Then the event is stored with the position of its fan-out, and further transactions create
the deliveries slice by slice. The process that stored the event does this; after a kill, the dispatcher finishes it.
Fan-outs run in the order of their events, so that the order within a session holds.
"""

from core.ids import new_id
from core.models import DeliveryState
from core.store.database import Database
from core.store.lanes import BULK, FRESH
from core.store.many_rows import Row, insert
from core.store.ordering import NEVER, due_in_line
from core.store.store import Store

MOST_AT_ONCE = 2000
"""The most deliveries created by the transaction that stores their events: about 25 ms of the write lock."""
SLICE = 1000
"""The most webhooks that one further transaction handles."""
_STATUS_SHOWN = 60
_TAKERS = "SELECT seq, enabled, in_order, status_filter FROM webhooks WHERE type = ? AND deleted_at IS NULL"
_DELIVERIES = (
    "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, ordering_key, created_at, changed_at)"
)

Taker = tuple[int, bool, bool, str | None]
"""A webhook of an event's type: its row number, `enabled`, `in_order`, `status_filter`."""


class HandOut:
    """Collects the new deliveries of events, then writes them together, which takes few statements."""

    def __init__(self, database: Database, now: int) -> None:
        self._database = database
        self._now = now
        self._lines: set[tuple[int, str]] = set()
        self._deliveries: list[Row] = []
        self._skipped: list[Row] = []

    @property
    def size(self) -> int:
        """The number of rows collected so far."""
        return len(self._deliveries) + len(self._skipped)

    def give(self, event: int, status: str | None, session: str | None, takers: list[Taker]) -> int:
        """Collect a delivery for each webhook that wants the event, else the reason. Return how many want it."""
        wanted = 0
        for taker in takers:
            webhook, enabled, in_order, _ = taker
            if not wants(taker, status):
                self._skipped.append((event, webhook, f"{status_words(status)} is not in its filter"))
                continue
            lane = FRESH if enabled else BULK  # held deliveries all become due at once when they are released
            ordering_key = (session or None) if in_order else None
            due_at = 0 if ordering_key is None else self._due(webhook, ordering_key)
            self._deliveries.append(delivery_row(event, webhook, lane, due_at, ordering_key, self._now))
            wanted += 1
        return wanted

    def write(self) -> None:
        """Write the collected rows."""
        insert_delivery_rows(self._database, self._deliveries)
        insert(self._database, "INSERT INTO skipped", self._skipped)

    def _due(self, webhook: int, ordering_key: str) -> int:
        if (webhook, ordering_key) in self._lines:
            return NEVER
        self._lines.add((webhook, ordering_key))
        return due_in_line(self._database, webhook, ordering_key)


def takers_of(database: Database, kind: str) -> list[Taker]:
    """Return the webhooks of an event type, in the order of creation."""
    return database.execute(f"{_TAKERS} ORDER BY seq", (kind,)).fetchall()


def wants(taker: Taker, status: str | None) -> bool:
    """Return whether a webhook wants events with this status."""
    statuses = taker[3]
    return statuses is None or status in statuses.splitlines()


def status_words(status: str | None) -> str:
    """Return the name of a status for a sentence."""
    return f"status {(status or 'none')[:_STATUS_SHOWN]}"


def delivery_row(event: int, webhook: int, lane: int, due_at: int, ordering_key: str | None, now: int) -> Row:
    """Return the row of a new delivery for `insert_delivery_rows`. Its ID is the first item."""
    return new_id("dlv"), event, webhook, DeliveryState.PENDING, lane, due_at, ordering_key, now, now


def insert_delivery_rows(database: Database, rows: list[Row]) -> None:
    """Store new deliveries."""
    insert(database, _DELIVERIES, rows)


def begin_fan_outs(database: Database, rows: list[Row]) -> None:
    """Store unfinished fan-outs. A row is: event, position 0, last webhook, the event's status."""
    insert(database, "INSERT INTO fan_outs", rows)


def types_fanning_out(database: Database) -> set[str]:
    """Return the event types with an unfinished fan-out. Further events of these types must wait behind it."""
    rows = database.execute("SELECT DISTINCT e.type FROM fan_outs f JOIN events e ON e.seq = f.event")
    return {kind for (kind,) in rows}


async def finish_fan_outs(store: Store) -> None:
    """Create the remaining deliveries of all unfinished fan-outs. Raises StoreError."""
    while await store.write(_next_slice, rings=True):
        pass


def _next_slice(database: Database) -> bool:
    """Create the next slice of deliveries of the oldest unfinished fan-out. Return whether there was one."""
    found = database.execute(
        "SELECT f.event, f.position, f.last, f.status, e.type, e.session, e.created_at"
        " FROM fan_outs f JOIN events e ON e.seq = f.event ORDER BY f.event LIMIT 1"
    ).fetchone()
    if found is None:
        return False
    event, position, last, status, kind, session, created_at = found
    takers: list[Taker] = database.execute(
        f"{_TAKERS} AND seq > ? AND seq <= ? ORDER BY seq LIMIT {SLICE}", (kind, position, last)
    ).fetchall()
    hand_out = HandOut(database, created_at)
    hand_out.give(event, status, session, takers)
    hand_out.write()
    if len(takers) < SLICE:
        database.execute("DELETE FROM fan_outs WHERE event = ?", (event,))
    else:
        database.execute("UPDATE fan_outs SET position = ? WHERE event = ?", (takers[-1][0], event))
    return True
