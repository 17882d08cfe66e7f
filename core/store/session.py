"""The events of one session, in order, with their deliveries."""

from dataclasses import dataclass
from datetime import datetime

from core.clock import from_ms
from core.models import Delivery
from core.store.database import Database
from core.store.delivery_rows import read_delivery
from core.store.store import Store

NEAR = 10
"""How many events are shown before an event, and how many after it."""
MOST_COUNTED = 1000
_EARLIER = "SELECT seq FROM events WHERE session = :session AND seq < :seq ORDER BY seq DESC LIMIT :most"
_LATER = "SELECT seq FROM events WHERE session = :session AND seq > :seq ORDER BY seq LIMIT :most"


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """An event and its deliveries. `is_this` marks the event that the caller asked about."""

    id: str
    type: str
    created_at: datetime
    is_this: bool
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """The events near one event, and how many more come before and after them.

    At most 1,000 events are read on each side, so `earlier` and `later` are at most 990.
    """

    events: tuple[SessionEvent, ...] = ()
    earlier: int = 0
    later: int = 0


async def load_session(store: Store, event_id: str) -> Session:
    """Return the events of the session that this event belongs to, or no events if it has no session."""

    def read(database: Database) -> Session:
        row = database.execute("SELECT seq, session FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None or row[1] is None:
            return Session()
        seq, session = row
        earlier, later = (
            [
                each
                for (each,) in database.execute(sql, {"session": session, "seq": seq, "most": MOST_COUNTED})
            ]
            for sql in (_EARLIER, _LATER)
        )
        near = (*reversed(earlier[:NEAR]), seq, *later[:NEAR])
        events = tuple(_event(database, each, is_this=each == seq) for each in near)
        return Session(events, max(0, len(earlier) - NEAR), max(0, len(later) - NEAR))

    return await store.read(read)


def _event(database: Database, seq: int, *, is_this: bool) -> SessionEvent:
    identity, kind, created_at = database.execute(
        "SELECT id, type, created_at FROM events WHERE seq = ?", (seq,)
    ).fetchone()
    deliveries = database.execute(
        "SELECT seq FROM deliveries WHERE event = ? ORDER BY seq", (seq,)
    ).fetchall()
    return SessionEvent(
        identity,
        kind,
        from_ms(created_at),
        is_this,
        tuple(read_delivery(database, delivery) for (delivery,) in deliveries),
    )
