"""Stores incoming events and creates their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.catalog import Body
from core.clock import now_ms
from core.ids import new_id
from core.store.config import find_webhook
from core.store.database import Database
from core.store.errors import KeyReused, NotPossible, Overtaken
from core.store.lanes import FRESH
from core.store.many_rows import Row, flat, insert, slices, values
from core.store.queue.fan_out import (
    MOST_AT_ONCE,
    HandOut,
    Taker,
    begin_fan_outs,
    delivery_row,
    finish_fan_outs,
    insert_delivery_rows,
    status_words,
    takers_of,
    types_fanning_out,
    wants,
)
from core.store.store import Store

_DAY = 86_400_000
_EVENTS = "INSERT INTO events (seq, id, type, body, session, external_id, is_test, created_at)"
_TAKE_KEYS = """
INSERT INTO event_keys (key, event, expires_at) {rows}
ON CONFLICT (key) DO UPDATE SET event = excluded.event, expires_at = excluded.expires_at
WHERE event_keys.expires_at <= ?
"""
_BY_KEY = """
SELECT e.id, e.type, e.body, (SELECT count(*) FROM deliveries d WHERE d.event = e.seq)
FROM event_keys k JOIN events e ON e.seq = k.event WHERE k.key = ? AND k.expires_at > ?
"""


@dataclass(frozen=True, slots=True)
class Emitted:
    """The result of `emit`. `repeated`: the key was used before, so nothing new was stored."""

    id: str
    deliveries: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """One of the events that are passed to `emit_many`."""

    event_type: str
    body: Body
    key: str | None


async def emit(store: Store, event_type: str, body: Body, *, key: str | None = None) -> Emitted:
    """Store an event and its deliveries in one transaction. Raises KeyReused, StoreError.

    For very many webhooks, further transactions create the deliveries. A disabled webhook gets a delivery, too, which
    is held. A webhook that filters this status out gets none, and the reason is recorded. `key` makes the call
    idempotent, for 7 days unless the settings say otherwise.
    """
    (answer,) = await emit_many(store, [Arrival(event_type, body, key)])
    if isinstance(answer, KeyReused):
        raise answer
    return answer


async def emit_many(store: Store, arrivals: Sequence[Arrival]) -> list[Emitted | KeyReused]:
    """Store several hundred events in one transaction. Return a result for each, in their order.

    Where `emit` would raise KeyReused, the error is the result of that event, and the others are still stored.
    Raises StoreError.
    """

    def emit_all(database: Database) -> tuple[list[Emitted | KeyReused], bool]:
        intake = _Intake(database, len(arrivals))
        answers = [intake.take(arrival) for arrival in arrivals]
        intake.write()
        return answers, intake.fans_out

    answers, fans_out = await store.write(emit_all, rings=True)
    if fans_out:
        await finish_fan_outs(store)
    return answers


class _Intake:
    """Collects the rows that a batch of events adds, then writes them together, which takes few statements."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._now = now_ms()
        self._numbers = iter(database.number_events(most))
        (days,) = database.execute("SELECT coalesce((SELECT keep_keys FROM settings), 7)").fetchone()
        self._keys_expire_at = self._now + days * _DAY
        self._takers: dict[str, list[Taker]] = {}
        self._hand_out = HandOut(database, self._now)
        self._fanning_out = types_fanning_out(database)
        self._keyed: dict[str, Row] = {}
        self._events: list[Row] = []
        self._keys: list[tuple[str, int, int]] = []
        self._unwanted: list[Row] = []
        self._fan_outs: list[Row] = []

    @property
    def fans_out(self) -> bool:
        """Whether further transactions have to create deliveries."""
        return bool(self._fan_outs)

    def take(self, arrival: Arrival) -> Emitted | KeyReused:
        """Collect the rows of an event. If its key was used before, there are none."""
        kind, body, key = arrival.event_type, arrival.body, arrival.key
        if key is not None and (before := self._keyed.get(key) or self._stored(key)) is not None:
            return _repeated(arrival, before)
        identity = new_id("evt")
        event = next(self._numbers)
        self._events.append(
            (event, identity, kind, body.raw, body.session, body.external_id, False, self._now)
        )
        wanted = self._give(event, kind, body)
        if key is not None:
            self._keys.append((key, event, self._keys_expire_at))
            self._keyed[key] = (identity, kind, body.raw, wanted)
        return Emitted(identity, wanted, repeated=False)

    def write(self) -> None:
        """Write the collected rows."""
        insert(self._database, _EVENTS, self._events)
        insert(self._database, "INSERT INTO unwanted", self._unwanted)
        self._take_keys()
        self._hand_out.write()
        begin_fan_outs(self._database, self._fan_outs)

    def _take_keys(self) -> None:
        """Store the keys, in a fixed order so that two transactions cannot block each other. Raises Overtaken."""
        for part in slices(sorted(self._keys)):
            sql = _TAKE_KEYS.format(rows=values(part))
            if self._database.execute(sql, [*flat(part), self._now]).rowcount < len(part):
                raise Overtaken("Another transaction has used one of these keys meanwhile.")

    def _give(self, event: int, kind: str, body: Body) -> int:
        """Collect the deliveries of an event, or an unfinished fan-out for them. Return how many webhooks want it."""
        if (takers := self._takers.get(kind)) is None:
            takers = self._takers[kind] = takers_of(self._database, kind)
        if kind in self._fanning_out or self._hand_out.size + len(takers) > MOST_AT_ONCE:
            wanted = sum(wants(taker, body.status) for taker in takers)
            if takers:
                self._fanning_out.add(kind)
                self._fan_outs.append((event, 0, takers[-1][0], body.status))
        else:
            wanted = self._hand_out.give(event, body.status, body.session, takers)
        if not wanted:
            words = f"no webhook wants {status_words(body.status)}" if takers else "no webhook of this type"
            self._unwanted.append((event, words))
        return wanted

    def _stored(self, key: str) -> Row | None:
        row: Row | None = self._database.execute(_BY_KEY, (key, self._now)).fetchone()
        return row


