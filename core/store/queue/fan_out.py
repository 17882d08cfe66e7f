"""The fan-out: an event becomes a delivery for each webhook that wants it.

For a few webhooks that happens in the transaction that stores the event. For very many it would hold the write lock for
too long: the event is stored with a note of how far its fan-out has come, and the deliveries follow a slice at a time.
Whoever stored the event makes them; what a kill cuts short, the dispatcher finishes. Fan-outs go on in the order of
their events, so that the order of a session holds.
"""

from core.ids import new_id
from core.models import DeliveryState
from core.store.database import Database
from core.store.lanes import BULK, FRESH
from core.store.line import NEVER, due_in_line
from core.store.rows import Row, insert
from core.store.store import Store

MOST_AT_ONCE = 2000
"""Deliveries that the transaction makes that stores their events: about 25 ms of the write lock."""
SLICE = 1000
"""Webhooks that one further transaction deals with."""
_STATUS_SHOWN = 60
_TAKERS = "SELECT seq, enabled, in_order, status_filter FROM webhooks WHERE type = ? AND deleted_at IS NULL"
_DELIVERIES = "INSERT INTO deliveries (id, event, webhook, state, lane, due_at, line, created_at, changed_at)"

Taker = tuple[int, bool, bool, str | None]
"""A webhook that the events of a type go to: its row number, `enabled`, `in_order`, `status_filter`."""


class HandOut:
    """What events add to the deliveries: gathered first, then written by one statement for each table."""

    def __init__(self, database: Database, now: int) -> None:
        self._database = database
        self._now = now
        self._lines: set[tuple[int, str]] = set()
        self._deliveries: list[Row] = []
        self._skipped: list[Row] = []

    @property
    def size(self) -> int:
        """How many rows have been gathered."""
        return len(self._deliveries) + len(self._skipped)

    def give(self, event: int, status: str | None, session: str | None, takers: list[Taker]) -> int:
        """A delivery to each webhook that wants the event, and for the others why not; how many want it."""
        wanted = 0
        for taker in takers:
            webhook, enabled, in_order, _ = taker
            if not wants(taker, status):
                self._skipped.append((event, webhook, f"{status_words(status)} is not in its filter"))
                continue
            lane = FRESH if enabled else BULK  # what is held comes in a heap once it is released
            line = (session or None) if in_order else None
            due_at = 0 if line is None else self._due(webhook, line)
            self._deliveries.append(delivery_row(event, webhook, lane, due_at, line, self._now))
            wanted += 1
        return wanted

    def write(self) -> None:
        """Write what was gathered."""
        insert_delivery_rows(self._database, self._deliveries)
        insert(self._database, "INSERT INTO skipped", self._skipped)

    def _due(self, webhook: int, line: str) -> int:
        if (webhook, line) in self._lines:
            return NEVER
        self._lines.add((webhook, line))
        return due_in_line(self._database, webhook, line)


def takers_of(database: Database, kind: str) -> list[Taker]:
    """The webhooks of a type, in the order in which they were generated."""
    return database.execute(f"{_TAKERS} ORDER BY seq", (kind,)).fetchall()


def wants(taker: Taker, status: str | None) -> bool:
    """Whether a webhook gets the events of this status."""
    statuses = taker[3]
    return statuses is None or status in statuses.splitlines()


def status_words(status: str | None) -> str:
    """How a status is named in a sentence."""
    return f"status {(status or 'none')[:_STATUS_SHOWN]}"


def delivery_row(event: int, webhook: int, lane: int, due_at: int, line: str | None, now: int) -> Row:
    """A new delivery, as `insert_delivery_rows` takes it; its ID comes first."""
    return new_id("dlv"), event, webhook, DeliveryState.PENDING, lane, due_at, line, now, now


def insert_delivery_rows(database: Database, rows: list[Row]) -> None:
    """Store new deliveries."""
    insert(database, _DELIVERIES, rows)


def begin_fan_outs(database: Database, rows: list[Row]) -> None:
    """Note of events that their deliveries are still to be made: event, 0, the last webhook, the event's status."""
    insert(database, "INSERT INTO fan_outs", rows)


def types_fanning_out(database: Database) -> set[str]:
    """The types of events whose fan-out is not finished: further events of them queue up behind it."""
    rows = database.execute("SELECT DISTINCT e.type FROM fan_outs f JOIN events e ON e.seq = f.event")
    return {kind for (kind,) in rows}


async def finish_fan_outs(store: Store) -> None:
    """Make all deliveries that are still to be made. Raises StoreError."""
    while await store.write(_next_slice, rings=True):
        pass


def _next_slice(database: Database) -> bool:
    """Make some deliveries of the oldest event whose fan-out is not finished; whether there was one."""
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
