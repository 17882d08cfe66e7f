"""Chooses the index to search with: the one whose keys cover all wanted deliveries with the fewest rows.

Every index of deliveries ends with the row number. So the rows under one key come in order of time, and many such
streams can be merged without sorting, however many rows there are.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from core.models import DeliveryState, Outcome
from core.store.database import Database
from core.store.filter import DeliveryFilter, View, tail_in
from core.store.filter_sql import HIGHEST

_ENOUGH = 2_000
"""Rows of a source that are counted at most. All larger sources count as equally good."""
_OPEN = (DeliveryState.PENDING, DeliveryState.SENDING)
_SHORTEST_WORD = 5
_WHOLLY_BY_PLACE = {"state", "webhook", "event_type"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The row numbers between `low` and `high`, both excluded."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class _Stream:
    """The deliveries under one key of an index."""

    index: str
    key: str
    values: tuple[object, ...]

    def rows(self, database: Database, bounds: Bounds, order: str) -> Iterator[int]:
        sql = f"SELECT seq {self._among} ORDER BY seq {order}"
        return (seq for (seq,) in database.execute(sql, (*self.values, bounds.low, bounds.high)))

    def count(self, database: Database, bounds: Bounds, most: int) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 {self._among} LIMIT ?)"
        (number,) = database.execute(sql, (*self.values, bounds.low, bounds.high, most)).fetchone()
        return int(number)

    @property
    def _among(self) -> str:
        return f"FROM deliveries INDEXED BY {self.index} WHERE {self.key} AND seq > ? AND seq < ?"


@dataclass(frozen=True, slots=True)
class Source:
    """Streams and single deliveries that together include all wanted ones."""

    streams: Sequence[_Stream] = ()
    single: Sequence[int] = field(default=())

    def rows(self, database: Database, bounds: Bounds, *, newest_first: bool) -> Iterator[int]:
        """The row numbers in order, each once; the caller takes as many as it needs."""
        order = "DESC" if newest_first else "ASC"
        single = sorted({seq for seq in self.single if bounds.low < seq < bounds.high}, reverse=newest_first)
        streams = (stream.rows(database, bounds, order) for stream in self.streams)
        merged = heapq.merge(single, *streams, reverse=newest_first)
        return (seq for seq, _ in groupby(merged))

    def weigh(self, database: Database, bounds: Bounds) -> tuple[int, "Source"]:
        """Return the number of rows, counted up to about `_ENOUGH`, and the source without its empty streams."""
        number = len(self.single)
        filled = []
        for stream in self.streams:
            if found := stream.count(database, bounds, max(1, _ENOUGH - number)):
                number += found
                filled.append(stream)
        return number, Source(filled, self.single)


def choose(database: Database, chosen: DeliveryFilter, bounds: Bounds) -> Source | None:
    """Return the smallest source; None if it is better to read all deliveries between the bounds."""
    if bounds.high - bounds.low <= 1:
        return None
    weighed = [
        source.weigh(database, bounds)
        for source in (_by_place(database, chosen), _by_answer(database, chosen), _by_name(database, chosen))
        if source is not None
    ]
    size, smallest = min(weighed, key=lambda each: each[0], default=(bounds.high, None))
    return smallest if size <= bounds.high - bounds.low else None


def count_by_place(database: Database, chosen: DeliveryFilter, bounds: Bounds) -> int | None:
    """Return how many deliveries match, if the filter selects by webhook and state only; otherwise None."""
    asked = chosen.model_dump(exclude_defaults=True).keys()
    wholly = asked <= {*_WHOLLY_BY_PLACE, "up_to"} and chosen.state not in (None, "attention")
    source = _by_place(database, chosen) if wholly else None
    if source is None:
        return None
    return sum(stream.count(database, bounds, bounds.high) for stream in source.streams)


@dataclass(frozen=True, slots=True)
class _Webhook:
    seq: int
    id: str
    type: str
    enabled: bool


def _by_place(database: Database, chosen: DeliveryFilter) -> Source | None:
    """The source by webhook and state; None if every webhook and state may be wanted."""
    rows = database.execute("SELECT seq, id, type, enabled FROM webhooks").fetchall()
    webhooks = [_Webhook(seq, identity, kind, bool(enabled)) for seq, identity, kind, enabled in rows]
    places = [
        (webhook.seq, state)
        for webhook in webhooks
        for state in DeliveryState
        if _can_be(chosen, webhook, state)
    ]
    if chosen.view in _INDEX_OF_VIEW:
        index, key = _INDEX_OF_VIEW[chosen.view]
        return Source([_Stream(index, f"webhook = ? AND {key}", (seq,)) for seq in dict(places)])
    if len(places) == len(webhooks) * len(DeliveryState):
        return None
    return Source([_Stream("deliveries_by_state", "webhook = ? AND state = ?", place) for place in places])


_INDEX_OF_VIEW = {
    View.FAILING: ("deliveries_tried", "last_outcome <> 'ok' AND state IN ('pending', 'sending')"),
    View.SLOW: ("deliveries_slow", "last_ms >= 2000"),
}


def _can_be(chosen: DeliveryFilter, webhook: _Webhook, state: DeliveryState) -> bool:
    """Whether the filter can match a delivery of this webhook in this state."""
    return (
        chosen.webhook in (None, webhook.id)
        and chosen.event_type in (None, webhook.type)
        and _is_in(chosen.state, webhook, state)
        and _is_in(chosen.view, webhook, state)
        and not (chosen.outcome is Outcome.OK and state is DeliveryState.FAILED)
        and not any(_is_wholly(other, webhook, state) for other in chosen.without)
    )


def _is_wholly(other: DeliveryFilter, webhook: _Webhook, state: DeliveryState) -> bool:
    """Whether the filter `other` matches every delivery of this webhook in this state."""
    asked = other.model_dump(exclude_defaults=True).keys()
    return asked <= _WHOLLY_BY_PLACE and other.state != "attention" and _can_be(other, webhook, state)


def _is_in(group: str | None, webhook: _Webhook, state: DeliveryState) -> bool:
    match group:
        case None | View.ALL | View.SLOW:
            return True
        case View.ATTENTION:
            return state is DeliveryState.FAILED or (state in _OPEN and webhook.enabled)
        case View.FAILING:
            return state in _OPEN and webhook.enabled
        case View.HELD:
            return state is DeliveryState.PENDING and not webhook.enabled
        case "undelivered":
            return state in (*_OPEN, DeliveryState.FAILED)
    return state == group


_ANY = (0, 999)
_FAILED = "last_outcome <> 'ok' AND last_outcome = ?"


def _range(chosen: DeliveryFilter) -> tuple[int, int]:
    """The first and last status code wanted. A range that starts at 0 includes attempts without a status code."""
    if chosen.status_code is not None:
        return chosen.status_code, chosen.status_code
    if chosen.status_class is not None:
        return chosen.status_class * 100, chosen.status_class * 100 + 99
    return _ANY


def _by_answer(database: Database, chosen: DeliveryFilter) -> Source | None:
    """The source by outcome and status code of the last attempt, if it failed.

    None if successful attempts may be wanted, because the index does not contain them.
    """
    first, last = _range(chosen)
    outcomes = [chosen.outcome] if chosen.outcome else [each for each in Outcome if each is not Outcome.OK]
    if chosen.outcome is Outcome.OK or (chosen.outcome is None and first // 100 in (0, 2)):
        return None
    streams = [
        _Stream("deliveries_by_outcome", f"{_FAILED} AND last_status = ?", (outcome, status))
        for outcome in outcomes
        for status in _statuses(database, outcome, first, last)
    ]
    if first == 0:
        streams += [
            _Stream("deliveries_by_outcome", f"{_FAILED} AND last_status IS NULL", (outcome,))
            for outcome in outcomes
        ]
    return Source(streams)


def _statuses(database: Database, outcome: Outcome, first: int, last: int) -> Iterator[int]:
    """The status codes that the index has for an outcome. Each takes one lookup."""
    while True:
        (first_there,) = database.execute(
            "SELECT min(last_status) FROM deliveries INDEXED BY deliveries_by_outcome"
            f" WHERE {_FAILED} AND last_status >= ? AND last_status <= ?",
            (outcome, first, last),
        ).fetchone()
        if first_there is None:
            return
        yield first_there
        first = first_there + 1


def _by_name(database: Database, chosen: DeliveryFilter) -> Source | None:
    """The source by session, or by a word that may begin an ID, a session, an external ID or an outcome.

    None if the filter has neither, or if too many deliveries match.
    """
    if chosen.session is not None:
        return _single(database, [("events_by_session", "e.session = ?", (chosen.session,))])
    for word in (chosen.text or "").split():
        if len(word) < _SHORTEST_WORD or tail_in(word) is not None:
            continue
        if (found := _named(database, word)) is not None:
            return found
    return None


def _named(database: Database, word: str) -> Source | None:
    lower = word.lower()
    places = [
        ("events_by_session", "e.session >= ? AND e.session < ?", (word, word + HIGHEST)),
        ("events_by_external_id", "e.external_id >= ? AND e.external_id < ?", (word, word + HIGHEST)),
        ("sqlite_autoindex_events_1", "e.id >= ? AND e.id < ?", (lower, lower + HIGHEST)),
    ]
    if (found := _single(database, places, lower)) is None:
        return None
    outcomes = [outcome for outcome in Outcome if outcome.startswith(lower)]
    answers = (_by_answer(database, DeliveryFilter(outcome=outcome)) for outcome in outcomes)
    return Source([stream for source in answers if source for stream in source.streams], found.single)


def _single(
    database: Database,
    places: Sequence[tuple[str, str, tuple[str, ...]]],
    identity: str | None = None,
) -> Source | None:
    """The deliveries of the events under these index keys, and those whose ID begins with `identity`.

    None if there are more than `_ENOUGH`.
    """
    found: list[int] = []
    if identity is not None:
        sql = "SELECT seq FROM deliveries INDEXED BY sqlite_autoindex_deliveries_1 WHERE id >= ? AND id < ? LIMIT ?"
        found += [seq for (seq,) in database.execute(sql, (identity, identity + HIGHEST, _ENOUGH + 1))]
    for index, key, values in places:
        sql = (
            f"SELECT d.seq FROM events e INDEXED BY {index} CROSS JOIN deliveries d INDEXED BY deliveries_by_event"
            f" ON d.event = e.seq WHERE {key} LIMIT ?"
        )
        found += [seq for (seq,) in database.execute(sql, (*values, _ENOUGH + 1))]
    return Source(single=found) if len(found) <= _ENOUGH else None