def _repeated(arrival: Arrival, before: Row) -> Emitted | KeyReused:
    """Return the result for a key that was used before. `before`: the event's ID, type, body, number of deliveries."""
    identity, kind, raw, deliveries = before
    if (kind, raw) != (arrival.event_type, arrival.body.raw):
        return KeyReused(
            f"The key {(arrival.key or '')[:60]!r} was used for {identity} with another type or body. Use a new key."
        )
    return Emitted(str(identity), int(str(deliveries)), repeated=True)


def insert_delivery(database: Database, event: int, webhook: int, now: int, *, lane: int = FRESH) -> str:
    """Create a delivery that is due at once and outside the order. Return its ID."""
    delivery = delivery_row(event, webhook, lane, 0, None, now)
    insert_delivery_rows(database, [delivery])
    return str(delivery[0])


async def emit_test(store: Store, webhook_id: str, body: Body) -> str:
    """Store a test event for one webhook. Return the ID of its delivery. Raises NotFound, NotPossible if disabled."""

    def store_test(database: Database) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        if not webhook.enabled:
            raise NotPossible(f"{webhook.id} is disabled. Enable it, then test it.")
        now = now_ms()
        (event,) = database.number_events(1)
        test = (event, new_id("evt"), webhook.type, body.raw, body.session, body.external_id, True, now)
        insert(database, _EVENTS, [test])
        return insert_delivery(database, event, seq, now)

    return await store.write(store_test, rings=True)


async def deliver(store: Store, event_id: str, webhook_id: str) -> str:
    """Send a stored event to a webhook, for example one that no webhook wanted. Return the new delivery's ID.

    The delivery is outside the order, and the webhook's status filter is ignored. Raises NotFound if there is no such
    webhook, NotPossible if the event does not exist or has another type.
    """

    def again(database: Database) -> str:
        seq, webhook = find_webhook(database, webhook_id)
        row = database.execute("SELECT seq, type FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None or row[1] != webhook.type:
            raise NotPossible(f"{event_id[:60]} is not an event of the type of {webhook.id}, {webhook.type}.")
        database.execute("DELETE FROM unwanted WHERE event = ?", (row[0],))
        database.execute("DELETE FROM skipped WHERE event = ? AND webhook = ?", (row[0], seq))
        return insert_delivery(database, row[0], seq, now_ms())

    return await store.write(again, rings=True)
