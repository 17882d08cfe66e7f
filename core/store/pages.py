"""Pages of deliveries, for a list that scrolls over any number of them."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from core.clock import from_ms
from core.store.database import Database, Slice
from core.store.delivery_rows import Row, read_rows
from core.store.errors import NotPossible
from core.store.filter import DeliveryFilter, View
from core.store.ordering import NEVER
from core.store.store import Store

__all__ = [
    "Page",
    "Row",
    "Sort",
    "View",
    "count_new",
    "load_order",
    "load_page",
    "load_page_after",
    "refresh_rows",
]

MOST_SORTED = 10_000
"""The most deliveries that can be sorted by anything other than time."""
_EVERY = 1_000_000_000


class Sort(StrEnum):
    """The order of a list: newest first, longest last attempt first, most attempts first, or next attempt first."""

    TIME = "time"
    DURATION = "duration"
    ATTEMPTS = "attempts"
    NEXT = "next"


_RANKS = {
    Sort.DURATION: "-coalesce(last_ms, 0)",
    Sort.ATTEMPTS: "-attempts",
    Sort.NEXT: f"CASE WHEN state = 'pending' THEN due_at ELSE {NEVER} END",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of deliveries. `position` is where the next page begins, None if this is the last one.

    `searched_to` is how far back the search has come, None once it has filled the page or ended.
    """

    rows: list[Row]
    searched_to: datetime | None
    position: int | None


async def load_page(
    store: Store,
    view: View,
    chosen: DeliveryFilter,
    *,
    before: int | None = None,
    limit: int = 100,
    sort: Sort = Sort.TIME,
) -> Page:
    """Return the next deliveries of a view that match the filter. `before` is the position of the previous page.

    A search without an index stops after a moment, so a page may be short; the next page continues the search. Raises
    NotPossible if more than 10,000 deliveries are to be sorted by anything other than time. In such an order, the
    position is an index into that order.
    """
    if sort is not Sort.TIME:
        return await _sorted_page(store, await load_order(store, view, chosen, sort), before or 0, limit)
    chosen = _in_view(view, chosen)

    def read(database: Database) -> Page:
        slice_ = database.search(chosen, before=before, most=limit)
        ended = slice_.position is None or len(slice_.found) == limit
        searched_to = None if ended else _made_at(database, slice_.position)
        return Page(read_rows(database, slice_.found), searched_to, slice_.position)

    return await store.read(read)


def _in_view(view: View, chosen: DeliveryFilter) -> DeliveryFilter:
    return chosen.model_copy(update={"view": None if view is View.ALL else view})


def _made_at(database: Database, seq: int | None) -> datetime | None:
    row = database.execute(
        "SELECT created_at FROM deliveries WHERE seq >= ? ORDER BY seq LIMIT 1", (seq,)
    ).fetchone()
    return from_ms(row[0]) if row else None


async def _sorted_page(store: Store, order: list[int], start: int, limit: int) -> Page:
    end = start + limit
    rows = await refresh_rows(store, order[start:end])
    return Page(rows, None, end if end < len(order) else None)


async def load_order(
    store: Store, view: View, chosen: DeliveryFilter, sort: Sort, *, also: int | None = None
) -> list[int]:
    """Return the row numbers of all deliveries that match a filter, for an order other than that of time.

    `also` is a row number to include whether or not it matches. Raises NotPossible for more than 10,000.
    """
    found: list[int] = []
    async for slice_ in _slices(store, _in_view(view, chosen), most=MOST_SORTED + 1):
        found += slice_.found
        if len(found) > MOST_SORTED:
            raise NotPossible(
                f"More than {MOST_SORTED:,} deliveries are sorted by time only. Filter them, or choose another view."
            )
    if also is not None:
        found.append(also)

    def read(database: Database) -> list[int]:
        ranked = database.execute(
            f"SELECT {_RANKS[sort]}, -seq FROM deliveries WHERE seq IN (SELECT value FROM json_each(?))",
            (json.dumps(found),),
        ).fetchall()
        ranked.sort()
        return [-seq for _, seq in ranked]

    return await store.read(read)


async def _slices(
    store: Store, chosen: DeliveryFilter, *, most: int = _EVERY, after: int | None = None
) -> AsyncIterator[Slice]:
    """Yield the slices of a search until it ends or has found `most` rows. With `after`, it goes oldest first."""
    forward = after is not None
    position = after
    while True:
        bounds = (None, position) if forward else (position, None)
        slice_ = await store.read(partial(_slice, chosen=chosen, bounds=bounds, most=most))
        most -= len(slice_.found)
        yield slice_
        if slice_.position is None or most <= 0:
            return
        position = slice_.position


def _slice(
    database: Database, *, chosen: DeliveryFilter, bounds: tuple[int | None, int | None], most: int
) -> Slice:
    before, after = bounds
    return database.search(chosen, before=before, after=after, most=most, newest_first=after is None)


async def load_page_after(
    store: Store, view: View, chosen: DeliveryFilter, *, after: int, limit: int
) -> list[Row]:
    """Return up to `limit` matching deliveries that follow the row number `after` in time, newest first."""
    found: list[int] = []
    async for slice_ in _slices(store, _in_view(view, chosen), most=limit, after=after):
        found += slice_.found
    return await store.read(lambda database: read_rows(database, found[::-1]))


async def count_new(store: Store, view: View, chosen: DeliveryFilter, *, after: int, most: int = 1000) -> int:
    """Return how many matching deliveries follow the row number `after`. Counts up to `most`, or for a moment."""
    chosen = _in_view(view, chosen)
    slice_ = await store.read(lambda database: database.search(chosen, after=after, most=most))
    return len(slice_.found)


async def count_matching(store: Store, chosen: DeliveryFilter) -> int:
    """Return how many deliveries match the filter. Counts slice by slice, so that others can read in between."""
    known = await store.read(lambda database: database.count(chosen))
    if known is not None:
        return known
    number = 0
    async for slice_ in _slices(store, chosen):
        number += len(slice_.found)
    return number


async def refresh_rows(store: Store, seqs: Sequence[int]) -> list[Row]:
    """Return the current state of these deliveries, in this order, whether or not they still match a filter."""
    return await store.read(lambda database: read_rows(database, seqs))
